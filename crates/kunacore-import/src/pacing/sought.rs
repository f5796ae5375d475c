//! What rate the server seems to accept, learned from its 429s.
//!
//! Servers that limit the rate let some requests pass at once before they count, so a 429 comes some time after the limit
//! was passed, and costs a pause of a second or more. To grow until the next 429, always at the same speed, wastes almost a
//! third of what the server would accept. So the rate returns to just below the limit that it met, fast at first and ever
//! slower, stays there for a while, and then tries for more, ever faster: the curve of TCP's CUBIC. Where the limit is met
//! again at the same height, the curve is stretched, and 429s become rare.
//!
//! A limit that is met before the server has accepted requests for [`WINDOW`] without a pause is known only from below.
//! Then the rate doubles again and again until it meets the limit once more.
//!
//! A 429 that asks to come again at once may have nothing to do with the rate: servers shed load that way, too. The rate
//! goes down a little for each, and grows by as much a second whatever it is, so that they cannot bring it to a halt.

use std::time::Duration;

use tokio::time::Instant;

use super::defaults::{
    BELOW_LIMIT, CLIMB, KEPT_RATE, LEAST_LEARNED, RATE_GROWTH, RETURN, RETURN_MOST, SAME_LIMIT, SEARCH, SEARCH_ANSWERS,
    SEARCHED, WINDOW, WINDOW_ANSWERS,
};

/// The rate that the server seems to accept.
pub(super) struct Sought {
    course: Option<Course>,
    /// For how many seconds the rate has held requests back since the course was set.
    held: f64,
    /// Whether the last request that left was held back by the rate.
    binds: bool,
    window: Window,
    /// When the last 429 that counted was read.
    met: Option<Instant>,
}

/// How the rate goes on from a 429. Rates are in requests a second, times in seconds.
#[derive(Clone, Copy, Debug)]
enum Course {
    /// The limit is higher.
    Search { from: f64 },
    /// The limit is just above `to`, and the way back to there takes so long.
    Return { to: f64, time: f64 },
    /// There may be no limit; the rate grows evenly.
    Climb { from: f64 },
}

impl Course {
    /// From a rate that is surely accepted.
    fn search(accepted: f64) -> Self {
        Self::Search { from: (accepted * KEPT_RATE).max(LEAST_LEARNED) }
    }

    /// From a rate at which a request was refused for the moment.
    fn climb(rate: f64) -> Self {
        Self::Climb { from: (rate * BELOW_LIMIT).max(LEAST_LEARNED) }
    }

    /// After the limit was met at a rate. `before` is the [`Course::Return`] that led there.
    fn back(rate: f64, before: Option<(f64, f64)>) -> Self {
        let to = (rate * BELOW_LIMIT).max(LEAST_LEARNED);
        let time = match before {
            Some((before, time)) if (to / before - 1.0).abs() <= SAME_LIMIT => time * 2.0,
            _ => 0.0,
        };
        let patience = patience(to, WINDOW, WINDOW_ANSWERS);
        Self::Return { to, time: time.clamp(RETURN.as_secs_f64() * patience, RETURN_MOST.as_secs_f64() * patience) }
    }

    /// After this course has met the limit at a rate.
    fn met(self, rate: f64) -> Self {
        match self {
            Self::Search { .. } => Self::back(rate * SEARCHED, None),
            Self::Return { to, time } => Self::back(rate, Some((to, time))),
            Self::Climb { .. } => Self::back(rate, None),
        }
    }

    /// The rate after so many seconds.
    fn rate(self, held: f64) -> f64 {
        match self {
            Self::Search { from } => from * (held / patience(from, SEARCH, SEARCH_ANSWERS)).exp2(),
            Self::Climb { from } => CLIMB.mul_add(held, from),
            Self::Return { to, time } => {
                let (drop, growth) = (1.0 - KEPT_RATE, RATE_GROWTH / patience(to, WINDOW, WINDOW_ANSWERS));
                let curve = |held: f64| to * (1.0 + drop * (held / time - 1.0).powi(3));
                // Where the curve becomes steeper than the growth that is allowed, the rate goes on with that.
                let steep = time * (1.0 + (growth * time / (3.0 * drop)).sqrt());
                curve(held.min(steep)) * (1.0 + growth).powf((held - steep).max(0.0))
            }
        }
    }
}

/// How long it takes at a rate to learn something, in seconds: so long, or until so many answers are there.
fn patience(rate: f64, least: Duration, answers: u32) -> f64 {
    (f64::from(answers) / rate).max(least.as_secs_f64())
}

impl Sought {
    pub(super) fn new(now: Instant) -> Self {
        Self { course: None, held: 0.0, binds: false, window: Window::new(now), met: None }
    }

    /// The rate, in requests a second; `None` as long as no limit was met.
    pub(super) fn rate(&self) -> Option<f64> {
        self.course.map(|course| course.rate(self.held))
    }

    /// The rate has held requests back for so long. It does not grow beyond `most`.
    pub(super) fn held(&mut self, time: Duration, most: Option<f64>) {
        self.binds = true;
        if self.rate().is_some_and(|rate| most.is_none_or(|most| rate < most)) {
            self.held += time.as_secs_f64();
        }
    }

    /// A request left that the rate had not held back.
    pub(super) fn idle(&mut self) {
        self.binds = false;
    }

    /// The server let a request pass.
    pub(super) fn accepted(&mut self, now: Instant) {
        self.window.count(now);
    }

    /// The server answered 429 to a request that had left then, while a rate was in force.
    pub(super) fn pushed_back(&mut self, now: Instant, left: Instant, in_force: Option<f64>, at_once: bool) {
        // One that had left before the last 429 was read met the same limit.
        if self.met.is_some_and(|met| left <= met) {
            return;
        }
        self.met = Some(now);
        let Measured { rate: accepted, steady } = self.window.measured(now);
        self.course = Some(match (self.course, in_force) {
            // What left at this rate was accepted so far; the window would show it with some delay.
            (Some(_), Some(rate)) if self.binds && at_once => Course::climb(rate),
            (Some(course), Some(rate)) if self.binds => course.met(rate),
            _ if steady && at_once => Course::climb(accepted),
            _ if steady => Course::back(accepted, None),
            _ => Course::search(accepted),
        });
        self.held = 0.0;
        self.window.pause();
    }
}

/// What the server let pass of late: two stretches of time, each at least [`WINDOW`] and [`WINDOW_ANSWERS`] long.
struct Window {
    last: Option<Stretch>,
    now: Stretch,
    /// When the last request passed.
    passed: Instant,
}

#[derive(Clone, Copy)]
struct Stretch {
    began: Instant,
    passed: u32,
    /// Whether there was a pause in it, or just nothing to send.
    paused: bool,
}

/// What a window shows.
struct Measured {
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
        Self { last: None, now: Stretch::new(now), passed: now }
    }

    fn count(&mut self, now: Instant) {
        self.now.passed += 1;
        self.now.paused |= now.saturating_duration_since(self.passed) > WINDOW;
        self.passed = now;
        if self.now.passed >= WINDOW_ANSWERS && now.saturating_duration_since(self.now.began) >= WINDOW {
            self.last = Some(std::mem::replace(&mut self.now, Stretch::new(now)));
        }
    }

    fn pause(&mut self) {
        self.now.paused = true;
    }

    fn measured(&self, now: Instant) -> Measured {
        let began = self.last.map_or(self.now.began, |last| last.began);
        let passed = self.last.map_or(0, |last| last.passed) + self.now.passed;
        let paused = self.now.paused || self.last.is_some_and(|last| last.paused);
        let time = now.saturating_duration_since(began);
        // That nothing passed says little: perhaps others had taken what there was.
        Measured { rate: f64::from(passed.max(1)) / time.max(WINDOW).as_secs_f64(), steady: !paused && time >= WINDOW }
    }
}
