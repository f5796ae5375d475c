//! The places of requests in flight: how many there are, how many are taken, and for how long all of them were.

use std::time::Duration;

use tokio::time::Instant;

use super::defaults::START_IN_FLIGHT;
use super::growth::Growth;

/// The places, so many as are asked for, or as the server can take.
pub(super) struct Places {
    limit: usize,
    taken: usize,
    /// Since when all are taken.
    full_since: Option<Instant>,
    /// For how long all were taken in the present round.
    full: Duration,
    /// `None` when the number is fixed.
    growth: Option<Growth>,
}

impl Places {
    /// Always the same number, at least 1.
    pub(super) fn fixed(limit: usize) -> Self {
        Self { limit: limit.max(1), taken: 0, full_since: None, full: Duration::ZERO, growth: None }
    }

    /// A number that follows the server, from 1 up to `most`.
    pub(super) fn adaptive(most: usize, now: Instant) -> Self {
        let most = most.max(1);
        Self { growth: Some(Growth::new(most, now)), ..Self::fixed(START_IN_FLIGHT.min(most)) }
    }

    /// How many may be in flight.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// How many are.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// A request leaves.
    pub(super) fn take(&mut self, now: Instant) {
        self.taken += 1;
        self.note(now);
    }

    /// A request has ended.
    pub(super) fn give_back(&mut self, now: Instant) {
        self.taken = self.taken.saturating_sub(1);
        self.note(now);
    }

    /// A request that had left then was answered.
    pub(super) fn answered(&mut self, now: Instant, left: Instant) {
        if let Some(growth) = &mut self.growth {
            let full = self.full + self.full_since.map_or(Duration::ZERO, |since| now.duration_since(since));
            if let Some(limit) = growth.answered(self.limit, now, left, full) {
                self.begin_round(limit, now);
            }
        }
    }

    /// The server pushed back a request that had left then, or did not answer it in time. `regain` where the number is not
    /// to blame.
    pub(super) fn cut(&mut self, now: Instant, left: Instant, regain: bool) {
        if let Some(growth) = &mut self.growth
            && let Some(limit) = growth.cut(self.limit, now, left, regain)
        {
            self.begin_round(limit, now);
        }
    }

    fn begin_round(&mut self, limit: usize, now: Instant) {
        (self.limit, self.full, self.full_since) = (limit, Duration::ZERO, None);
        self.note(now);
    }

    fn note(&mut self, now: Instant) {
        if self.taken >= self.limit {
            self.full_since.get_or_insert(now);
        } else if let Some(since) = self.full_since.take() {
            self.full += now.duration_since(since);
        }
    }
}
