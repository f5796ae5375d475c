//! What is known of every row, in one byte each.
//!
//! What a row's byte does not say follows from its number: up to `sent_upto` as the process found it, a row that has no
//! result and was not freed may have been sent; beyond it, it cannot have been.

use super::record::{End, How, Record, RowResult};
use super::sent::Reach;

/// What is known of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowState {
    /// No byte of it has left: it may be sent as new.
    Unsent,
    /// An earlier process may have sent it, or this one has: it is unresolved, and only looked up or ensured.
    Tainted,
    /// It has an uncertain result, so it is looked up on every continue.
    Unresolved {
        /// Whether it must be looked up only, and never be sent again.
        never_post: bool,
    },
    /// Its customer exists. Final.
    Created(How),
    /// It was refused. Final.
    Rejected {
        /// Whether the e-mail belongs to another person, which the user can settle by [`Run::accept`](super::Run::accept).
        conflict: bool,
    },
}

/// How many rows have a durable result, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Customers that an answer showed to be created.
    pub created: u32,
    /// Customers that a look-up found after the answer was lost.
    pub reconciled: u32,
    /// Customers that were there before.
    pub adopted: u32,
    /// Customers that another run created.
    pub known: u32,
    /// Rows that were refused, conflicts included.
    pub rejected: u32,
    /// The refused rows whose e-mail belongs to another person.
    pub conflicts: u32,
    /// Rows whose last result is uncertain.
    pub unresolved: u32,
}

/// The low bits of a row's byte.
const CODE: u8 = 0x0f;
/// A process of the last generation left it unsent when it stopped.
const FREED: u8 = 0x10;
/// This process began to send it, and has no proof that nothing left.
const BEGUN: u8 = 0x20;

/// It was begun again, without a result or such a proof between: no proof of a later attempt speaks for the earlier one.
const BEGUN_TWICE: u8 = 0x40;

const NONE: u8 = 0;
const CREATED: u8 = 1;
const RECONCILED: u8 = 2;
const ADOPTED: u8 = 3;
const KNOWN: u8 = 4;
const REJECTED: u8 = 5;
const CONFLICTING: u8 = 6;
const UNRESOLVED: u8 = 7;
const NEVER_POST: u8 = 8;

/// What is known of every row.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    bytes: Vec<u8>,
    /// `sent_upto` as this process found it.
    found: Reach,
    counts: [u32; 9],
}

impl Rows {
    /// Nothing but what `sent_upto` says.
    pub(crate) fn new(found: Reach) -> Self {
        // As many as may have a record: a vector that grows would double.
        Self { bytes: Vec::with_capacity(found.n as usize + 1), found, ..Self::default() }
    }

    /// What is known of a row.
    pub(crate) fn state(&self, row: u32) -> RowState {
        let byte = self.byte(row);
        match byte & CODE {
            CREATED => RowState::Created(How::Created),
            RECONCILED => RowState::Created(How::Reconciled),
            ADOPTED => RowState::Created(How::Adopted),
            KNOWN => RowState::Created(How::Known),
            REJECTED => RowState::Rejected { conflict: false },
            CONFLICTING => RowState::Rejected { conflict: true },
            UNRESOLVED => RowState::Unresolved { never_post: false },
            NEVER_POST => RowState::Unresolved { never_post: true },
            _ if byte & BEGUN != 0 || (row <= self.found.n && byte & FREED == 0) => RowState::Tainted,
            _ => RowState::Unsent,
        }
    }

    /// Takes a record of the journal, in its order. The caller has checked its numbers against `sent_upto`.
    pub(crate) fn replay(&mut self, record: &Record) {
        match record {
            Record::Result(result) => self.count(result.row, code(result)),
            Record::Accept { row, .. } => self.count(*row, ADOPTED),
            // An older generation proves nothing: a later process may have sent the row, and died.
            Record::Unsent { row, generation } if *generation == self.found.generation => *self.byte_mut(*row) |= FREED,
            Record::Unsent { .. } | Record::Sync { .. } => {}
        }
    }

    /// Notes a result that is not yet durable, and gives what [`Self::settle`] needs when it is.
    pub(crate) fn note(&mut self, record: &Record) -> Option<Noted> {
        let (row, new) = match record {
            Record::Result(result) => (result.row, code(result)),
            Record::Accept { row, .. } => (*row, ADOPTED),
            Record::Unsent { .. } | Record::Sync { .. } => return None,
        };
        let byte = self.byte_mut(row);
        let old = *byte & CODE;
        *byte = *byte & !CODE | new;
        Some(Noted { old, new })
    }

    /// Counts a noted result, now that it is durable.
    pub(crate) fn settle(&mut self, noted: Noted) {
        self.counts[usize::from(noted.old)] = self.counts[usize::from(noted.old)].saturating_sub(1);
        self.counts[usize::from(noted.new)] += 1;
    }

    /// Marks a row as on its way.
    pub(crate) fn begin(&mut self, row: u32) {
        let byte = self.byte_mut(row);
        *byte |= if *byte & BEGUN == 0 { BEGUN } else { BEGUN_TWICE };
    }

    /// Takes that back, on proof that nothing left. What an earlier process may have sent is not disproved by that.
    pub(crate) fn take_back(&mut self, row: u32) {
        let byte = self.byte_mut(row);
        if *byte & BEGUN_TWICE == 0 {
            *byte &= !BEGUN;
        }
    }

    /// The durable results.
    pub(crate) fn counts(&self) -> Counts {
        let of = |codes: &[u8]| codes.iter().map(|code| self.counts[usize::from(*code)]).sum();
        Counts {
            created: of(&[CREATED]),
            reconciled: of(&[RECONCILED]),
            adopted: of(&[ADOPTED]),
            known: of(&[KNOWN]),
            rejected: of(&[REJECTED, CONFLICTING]),
            conflicts: of(&[CONFLICTING]),
            unresolved: of(&[UNRESOLVED, NEVER_POST]),
        }
    }

    fn count(&mut self, row: u32, new: u8) {
        let byte = self.byte_mut(row);
        let old = *byte & CODE;
        *byte = *byte & !CODE | new;
        self.settle(Noted { old, new });
    }

    fn byte(&self, row: u32) -> u8 {
        self.bytes.get(row as usize).copied().unwrap_or_default()
    }

    fn byte_mut(&mut self, row: u32) -> &mut u8 {
        let at = row as usize;
        if at >= self.bytes.len() {
            self.bytes.resize(at + 1, NONE);
        }
        &mut self.bytes[at]
    }
}

/// A result on its way to the disk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    old: u8,
    new: u8,
}

fn code(result: &RowResult) -> u8 {
    match &result.end {
        End::Created { how: How::Created, .. } => CREATED,
        End::Created { how: How::Reconciled, .. } => RECONCILED,
        End::Created { how: How::Adopted, .. } => ADOPTED,
        End::Created { how: How::Known, .. } => KNOWN,
        End::Rejected if result.is_conflict() => CONFLICTING,
        End::Rejected => REJECTED,
        End::Unresolved { never_post: false } => UNRESOLVED,
        End::Unresolved { never_post: true } | End::Unread { .. } => NEVER_POST,
    }
}
