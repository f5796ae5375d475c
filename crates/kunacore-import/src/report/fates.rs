//! What became of each row, in the order of the rows.
//!
//! The journal has results in the order in which they came, and several of some rows; the last one counts. It is read through
//! once, to note where the last record of each row is: 8 bytes a row, besides one that says what is known of it. Rows were sent
//! almost in their order, so their records are read again through a few windows that move over the journal.

use std::collections::HashMap;

use crate::run::disk::{Disk, DiskFile, Open, read_full_at};
use crate::run::line::{self, LONGEST};
use crate::run::record::{End, How, Record, RowResult};
use crate::run::replay::{self, NAME};
use crate::run::rows::{RowState, Rows};
use crate::run::sent::SentUpto;
use crate::run::{Ids, RunError};

/// How much of the journal is read at once.
const WINDOW: usize = 256 << 10;
/// How many parts of the journal are kept: one for each time that the rows were gone through, and some.
const WINDOWS: usize = 8;
/// The code of a row that may have been sent by a process that did not live to see what became of it.
const INTERRUPTED: &str = "interrupted";

/// The state of a row; each is in exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Created,
    Rejected,
    Unresolved,
    Unsent,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Rejected => "rejected",
            Self::Unresolved => "unresolved",
            Self::Unsent => "unsent",
        }
    }
}

/// What became of a row.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    pub(super) state: State,
    /// Of a created row.
    pub(super) created: Option<(How, Ids)>,
    /// The ids of the customer that stands in the way, or may be the row's.
    pub(super) found: (Option<String>, Option<String>),
    pub(super) status: Option<u16>,
    /// Why it is rejected or unresolved.
    pub(super) code: Option<String>,
    pub(super) field: Option<String>,
    pub(super) message: Option<String>,
    pub(super) attempts: u32,
    /// When it was first sent, of an unresolved row.
    pub(super) sent_at: Option<String>,
}

impl Fate {
    /// Of a row without a record.
    fn without_record(state: RowState) -> Self {
        let (state, code) = match state {
            RowState::Unsent => (State::Unsent, None),
            _ => (State::Unresolved, Some(INTERRUPTED.to_owned())),
        };
        Self {
            state,
            created: None,
            found: (None, None),
            status: None,
            code,
            field: None,
            message: None,
            attempts: 0,
            sent_at: None,
        }
    }

    fn of(result: RowResult) -> Self {
        let RowResult { end, status, code, field, message, attempts, found, sent_at, .. } = result;
        let found = found.map_or((None, None), |Ids { id, wallet_id }| (Some(id), Some(wallet_id)));
        let (state, created, found, code) = match end {
            End::Created { how, id, wallet_id } => (State::Created, Some((how, Ids { id, wallet_id })), found, code),
            End::Rejected => (State::Rejected, None, found, code),
            End::Unresolved { .. } => {
                (State::Unresolved, None, found, Some(code.unwrap_or_else(|| "unknown".to_owned())))
            }
            End::Unread { id, wallet_id } => {
                (State::Unresolved, None, (id, wallet_id), Some(code.unwrap_or_else(|| "created_unread".to_owned())))
            }
        };
        Self { state, created, found, status, code, field, message, attempts, sent_at }
    }
}

/// Where it stands what the last record of an unresolved row may not say any more.
#[derive(Clone, Copy, Default)]
struct Told {
    /// When it was sent: the first record that says so.
    sent: Option<u64>,
    /// Which customer may be its own: the last record that says so. A later look-up that finds nobody takes nothing back.
    found: Option<u64>,
}

/// The journal, to be asked for the rows in their order.
pub(super) struct Fates {
    rows: Rows,
    /// Where the last record of a row is, and one more; 0 if it has none.
    positions: Vec<u64>,
    /// What earlier records say of rows that are unresolved.
    open: HashMap<u32, Told>,
    windows: Windows,
    any_rejected: bool,
}

impl Fates {
    /// Reads the journal of a run that nobody writes.
    pub(super) fn read(disk: &mut dyn Disk) -> Result<Self, RunError> {
        let found = SentUpto::read(disk)?;
        let mut file = disk.open(NAME, Open::Read).map_err(RunError::io(NAME, "opening it"))?;
        let mut rows = Rows::new(found);
        let mut positions = vec![0; found.n as usize + 1];
        let mut open: HashMap<u32, Told> = HashMap::new();
        replay::replay(file.as_mut(), found, |at, record| {
            rows.replay(record);
            let (row, is_open, sent_at, found) = match record {
                Record::Result(result) => {
                    let is_open = matches!(result.end, End::Unresolved { .. } | End::Unread { .. });
                    let found = match &result.end {
                        End::Unread { id, wallet_id } => id.is_some() || wallet_id.is_some(),
                        _ => result.found.is_some(),
                    };
                    (result.row, is_open, result.sent_at.is_some(), found)
                }
                Record::Accept { row, .. } => (*row, false, false, false),
                Record::Unsent { .. } | Record::Sync { .. } => return,
            };
            if let Some(position) = positions.get_mut(row as usize) {
                *position = at + 1;
            }
            if !is_open {
                open.remove(&row);
            } else if sent_at || found {
                let told = open.entry(row).or_default();
                told.sent = told.sent.or(sent_at.then_some(at));
                told.found = found.then_some(at).or(told.found);
            }
        })?;
        let any_rejected = rows.counts().rejected > 0;
        Ok(Self { rows, positions, open, windows: Windows { file, parts: Vec::new() }, any_rejected })
    }

    /// Whether any row is rejected.
    pub(super) fn any_rejected(&self) -> bool {
        self.any_rejected
    }

    /// What became of a row.
    pub(super) fn of(&mut self, row: u64) -> Result<Fate, RunError> {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        let position = self.positions.get(row as usize).and_then(|position| position.checked_sub(1));
        let Some(at) = position else { return Ok(Fate::without_record(self.rows.state(row))) };
        let mut fate = match self.windows.record(at)? {
            Record::Result(result) => Fate::of(result),
            Record::Accept { id, wallet_id, .. } => Fate {
                state: State::Created,
                created: Some((How::Adopted, Ids { id, wallet_id })),
                code: None,
                ..Fate::without_record(RowState::Unsent)
            },
            Record::Unsent { .. } | Record::Sync { .. } => return Err(changed(at)),
        };
        let Told { sent, found } = self.open.get(&row).copied().unwrap_or_default();
        if let Some(sent) = sent.filter(|sent| *sent != at)
            && let Record::Result(result) = self.windows.record(sent)?
        {
            fate.sent_at = result.sent_at;
        }
        if let Some(found) = found.filter(|found| *found != at)
            && let Record::Result(result) = self.windows.record(found)?
        {
            fate.found = Fate::of(result).found;
        }
        Ok(fate)
    }
}

/// The parts of the journal that were read last, the latest first.
struct Windows {
    file: Box<dyn DiskFile>,
    parts: Vec<(u64, Vec<u8>)>,
}

impl Windows {
    /// The record at a position that the replay has told.
    fn record(&mut self, at: u64) -> Result<Record, RunError> {
        let found = self.parts.iter().position(|part| line_at(part, at).is_some());
        match found {
            Some(0) => {}
            Some(found) => self.parts[..=found].rotate_right(1),
            None => self.load(at)?,
        }
        let line = self.parts.first().and_then(|part| line_at(part, at));
        line.and_then(line::whole).and_then(Record::parse).ok_or_else(|| changed(at))
    }

    /// Reads the part of the journal around a position, to the end of its line at least.
    fn load(&mut self, at: u64) -> Result<(), RunError> {
        // Records come a little earlier or later than the rows before.
        let begin = at.saturating_sub(WINDOW as u64 / 4);
        let mut bytes = if self.parts.len() < WINDOWS { Vec::new() } else { self.parts.pop().unwrap_or_default().1 };
        let mut size = WINDOW;
        loop {
            bytes.resize(size, 0);
            let read = read_full_at(self.file.as_mut(), &mut bytes, begin);
            bytes.truncate(read.map_err(RunError::io(NAME, "reading it"))?);
            let part = (begin, bytes);
            if line_at(&part, at).is_some() {
                self.parts.insert(0, part);
                return Ok(());
            }
            if part.1.len() < size || size > WINDOW + LONGEST {
                return Err(changed(at));
            }
            (bytes, size) = (part.1, size + LONGEST);
        }
    }
}

/// The line, without its end, that begins at a position, if the part has all of it.
fn line_at((begin, bytes): &(u64, Vec<u8>), at: u64) -> Option<&[u8]> {
    let rest = bytes.get(usize::try_from(at.checked_sub(*begin)?).ok()?..)?;
    line::first(rest).strip_suffix(b"\n")
}

fn changed(at: u64) -> RunError {
    RunError::Corrupt { file: NAME, at, what: "the record has changed since it was read" }
}
