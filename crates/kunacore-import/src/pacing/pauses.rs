//! Pauses that a server asks for: nothing leaves until they are over, however long they are.

use std::time::Duration;

use tokio::time::Instant;

use super::defaults::{SLOW_DOWN, SLOW_DOWN_MOST};
use super::status::Why;

/// What stands for the end of a pause that is too long to be told.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The pause that all requests share.
#[derive(Default)]
pub(super) struct Pauses {
    pause: Option<(Why, Instant)>,
    /// How many 429s that did not say how long came one after the other, each to a request that left after the last.
    unsaid: u32,
    /// When the last of them was read.
    last: Option<Instant>,
}

impl Pauses {
    /// The pause that lasts now.
    pub(super) fn now(&self, now: Instant) -> Option<(Why, Instant)> {
        self.pause.filter(|(_, until)| *until > now)
    }

    /// A 429 was read, in answer to a request that had left then.
    pub(super) fn throttled(&mut self, now: Instant, left: Instant, asked: Option<Duration>) {
        let pause = asked.unwrap_or_else(|| self.unsaid(now, left));
        self.wait(Why::RateLimited, now, pause);
    }

    /// A 503 was read that says when the server is back.
    pub(super) fn unavailable(&mut self, now: Instant, asked: Duration) {
        self.wait(Why::Unavailable, now, asked);
    }

    /// Another answer was read, to a request that had left then.
    pub(super) fn passed(&mut self, left: Instant) {
        if self.last.is_some_and(|last| left > last) {
            (self.unsaid, self.last) = (0, None);
        }
    }

    fn unsaid(&mut self, now: Instant, left: Instant) -> Duration {
        // Those that were on their way together ask for the same pause.
        if self.last.is_none_or(|last| left > last) {
            self.unsaid = self.unsaid.saturating_add(1);
            self.last = Some(now);
        }
        let doubled = SLOW_DOWN.saturating_mul(2_u32.saturating_pow(self.unsaid.saturating_sub(1)));
        // Many that were sent away together shall not come back together.
        doubled.min(SLOW_DOWN_MOST).mul_f64(0.75 + 0.5 * fastrand::f64())
    }

    fn wait(&mut self, why: Why, now: Instant, pause: Duration) {
        let until = now.checked_add(pause).unwrap_or(now + FAR);
        if self.pause.is_none_or(|(_, longest)| until > longest) {
            self.pause = Some((why, until));
        }
    }
}
