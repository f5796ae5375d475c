//! Hears everything that any crate logs at any level, by `tracing` or by `log`, on every thread but the sandbox's: the
//! server may log what it likes.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

use crate::canaries::Needles;

/// What was heard in one scenario.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// How often each target spoke. What was given to [`see`] has a target of its own.
    pub(crate) targets: BTreeMap<String, usize>,
    /// Who told which canary.
    leaks: Vec<(String, String)>,
}

impl Heard {
    /// How often the modules of a crate spoke.
    pub(crate) fn from(&self, name: &str) -> usize {
        let of = |target: &String| target.split("::").next() == Some(name);
        self.targets.iter().filter(|(target, _)| of(target)).map(|(_, count)| count).sum()
    }

    /// The targets that told a canary.
    pub(crate) fn who_told(&self) -> Vec<&str> {
        let mut targets: Vec<&str> = self.leaks.iter().map(|(target, _)| target.as_str()).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// Panics with what was told, if anything was.
    #[track_caller]
    pub(crate) fn is_clean(&self) {
        let shown: Vec<String> =
            self.leaks.iter().take(20).map(|(target, text)| format!("{target}: {text:?}")).collect();
        assert!(shown.is_empty(), "{} leaks:\n{}", self.leaks.len(), shown.join("\n"));
    }
}

/// Runs a scenario on a runtime of its own and tells what was heard until that runtime was gone. One at a time.
pub(crate) fn listen<F: Future<Output = ()>>(scenario: F) -> Heard {
    static INSTALL: Once = Once::new();
    static TURN: Mutex<()> = Mutex::new(());
    INSTALL.call_once(|| {
        tracing::subscriber::set_global_default(Ears).unwrap();
        log::set_logger(&Ears).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    *heard() = Heard::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(scenario);
    drop(runtime);
    std::mem::take(&mut *heard())
}

/// Takes a text that a program may print, as if it had been logged.
pub(crate) fn see(what: &str, text: &str) {
    hear(&format!("seen::{what}"), text);
}

fn heard() -> MutexGuard<'static, Heard> {
    static HEARD: Mutex<Heard> = Mutex::new(Heard { targets: BTreeMap::new(), leaks: Vec::new() });
    HEARD.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hear(target: &str, text: &str) {
    static NEEDLES: OnceLock<Needles> = OnceLock::new();
    if std::thread::current().name() == Some("kunacore-sandbox") {
        return;
    }
    let leak = NEEDLES.get_or_init(Needles::new).find(text);
    let mut heard = heard();
    match heard.targets.get_mut(target) {
        Some(count) => *count += 1,
        None => drop(heard.targets.insert(target.to_owned(), 1)),
    }
    heard.leaks.extend(leak.map(|text| (target.to_owned(), text)));
}

struct Ears;

/// Names and values of what was recorded.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, "{field}={value} ");
    }
}

impl Subscriber for Ears {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let mut text = Text(format!("{} ", span.metadata().name()));
        span.record(&mut text);
        hear(span.metadata().target(), &text.0);
        span::Id::from_u64(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut text = Text::default();
        values.record(&mut text);
        hear("a span's later values", &text.0);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        hear(event.metadata().target(), &text.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl log::Log for Ears {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        hear(record.target(), &record.args().to_string());
    }

    fn flush(&self) {}
}
