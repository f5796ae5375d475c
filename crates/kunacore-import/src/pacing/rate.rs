//! When the next request may leave: at even distances, at the rate that was asked for or at the one that the server
//! seems to accept, whichever is lower.
//!
//! The distances are kept by the generic cell rate algorithm: each request moves a mark on by one distance, and may
//! leave [`BURST`] before the mark. In any stretch of time `w` at most 1 + (`w` + [`BURST`]) × rate requests leave.

use std::time::Duration;

use tokio::time::Instant;

use super::defaults::{BURST, SLOWEST_RATE};
use super::sought::Sought;

/// The rate of all requests.
pub(super) struct Rate {
    /// What was asked for, in requests a second.
    asked: Option<f64>,
    /// What the server seems to accept.
    sought: Sought,
    /// When the next request would leave at even distances.
    mark: Instant,
    /// When the last one left.
    last: Instant,
}

impl Rate {
    pub(super) fn new(asked: Option<f64>, now: Instant) -> Self {
        // Of a number and no number, `max` gives the number.
        let asked = asked.map(|rate| rate.max(SLOWEST_RATE));
        Self { asked, sought: Sought::new(now), mark: now, last: now }
    }

    /// The limit in force, in requests a second.
    pub(super) fn in_force(&self) -> Option<f64> {
        let sought = self.sought.rate();
        match (self.asked, sought) {
            (Some(asked), Some(sought)) => Some(asked.min(sought)),
            (asked, sought) => asked.or(sought),
        }
    }

    /// When the next request may leave; `None` if it may now.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        self.in_force()?;
        // The mark is at most some distances ahead of the time when the first request could leave.
        self.mark.checked_sub(BURST).filter(|next| *next > now)
    }

    /// A request leaves.
    pub(super) fn take(&mut self, now: Instant) {
        // Only time in which the rate held requests back shows that the server accepts it.
        if self.mark >= now {
            self.sought.held(now.saturating_duration_since(self.last), self.asked);
        }
        self.last = now;
        if let Some(rate) = self.in_force() {
            self.mark = self.mark.max(now) + Duration::from_secs_f64(rate.recip());
        }
    }

    /// The server let a request pass.
    pub(super) fn accepted(&mut self, now: Instant) {
        self.sought.accepted(now);
    }

    /// The server answered 429 to a request that had left then.
    pub(super) fn pushed_back(&mut self, now: Instant, left: Instant) {
        self.sought.pushed_back(now, left, self.in_force());
    }
}
