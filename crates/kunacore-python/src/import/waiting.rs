//! The thread that waits for an import: it gives rows when it is asked, passes on how far the import is, and looks for Ctrl-C.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kunacore_import::{Phase, Progress};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::control::ImportControl;
use super::cross;
use super::outcome::Outcome;
use crate::logging::Log;

/// How often it looks for Ctrl-C and for progress.
const TICK: Duration = Duration::from_millis(50);
/// The least time between two tellings of progress.
const TELL: Duration = Duration::from_millis(100);

/// What the import tells or asks of the thread that waits.
pub(super) enum Event {
    /// It wants the next rows.
    Chunk,
    /// The table is checked, and rows are about to be sent.
    Begun(Begun),
    /// It has ended.
    Over(Box<Outcome>),
}

/// A run that begins or goes on.
pub(super) struct Begun {
    pub(super) directory: PathBuf,
    pub(super) rows: u64,
    pub(super) done: u64,
    pub(super) remarks: Vec<String>,
}

/// How far the import is: the last that was noted.
#[derive(Default)]
pub(super) struct Board(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    progress: Option<Progress>,
    /// Whether nobody was told of it.
    is_new: bool,
}

impl Board {
    pub(super) fn note(&self, progress: &Progress) {
        *self.noted() = Noted { progress: Some(progress.clone()), is_new: true };
    }

    /// The last, whether or not anybody was told.
    fn look(&self) -> Option<Progress> {
        self.noted().progress.clone()
    }

    /// The last, if nobody was told of it.
    fn take(&self) -> Option<Progress> {
        let mut noted = self.noted();
        std::mem::take(&mut noted.is_new).then(|| noted.progress.clone()).flatten()
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the waiting ended.
pub(super) struct Waited {
    /// What came of the import; `None` if the program is at fault.
    pub(super) outcome: Option<Outcome>,
    /// What Python code raised meanwhile: a signal's handler, the iterable of rows, or whoever is told of progress.
    pub(super) raised: Option<PyErr>,
}

/// Waits until the import has ended. What Python code raises stops it in order, and a second Ctrl-C at once.
pub(super) fn wait(
    watcher: &Bound<'_, PyAny>,
    control: &ImportControl,
    told: &mut Receiver<Event>,
    chunks: Sender<Option<Vec<u8>>>,
    board: &Board,
    log: &Log,
) -> Waited {
    let watches = watcher.getattr("watches").and_then(|watches| watches.is_truthy()).unwrap_or(false);
    let note_every = watcher
        .getattr("note_every")
        .and_then(|seconds| seconds.extract::<f64>())
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|_| log.has_info());
    let chunks = Some(chunks);
    let noted = Instant::now();
    let mut waiter = Waiter { watcher, control, chunks, watches, last: None, note_every, noted, raised: None };
    loop {
        // A receiver may be with one thread at a time, so it is handed over whole.
        let alone = &mut *told;
        match watcher.py().detach(move || alone.recv_timeout(TICK)) {
            Ok(Event::Over(outcome)) => {
                waiter.tell_the_end(board);
                waiter.log(log);
                return Waited { outcome: Some(*outcome), raised: waiter.raised };
            }
            Err(RecvTimeoutError::Disconnected) => return Waited { outcome: None, raised: waiter.raised },
            Ok(Event::Chunk) => waiter.give(),
            Ok(Event::Begun(begun)) => waiter.begun(begun),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Err(error) = watcher.py().check_signals() {
            waiter.interrupted(error);
        }
        waiter.tell(board);
        waiter.note(board);
        waiter.log(log);
    }
}

struct Waiter<'a, 'py> {
    watcher: &'a Bound<'py, PyAny>,
    control: &'a ImportControl,
    /// `None` when no more rows are given.
    chunks: Option<Sender<Option<Vec<u8>>>>,
    /// Whether anybody wants to be told of progress.
    watches: bool,
    /// When progress was told.
    last: Option<Instant>,
    /// How often it is logged how far the import is, in seconds; `None` where nobody would see it.
    note_every: Option<Duration>,
    /// When it was.
    noted: Instant,
    raised: Option<PyErr>,
}

impl Waiter<'_, '_> {
    /// Gives the next rows. If they cannot be had, or nobody wants them any more, the import's reading fails.
    fn give(&mut self) {
        let Some(chunks) = &self.chunks else { return };
        cross();
        let chunk = self.watcher.call_method0("chunk").and_then(|chunk| {
            let bytes: Option<Bound<'_, PyBytes>> = chunk.extract()?;
            Ok(bytes.map(|bytes| bytes.as_bytes().to_vec()))
        });
        match chunk {
            // If nobody listens, the import has ended meanwhile.
            Ok(chunk) => drop(chunks.send(chunk)),
            Err(error) => self.raise(error),
        }
    }

    fn begun(&mut self, begun: Begun) {
        cross();
        let Begun { directory, rows, done, remarks } = begun;
        if let Err(error) = self.watcher.call_method1("begun", (directory, rows, done, remarks)) {
            self.raise(error);
        }
    }

    /// A signal's handler raises: the first time it stops in order, then at once.
    fn interrupted(&mut self, error: PyErr) {
        self.control.inner().interrupt();
        self.stopped_by(error);
    }

    /// Stops the import in order, because Python code failed.
    fn raise(&mut self, error: PyErr) {
        self.control.inner().stop();
        self.stopped_by(error);
    }

    fn stopped_by(&mut self, error: PyErr) {
        self.chunks = None;
        self.raised.get_or_insert(error);
    }

    /// Whoever watches sees the end, when it is time for another look.
    fn tell_the_end(&mut self, board: &Board) {
        if let (true, Some(last)) = (self.watches, self.last) {
            let wait = TELL.saturating_sub(last.elapsed());
            self.watcher.py().detach(|| std::thread::sleep(wait));
        }
        self.tell(board);
    }

    fn tell(&mut self, board: &Board) {
        if !self.watches || self.last.is_some_and(|last| last.elapsed() < TELL) {
            return;
        }
        let Some(progress) = board.take() else { return };
        self.last = Some(Instant::now());
        cross();
        if let Err(error) = self.watcher.call_method1("progress", told(&progress, self.raised.is_some())) {
            // It is not asked again what it has seen.
            self.watches = false;
            self.raise(error);
        }
    }

    /// Passes on what the import has to say.
    fn log(&mut self, log: &Log) {
        if let Err(error) = log.tell(self.watcher.py()) {
            self.interrupted(error);
        }
    }

    /// Has it logged how far the import is, now and then.
    fn note(&mut self, board: &Board) {
        if self.note_every.is_none_or(|every| self.noted.elapsed() < every) {
            return;
        }
        let Some(progress) = board.look() else { return };
        self.noted = Instant::now();
        cross();
        if let Err(error) = self.watcher.call_method1("note", told(&progress, self.raised.is_some())) {
            self.raise(error);
        }
    }
}

/// Progress as the arguments of a call, in the order of the fields of the Python class.
type Told = (&'static str, u64, u64, u64, u64, u64, usize, usize, f64, Option<&'static str>, f64, Option<f64>);

fn told(progress: &Progress, stopping: bool) -> Told {
    let phase = match progress.phase {
        Phase::Reporting => "reporting",
        _ if stopping => "stopping",
        Phase::Checking => "checking",
        Phase::Settling => "settling",
        _ => "sending",
    };
    let counts = &progress.counts;
    let created = [counts.created, counts.reconciled, counts.adopted, counts.known].into_iter().map(u64::from).sum();
    (
        phase,
        progress.rows,
        progress.done(),
        created,
        counts.rejected.into(),
        counts.unresolved.into(),
        progress.in_doubt,
        progress.in_flight,
        progress.rate,
        progress.pause.map(|(why, _)| why),
        progress.elapsed.as_secs_f64(),
        progress.left().map(|left| left.as_secs_f64()),
    )
}
