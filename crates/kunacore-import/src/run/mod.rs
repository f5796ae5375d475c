//! The run directory of an import: what was asked, how far rows may have left, and what became of each, safe against
//! crashes at any moment.
//!
//! ```text
//! RUN/
//!   manifest.json     what was asked
//!   sent_upto         how far rows may have left, made durable before they do
//!   journal.jsonl     what became of them: append-only, one checked record a line
//!   key               the random key of the e-mail tags
//!   lock              empty; its lock is the right to write
//!   input.arrow       the table, while it is needed, if it could be read only once
//! ```
//!
//! Beside these lie the [reports](crate::report), which can be made anew from the journal and the table.
//!
//! The rules that keep a customer from being created twice:
//!
//! * [`Run::announce`] makes durable that rows may leave, and that a new process (generation) sends them, before
//!   [`Run::begin`] lets one.
//! * A row up to there without a result may have been sent: it is [`RowState::Tainted`], never taken for unsent. The one
//!   proof that it was not is the record of a process that stopped in order, [`Run::stop`], and no later process announced
//!   anything.
//! * After a failed write or fsync nothing is written any more, so nothing may be sent either.
//!
//! The rules that keep a wallet id from being lost:
//!
//! * [`Run::record`] takes a result, [`Run::commit`] makes all that were taken durable with one sync and says up to which
//!   they are. Only then a result counts.
//! * What could not be written comes back from [`Run::take_unwritten`], to be shown to the user.
//! * A journal is read up to where a crash can have torn it, and not a byte further back: damage before is an error.
//!
//! The directory's rights and its lock keep other users and other processes out. The checksums are against crashes and
//! failing disks, not against whoever may write the directory.

mod directory;
pub(crate) mod disk;
mod error;
mod form;
mod ids;
mod journal;
mod known;
pub(crate) mod line;
mod manifest;
mod plain;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod rows;
pub(crate) mod sent;
mod tag;
#[cfg(test)]
pub(crate) mod tests;

pub use directory::{BATCH, DELAY, Opened, Run, Ticket};
pub(crate) use directory::{no_run, no_run_at, refuse_foreign};
pub use error::RunError;
pub use ids::{IdKind, SameId};
pub use known::{KnownCustomer, KnownRun};
pub use manifest::{Asked, Difference, Manifest};
pub use record::{CONFLICT, End, How, Ids, RowResult};
pub use rows::{Counts, RowState};
pub use tag::Tag;

use disk::LockError;

/// What it means that a lock was not given.
pub(crate) fn lock_error(error: LockError) -> RunError {
    match error {
        LockError::InUse => RunError::InUse,
        LockError::Failed(source) if source.kind() == std::io::ErrorKind::NotFound => RunError::NoRun,
        LockError::Failed(source) => RunError::Unfit { what: "lock files", source },
    }
}
