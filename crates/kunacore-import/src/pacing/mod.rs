//! When the requests of an import leave: how fast, how many at once, and when not at all.
//!
//! Thousands of calls that know nothing of each other share one [`Pacer`]. Each of their requests, look-ups included, passes
//! it, and it is told how each ended:
//!
//! * the *rate*: at most so many a second, evenly; as asked for, and as the server seems to accept once it answers 429;
//! * *pauses*: after a 429, or a 503 with `Retry-After`, nothing leaves until the time is over that the server asks for;
//! * *places*: at most so many in flight, a number that follows what the server can take, or a fixed one;
//! * *doubt*: after five creations in a row without an answer below 500 nothing leaves until somebody has looked whether
//!   the server is there.
//!
//! All of them are asked at the moment when a request leaves, so that none of them can be undone by waiting for another.
//! Requests of a kind (logins, look-ups, creations) leave in the order in which they came; look-ups and creations together
//! as well, unless only one of them may. Logins go first, and take no place.

mod defaults;
mod growth;
mod outage;
mod pacer;
mod pauses;
mod places;
mod rate;
mod sought;
mod state;
mod status;
#[cfg(test)]
mod tests;

pub use defaults::*;
pub use pacer::Pacer;
pub use status::{Pause, Requests, Status, Why};

/// What pace is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pacing {
    /// At most so many requests a second. `None` for no limit but the server's. What is lower than [`SLOWEST_RATE`], or no
    /// number, counts as that.
    pub rate: Option<f64>,
    /// So many requests in flight, at least 1, whatever the server does. `None` for a number that follows the server.
    pub concurrency: Option<usize>,
    /// One creation in flight until one is answered: for an import that goes on after an outage.
    pub start_with_one: bool,
    /// How many may be in flight at most where the number follows the server.
    pub most: usize,
}

impl Default for Pacing {
    fn default() -> Self {
        Self { rate: None, concurrency: None, start_with_one: false, most: MOST_IN_FLIGHT }
    }
}
