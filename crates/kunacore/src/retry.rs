//! When and how often something is sent again: pauses with full jitter, a budget shared by all calls of a client, and what
//! a server asks for.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::clock::{self, Deadline};
use crate::defaults;
use crate::options::Options;

/// What makes an attempt worth repeating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The server or the way to it failed.
    Transient,
    /// The server turned the request away before it looked at it, and will take it on another connection.
    TurnedAway,
    /// The server asked to slow down.
    Throttled,
    /// What may have been lost is proved to be absent: it is sent once more.
    Absent,
}

/// The right of one call to send again.
pub(crate) struct Retry<'a> {
    budget: &'a Budget,
    deadline: Deadline,
    max_attempts: u32,
    pauses: Pauses,
    taken: u32,
    /// Whether somebody else decides when what was not applied is sent again.
    paced: bool,
}

impl<'a> Retry<'a> {
    /// For a call with this deadline, which may send so often in all.
    pub(crate) fn new(budget: &'a Budget, deadline: Deadline, options: &Options) -> Self {
        Self {
            budget,
            deadline,
            max_attempts: options.max_attempts,
            pauses: Pauses::new(options.pause),
            taken: 0,
            paced: false,
        }
    }

    /// For a call behind a gate: nothing is sent again here but what is proved to be absent.
    pub(crate) fn paced(mut self) -> Self {
        self.paced = true;
        self
    }

    /// Waits until another attempt may be made. `false`, without a wait, when attempts, budget or deadline do not allow
    /// one, or when the server asks for more time than a call waits.
    pub(crate) async fn again(&mut self, attempts: u32, trouble: Trouble, retry_after: Option<Duration>) -> bool {
        if self.paced {
            return trouble == Trouble::Absent && attempts < self.max_attempts;
        }
        if attempts >= self.max_attempts || !self.budget.affords(trouble) {
            return false;
        }
        let Some(pause) = self.pauses.next(trouble, retry_after) else { return false };
        let then = clock::now() + pause;
        if !self.deadline.allows(then) {
            return false;
        }
        clock::sleep_until(then).await;
        match self.budget.take(trouble) {
            Some(price) => {
                self.taken += price;
                true
            }
            None => false,
        }
    }

    /// Gives back to the budget what the call took.
    pub(crate) fn succeeded(self) {
        self.budget.give_back(self.taken);
    }
}

/// The pauses of one call.
#[derive(Debug)]
pub(crate) struct Pauses {
    base: Duration,
    transient: u32,
    throttled: u32,
    turned_away: bool,
}

impl Pauses {
    /// `base` is the longest that the first pause may be.
    pub(crate) fn new(base: Duration) -> Self {
        Self { base, transient: 0, throttled: 0, turned_away: false }
    }

    /// How long to wait before the next attempt; `None` when the server asks for more than a call waits
    /// ([`defaults::RETRY_AFTER_CAP`]).
    pub(crate) fn next(&mut self, trouble: Trouble, retry_after: Option<Duration>) -> Option<Duration> {
        let (base, count) = match trouble {
            Trouble::TurnedAway if !std::mem::replace(&mut self.turned_away, true) => return Some(Duration::ZERO),
            Trouble::Transient | Trouble::TurnedAway | Trouble::Absent => (self.base, &mut self.transient),
            Trouble::Throttled => (self.base.saturating_mul(defaults::THROTTLED_FACTOR), &mut self.throttled),
        };
        let most = base.saturating_mul(1 << (*count).min(20)).min(defaults::PAUSE_CAP);
        *count += 1;
        match retry_after {
            Some(asked) if asked > defaults::RETRY_AFTER_CAP => None,
            Some(asked) if trouble == Trouble::Throttled => Some(asked),
            Some(asked) => Some(asked.max(most.mul_f64(chance()))),
            None => Some(most.mul_f64(chance())),
        }
    }
}

/// Between 0 and 1. Only pauses hang on it, so the hasher's random keys are good enough.
fn chance() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

/// What all calls of a client may spend on sending again, so that a failing server is not sent a multiple of its load.
#[derive(Debug)]
pub(crate) struct Budget(AtomicU32);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(defaults::RETRY_BUDGET))
    }

    /// Whether there is enough for another attempt now.
    pub(crate) fn affords(&self, trouble: Trouble) -> bool {
        self.0.load(Ordering::Relaxed) >= cost(trouble)
    }

    /// Takes the price of another attempt: `None`, and nothing taken, when there is not enough left. To be called after
    /// the pause, since others may have spent it meanwhile.
    pub(crate) fn take(&self, trouble: Trouble) -> Option<u32> {
        let price = cost(trouble);
        let spend = |left: u32| left.checked_sub(price);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).ok().map(|_| price)
    }

    /// Gives back what a call took, at least 1, because it succeeded.
    pub(crate) fn give_back(&self, taken: u32) {
        let add = |left: u32| Some(left.saturating_add(taken.max(1)).min(defaults::RETRY_BUDGET));
        // Nothing to do in the common case, without a write that all threads would wait for.
        if self.0.load(Ordering::Relaxed) < defaults::RETRY_BUDGET {
            let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        }
    }
}

fn cost(trouble: Trouble) -> u32 {
    match trouble {
        Trouble::Transient | Trouble::TurnedAway | Trouble::Absent => defaults::TRANSIENT_COST,
        Trouble::Throttled => defaults::THROTTLED_COST,
    }
}

/// `Retry-After` in seconds or as a date, which is taken against the server's own clock. What is neither says nothing.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long time, not nonsense.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let now = date(headers).unwrap_or_else(Timestamp::now);
    Some(Duration::try_from(http_date(text)?.duration_since(now)).unwrap_or_default())
}

/// The server's clock when it answered, to the second.
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|date| date.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let wait = |pairs: &[_]| retry_after(&headers(pairs)).map(|wait| wait.as_secs());
        assert_eq!(wait(&[("retry-after", "7")]), Some(7));
        let date = ("date", "Fri, 02 Jan 2026 10:00:00 GMT");
        assert_eq!(wait(&[date, ("retry-after", "Fri, 02 Jan 2026 10:01:30 GMT")]), Some(90));
        assert_eq!(wait(&[date, ("retry-after", "Fri, 02 Jan 2026 09:00:00 GMT")]), Some(0));
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn an_absurd_retry_after_is_long_and_garbage_is_none() {
        let wait = |text: &'static str| retry_after(&headers(&[("retry-after", text)]));
        assert_eq!(wait("99999999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        for garbage in ["", "soon", "-1", "+5", "1.5", "NaN", "7 s", "Fri, 31 Feb 2026 10:00:00 GMT"] {
            assert_eq!(wait(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn pauses_double_up_to_their_cap_with_full_jitter() {
        let mut pauses = Pauses::new(Duration::from_millis(50));
        for most in [50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000, 20_000] {
            let pause = pauses.next(Trouble::Transient, None).expect("a pause");
            assert!(pause <= Duration::from_millis(most), "{pause:?} of {most} ms");
        }
        let longest = |count: usize| {
            (0..count).map(|_| Pauses::new(Duration::from_secs(1)).next(Trouble::Transient, None)).max().flatten()
        };
        assert!(longest(200) > Some(Duration::from_millis(500)), "jitter goes up to the whole of it");
    }

    #[test]
    fn a_throttled_call_starts_at_a_second_and_does_what_it_is_asked() {
        let mut pauses = Pauses::new(defaults::PAUSE);
        let asked = Duration::from_secs(3);
        assert_eq!(pauses.next(Trouble::Throttled, Some(asked)), Some(asked));
        assert!(pauses.next(Trouble::Throttled, None) <= Some(Duration::from_secs(2)));
        assert_eq!(defaults::PAUSE * defaults::THROTTLED_FACTOR, Duration::from_secs(1));
        assert_eq!(pauses.next(Trouble::Throttled, Some(defaults::RETRY_AFTER_CAP)), Some(defaults::RETRY_AFTER_CAP));
        assert_eq!(pauses.next(Trouble::Throttled, Some(Duration::from_secs(61))), None);
        assert_eq!(pauses.next(Trouble::Transient, Some(Duration::MAX)), None);
        assert!(pauses.next(Trouble::Transient, Some(asked)) >= Some(asked));
    }

    #[test]
    fn a_pause_without_end_is_capped() {
        for trouble in [Trouble::Transient, Trouble::Throttled] {
            assert!(Pauses::new(Duration::MAX).next(trouble, None) <= Some(defaults::PAUSE_CAP));
        }
    }

    #[test]
    fn a_stream_that_was_turned_away_is_sent_again_at_once_but_once() {
        let mut pauses = Pauses::new(Duration::from_secs(1));
        assert_eq!(pauses.next(Trouble::TurnedAway, None), Some(Duration::ZERO));
        let later = (0..50).map(|_| pauses.next(Trouble::TurnedAway, None)).max();
        assert!(later.flatten() > Some(Duration::ZERO));
    }

    #[test]
    fn the_budget_is_never_overdrawn_and_refilled_by_success() {
        let budget = Budget::new();
        let mut taken = 0;
        while let Some(price) = budget.take(Trouble::Transient) {
            taken += price;
        }
        assert_eq!(taken, 490, "35 attempts of 14");
        assert!(!budget.affords(Trouble::Transient) && budget.affords(Trouble::Throttled));
        assert_eq!(budget.take(Trouble::Throttled), Some(5));
        assert_eq!(budget.take(Trouble::Throttled), Some(5));
        assert_eq!(budget.take(Trouble::Throttled), None);
        budget.give_back(0);
        budget.give_back(14);
        assert_eq!(budget.0.load(Ordering::Relaxed), 15);
        for _ in 0..100 {
            budget.give_back(14);
        }
        assert_eq!(budget.0.load(Ordering::Relaxed), defaults::RETRY_BUDGET);
    }
}
