//! Whether the server is there at all. Creations that fail one after the other make it doubtful; then everything waits
//! until somebody has looked. After that, and from the start when an outage has stopped the import before, one creation
//! goes ahead alone until one is answered.

use tokio::time::Instant;

use super::defaults::{LOGIN_DISTANCE, SILENT_CREATES};
use super::status::Why;

/// What is known of the server's being there.
pub(super) struct Presence {
    doubt: Option<Why>,
    /// How many creations in a row were not answered.
    silent: u32,
    /// When doubts were last cleared up: what had left before says nothing any more.
    cleared: Option<Instant>,
    /// One creation goes ahead alone.
    alone: bool,
    /// When the next login may leave in doubt.
    login: Option<Instant>,
}

impl Presence {
    pub(super) fn new(alone: bool) -> Self {
        Self { doubt: None, silent: 0, cleared: None, alone, login: None }
    }

    /// Why everything waits.
    pub(super) fn doubt(&self) -> Option<Why> {
        self.doubt
    }

    /// Whether one creation at a time may leave.
    pub(super) fn alone(&self) -> bool {
        self.alone
    }

    /// When a login may leave; `None` if it may now.
    ///
    /// Logins go on in doubt, or whoever looks for the server, and needs a token, would wait for one that waits for him.
    /// But they must not become a storm.
    pub(super) fn next_login(&self, now: Instant) -> Option<Instant> {
        self.doubt?;
        self.login.filter(|next| *next > now)
    }

    /// A login leaves.
    pub(super) fn login(&mut self, now: Instant) {
        self.login = Some(now + LOGIN_DISTANCE);
    }

    /// A creation that had left then was answered, or not.
    pub(super) fn created(&mut self, left: Instant, answered: bool) {
        if answered {
            (self.silent, self.alone) = (0, false);
        } else if self.doubt.is_none() && self.cleared.is_none_or(|cleared| left >= cleared) {
            self.silent += 1;
            if self.silent >= SILENT_CREATES {
                self.doubt = Some(Why::Suspected);
            }
        }
    }

    /// The server is there.
    pub(super) fn cleared(&mut self, now: Instant) {
        if self.doubt.take().is_some() {
            (self.silent, self.cleared, self.alone) = (0, Some(now), true);
        }
    }

    /// The server is not there.
    pub(super) fn outage(&mut self) {
        self.doubt = Some(Why::Outage);
    }

    /// Nobody will look any more.
    pub(super) fn unwatched(&mut self) {
        self.doubt = self.doubt.filter(|why| *why == Why::Outage);
    }
}
