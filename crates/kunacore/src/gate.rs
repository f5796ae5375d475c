//! A gate before every request of a call: how an import paces thousands of calls that know nothing of each other.
//!
//! The gate decides when a request may leave (rate, pauses, how many at once) and is told what came of it. A call that
//! waits, for a look-up's turn or for `settle` to pass, is not at the gate and takes nobody's place.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

/// What a request asks of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// An access token, for whoever needs one. A request that waits for it has not entered the gate yet.
    Login,
    /// A new customer.
    Create,
    /// A page of customers.
    Find,
    /// One customer by its id.
    Details,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server answered with this HTTP status.
    Answered(u16),
    /// It is proved that nothing left: no connection, or no time.
    NotSent,
    /// The server's HTTP/2 layer turned it away unseen.
    TurnedAway,
    /// It was sent, and no answer came in time.
    TimedOut,
    /// It was sent, and the connection broke before the answer.
    Lost,
    /// The caller gave it up.
    Dropped,
}

/// What is known of a request that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// What it asked for.
    pub operation: Operation,
    /// How it ended.
    pub ending: Ending,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// The server's clock when it answered.
    pub server_time: Option<SystemTime>,
    /// From the gate to the end.
    pub took: Duration,
}

/// A future of a gate's.
pub type GateFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Decides when requests may leave.
pub trait Gate: Send + Sync {
    /// Waits until a request may leave; `false` if it never may, so that its call ends. Every `true` is followed by one
    /// [`leave`](Self::leave).
    fn enter(&self, operation: Operation) -> GateFuture<'_, bool>;

    /// A request that had entered has ended.
    fn leave(&self, seen: Seen);

    /// Ends when calls shall no longer wait for anything but answers.
    fn closing(&self) -> GateFuture<'_, ()>;
}
