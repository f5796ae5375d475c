//! Reading the journal: which records count, where it is torn, and where it is damaged.
//!
//! A crash tears only what was written after the last sync, so everything before a sync marker must be whole. A bad line
//! that no later marker covers is where the journal ends; one that a marker covers is damage, and nothing is guessed. A line
//! with a right sum is never torn: if it makes no sense, that is damage too.

use std::ops::ControlFlow;

use super::disk::DiskFile;
use super::error::RunError;
use super::line::{self, LONGEST};
use super::record::Record;
use super::sent::Reach;

/// The journal's file name.
pub(crate) const NAME: &str = "journal.jsonl";
const DAMAGED: &str = "the line is damaged, though a later record says that it was durable";
const CHUNK: usize = 256 << 10;

/// Where a journal's parts end, in bytes from its begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The begin of the last sync marker: all before is durable.
    pub(crate) covered: u64,
    /// The end of the last sync marker.
    pub(crate) marked: u64,
    /// The end of the last record.
    pub(crate) valid: u64,
    /// The end of the file: what lies between is the torn tail.
    pub(crate) size: u64,
}

/// Reads all records in their order, with the position of each, and checks them against `sent_upto`.
pub(crate) fn replay(
    file: &mut dyn DiskFile,
    found: Reach,
    mut visit: impl FnMut(u64, &Record),
) -> Result<Extent, RunError> {
    let mut extent = Extent::default();
    let mut bad: Option<u64> = None;
    let mut damage = None;
    extent.size = lines(file, |at, end, line| {
        let json = line.and_then(line::whole);
        if let Some(bad) = bad {
            // Only a marker matters now.
            if let Some(Record::Sync { bytes, .. }) = json.and_then(Record::parse)
                && bytes > bad
            {
                damage = Some((bad, DAMAGED));
                return ControlFlow::Break(());
            }
            return ControlFlow::Continue(());
        }
        let Some(json) = json else {
            bad = Some(at);
            // What is wrong may be the line's end, so that the next line, a marker, is a part of this.
            if let Some(json) = line.and_then(line::whole_last)
                && let Some(Record::Sync { .. }) = Record::parse(json)
            {
                damage = Some((at, DAMAGED));
                return ControlFlow::Break(());
            }
            return ControlFlow::Continue(());
        };
        match Record::parse(json).ok_or("the record is of no kind that this version of the program knows") {
            Ok(record) => match fault(at, &record, found) {
                None => {
                    extent.valid = end;
                    if matches!(record, Record::Sync { .. }) {
                        (extent.covered, extent.marked) = (at, end);
                    }
                    visit(at, &record);
                    ControlFlow::Continue(())
                }
                Some(what) => {
                    damage = Some((at, what));
                    ControlFlow::Break(())
                }
            },
            Err(what) => {
                damage = Some((at, what));
                ControlFlow::Break(())
            }
        }
    })?;
    match damage {
        Some((at, what)) => Err(RunError::Corrupt { file: NAME, at, what }),
        None => Ok(extent),
    }
}

/// Reads the record at a position that [`replay`] has told.
pub(crate) fn record_at(file: &mut dyn DiskFile, at: u64) -> Result<Record, RunError> {
    let mut found = None;
    lines_from(file, at, |_, _, line| {
        found = line.and_then(line::whole).and_then(Record::parse);
        ControlFlow::Break(())
    })?;
    found.ok_or(RunError::Corrupt { file: NAME, at, what: "the record has changed since it was read" })
}

/// Why a whole record cannot be where it is.
fn fault(at: u64, record: &Record, found: Reach) -> Option<&'static str> {
    match record {
        Record::Sync { bytes, .. } if *bytes != at => Some("the sync marker belongs to another position"),
        Record::Sync { reach, .. } if *reach > found => Some("sent_upto is older than this record"),
        Record::Unsent { generation, .. } if *generation > found.generation => {
            Some("sent_upto is older than this record")
        }
        Record::Result(result) => row_fault(result.row, found),
        Record::Accept { row, .. } | Record::Unsent { row, .. } => row_fault(*row, found),
        Record::Sync { .. } => None,
    }
}

fn row_fault(row: u32, found: Reach) -> Option<&'static str> {
    match row {
        0 => Some("there is no row 0"),
        row if row > found.n => Some("sent_upto does not cover the row of this record"),
        _ => None,
    }
}

fn lines(
    file: &mut dyn DiskFile,
    visit: impl FnMut(u64, u64, Option<&[u8]>) -> ControlFlow<()>,
) -> Result<u64, RunError> {
    lines_from(file, 0, visit)
}

/// Visits the lines: begin, end, and the text without its end, which is `None` if the line is too long or has no end.
///
/// Returns the position where reading ended.
fn lines_from(
    file: &mut dyn DiskFile,
    from: u64,
    mut visit: impl FnMut(u64, u64, Option<&[u8]>) -> ControlFlow<()>,
) -> Result<u64, RunError> {
    let mut chunk = vec![0; CHUNK];
    let mut line: Vec<u8> = Vec::new();
    let mut too_long = false;
    // Where the line began, and where the next byte is.
    let (mut begin, mut at) = (from, from);
    loop {
        let read = match file.read_at(&mut chunk, at) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(RunError::io(NAME, "reading it")(error)),
        };
        let mut rest = chunk.get(..read).unwrap_or_default();
        while !rest.is_empty() {
            let part = line::first(rest);
            rest = &rest[part.len()..];
            at += part.len() as u64;
            too_long |= line.len() + part.len() > LONGEST;
            let ended = part.ends_with(b"\n");
            // Only a line that goes on in the next chunk need be gathered.
            let is_here = ended && line.is_empty();
            if !too_long && !is_here {
                line.extend_from_slice(part);
            }
            if ended {
                let text = if is_here { part } else { &line };
                let text = if too_long { None } else { text.strip_suffix(b"\n") };
                if visit(begin, at, text).is_break() {
                    return Ok(at);
                }
                (begin, too_long) = (at, false);
                line.clear();
            }
        }
    }
    if begin < at {
        // Whether it ends the visits makes no difference.
        let _ = visit(begin, at, None);
    }
    Ok(at)
}
