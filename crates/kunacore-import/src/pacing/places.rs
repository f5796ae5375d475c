//! How many requests may be in flight at once: a number that is asked for, or one that follows what the server can take.
//!
//! The number doubles with each round trip, then grows by one, in steps of an eighth, as long as that brings answers
//! faster. A step that brings less than half of its share is taken back. The server's push-back and answers that do not
//! come in time halve the number, at most once in a round trip. After a 429, which speaks of the rate and not of the
//! number, it doubles back to where it was: the lower rate alone must keep the server content.
//!
//! A round trip is over when as many requests that left in it have ended as may be in flight. Only when all places were
//! taken, and nothing else held requests back, can it say what the number brings.

use tokio::time::Instant;

use super::defaults::{KEPT_IN_FLIGHT, MOST_IN_FLIGHT, REST, ROUNDS_MEASURED, START_IN_FLIGHT, STEPS};

/// The places of requests in flight.
pub(super) struct Places {
    limit: usize,
    /// `None` when the number is fixed.
    course: Option<Course>,
}

struct Course {
    most: usize,
    phase: Phase,
    round: Round,
    /// What the last level brought that is worth its places.
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

/// A stretch of time in which answers are counted.
#[derive(Clone, Copy, Debug)]
struct Round {
    began: Instant,
    /// Whether it is to show what the level brings, which the round after a change of the level cannot.
    measures: bool,
    ended: usize,
    /// Whether all places were taken at some moment.
    full: bool,
    /// Whether something else held requests back.
    held: bool,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    limit: usize,
    /// Answers a second.
    speed: f64,
}

impl Round {
    fn new(began: Instant, measures: bool) -> Self {
        Self { began, measures, ended: 0, full: false, held: false }
    }
}

impl Places {
    /// Always the same number, at least 1.
    pub(super) fn fixed(limit: usize) -> Self {
        Self { limit: limit.max(1), course: None }
    }

    /// A number that follows the server, from 1 up to `most`.
    pub(super) fn adaptive(most: usize, now: Instant) -> Self {
        let most = most.max(1);
        let course = Course { most, phase: Phase::Double, round: Round::new(now, true), base: None, cut: None };
        Self { limit: START_IN_FLIGHT.min(most), course: Some(course) }
    }

    /// How many may be in flight.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// So many are in flight now that one more has left.
    pub(super) fn taken(&mut self, in_flight: usize) {
        if let Some(course) = &mut self.course {
            course.round.full |= in_flight >= self.limit;
        }
    }

    /// Something else than the number holds a request back.
    pub(super) fn held(&mut self) {
        if let Some(course) = &mut self.course {
            course.round.held = true;
        }
    }

    /// A request that had left then was answered.
    pub(super) fn answered(&mut self, now: Instant, left: Instant) {
        if let Some(course) = &mut self.course {
            self.limit = course.answered(self.limit, now, left);
        }
    }

    /// The server pushed back a request that had left then, or did not answer it in time. `regain` where the number is not
    /// to blame.
    pub(super) fn cut(&mut self, now: Instant, left: Instant, regain: bool) {
        let Some(course) = &mut self.course else { return };
        if course.cut.is_some_and(|cut| left <= cut) {
            return;
        }
        course.phase = match course.phase {
            Phase::Regain { to } if regain => Phase::Regain { to },
            _ if regain => Phase::Regain { to: self.limit },
            _ => Phase::Climb { to: 0 },
        };
        self.limit = ((self.limit as f64 * KEPT_IN_FLIGHT) as usize).max(1);
        (course.cut, course.base, course.round) = (Some(now), None, Round::new(now, false));
    }
}

impl Course {
    /// The number after an answer.
    fn answered(&mut self, limit: usize, now: Instant, left: Instant) -> usize {
        let is_judged = self.base.is_none_or(|base| base.limit >= limit);
        if limit >= self.most && is_judged {
            return limit;
        }
        let round = &mut self.round;
        // Until something has left and come back, answers speak of the level before.
        round.ended += usize::from(round.measures || left >= round.began);
        let needed = if round.measures && self.phase != Phase::Double { limit * ROUNDS_MEASURED } else { limit };
        if round.ended < needed || now <= round.began {
            return limit;
        }
        let Round { began, measures, ended, full, held } = *round;
        if !full || (measures && held) {
            self.round = Round::new(now, measures);
            return limit;
        }
        self.round = Round::new(now, true);
        if measures {
            let speed = ended as f64 / now.duration_since(began).as_secs_f64();
            return self.judge(Level { limit, speed }, now);
        }
        match self.phase {
            Phase::Regain { to } => {
                let limit = (limit * 2).min(to);
                if limit == to {
                    self.phase = Phase::Climb { to: 0 };
                }
                self.round.measures = false;
                limit
            }
            Phase::Climb { to } if limit < to => {
                self.round.measures = false;
                limit + 1
            }
            Phase::Double | Phase::Climb { .. } | Phase::Rest { .. } => limit,
        }
    }

    /// Goes on from a level that was measured, or back from it.
    fn judge(&mut self, level: Level, now: Instant) -> usize {
        if let Phase::Rest { until } = self.phase {
            if now < until {
                return level.limit;
            }
            self.phase = Phase::Climb { to: 0 };
        } else if let Some(base) = self.base
            && !level.pays_after(base)
        {
            let was_doubling = self.phase == Phase::Double;
            self.phase = if was_doubling { Phase::Climb { to: 0 } } else { Phase::Rest { until: now + REST } };
            (self.base, self.round.measures) = (None, false);
            return base.limit;
        }
        self.base = Some(level);
        self.round.measures = false;
        let top = MOST_IN_FLIGHT.min(self.most);
        if self.phase == Phase::Double && level.limit < top {
            return (level.limit * 2).min(top);
        }
        self.phase = Phase::Climb { to: (level.limit + (level.limit / STEPS).max(1)).min(self.most) };
        (level.limit + 1).min(self.most)
    }
}

impl Level {
    /// Whether the places it has more than `base` bring at least half of their share.
    fn pays_after(self, base: Level) -> bool {
        let more = self.limit as f64 / base.limit as f64 - 1.0;
        self.speed >= base.speed * (1.0 + more / 2.0)
    }
}
