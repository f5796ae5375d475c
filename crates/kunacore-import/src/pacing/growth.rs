//! How many requests in flight help: a number that grows as long as that brings more answers a second.
//!
//! The number doubles with each round trip, then grows by one, in steps of an eighth. A step that brings less than half of
//! its share is taken back. The server's push-back and answers that do not come in time halve the number, at most once in
//! a round trip. After a 429, which speaks of the rate and not of the number, it doubles back to where it was: the lower
//! rate alone must keep the server content.
//!
//! A round ends when as many requests have ended as may be in flight. Right after a change only those count that left
//! after it, and their speed says nothing yet: connections are made, and queues fill. Where places were free for most of a
//! round, something else was scarce, and nothing is learned.

use std::time::Duration;

use tokio::time::Instant;

use super::defaults::{FULL, KEPT_IN_FLIGHT, MOST_IN_FLIGHT, REST, ROUNDS_MEASURED, STEPS};

/// The course of the number in flight.
pub(super) struct Growth {
    most: usize,
    phase: Phase,
    round: Round,
    /// What the last level brought that is worth its places, as long as it can be compared.
    base: Option<Level>,
    /// When the number was last cut.
    cut: Option<Instant>,
}

/// How the number goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It doubles, and each level is measured.
    Double,
    /// It doubles back to where it was.
    Regain { to: usize },
    /// It grows by one each round, up to a level that is measured.
    Climb { to: usize },
    /// It stays for a while.
    Rest { until: Instant },
}

#[derive(Clone, Copy, Debug)]
struct Round {
    began: Instant,
    /// Whether it measures the level; the round after a change of the level does not.
    measures: bool,
    ended: usize,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    limit: usize,
    /// Answers a second.
    speed: f64,
}

impl Growth {
    pub(super) fn new(most: usize, now: Instant) -> Self {
        let round = Round { began: now, measures: true, ended: 0 };
        Self { most, phase: Phase::Double, round, base: None, cut: None }
    }

    /// Counts the answer to a request that had left then. At the end of a round gives the number for the next. `full` is for
    /// how long all places were taken in this one.
    pub(super) fn answered(&mut self, limit: usize, now: Instant, left: Instant, full: Duration) -> Option<usize> {
        let is_judged = self.base.is_none_or(|base| base.limit >= limit);
        if limit >= self.most && is_judged {
            return None;
        }
        let round = &mut self.round;
        round.ended += usize::from(round.measures || left >= round.began);
        let needed = if round.measures && self.phase != Phase::Double { limit * ROUNDS_MEASURED } else { limit };
        let time = now.duration_since(round.began);
        if round.ended < needed || time.is_zero() {
            return None;
        }
        let Round { measures, ended, .. } = *round;
        self.round = Round { began: now, measures, ended: 0 };
        if full < time.mul_f64(FULL) {
            self.base = None;
            return Some(limit);
        }
        if measures {
            return Some(self.judge(Level { limit, speed: ended as f64 / time.as_secs_f64() }, now));
        }
        let next = match self.phase {
            Phase::Regain { to } => (limit * 2).min(to),
            Phase::Climb { to } => (limit + 1).min(to.max(limit)),
            Phase::Double | Phase::Rest { .. } => limit,
        };
        if next == limit {
            self.round.measures = true;
        } else if self.phase == (Phase::Regain { to: next }) {
            self.phase = Phase::Climb { to: next };
        }
        Some(next)
    }

    /// Goes on from a level that was measured, or back from it.
    fn judge(&mut self, level: Level, now: Instant) -> usize {
        if let Phase::Rest { until } = self.phase {
            if now < until {
                return level.limit;
            }
        } else if let Some(base) = self.base
            && !level.pays_after(base)
        {
            let was_doubling = self.phase == Phase::Double;
            self.phase = if was_doubling { Phase::Climb { to: base.limit } } else { Phase::Rest { until: now + REST } };
            (self.base, self.round.measures) = (None, false);
            return base.limit;
        }
        (self.base, self.round.measures) = (Some(level), false);
        let top = MOST_IN_FLIGHT.min(self.most);
        if self.phase == Phase::Double && level.limit < top {
            return (level.limit * 2).min(top);
        }
        self.phase = Phase::Climb { to: (level.limit + (level.limit / STEPS).max(1)).min(self.most) };
        (level.limit + 1).min(self.most)
    }

    /// The number after push-back to a request that had left then, if that is news.
    pub(super) fn cut(&mut self, limit: usize, now: Instant, left: Instant, regain: bool) -> Option<usize> {
        if self.cut.is_some_and(|cut| left <= cut) {
            return None;
        }
        let next = ((limit as f64 * KEPT_IN_FLIGHT) as usize).max(1);
        self.phase = match self.phase {
            Phase::Regain { to } if regain => Phase::Regain { to },
            _ if regain => Phase::Regain { to: limit },
            _ => Phase::Climb { to: next },
        };
        self.round = Round { began: now, measures: false, ended: 0 };
        (self.cut, self.base) = (Some(now), None);
        Some(next)
    }
}

impl Level {
    /// Whether the places that it has more than `base` bring at least half of their share.
    fn pays_after(self, base: Level) -> bool {
        let more = self.limit as f64 / base.limit as f64 - 1.0;
        self.speed >= base.speed * (1.0 + more / 2.0)
    }
}
