//! Writing the journal: records gather in memory, one write and one sync make them durable together.
//!
//! A sync marker that covers a batch is the first line of the next one: it costs no sync of its own, and is on the disk
//! only if what it covers was so before.

use super::disk::{Disk, DiskFile, Open, read_full_at, write_all_at};
use super::error::RunError;
use super::line::{self, LONGEST};
use super::record::Record;
use super::replay::{self, Extent, NAME};
use super::sent::Reach;
use crate::crash;

/// The open journal, for its one writer.
pub(crate) struct Journal {
    file: Box<dyn DiskFile>,
    /// Where the next batch goes: all before is durable.
    end: u64,
    /// Whether the last durable line is something else than a sync marker.
    unmarked: bool,
    batch: Vec<u8>,
}

impl Journal {
    /// A new file without records, durably; its name becomes so by the caller.
    pub(crate) fn create(disk: &mut dyn Disk) -> std::io::Result<()> {
        disk.open(NAME, Open::Create)?.sync()
    }

    /// Replays the journal, cuts off its torn tail, and makes durable what is left.
    pub(crate) fn open(
        disk: &mut dyn Disk,
        found: Reach,
        visit: impl FnMut(u64, &Record),
    ) -> Result<(Self, Extent), RunError> {
        let mut file = disk.open(NAME, Open::Write).map_err(RunError::io(NAME, "opening it"))?;
        let extent = replay::replay(file.as_mut(), found, visit)?;
        if extent.valid < extent.size {
            file.truncate(extent.valid).map_err(RunError::io(NAME, "cutting off its torn end"))?;
        }
        crash::point("replay_cut");
        rewrite(file.as_mut(), extent)?;
        file.sync().map_err(RunError::io(NAME, "making it durable"))?;
        crash::point("replayed");
        Ok((Self { file, end: extent.valid, unmarked: extent.marked < extent.valid, batch: Vec::new() }, extent))
    }

    /// Adds a record to the batch; an error means that it is too long, and changes nothing.
    pub(crate) fn add(&mut self, record: &Record) -> Result<(), std::io::Error> {
        let start = self.batch.len();
        if line::append(&mut self.batch, &record.line())? > LONGEST {
            self.batch.truncate(start);
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        Ok(())
    }

    /// How large the batch is, in bytes.
    pub(crate) fn waiting(&self) -> usize {
        self.batch.len()
    }

    /// Makes the batch durable. After an error nothing may be written any more.
    pub(crate) fn commit(&mut self, reach: Reach) -> Result<(), RunError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        if self.unmarked {
            let mut marked = self.marker(reach)?;
            marked.append(&mut self.batch);
            self.batch = marked;
        }
        self.write()?;
        self.unmarked = true;
        Ok(())
    }

    /// Makes the batch durable, and then a marker that covers it.
    pub(crate) fn seal(&mut self, reach: Reach) -> Result<(), RunError> {
        self.commit(reach)?;
        if self.unmarked {
            self.batch = self.marker(reach)?;
            self.write()?;
            self.unmarked = false;
        }
        Ok(())
    }

    /// Reads what is durable, for a second look.
    pub(crate) fn reread(&mut self, found: Reach, visit: impl FnMut(u64, &Record)) -> Result<(), RunError> {
        replay::replay(self.file.as_mut(), found, visit).map(drop)
    }

    fn marker(&self, reach: Reach) -> Result<Vec<u8>, RunError> {
        line::write(&Record::Sync { bytes: self.end, reach }.line()).map_err(RunError::io(NAME, "writing it"))
    }

    fn write(&mut self) -> Result<(), RunError> {
        write_all_at(self.file.as_mut(), &self.batch, self.end).map_err(RunError::io(NAME, "writing it"))?;
        self.file.sync().map_err(RunError::io(NAME, "making it durable"))?;
        self.end += self.batch.len() as u64;
        self.batch.clear();
        Ok(())
    }
}

/// Writes what no marker covers once more, in place: after a failed fsync the kernel shows bytes that are not on the disk,
/// and no later fsync would write them. The last marker itself is among them.
fn rewrite(file: &mut dyn DiskFile, extent: Extent) -> Result<(), RunError> {
    let mut chunk = vec![0; 64 << 10];
    let mut at = extent.covered;
    while at < extent.valid {
        let length = usize::try_from(extent.valid - at).map_or(chunk.len(), |left| left.min(chunk.len()));
        let part = &mut chunk[..length];
        let read = read_full_at(file, part, at).map_err(RunError::io(NAME, "reading it"))?;
        if read < length {
            return Err(RunError::Corrupt { file: NAME, at, what: "the file became shorter while it was read" });
        }
        write_all_at(file, part, at).map_err(RunError::io(NAME, "writing it"))?;
        at += length as u64;
    }
    Ok(())
}
