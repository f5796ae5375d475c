//! How many rows there are of each state, and what was done for them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::drafts::Draft;
use super::fates::{Fate, State};
use crate::pacing::Requests;
use crate::run::disk::{Disk, read_small};
use crate::run::{CONFLICT, How};

/// The name of the report.
pub(super) const NAME: &str = "summary.json";
/// The longest summary in bytes that is read again.
const LIMIT: usize = 1 << 20;
/// How many reasons are counted apart: a server may give each row a code of its own.
const REASONS: usize = 1000;

/// How many rows a run has of each state.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The run directory, as an absolute path.
    pub run: PathBuf,
    /// How many rows the table has.
    pub rows: u64,
    /// Rows whose customer exists, however it came to be.
    pub created: u64,
    /// Those of them of which a look-up told that they were created.
    pub reconciled: u64,
    /// Those of them whose customer was there before, or was named by the user.
    pub adopted: u64,
    /// Those of them that another run created.
    pub known: u64,
    /// Rows that were refused.
    pub rejected: u64,
    /// Rows that may have been created.
    pub unresolved: u64,
    /// Rows that were not sent.
    pub unsent: u64,
    /// What the last process sent that ended in order; in JSON only its creations and look-ups.
    pub requests: Requests,
    took: Duration,
    /// Rows that only the user's word can settle.
    conflicts: u64,
    rejected_conflicts: u64,
    /// Rejected rows in whose way a customer stands.
    existing: u64,
    reasons: BTreeMap<String, u64>,
}

impl Summary {
    /// How long the last process took that ended in order.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// How many rows are rejected or unresolved with this code. A summary that was read from its file does not know.
    #[must_use]
    pub fn reasons(&self, code: &str) -> u64 {
        self.reasons.get(code).copied().unwrap_or_default()
    }

    /// How many rows only the user's word can settle, rejected or unresolved. A summary that was read from its file does not
    /// know.
    #[must_use]
    pub fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// How many of the [`conflicts`](Self::conflicts) are rejected.
    #[must_use]
    pub fn rejected_conflicts(&self) -> u64 {
        self.rejected_conflicts
    }

    /// How many rows are rejected because their customer exists, whose id is told, and no conflicts. A summary that was read
    /// from its file does not know.
    #[must_use]
    pub fn existing(&self) -> u64 {
        self.existing
    }

    /// Whether every row was created or rejected.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.unresolved == 0 && self.unsent == 0
    }

    /// Whether nothing is left to be sent or to be settled by anybody's word.
    pub(super) fn is_done(&self) -> bool {
        self.is_settled() && self.conflicts == 0
    }

    /// It as one object of JSON, on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { rows, created, reconciled, adopted, known, rejected, unresolved, unsent, .. } = *self;
        let written = Written {
            run: self.run.to_string_lossy().into_owned(),
            rows,
            created,
            reconciled,
            adopted,
            known,
            rejected,
            unresolved,
            unsent,
            requests: Sent { create: self.requests.create, find: self.requests.find },
            seconds: (self.took.as_secs_f64() * 1000.0).round() / 1000.0,
        };
        // Text and finite numbers always become JSON.
        serde_json::to_string(&written).unwrap_or_default()
    }

    pub(super) fn count(&mut self, fate: &Fate) {
        self.rows += 1;
        *match fate.state {
            State::Created => &mut self.created,
            State::Rejected => &mut self.rejected,
            State::Unresolved => &mut self.unresolved,
            State::Unsent => &mut self.unsent,
        } += 1;
        match fate.created {
            Some((How::Reconciled, _)) => self.reconciled += 1,
            Some((How::Adopted, _)) => self.adopted += 1,
            Some((How::Known, _)) => self.known += 1,
            Some((How::Created, _)) | None => {}
        }
        if let (State::Rejected | State::Unresolved, Some(code)) = (fate.state, &fate.code) {
            if code == CONFLICT {
                self.conflicts += 1;
                self.rejected_conflicts += u64::from(fate.state == State::Rejected);
            } else if fate.state == State::Rejected && fate.found.0.is_some() {
                self.existing += 1;
            }
            if let Some(count) = self.reasons.get_mut(code) {
                *count += 1;
            } else if self.reasons.len() < REASONS {
                self.reasons.insert(code.clone(), 1);
            }
        }
    }

    /// With what the rows do not say.
    pub(super) fn with(self, run: &Path, requests: Requests, took: Duration) -> Self {
        let run = std::path::absolute(run).unwrap_or_else(|_| run.to_owned());
        Self { run, requests, took, ..self }
    }

    pub(super) fn write(&self, mut draft: Draft) -> io::Result<()> {
        io::Write::write_all(&mut draft, format!("{}\n", self.to_json()).as_bytes())?;
        draft.finish()
    }
}

/// The summary that is there, if it can be read.
pub(super) fn read(disk: &mut dyn Disk) -> Option<Summary> {
    let written: Written = serde_json::from_slice(&read_small(disk, NAME, LIMIT).ok()?).ok()?;
    let Written { run, rows, created, reconciled, adopted, known, rejected, unresolved, unsent, requests, seconds } =
        written;
    Some(Summary {
        run: run.into(),
        rows,
        created,
        reconciled,
        adopted,
        known,
        rejected,
        unresolved,
        unsent,
        requests: Requests { create: requests.create, find: requests.find, ..Requests::default() },
        took: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
        conflicts: 0,
        rejected_conflicts: 0,
        existing: 0,
        reasons: BTreeMap::new(),
    })
}

/// How the file has it.
#[derive(Serialize, Deserialize)]
struct Written {
    run: String,
    rows: u64,
    created: u64,
    reconciled: u64,
    adopted: u64,
    known: u64,
    rejected: u64,
    unresolved: u64,
    unsent: u64,
    requests: Sent,
    seconds: f64,
}

#[derive(Serialize, Deserialize)]
struct Sent {
    create: u64,
    find: u64,
}
