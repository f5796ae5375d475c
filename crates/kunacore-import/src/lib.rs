//! Tables of customers: read, mapped to the fields of a customer, checked as a whole, and sent row by row, so that no row
//! creates a customer twice and no wallet id is lost, whatever fails on the way.
//!
//! ```no_run
//! use kunacore::{Client, Credentials};
//! use kunacore_import::{CheckedTable, Control, ImportOptions, MappingOptions, ReadOptions, Server, Table};
//!
//! # fn example(key: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let (read, mapping) = (ReadOptions::default(), MappingOptions::default());
//! let control = Control::new();
//! let table = Table::open(&["customers.csv".into()], &read, None, &control)?;
//! let checked = CheckedTable::check(table, &read, &mapping, ImportOptions::default(), &control, &mut |_| {})?;
//! println!("{} rows, {} problems", checked.checked().rows, checked.checked().problems.count);
//!
//! let base_url = "https://kunacore.example".to_owned();
//! let client = Client::builder(&base_url).credentials(Credentials::api_key(key)).build()?;
//! let import = checked.open(Server { client, base_url, sandbox: false }, "my program 1.0")?;
//! let ended = import.send(&control, &mut |moment| println!("{} rows done", moment.done()))?;
//! println!("{:?}, reports in {}", ended.stop, ended.directory.display());
//! # Ok(())
//! # }
//! ```
//!
//! The same calls start a run and continue it.
//!
//! # How it is made
//!
//! `source` holds the two kinds of input, files and streams. `format` tells what they are, `decode` makes UTF-8 of their
//! bytes, and `csv`, `jsonl` and `columnar` make a `table` of them: columns, then blocks of rows. `mapping` says which
//! column fills which field (with `suggest` where it cannot), `values` makes text of what Arrow columns hold, and `batch`
//! puts both together as rows. `check` goes through all of them, with `duplicates` and `fingerprint`; files are read `ahead`.
//!
//! `input` is what a run remembers of its table, to find and read it again. Of a stream, `spool` makes a copy while it is
//! checked, in a file that `aside` keeps out of sight until it is whole.
//!
//! [`run`] is the directory that an import keeps: what was asked, how far rows may have left, and what became of each. It
//! survives a crash at any moment. [`report`] derives from it, and from the table, what a person wants to read. `reading` is for
//! whoever reads a report again, or any other table as it is.
//!
//! [`pacing`] decides when the requests of an import leave.
//!
//! `import` ties it together: it checks the table, begins the run or goes on with it, has `engine` send the rows, and
//! `ending` write the reports. In `engine` a feeder reads rows, the books keep the run's directory, and a sender lets rows go
//! through the core, at the pace of [`pacing`]. What an attempt means, and when a customer may be sent once more, is the core's
//! business: it is the same code as for single calls.
//!
//! # What is done with a row, by what is known of it
//!
//! | the run says | then |
//! | --- | --- |
//! | unsent | it is sent, after that was announced; not applied, it is sent again; with [`Existing::Adopt`] it is looked up first |
//! | maybe sent (announced by a process that left no word of it), or unresolved | it is looked up at once, and when `settle` has passed since this process began; sent again, once, if it was absent both times |
//! | answered "created" by an answer that could not be read, or redirected after sending | it is looked up, and never sent again |
//! | created, rejected | nothing |
//!
//! A look-up that finds nobody is believed only of a server that was seen to find somebody; until then rows in doubt wait, and
//! at the end they are unresolved. A customer with the row's e-mail that was created since the run began, by the server's
//! clock, and matches by external id or names is the row's; one that is older is somebody else's.
//!
//! Rows are numbered from 1 over the whole input. No error and no problem holds a value of a row.

mod ahead;
mod aside;
mod batch;
mod check;
mod columnar;
mod crash;
mod csv;
mod decode;
mod duplicates;
mod ending;
mod engine;
mod error;
mod failure;
mod fingerprint;
mod format;
mod import;
mod input;
mod jsonl;
mod mapping;
mod opened;
mod options;
pub mod pacing;
mod place;
mod problem;
mod reading;
pub mod report;
mod rules;
pub mod run;
mod siblings;
mod source;
mod spool;
mod suggest;
mod table;
mod values;
mod watched;

pub use aside::aside_of;
pub use batch::{Batch, Batches, Row};
pub use check::{Checked, Problems, SHOWN_PROBLEMS, check};
pub use ending::Ended;
pub use engine::{Control, Phase, Progress, Stop, StopKind};
pub use error::{ImportError, ImportErrorKind};
pub use failure::Failure;
pub use fingerprint::Fingerprint;
pub use format::Format;
pub use import::{CheckedTable, Import};
pub use input::Input;
pub use mapping::{Extra, Mapping, MappingOptions, REPORT_COLUMNS};
pub use options::{Existing, ImportOptions, Invalid, MAX_IDENTICAL_REJECTIONS, Server, Table};
pub use place::Place;
pub use problem::RowProblem;
pub use reading::read_table;
pub use report::{ReportError, Rewritten, Summary};
pub use rules::{KnownPath, Rules};
pub use source::{Files, ReadOptions, Source, Stream};
pub use spool::Spool;
