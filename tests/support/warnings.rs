//! Hears the client's warnings, and no other thread's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::field::Visit;
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber, span};

/// Collects the text of the client's warnings while it is the default subscriber.
#[derive(Clone, Debug, Default)]
pub struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    /// What was heard since this was last asked for.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.texts())
    }

    fn texts(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets every thread have a subscriber of its own. To be called before anything else.
///
/// Whether anybody may be interested in an event is decided once, when it first occurs; a subscriber that another thread
/// sets at that very moment can be missed for good. One that is there from the beginning, and never says never, prevents
/// that.
pub fn may_listen() {
    struct Undecided;
    impl Subscriber for Undecided {
        fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
            Interest::sometimes()
        }

        fn enabled(&self, _: &Metadata<'_>) -> bool {
            false
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, _: &Event<'_>) {}
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }
    // Only the first call can succeed.
    let _ = tracing::subscriber::set_global_default(Undecided);
}

/// Drops something; whether the client warns of that.
pub fn warns_when_dropped<T>(dropped: T) -> bool {
    // A dispatch is costly to make.
    thread_local! {
        static EARS: (Warnings, Dispatch) = {
            let warnings = Warnings::default();
            let dispatch = Dispatch::new(warnings.clone());
            (warnings, dispatch)
        };
    }
    EARS.with(|(warnings, dispatch)| {
        tracing::dispatcher::with_default(dispatch, || drop(dropped));
        !warnings.take().is_empty()
    })
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("kunacore")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Text(String);
        impl Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0 += &format!("{field}={value:?} ");
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.texts().push(text.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
