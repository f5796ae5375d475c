//! Why a run directory cannot be used, or no longer: what happened, what that means for the customers, what to do next.

use std::fmt;
use std::io;

use super::manifest::Difference;

/// Why a run directory cannot be used, or no longer.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// Another process uses the directory.
    InUse,
    /// The directory holds a run already.
    Exists,
    /// The directory holds no run, or one whose creation did not get far enough to send anything.
    NoRun,
    /// There is no such directory.
    Absent,
    /// The directory cannot be made.
    Uncreatable(io::Error),
    /// The directory that shall become a run holds something else; the text is a name in it.
    Foreign(String),
    /// The place has no locks, or no fsync: nothing in it would be safe.
    Unfit {
        /// What it cannot do.
        what: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file could not be read or written.
    Io {
        /// Its name in the directory.
        file: &'static str,
        /// What was tried.
        doing: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file holds what no run writes and no crash leaves.
    Corrupt {
        /// Its name in the directory.
        file: &'static str,
        /// Where, in bytes from its begin.
        at: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// What is asked now is not what was asked when the run began.
    Different(Vec<Difference>),
    /// The table is not the one that the run was begun with.
    OtherTable,
    /// A run that was to be known was made at another server, whose ids mean nothing at this one.
    KnownElsewhere(Vec<Difference>),
    /// A known run cannot be read any more.
    Known(Box<RunError>),
    /// A run was to be known to itself.
    KnownItself,
    /// The path of a known run is no Unicode text, or the current directory is gone, so that it cannot be remembered.
    Path,
    /// A write or an fsync has failed before, so that nothing more can be trusted to be durable.
    Broken,
    /// A row was begun that `sent_upto` does not cover, or before the process had a generation of its own.
    NotAnnounced {
        /// The row; the first has the number 1.
        row: u32,
    },
    /// A row has a final result, and no second one can be taken.
    Settled {
        /// The row; the first has the number 1.
        row: u32,
    },
    /// A row was about to be sent again, though an earlier answer forbids it.
    NeverPost {
        /// The row; the first has the number 1.
        row: u32,
    },
    /// The run was stopped, and what it left unsent is noted.
    Stopped,
    /// A row was accepted that is neither a conflict nor unresolved.
    NotOpen {
        /// The row; the first has the number 1.
        row: u32,
    },
    /// A record is longer than a line of the journal may be.
    TooLong {
        /// The row; the first has the number 1.
        row: u32,
    },
    /// The random key could not be made.
    NoRandom,
}

impl RunError {
    /// Whether nothing more may be sent: no write of this run can be trusted any more.
    ///
    /// Results that are not durable are then to be had from [`Run::take_unwritten`](super::Run::take_unwritten).
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Broken | Self::Corrupt { .. })
    }

    /// For `map_err`: a failure of one file.
    pub(crate) fn io(file: &'static str, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { file, doing, source }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse => f.write_str(
                "another process, or another import of this one, uses this run directory, and two would send rows twice; wait for it \
                 to end, or stop it",
            ),
            Self::Exists => f.write_str(
                "this directory holds a run already; continue it, or name another directory with --run DIR",
            ),
            Self::NoRun => f.write_str(
                "this directory holds no run that could be continued, and no row was ever sent from it; name a table to start one",
            ),
            Self::Absent => f.write_str("there is no such directory; look for the right name"),
            Self::Uncreatable(source) => write!(
                f,
                "this cannot become the directory of a run ({source}); name another with --run DIR"
            ),
            Self::Foreign(name) => write!(
                f,
                "this directory holds {name:?}, which is no part of a run; nothing was written; name another directory with --run DIR"
            ),
            Self::Unfit { what, source } => write!(
                f,
                "this place cannot {what} ({source}), so a crash could lose wallet ids; put the run on a local disk"
            ),
            Self::Io { file, doing, source } => write!(
                f,
                "{file}: {doing} failed ({source}); what was reported durable before stays so, the rest is to be looked \
                 up: mend the cause, then continue the run"
            ),
            Self::Corrupt { file, at, what } => write!(
                f,
                "{file}, byte {at}: {what}; no crash leaves this, so the file was changed or the disk is failing; \
                 restore the directory as it was after its last run, and do not begin a new one for these rows"
            ),
            Self::Different(differences) => {
                f.write_str("this run was begun with something else than is asked now:")?;
                for difference in differences {
                    write!(f, " {difference};")?;
                }
                f.write_str(" ask for the same as then")
            }
            Self::OtherTable => f.write_str(
                "the table is not the one that this run was begun with; restore it as it was, and \
                 the run goes on; or import it as another run that knows this one, so that nobody is created twice",
            ),
            Self::KnownElsewhere(differences) => {
                f.write_str("this run cannot be known here, as it was made at another server:")?;
                for difference in differences {
                    write!(f, " {difference};")?;
                }
                f.write_str(" its customers and wallets are not there")
            }
            Self::Known(error) => write!(f, "a known run cannot be read any more: {error}"),
            Self::KnownItself => f.write_str(
                "this is the run itself, which knows what it has created; with --known name earlier runs only",
            ),
            Self::Path => f.write_str(
                "the path of this run cannot be remembered: it is no Unicode text, or the current directory is gone; \
                 name it in another way",
            ),
            Self::Broken => f.write_str(
                "a write to the run directory has failed before, so nothing is written or sent any more; continue the run \
                 in a new process once the cause is mended",
            ),
            Self::NotAnnounced { row } => write!(
                f,
                "row {row} was about to leave before that was made durable; it was not sent; this is a mistake in the program"
            ),
            Self::Settled { row } => write!(
                f,
                "row {row} has its final result and another came; keep both, and compare their ids"
            ),
            Self::NeverPost { row } => write!(
                f,
                "row {row} was created or redirected by an answer that could not be read; it was not sent again; look it up"
            ),
            Self::Stopped => f.write_str("this run was stopped, and nothing more may be sent or noted; continue it"),
            Self::NotOpen { row } => write!(
                f,
                "row {row} is neither a conflict nor unresolved, so there is nothing to accept; look at its record"
            ),
            Self::TooLong { row } => write!(
                f,
                "the result of row {row} is too long for the journal; it was not written: note its ids yourself"
            ),
            Self::NoRandom => f.write_str(
                "the system gave no random bytes for the key of the e-mail tags; nothing was written; try again",
            ),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unfit { source, .. } | Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
