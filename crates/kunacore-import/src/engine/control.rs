//! The hand on the switch: lets an import stop in order, or at once.

use tokio::sync::watch;

/// How an import is to go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wish {
    /// As it does.
    #[default]
    GoOn,
    /// Send nothing new, and settle what is in flight.
    Stop,
    /// Give up what is in flight, too.
    StopAtOnce,
}

/// Stops an import from another thread or a signal handler; cheap to clone.
#[derive(Clone, Debug)]
pub struct Control(watch::Sender<Wish>);

impl Control {
    /// Lets the import go on.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(Wish::GoOn))
    }

    /// Asks to send nothing new and to settle what is in flight; it takes as long as an attempt may take.
    pub fn stop(&self) {
        self.0.send_modify(|wish| *wish = (*wish).max(Wish::Stop));
    }

    /// Asks to give up what is in flight, too. Rows that were sent and not answered stay in doubt until the run is continued.
    pub fn stop_at_once(&self) {
        self.0.send_replace(Wish::StopAtOnce);
    }

    /// Asks for the next harder kind of stop: what a first and a second Ctrl-C mean.
    pub fn interrupt(&self) {
        match self.wish() {
            Wish::GoOn => self.stop(),
            Wish::Stop | Wish::StopAtOnce => self.stop_at_once(),
        }
    }

    /// Whether it was asked to stop at once.
    #[must_use]
    pub fn is_at_once(&self) -> bool {
        self.wish() == Wish::StopAtOnce
    }

    pub(crate) fn wish(&self) -> Wish {
        *self.0.borrow()
    }

    pub(crate) fn wishes(&self) -> watch::Receiver<Wish> {
        self.0.subscribe()
    }
}

impl Default for Control {
    fn default() -> Self {
        Self::new()
    }
}
