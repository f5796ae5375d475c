//! `sent_upto`: how far rows may have left, as (generation, n), made durable before they do.
//!
//! Two slots of one block each; each holds a checked line, the greater one counts. A new value goes to the slot that does
//! not hold the present one, so a torn write leaves the present one whole. The greater pair is also the newer one, since
//! neither number ever falls while the other stays.
//!
//! A value that is read may not have reached the disk yet: its writer may have died before its fsync, or the fsync may have
//! failed, after which the kernel shows the bytes but no later fsync writes them. Were the other slot written next, a crash
//! could tear both. So whoever opens the file first writes what it read once more, in place, and syncs. Those are the same
//! bytes, so no mixture of old and new blocks harms them.

use serde::{Deserialize, Serialize};

use super::disk::{Disk, DiskFile, Open, read_full_at, write_all_at};
use super::error::RunError;
use super::line;

/// The file's name.
pub(crate) const NAME: &str = "sent_upto";
/// A slot's size in bytes: the block that disks and file systems write as one.
const SLOT: usize = 4096;

/// How far rows may have left, in the order of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reach {
    /// Counts the processes that created something; 0 before the first.
    pub(crate) generation: u32,
    /// Any row up to this one may have left.
    pub(crate) n: u32,
}

/// The open file, for its one writer.
pub(crate) struct SentUpto {
    file: Box<dyn DiskFile>,
    reach: Reach,
    /// Which slot holds `reach`: 0 or 1.
    slot: u8,
}

impl SentUpto {
    /// A new file that says that nothing has left, durably; its name becomes so by the caller.
    pub(crate) fn create(disk: &mut dyn Disk) -> std::io::Result<()> {
        let mut file = disk.open(NAME, Open::Create)?;
        for slot in [0, 1] {
            write_slot(file.as_mut(), slot, Reach::default())?;
        }
        file.sync()
    }

    /// What the file says, unchanged.
    pub(crate) fn read(disk: &mut dyn Disk) -> Result<Reach, RunError> {
        let mut file = disk.open(NAME, Open::Read).map_err(RunError::io(NAME, "opening it"))?;
        Ok(newest(file.as_mut())?.1)
    }

    /// Opens the file to go on, and makes durable what it says.
    pub(crate) fn open(disk: &mut dyn Disk) -> Result<Self, RunError> {
        let mut file = disk.open(NAME, Open::Write).map_err(RunError::io(NAME, "opening it"))?;
        let (slot, reach) = newest(file.as_mut())?;
        write_slot(file.as_mut(), slot, reach).map_err(RunError::io(NAME, "writing it"))?;
        file.sync().map_err(RunError::io(NAME, "making it durable"))?;
        Ok(Self { file, reach, slot })
    }

    /// What is durable.
    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    /// Makes a new reach durable. After an error this must not be called again.
    pub(crate) fn advance(&mut self, to: Reach) -> Result<(), RunError> {
        let slot = 1 - self.slot;
        write_slot(self.file.as_mut(), slot, to).map_err(RunError::io(NAME, "writing it"))?;
        self.file.sync().map_err(RunError::io(NAME, "making it durable"))?;
        (self.reach, self.slot) = (to, slot);
        Ok(())
    }
}

/// The slot that counts and what it says.
fn newest(file: &mut dyn DiskFile) -> Result<(u8, Reach), RunError> {
    let mut bytes = [0; 2 * SLOT];
    let read = read_full_at(file, &mut bytes, 0).map_err(RunError::io(NAME, "reading it"))?;
    let (first, second) = bytes.get(..read).unwrap_or_default().split_at(read.min(SLOT));
    match (parse(first), parse(second)) {
        (Some(first), Some(second)) if second > first => Ok((1, second)),
        (Some(first), _) => Ok((0, first)),
        (None, Some(second)) => Ok((1, second)),
        (None, None) => Err(RunError::Corrupt { file: NAME, at: 0, what: "neither slot is whole" }),
    }
}

fn write_slot(file: &mut dyn DiskFile, slot: u8, reach: Reach) -> std::io::Result<()> {
    let mut block = line::write(&reach)?;
    // Padding before the line's end, so that the line is the whole block and a torn block is no line.
    block.pop();
    block.resize(SLOT - 1, b' ');
    block.push(b'\n');
    write_all_at(file, &block, u64::from(slot) * SLOT as u64)
}

fn parse(block: &[u8]) -> Option<Reach> {
    let text = block.strip_suffix(b"\n")?;
    if text.len() != SLOT - 1 {
        return None;
    }
    serde_json::from_slice(line::check(text.trim_ascii_end())?.as_ref()).ok()
}
