//! What a pacer shows of itself. Numbers only.

use std::fmt;

use kunacore::gate::Operation;
use tokio::time::Instant;

/// A moment of a pacer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// How many requests are in flight; logins, which take no place, are not counted.
    pub in_flight: usize,
    /// How many requests wait at the gate, logins included.
    pub waiting: usize,
    /// How many may be in flight now.
    pub limit: usize,
    /// The rate in force, in requests a second: what was asked for, or what the server seems to accept, whichever is
    /// lower. `None` without a limit.
    pub rate: Option<f64>,
    /// Why nothing leaves now.
    pub pause: Option<Pause>,
    /// The requests that were sent and have ended.
    pub requests: Requests,
}

/// Why nothing leaves, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pause {
    /// Why.
    pub why: Why,
    /// When it is over, where that is known.
    pub until: Option<Instant>,
}

/// Why nothing leaves. `Display` completes the sentence "Nothing is sent now: …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// The server says that there are too many requests (429).
    RateLimited,
    /// The server says that it is not available, and when it will be (503 with `Retry-After`).
    Unavailable,
    /// Several creations in a row had no answer below 500; whether the server is there is being looked at.
    Suspected,
    /// The server does not answer.
    Outage,
}

impl Why {
    /// The same in a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::RateLimited => "the server asks to slow down",
            Self::Unavailable => "the server says that it is not available",
            Self::Suspected => "creations fail; looking whether the server is there",
            Self::Outage => "the server does not answer",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Requests that were sent, or may have been, and have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requests {
    /// Creations.
    pub create: u64,
    /// Pages of look-ups.
    pub find: u64,
    /// Logins.
    pub login: u64,
    /// Customers asked for by id.
    pub details: u64,
}

impl Requests {
    pub(super) fn count(&mut self, operation: Operation) {
        let requests = match operation {
            Operation::Create => &mut self.create,
            Operation::Find => &mut self.find,
            Operation::Login => &mut self.login,
            Operation::Details => &mut self.details,
        };
        *requests += 1;
    }
}
