//! What a call is allowed to do: a client holds the defaults, and each call may change its own copy.

use std::time::Duration;

use crate::defaults;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    /// `None`: as long as an attempt may take, at least [`defaults::SETTLE`].
    pub(crate) settle: Option<Duration>,
    pub(crate) max_attempts: u32,
    pub(crate) pause: Duration,
    pub(crate) reconcile: bool,
    pub(crate) trust_uniqueness: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: defaults::TIMEOUT,
            deadline: defaults::DEADLINE,
            settle: None,
            max_attempts: defaults::MAX_ATTEMPTS,
            pause: defaults::PAUSE,
            reconcile: true,
            trust_uniqueness: false,
        }
    }
}

impl Options {
    /// The longest that the server may act on a request after it was given up.
    pub(crate) fn settle(&self) -> Duration {
        self.settle.unwrap_or_else(|| self.timeout.max(defaults::SETTLE))
    }
}
