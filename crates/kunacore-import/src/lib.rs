//! Tables of customers: read, mapped to the fields of a customer, and checked as a whole before the first request.
//!
//! ```no_run
//! use kunacore_import::{Files, MappingOptions, ReadOptions, check};
//!
//! # fn example() -> Result<(), kunacore_import::ImportError> {
//! let files = Files::open(&["customers.csv".into()], &ReadOptions::default())?;
//! let mapping = files.map(&MappingOptions::default())?;
//! let checked = check(files.batches(&mapping), |problem| {
//!     println!("{problem}");
//!     Ok(())
//! })?;
//! println!("{} rows, {} problems", checked.rows, checked.problems.count);
//! # Ok(())
//! # }
//! ```
//!
//! # How it is made
//!
//! `source` holds the two kinds of input, files and streams. `format` tells what they are, `decode` makes UTF-8 of their
//! bytes, and `csv`, `jsonl` and `columnar` make a `table` of them: columns, then blocks of rows. `mapping` says which
//! column fills which field (with `suggest` where it cannot), `values` makes text of what Arrow columns hold, and `batch`
//! puts both together as rows. `check` goes through all of them, with `duplicates` and `fingerprint`.
//!
//! `input` is what a run remembers of its table, to find and read it again. Of a stream, `spool` makes a copy while it is
//! checked, in a file that `aside` keeps out of sight until it is whole.
//!
//! [`run`] is the directory that an import keeps: what was asked, how far rows may have left, and what became of each. It
//! survives a crash at any moment. [`report`] derives from it, and from the table, what a person wants to read.
//!
//! [`pacing`] decides when the requests of an import leave.
//!
//! Rows are numbered from 1 over the whole input. No error and no problem holds a value of a row.

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
pub mod pacing;
mod place;
mod problem;
pub mod report;
pub mod run;
mod source;
mod spool;
mod suggest;
mod table;
mod values;

pub use aside::aside_of;
pub use batch::{Batch, Batches, Row};
pub use check::{Checked, Problems, SHOWN_PROBLEMS, check};
pub use ending::Ended;
pub use engine::{Control, Phase, Progress, Stop, StopKind};
pub use error::{ImportError, ImportErrorKind};
pub use failure::Failure;
pub use fingerprint::Fingerprint;
pub use format::Format;
pub use import::{CheckedTable, Existing, Import, ImportOptions, Invalid, MAX_IDENTICAL_REJECTIONS, Server, Table};
pub use input::Input;
pub use mapping::{Extra, Mapping, MappingOptions, REPORT_COLUMNS};
pub use place::Place;
pub use problem::RowProblem;
pub use report::{ReportError, Rewritten, Summary};
pub use source::{Files, ReadOptions, Source, Stream};
pub use spool::Spool;
