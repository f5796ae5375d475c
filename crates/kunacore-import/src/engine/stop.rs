//! Why an import ended before its last row: what happened, and what to do so that it can go on. Every stop can be continued.

use std::fmt;

/// What kind of stop it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopKind {
    /// The user asked for it.
    Interrupted,
    /// As many rows were sent as were asked for.
    Canary,
    /// The server was not reached when the import began.
    Unreachable,
    /// The server did not answer for too long.
    Outage,
    /// The server refuses the caller, not a row: credentials, a wrong address, answers that cannot be read.
    Refused,
    /// Many rows in a row were refused for the same reason.
    SameRejection,
    /// One customer or wallet came back for two rows.
    SameId,
    /// The input cannot be read any more, or is not what was checked.
    Input,
    /// The run's directory cannot be written, or the program is at fault.
    Directory,
}

/// Why an import stopped. `Display` is for a person and holds no personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Stop {
    pub(crate) kind: StopKind,
    pub(crate) what: String,
    pub(crate) next: String,
}

impl Stop {
    pub(crate) fn new(kind: StopKind, what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { kind, what: what.into(), next: next.into() }
    }

    /// What kind of stop it is.
    #[must_use]
    pub fn kind(&self) -> StopKind {
        self.kind
    }

    /// What happened, as a sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.what
    }

    /// What to do before the run is continued, as a sentence; empty if nothing.
    #[must_use]
    pub fn next(&self) -> &str {
        &self.next
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.next)
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("kind", &self.kind).field("message", &self.what).finish()
    }
}
