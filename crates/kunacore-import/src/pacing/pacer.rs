//! The gate itself: who waits, in which order, and what wakes them.
//!
//! A request that may leave at once takes one short lock. One that must wait queues for the turnstile of its kind, in the
//! order of arrival; whoever holds the turnstile waits for time to pass or for something to change, so that of all that
//! wait at most three ever look again. A future that is dropped gives back its turn, wherever it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kunacore::gate::{Gate, GateFuture, Judged, Operation, Seen};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::Pacing;
use super::state::{Kind, Stage, State, Verdict};
use super::status::Status;

/// The pace of an import: every request of its calls passes it. See the [module](super).
pub struct Pacer {
    state: Mutex<State>,
    /// One turn each for logins, reads and creations.
    turnstiles: [Semaphore; 3],
    /// Something may let more pass, or says more.
    changed: Notify,
    /// No creation leaves any more.
    closing: Notify,
}

impl Pacer {
    /// A gate that is open.
    #[must_use]
    pub fn new(pacing: Pacing) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::new(&pacing, Instant::now())),
            turnstiles: [Semaphore::new(1), Semaphore::new(1), Semaphore::new(1)],
            changed: Notify::new(),
            closing: Notify::new(),
        })
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.state().status(Instant::now())
    }

    /// How many more calls there are places for: the free ones, less those that somebody waits for. As long as there are
    /// any, more calls may be started; each should have come to the gate before this is asked again.
    #[must_use]
    pub fn room(&self) -> usize {
        self.state().room()
    }

    /// Lets no creation leave any more: those that wait, or come, are refused. Look-ups still pass, unless the server is
    /// known to be gone.
    pub fn drain(&self) {
        self.stop(Stage::Draining);
    }

    /// Lets nothing leave any more.
    pub fn close(&self) {
        self.stop(Stage::Closed);
    }

    /// Waits until five creations in a row had no answer below 500, and until a pause that the server asks for is over.
    /// Whoever waits for this should then look whether the server is there, not by way of this gate, and tell by
    /// [`cleared`](Self::cleared) or [`outage`](Self::outage). Until then nothing leaves but logins, and of these one
    /// every few seconds.
    pub async fn suspect(&self) {
        self.until(State::suspects).await;
    }

    /// The server is there. Creations go on with one in flight, until it is answered.
    pub fn cleared(&self) {
        self.state().cleared(Instant::now());
        self.changed.notify_waiters();
    }

    /// The server is not there. Everything goes on waiting until it is [cleared](Self::cleared).
    pub fn outage(&self) {
        self.state().outage();
        self.changed.notify_waiters();
    }

    fn stop(&self, stage: Stage) {
        if !self.state().stop(stage) {
            return;
        }
        self.turnstiles[Kind::Create as usize].close();
        if stage == Stage::Closed {
            self.turnstiles.iter().for_each(Semaphore::close);
        }
        self.changed.notify_waiters();
        self.closing.notify_waiters();
    }

    /// Waits until the time has come that the state gives; it may give another one, or none, when something changes.
    async fn until(&self, when: impl Fn(&State, Instant) -> Option<Instant>) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now = Instant::now();
            let then = when(&self.state(), now);
            match then {
                Some(then) if then <= now => return,
                Some(then) => tokio::select! {
                    () = sleep_until(then) => {}
                    () = changed => {}
                },
                None => changed.await,
            }
        }
    }

    /// Queues for the turnstile, and then waits until the request may leave.
    async fn queue(&self, place: InQueue<'_>) -> bool {
        let Ok(_turn) = self.turnstiles[place.kind as usize].acquire().await else { return false };
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let verdict = self.state().is_next(place.kind, place.arrival, Instant::now());
            match verdict {
                Verdict::Leaves => return true,
                Verdict::Never => return false,
                Verdict::NotBefore(then) => tokio::select! {
                    () = sleep_until(then) => {}
                    () = changed => {}
                },
                Verdict::Waits => changed.await,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate for Pacer {
    fn enter(&self, operation: Operation) -> GateFuture<'_, bool> {
        Box::pin(async move {
            let kind = Kind::of(operation);
            let place = {
                let mut state = self.state();
                match state.comes(kind, Instant::now()) {
                    Verdict::Leaves => return true,
                    Verdict::Never => return false,
                    Verdict::NotBefore(_) | Verdict::Waits => InQueue { pacer: self, kind, arrival: state.waits(kind) },
                }
            };
            self.queue(place).await
        })
    }

    fn leave(&self, seen: Seen) {
        self.state().leave(&seen, Instant::now());
        self.changed.notify_waiters();
    }

    fn closing(&self) -> GateFuture<'_, ()> {
        Box::pin(async move {
            let closing = self.closing.notified();
            tokio::pin!(closing);
            closing.as_mut().enable();
            let is_open = self.state().stage() == Stage::Open;
            if is_open {
                closing.await;
            }
        })
    }

    /// The pace does not hang on it.
    fn judged(&self, _: Judged) {}
}

/// A request that waits. It waits no longer when this is dropped, whether it has left or was given up.
struct InQueue<'a> {
    pacer: &'a Pacer,
    kind: Kind,
    arrival: u64,
}

impl Drop for InQueue<'_> {
    fn drop(&mut self) {
        self.pacer.state().waited(self.kind, self.arrival);
        // There may be room for another, and the first of another kind may have waited for this one.
        self.pacer.changed.notify_waiters();
    }
}
