//! The sandbox's one clock: it starts at a fixed moment and runs in real time.
//!
//! `Date`, `createdAt` and the life of access tokens all come from it, so that two runs look alike and a client cannot
//! lean on the local clock. It runs on the monotonic clock and never goes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;

/// When a new sandbox's clock starts: 2026-01-01T00:00:00Z, in milliseconds since the Unix epoch.
pub const FIRST_INSTANT: i64 = 1_767_225_600_000;

/// A running clock, as the server's thread and the owner of the sandbox share it.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    start: Arc<AtomicI64>,
    since: Instant,
}

impl Clock {
    /// Starts at [`FIRST_INSTANT`], or just after the newest creation that is already stored.
    pub(crate) fn after(newest: Option<i64>) -> Self {
        let start = newest.map_or(FIRST_INSTANT, |newest| FIRST_INSTANT.max(newest + 1));
        Self { start: Arc::new(start.into()), since: Instant::now() }
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn now(&self) -> i64 {
        let start = self.start.load(Ordering::Relaxed);
        start.saturating_add(i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    /// Leaps ahead.
    pub(crate) fn advance(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let leap = |start: i64| Some(start.saturating_add(millis));
        // The closure always gives a value.
        let _ = self.start.fetch_update(Ordering::Relaxed, Ordering::Relaxed, leap);
    }
}

/// A moment as `createdAt` shows it: ISO 8601 in UTC, with milliseconds.
pub(crate) fn iso(millis: i64) -> String {
    let moment = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
    format!("{moment:.3}")
}

/// A moment as the `Date` header shows it.
pub(crate) fn http_date(millis: i64) -> String {
    let since_epoch = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since_epoch)
}

/// The last millisecond not after a moment and the first not before it: equal, unless it lies between two.
///
/// `None` when the text is no ISO 8601 date and time with an offset.
pub(crate) fn parse(text: &str) -> Option<(i64, i64)> {
    let moment = text.parse::<Timestamp>().ok()?;
    let nanos = moment.as_nanosecond();
    let floor = i64::try_from(nanos.div_euclid(1_000_000)).ok()?;
    Some((floor, if nanos.rem_euclid(1_000_000) == 0 { floor } else { floor + 1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_clock_starts_at_the_fixed_moment() {
        let now = Clock::after(None).now();
        assert!((FIRST_INSTANT..FIRST_INSTANT + 60_000).contains(&now));
        assert_eq!(iso(FIRST_INSTANT), "2026-01-01T00:00:00.000Z");
        assert_eq!(http_date(FIRST_INSTANT), "Thu, 01 Jan 2026 00:00:00 GMT");
    }

    #[test]
    fn a_clock_continues_after_what_is_stored() {
        let newest = FIRST_INSTANT + 3_600_000;
        assert!(Clock::after(Some(newest)).now() > newest);
    }

    #[test]
    fn a_clock_can_leap_ahead() {
        let clock = Clock::after(None);
        clock.clone().advance(Duration::from_secs(3600));
        assert!((FIRST_INSTANT + 3_600_000..FIRST_INSTANT + 3_660_000).contains(&clock.now()));
    }

    #[test]
    fn moments_are_read_with_any_offset_and_precision() {
        assert_eq!(parse("2026-01-01T00:00:00.000Z"), Some((FIRST_INSTANT, FIRST_INSTANT)));
        assert_eq!(parse("2026-01-01T01:00:00+01:00"), Some((FIRST_INSTANT, FIRST_INSTANT)));
        assert_eq!(parse("2026-01-01T00:00:00.0005Z"), Some((FIRST_INSTANT, FIRST_INSTANT + 1)));
        assert_eq!(parse("2026-01-01"), None);
    }
}
