//! A disk in memory that can fail at any operation, and crash: by the process's death, or by a power cut.
//!
//! A power cut keeps what was synced, and of what was written since any selection of whole and torn writes, sector by
//! sector. A failed fsync drops what was to be synced from what later ones write, but not from what is read, as Linux does.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::run::disk::{Disk, DiskFile, Hold, LockError, Open};

const SECTOR: usize = 512;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The operation fails and does nothing.
    Fail,
    /// A write does a part and says so; others succeed.
    Short,
    /// A write does a part and then fails; a sync makes a part durable, and the rest will never be; others fail.
    Part,
    /// The process dies in the operation, which may have done a part.
    Die,
}

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                content.resize(content.len().max(at + bytes.len()), 0);
                content[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Self::Truncate(size) => content.resize(*size, 0),
        }
    }

    /// Applies any sectors of it.
    fn apply_some(&self, content: &mut Vec<u8>, random: &mut fastrand::Rng) {
        match self {
            Self::Write { at, bytes } if random.bool() => {
                let mut from = 0;
                while from < bytes.len() {
                    let to = bytes.len().min(from + SECTOR - (at + from) % SECTOR);
                    if random.u8(0..4) > 0 {
                        Self::Write { at: at + from, bytes: bytes[from..to].to_vec() }.apply(content);
                    }
                    from = to;
                }
            }
            // Any bytes from the begin, often only a few.
            Self::Write { at, bytes } => {
                let most = if random.bool() { bytes.len() } else { bytes.len().min(100) };
                Self::Write { at: *at, bytes: bytes[..random.usize(0..=most)].to_vec() }.apply(content);
            }
            Self::Truncate(_) if random.bool() => self.apply(content),
            Self::Truncate(_) => {}
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Inode {
    seen: Vec<u8>,
    durable: Vec<u8>,
    dirty: Vec<Change>,
}

impl Inode {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.seen);
        self.dirty.push(change);
    }
}

#[derive(Clone, Debug)]
struct Content {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    /// Each state of the names since the last sync of them, the durable one first.
    names_since: Vec<BTreeMap<String, usize>>,
    operations: u64,
    fault: Option<(u64, Fault)>,
    dead: bool,
    /// -1 for one who holds it alone, else how many share it.
    lock: i32,
    random: fastrand::Rng,
}

/// A directory in memory; clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Sim(Arc<Mutex<Content>>);

impl Sim {
    /// An empty directory.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Content {
            inodes: Vec::new(),
            names: BTreeMap::new(),
            names_since: vec![BTreeMap::new()],
            operations: 0,
            fault: None,
            dead: false,
            lock: 0,
            random: fastrand::Rng::with_seed(seed),
        })))
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    /// The directory as a run uses it.
    pub(crate) fn disk(&self) -> Box<dyn Disk> {
        Box::new(SimDisk { sim: self.clone(), held: None })
    }

    /// A copy of its own, with a random state of its own.
    pub(crate) fn copy(&self, seed: u64) -> Self {
        let mut content = self.content().clone();
        content.random = fastrand::Rng::with_seed(seed);
        content.lock = 0;
        Self(Arc::new(Mutex::new(content)))
    }

    /// Lets the operation after so many more go wrong, once.
    pub(crate) fn arm(&self, after: u64, fault: Fault) {
        let mut content = self.content();
        content.fault = Some((content.operations + after, fault));
    }

    /// Whether the armed fault has not struck; it will not any more.
    pub(crate) fn disarm(&self) -> bool {
        self.content().fault.take().is_some()
    }

    /// After a process's death: everything it wrote is there.
    pub(crate) fn revive(&self) {
        let mut content = self.content();
        (content.dead, content.fault) = (false, None);
    }

    /// After a power cut: of what was not synced, anything may be there.
    pub(crate) fn cut_power(&self) {
        self.revive();
        let content = &mut *self.content();
        for inode in &mut content.inodes {
            for change in inode.dirty.drain(..) {
                change.apply_some(&mut inode.durable, &mut content.random);
            }
            inode.seen = inode.durable.clone();
        }
        let keep = content.random.usize(0..content.names_since.len());
        content.names = content.names_since.swap_remove(keep);
        content.names_since = vec![content.names.clone()];
    }

    /// A file's bytes as they are read.
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        let content = self.content();
        content.inodes[content.names[name]].seen.clone()
    }

    /// Replaces a file's bytes, durably.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let mut content = self.content();
        let inode = content.names[name];
        content.inodes[inode] = Inode { seen: bytes.to_vec(), durable: bytes.to_vec(), dirty: Vec::new() };
    }

    /// Removes a file, durably.
    pub(crate) fn remove(&self, name: &str) {
        let mut content = self.content();
        content.names.remove(name);
        content.names_since = vec![content.names.clone()];
    }

    /// Whether the operation has to go wrong, and how.
    fn operate(&self) -> io::Result<Option<Fault>> {
        let mut content = self.content();
        if content.dead {
            return Err(io::Error::other("the process is dead"));
        }
        content.operations += 1;
        let operation = content.operations;
        let struck = content.fault.take_if(|(at, _)| operation > *at).map(|(_, fault)| fault);
        match struck {
            Some(Fault::Fail) => Err(io::Error::other("injected")),
            Some(Fault::Die) => {
                content.dead = true;
                Ok(struck)
            }
            struck => Ok(struck),
        }
    }

    /// For operations that are done or not.
    fn whole(&self) -> io::Result<()> {
        match self.operate()? {
            None | Some(Fault::Short) => Ok(()),
            Some(_) => Err(io::Error::other("injected")),
        }
    }
}

struct SimDisk {
    sim: Sim,
    held: Option<Hold>,
}

impl Disk for SimDisk {
    fn lock(&mut self, hold: Hold) -> Result<(), LockError> {
        self.sim.whole().map_err(LockError::Failed)?;
        let mut content = self.sim.content();
        match (hold, content.lock) {
            (Hold::Alone, 0) => content.lock = -1,
            (Hold::Shared, 0..) => content.lock += 1,
            _ => return Err(LockError::InUse),
        }
        self.held = Some(hold);
        Ok(())
    }

    fn names(&mut self) -> io::Result<Vec<String>> {
        self.sim.whole()?;
        Ok(self.sim.content().names.keys().cloned().collect())
    }

    fn open(&mut self, name: &str, how: Open) -> io::Result<Box<dyn DiskFile>> {
        self.sim.whole()?;
        let content = &mut *self.sim.content();
        let inode = match (content.names.get(name).copied(), how) {
            (Some(inode), Open::Create) => {
                content.inodes[inode].change(Change::Truncate(0));
                inode
            }
            (Some(inode), _) => inode,
            (None, Open::Create) => {
                content.inodes.push(Inode::default());
                content.names.insert(name.to_owned(), content.inodes.len() - 1);
                content.names_since.push(content.names.clone());
                content.inodes.len() - 1
            }
            (None, _) => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(Box::new(SimFile { sim: self.sim.clone(), inode }))
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.sim.whole()?;
        let content = &mut *self.sim.content();
        let inode = content.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        content.names.insert(to.to_owned(), inode);
        content.names_since.push(content.names.clone());
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.sim.whole()?;
        let content = &mut *self.sim.content();
        content.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
        content.names_since.push(content.names.clone());
        Ok(())
    }

    fn sync_names(&mut self) -> io::Result<()> {
        self.sim.whole()?;
        let content = &mut *self.sim.content();
        content.names_since = vec![content.names.clone()];
        Ok(())
    }
}

impl Drop for SimDisk {
    fn drop(&mut self) {
        let mut content = self.sim.content();
        match self.held {
            Some(Hold::Alone) => content.lock = 0,
            Some(Hold::Shared) => content.lock -= 1,
            None => {}
        }
    }
}

struct SimFile {
    sim: Sim,
    inode: usize,
}

impl DiskFile for SimFile {
    fn size(&mut self) -> io::Result<u64> {
        self.sim.whole()?;
        Ok(self.sim.content().inodes[self.inode].seen.len() as u64)
    }

    fn read_at(&mut self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        self.sim.whole()?;
        let content = self.sim.content();
        let left = content.inodes[self.inode].seen.get(usize::try_from(at).unwrap()..).unwrap_or_default();
        let read = left.len().min(buffer.len());
        buffer[..read].copy_from_slice(&left[..read]);
        Ok(read)
    }

    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<usize> {
        let fault = self.sim.operate()?;
        let content = &mut *self.sim.content();
        let part = match fault {
            None => bytes.len(),
            Some(Fault::Short) => bytes.len().div_ceil(2),
            Some(_) => content.random.usize(0..=bytes.len()),
        };
        let change = Change::Write { at: usize::try_from(at).unwrap(), bytes: bytes[..part].to_vec() };
        content.inodes[self.inode].change(change);
        match fault {
            None | Some(Fault::Short) => Ok(part),
            Some(_) => Err(io::Error::other("injected")),
        }
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.sim.whole()?;
        let size = usize::try_from(size).unwrap();
        self.sim.content().inodes[self.inode].change(Change::Truncate(size));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let fault = self.sim.operate()?;
        let content = &mut *self.sim.content();
        let inode = &mut content.inodes[self.inode];
        match fault {
            None | Some(Fault::Short) => {
                for change in inode.dirty.drain(..) {
                    change.apply(&mut inode.durable);
                }
                Ok(())
            }
            Some(Fault::Part) => {
                for change in inode.dirty.drain(..) {
                    change.apply_some(&mut inode.durable, &mut content.random);
                }
                Err(io::Error::other("injected"))
            }
            // Who dies in it leaves it to the power cut what is durable.
            Some(_) => Err(io::Error::other("injected")),
        }
    }
}
