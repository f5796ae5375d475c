//! When the next request may leave: at even distances, at the rate that was asked for or at the one that the server
//! seems to accept, whichever is lower.
//!
//! Each request moves a mark on by one distance, and the next may leave at the mark: the generic cell rate algorithm. What
//! a timer was late by is caught up, at most [`BURST`]; what nobody wanted to send is not. So in any stretch of time `w` at
//! most 1 + (`w` + [`BURST`]) × rate requests leave, and one by one.

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
    /// When the next request may leave.
    mark: Instant,
    /// Whether somebody waits for that.
    awaited: bool,
    /// Whether the last request left later than the rate allowed, though it had waited.
    behind: bool,
    /// When the last request left.
    last: Instant,
}

impl Rate {
    pub(super) fn new(asked: Option<f64>, now: Instant) -> Self {
        // Of a number and no number, `max` gives the number.
        let asked = asked.map(|rate| rate.max(SLOWEST_RATE));
        Self { asked, sought: Sought::new(now), mark: now, awaited: false, behind: false, last: now }
    }

    /// The limit in force, in requests a second.
    pub(super) fn in_force(&self) -> Option<f64> {
        match (self.asked, self.sought.rate()) {
            (Some(asked), Some(sought)) => Some(asked.min(sought)),
            (asked, sought) => asked.or(sought),
        }
    }

    /// When the next request may leave, which then waits for that; `None` if it may now.
    pub(super) fn next(&mut self, now: Instant) -> Option<Instant> {
        let next = (self.mark > now).then_some(self.mark);
        self.awaited |= next.is_some();
        next
    }

    /// A request leaves.
    pub(super) fn take(&mut self, now: Instant) {
        let Some(rate) = self.in_force() else { return };
        let distance = Duration::from_secs_f64(rate.recip());
        let late = now.saturating_duration_since(self.mark);
        // Several that a timer was late for leave together, and only the first of them finds the mark ahead.
        let held_back = self.awaited || (self.behind && late <= BURST);
        if held_back {
            // Only time in which the rate held requests back shows that the server accepts it; a pause does not.
            let held = now.saturating_duration_since(self.last).min(distance + BURST);
            self.sought.held(held, self.asked);
            self.mark = (now + distance).checked_sub(late.min(BURST)).unwrap_or(now);
        } else {
            self.sought.idle();
            self.mark = now + distance;
        }
        (self.awaited, self.behind, self.last) = (false, self.mark <= now, now);
    }

    /// The server let a request pass.
    pub(super) fn accepted(&mut self, now: Instant) {
        self.sought.accepted(now);
    }

    /// The server answered 429 to a request that had left then; whether it asks to come again at once.
    pub(super) fn pushed_back(&mut self, now: Instant, left: Instant, at_once: bool) {
        self.sought.pushed_back(now, left, self.in_force(), at_once);
        (self.awaited, self.behind) = (false, false);
    }
}
