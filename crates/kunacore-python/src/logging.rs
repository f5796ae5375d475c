//! What the Rust side has to say, on its way to Python's `logging`.
//!
//! No worker runs Python code, and none waits for a handler of `logging`: a line is kept with the call or import that it is
//! about, and told by the Python thread that waits for that one, with the GIL which it holds anyway. What nobody would see
//! is not even kept: the level of the logger `kunacore` is asked when a call begins.

use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, RwLock};
use std::time::SystemTime;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

/// How many lines wait at most. What is more is counted and left out.
const KEPT: usize = 10_000;

tokio::task_local! {
    /// The log of the call that is being worked on.
    static OF_CALL: Log;
}

/// The logs of imports that want lines of single rows. Rows are worked on by tasks of the import's own, so these lines go to
/// every import there is. Never waited for: a forked child may have inherited it locked.
static OF_IMPORTS: RwLock<Vec<Log>> = RwLock::new(Vec::new());
/// How many logs those are.
static IMPORTS: AtomicUsize = AtomicUsize::new(0);

/// The lines of one call or import.
#[derive(Clone)]
pub(crate) struct Log {
    level: LevelFilter,
    lines: Arc<Mutex<Lines>>,
}

#[derive(Default)]
struct Lines {
    kept: Vec<Line>,
    left_out: usize,
}

struct Line {
    level: Level,
    at: SystemTime,
    text: String,
}

impl Log {
    /// A log of what would be seen at the moment.
    pub(crate) fn begin(py: Python<'_>) -> PyResult<Self> {
        install();
        Ok(Self { level: level(py)?, lines: Arc::default() })
    }

    /// Has the lines of a call kept here.
    pub(crate) async fn of_call<F: Future>(self, call: F) -> F::Output {
        OF_CALL.scope(self, call).await
    }

    /// Has the lines of what runs on this thread kept here.
    pub(crate) fn listen<T>(&self, run: impl FnOnce() -> T) -> T {
        OF_CALL.sync_scope(self.clone(), run)
    }

    /// Whether lines of the level INFO would be seen.
    pub(crate) fn has_info(&self) -> bool {
        self.level >= LevelFilter::INFO
    }

    /// Has the lines of an import's rows kept here, until the guard is dropped.
    pub(crate) fn of_rows(&self) -> OfRows {
        let wants = self.level >= LevelFilter::DEBUG;
        if wants {
            OF_IMPORTS.write().unwrap_or_else(PoisonError::into_inner).push(self.clone());
            IMPORTS.fetch_add(1, Ordering::Release);
        }
        OfRows(wants.then(|| self.clone()))
    }

    /// Gives the lines to Python's `logging`.
    ///
    /// # Errors
    ///
    /// What a signal's handler raises; `logging` itself keeps the errors of its handlers.
    pub(crate) fn tell(&self, py: Python<'_>) -> PyResult<()> {
        let Lines { kept, left_out } = std::mem::take(&mut *self.lines());
        if kept.is_empty() {
            return Ok(());
        }
        let tell = py.import("kunacore._logging")?.getattr("tell")?;
        for Line { level, at, text } in kept {
            let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
            tell.call1((number(level), at, text))?;
        }
        if left_out > 0 {
            tell.call1((
                number(Level::WARN),
                None::<f64>,
                format!("{left_out} lines were left out: too many at once"),
            ))?;
        }
        Ok(())
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, event: &Event<'_>) {
        let level = *event.metadata().level();
        if self.level < level {
            return;
        }
        let mut lines = self.lines();
        if lines.kept.len() == KEPT {
            lines.left_out += 1;
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        lines.kept.push(Line { level, at: SystemTime::now(), text: text.message + &text.fields });
    }
}

/// While it lives, lines of rows are kept.
pub(crate) struct OfRows(Option<Log>);

impl Drop for OfRows {
    fn drop(&mut self) {
        let Some(log) = &self.0 else { return };
        let mut logs = OF_IMPORTS.write().unwrap_or_else(PoisonError::into_inner);
        logs.retain(|other| !Arc::ptr_eq(&other.lines, &log.lines));
        IMPORTS.fetch_sub(1, Ordering::Release);
    }
}

/// What the logger `kunacore` lets through. While nobody has imported `logging`, there are no handlers but its last resort,
/// which shows warnings; to import it would cost more than a call.
fn level(py: Python<'_>) -> PyResult<LevelFilter> {
    static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    // Kept, since to import even this takes a good part of what a call does before it is sent.
    static SYS: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let logger = match LOGGER.get(py) {
        Some(logger) => logger.bind(py),
        None => {
            let sys = SYS.get_or_try_init(py, || py.import(intern!(py, "sys")).map(Bound::unbind))?;
            let modules = sys.bind(py).getattr(intern!(py, "modules"))?;
            if !modules.cast::<PyDict>()?.contains(intern!(py, "logging"))? {
                return Ok(LevelFilter::WARN);
            }
            let logger = py.import("logging")?.call_method1("getLogger", ("kunacore",))?;
            LOGGER.get_or_init(py, || logger.unbind()).bind(py)
        }
    };
    for level in [Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR] {
        if logger.call_method1(intern!(py, "isEnabledFor"), (number(level),))?.is_truthy()? {
            return Ok(level.into());
        }
    }
    Ok(LevelFilter::OFF)
}

/// The level as Python's `logging` numbers it.
fn number(level: Level) -> u8 {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        Level::DEBUG | Level::TRACE => 10,
    }
}

/// Listens to all events of this process, once a client is made; not before, since the command has its own ways.
fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // It fails only where the command was run in this process, which shows its lines itself.
        let _ = tracing::subscriber::set_global_default(Listener);
    });
}

/// Hands each event to the log of its call.
struct Listener;

impl Subscriber for Listener {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Of a call that was given up, the package tells in the words of Python.
        let ours = metadata.target().starts_with("kunacore") && metadata.target() != "kunacore::evidence";
        if ours && metadata.is_event() { Interest::sometimes() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        match OF_CALL.try_with(|log| log.level >= *metadata.level()) {
            Ok(wanted) => wanted,
            Err(_) => IMPORTS.load(Ordering::Acquire) > 0,
        }
    }

    fn event(&self, event: &Event<'_>) {
        if OF_CALL.try_with(|log| log.take(event)).is_err()
            && let Ok(logs) = OF_IMPORTS.try_read()
        {
            logs.iter().for_each(|log| log.take(event));
        }
    }

    // No callsite of a span is of interest, so that none is ever made.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// An event as text: its message, and its fields as `name=value`.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {}={value:?}", name.trim_start_matches("r#")),
        };
    }
}
