//! What rate the server seems to accept, learned from its 429s.
//!
//! A server that limits the rate mostly lets some requests pass at once before it counts. So a 429 comes some time after
//! the limit was passed, and costs a pause of a second or more: to grow until the next 429, always at the same speed,
//! wastes a fifth of what the server would accept. Instead the rate returns to just below the limit that it met, fast at
//! first and ever slower, stays there for a while, and only then tries for more, ever faster: the cubic curve that TCP
//! takes. Where the limit is met again at the same height, the curve is stretched, so that 429s become rare.
//!
//! A limit that is met before the server has accepted requests for [`WINDOW`] without a pause is only known from below.
//! Then the rate doubles each second until it is met again.

use std::time::Duration;

use tokio::time::Instant;

use super::defaults::{KEPT_RATE, RATE_GROWTH, RETURN, RETURN_MOST, SAME_LIMIT, SLOWEST_RATE, WINDOW, WINDOW_ANSWERS};

/// The rate that the server seems to accept.
pub(super) struct Sought {
    course: Option<Course>,
    /// For how many seconds the rate has held requests back since the course was set.
    held: f64,
    window: Window,
    /// When the last 429 that counted was read.
    met: Option<Instant>,
}

/// How the rate goes on from a 429. Rates are in requests a second, times in seconds.
#[derive(Clone, Copy, Debug)]
enum Course {
    /// The limit is higher.
    Search { from: f64 },
    /// The limit is about there, and the way back takes so long.
    Return { to: f64, time: f64 },
}

impl Course {
    /// The rate after so many seconds.
    fn rate(self, held: f64) -> f64 {
        match self {
            Self::Search { from } => from * (held / patience(from)).exp2(),
            Self::Return { to, time } => {
                let drop = 1.0 - KEPT_RATE;
                let curve = |held: f64| to * (1.0 + drop * (held / time - 1.0).powi(3));
                // Where the curve's slope reaches the growth that is allowed, the rate goes on with that.
                let steep = time * (1.0 + (RATE_GROWTH / patience(to) * time / (3.0 * drop)).sqrt());
                curve(held.min(steep)) * (1.0 + RATE_GROWTH).powf((held - steep).max(0.0) / patience(to))
            }
        }
    }
}

/// The time in which something can be learned at a rate, in seconds: one, or more where few requests leave in one.
fn patience(rate: f64) -> f64 {
    (f64::from(WINDOW_ANSWERS) / rate).max(1.0)
}

impl Sought {
    pub(super) fn new(now: Instant) -> Self {
        Self { course: None, held: 0.0, window: Window::new(now), met: None }
    }

    /// The rate, in requests a second; `None` as long as no limit was met.
    pub(super) fn rate(&self) -> Option<f64> {
        self.course.map(|course| course.rate(self.held))
    }

    /// The rate has held requests back for so long. It does not grow beyond `most`.
    pub(super) fn held(&mut self, time: Duration, most: Option<f64>) {
        if self.rate().is_some_and(|rate| most.is_none_or(|most| rate < most)) {
            self.held += time.as_secs_f64();
        }
    }

    /// The server let a request pass.
    pub(super) fn accepted(&mut self, now: Instant) {
        self.window.count(now);
    }

    /// The server answered 429 to a request that had left then, while a rate was in force.
    pub(super) fn pushed_back(&mut self, now: Instant, left: Instant, in_force: Option<f64>) {
        // One that had left before the last 429 was read met the same limit.
        if self.met.is_some_and(|met| left <= met) {
            return;
        }
        self.met = Some(now);
        let Seen { rate: accepted, steady } = self.window.seen(now);
        let before = self.course;
        let course = match before {
            _ if steady => {
                let (least, most) = (RETURN.as_secs_f64(), RETURN_MOST.as_secs_f64());
                let time = match before {
                    Some(Course::Return { to, time }) if (accepted / to - 1.0).abs() <= SAME_LIMIT => time * 2.0,
                    _ => 0.0,
                };
                let patience = patience(accepted);
                Course::Return { to: accepted, time: time.clamp(least * patience, most * patience) }
            }
            Some(Course::Return { to, .. }) => {
                let to = in_force.unwrap_or(to).min(to) * KEPT_RATE;
                Course::Return { to, time: RETURN.as_secs_f64() * patience(to) }
            }
            Some(Course::Search { .. }) | None => Course::Search { from: accepted * KEPT_RATE },
        };
        self.course = Some(match course {
            Course::Search { from } => Course::Search { from: from.max(SLOWEST_RATE) },
            Course::Return { to, time } => Course::Return { to: to.max(SLOWEST_RATE), time },
        });
        self.held = 0.0;
        self.window.pause();
    }
}

/// What the server let pass of late: two stretches of time, each at least [`WINDOW`] and [`WINDOW_ANSWERS`] long.
struct Window {
    last: Option<Stretch>,
    now: Stretch,
}

#[derive(Clone, Copy)]
struct Stretch {
    began: Instant,
    passed: u32,
    /// Whether there was a pause in it.
    paused: bool,
}

/// What a window shows.
struct Seen {
    /// Requests a second.
    rate: f64,
    /// Whether that is for long enough, and without a pause.
    steady: bool,
}

impl Stretch {
    fn new(began: Instant) -> Self {
        Self { began, passed: 0, paused: false }
    }
}

impl Window {
    fn new(now: Instant) -> Self {
        Self { last: None, now: Stretch::new(now) }
    }

    fn count(&mut self, now: Instant) {
        self.now.passed += 1;
        if self.now.passed >= WINDOW_ANSWERS && now.saturating_duration_since(self.now.began) >= WINDOW {
            self.last = Some(std::mem::replace(&mut self.now, Stretch::new(now)));
        }
    }

    fn pause(&mut self) {
        self.now.paused = true;
    }

    fn seen(&self, now: Instant) -> Seen {
        let began = self.last.map_or(self.now.began, |last| last.began);
        let passed = self.last.map_or(0, |last| last.passed) + self.now.passed;
        let paused = self.now.paused || self.last.is_some_and(|last| last.paused);
        let time = now.saturating_duration_since(began);
        Seen { rate: f64::from(passed) / time.max(WINDOW).as_secs_f64(), steady: !paused && time >= WINDOW }
    }
}
