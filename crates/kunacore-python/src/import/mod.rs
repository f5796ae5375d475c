//! Whole tables: an import runs on threads of its own, and the thread that asked for it waits, watches and is asked for rows.
//!
//! The import's threads never run Python code of ours; what Python has to do (the next rows, progress, signals) is done by the
//! thread that waits, which so often takes the GIL, and not once a row. Only a stream of Arrow batches may run Python inside,
//! if whatever made it is written in Python.

mod asked;
mod chunks;
mod control;
mod outcome;
mod table;
mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;

use kunacore_import::report;
use kunacore_import::{CheckedTable, Failure, Progress, Server};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::client::Client;
use crate::logging::Log;
use asked::Asked;
use chunks::Chunks;
use outcome::Outcome;
use table::Unopened;
use waiting::{Begun, Board, Event};

pub(crate) use control::ImportControl;
pub(crate) use table::ArrowTable;

/// The name and version that runs are noted with.
const TOOL: &str = concat!("kunacore-python ", env!("CARGO_PKG_VERSION"));

/// How often imports of this process went from Python to Rust or back with rows or news of them.
static CROSSINGS: AtomicU64 = AtomicU64::new(0);

/// How often that was: it grows with the batches of a table, never with its rows.
pub(crate) fn crossings() -> u64 {
    CROSSINGS.load(Ordering::Relaxed)
}

fn cross() {
    CROSSINGS.fetch_add(1, Ordering::Relaxed);
}

/// What an import needs, on its way to the import's thread.
struct Job {
    rows: Unopened,
    asked: Asked,
    server: Server,
    control: ImportControl,
}

/// Imports a table, and gives what came of it as a dict; see `_import.py`, which makes a result or an exception of it.
///
/// `table` is an `ArrowTable`, a list of paths, `None` for what the run was begun with, or text for rows that `watcher.chunk()`
/// gives as JSON Lines. `watcher` is asked and told on this thread.
pub(crate) fn run<'py>(
    client: &Client,
    control: &ImportControl,
    table: &Bound<'py, PyAny>,
    asked: &Bound<'py, PyDict>,
    watcher: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyDict>> {
    cross();
    let py = watcher.py();
    let asked = Asked::new(asked)?;
    let server = client.server(py)?;
    let (board, (events, mut told)) = (Arc::new(Board::default()), std::sync::mpsc::channel());
    let (chunks, given) = std::sync::mpsc::channel();
    let rows = Unopened::of_python(table, Chunks::new(events.clone(), given))?;
    let job = Job { rows, asked, server, control: control.clone() };
    let seen = board.clone();
    let log = Log::begin(py)?;
    let _of_rows = log.of_rows();
    let thread = std::thread::Builder::new().name("kunacore-import".to_owned()).spawn(move || {
        // The channel closes when the thread ends, however it ends.
        let outcome = job.run(&events, &seen);
        let _ = events.send(Event::Over(Box::new(outcome)));
    })?;
    let waited = waiting::wait(watcher, control, &mut told, chunks, &board, &log);
    // It has ended or is about to: nobody asks for it any more.
    py.detach(|| thread.join()).ok();
    outcome::to_python(py, waited)
}

impl Job {
    fn run(self, events: &Sender<Event>, board: &Board) -> Outcome {
        match self.import(events, board) {
            Ok(outcome) => outcome,
            Err(failure) => Outcome::Refused(failure),
        }
    }

    fn import(self, events: &Sender<Event>, board: &Board) -> Result<Outcome, Failure> {
        let Self { rows, asked, server, control } = self;
        if let (Unopened::AsBefore, Some(run), false) = (&rows, asked.run(), asked.check)
            && asked.options.accept.is_empty()
            && report::finished(run).is_some()
        {
            return Ok(Outcome::Finished(run.to_owned()));
        }
        let table = rows.open(&asked, control.inner())?;
        let mut look_on = |progress: &Progress| board.note(progress);
        let Asked { options, read, mapping, check } = asked;
        let checked = CheckedTable::check(table, &read, &mapping, options, control.inner(), &mut look_on)?;
        control.found(checked.directory());
        let refused = checked.refuse_problems();
        if check || refused.is_err() {
            return Ok(Outcome::checked(&checked, refused.is_err()));
        }
        let import = checked.open(server, TOOL)?;
        let remarks = import.remarks().map(str::to_owned).collect();
        let begun =
            Begun { directory: import.directory().to_owned(), rows: import.rows(), done: import.done(), remarks };
        // Nobody listens only if nobody waits any more.
        let _ = events.send(Event::Begun(begun));
        Ok(Outcome::Ended(Box::new(import.send(control.inner(), &mut look_on)?)))
    }
}
