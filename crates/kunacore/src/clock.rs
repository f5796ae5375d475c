//! The one clock of waits, deadlines and token lives: monotonic, so that a wrong or changed local time does no harm, and
//! tokio's, so that tests without sockets can make it stand still and leap.

use std::time::Duration;

pub(crate) use tokio::time::Instant;

/// Now.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Sleeps until then; not at all when it has passed.
pub(crate) async fn sleep_until(then: Instant) {
    tokio::time::sleep_until(then).await;
}

/// When a call must have ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// So long from now. One too far away to be told is none.
    pub(crate) fn after(time: Duration) -> Self {
        Self(now().checked_add(time))
    }

    /// None.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// What is left of it.
    pub(crate) fn left(self) -> Duration {
        self.0.map_or(Duration::MAX, |end| end.saturating_duration_since(now()))
    }

    /// Whether it is later than `then`.
    pub(crate) fn allows(self, then: Instant) -> bool {
        self.0.is_none_or(|end| then < end)
    }
}
