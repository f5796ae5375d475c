//! A gate before every request of a call: how an import paces thousands of calls that know nothing of each other.
//!
//! The gate decides when a request may leave (rate, pauses, how many at once) and is told what came of it. A call that
//! waits, for a look-up's turn or for `settle` to pass, is not at the gate and takes nobody's place.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::clock::{self, Instant};
use crate::retry;
use crate::transport::{Observation, Request};

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
    /// From the gate to the end.
    pub took: Duration,
}

/// What the answer to a creation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The customer, whole.
    Created,
    /// That a customer was created, but not so that it can be read.
    Unread,
    /// That it was refused.
    Refused,
    /// None of these, or there was no answer.
    Unclear,
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

    /// A creation was answered, or not; look-ups may follow.
    fn judged(&self, judged: Judged);
}

/// One request on its way, from the gate until it has ended; also when its call is dropped.
pub(crate) struct Passage<'a> {
    gate: &'a dyn Gate,
    operation: Operation,
    entered: Instant,
    seen: Option<Seen>,
}

impl<'a> Passage<'a> {
    /// Waits at the gate; `None` if the request may never leave.
    pub(crate) async fn through(gate: &'a dyn Gate, request: Request<'_>) -> Option<Self> {
        let operation = request.operation();
        let entered = gate.enter(operation).await;
        entered.then(|| Self { gate, operation, entered: clock::now(), seen: None })
    }

    /// The request has ended.
    pub(crate) fn ended(mut self, observation: &Observation) {
        let mut seen = self.seen(Ending::Dropped);
        seen.ending = match observation {
            Observation::Reply(reply) => {
                seen.retry_after = retry::retry_after(&reply.headers);
                Ending::Answered(reply.status)
            }
            Observation::NotSent(_) => Ending::NotSent,
            Observation::TurnedAway(_) => Ending::TurnedAway,
            Observation::Lost(cause) if cause.code == "timeout" => Ending::TimedOut,
            Observation::Lost(_) => Ending::Lost,
        };
        self.seen = Some(seen);
    }

    fn seen(&self, ending: Ending) -> Seen {
        let took = clock::now().duration_since(self.entered);
        Seen { operation: self.operation, ending, retry_after: None, took }
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        self.gate.leave(self.seen.unwrap_or_else(|| self.seen(Ending::Dropped)));
    }
}
