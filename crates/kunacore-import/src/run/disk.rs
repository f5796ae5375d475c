//! Every file operation of a run directory, behind two small traits, so that tests can make any of them fail or the last.
//!
//! [`RealDisk`] is the real file system. What it asks of it, beyond reading and writing: an exclusive lock that ends with
//! the process, an fsync of files, and one of the directory that holds them. A place that has not all of these is refused.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::crash;

/// The file whose lock is the right to use the directory. It holds nothing.
pub(crate) const LOCK: &str = "lock";

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    /// An existing file, to be read.
    Read,
    /// An existing file, to be read and written.
    Write,
    /// A new file, readable by its owner only; what had that name is emptied.
    Create,
}

/// Who may use the directory beside the one who locks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Nobody.
    Alone,
    /// Other readers.
    Shared,
}

/// Why a lock was not given.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Somebody else has it.
    InUse,
    /// The place has no such locks, or the lock's file cannot be opened.
    Failed(io::Error),
}

/// A directory of files without subdirectories.
pub(crate) trait Disk: Send {
    /// Takes the lock until `self` is dropped, without waiting.
    fn lock(&mut self, hold: Hold) -> Result<(), LockError>;
    /// The names of all files.
    fn names(&mut self) -> io::Result<Vec<String>>;
    /// Opens a file.
    fn open(&mut self, name: &str, how: Open) -> io::Result<Box<dyn DiskFile>>;
    /// Renames a file, replacing what has the new name.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&mut self, name: &str) -> io::Result<()>;
    /// Makes the creations, renames and removals so far durable.
    fn sync_names(&mut self) -> io::Result<()>;
}

/// An open file.
pub(crate) trait DiskFile: Send {
    /// Its length in bytes.
    fn size(&mut self) -> io::Result<u64>;
    /// Reads some bytes at a position; 0 at the end.
    fn read_at(&mut self, buffer: &mut [u8], at: u64) -> io::Result<usize>;
    /// Writes some of the bytes at a position, and tells how many.
    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<usize>;
    /// Cuts it off.
    fn truncate(&mut self, size: u64) -> io::Result<()>;
    /// Makes bytes and length durable.
    fn sync(&mut self) -> io::Result<()>;
}

/// Writes all bytes, however many calls that takes.
pub(crate) fn write_all_at(file: &mut dyn DiskFile, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                at += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Fills the buffer from a position on as far as the file goes, and tells how far that was.
pub(crate) fn read_full_at(file: &mut dyn DiskFile, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads a small file as a whole; of one that is longer than `limit` bytes, an error.
pub(crate) fn read_small(disk: &mut dyn Disk, name: &str, limit: usize) -> io::Result<Vec<u8>> {
    let mut file = disk.open(name, Open::Read)?;
    let mut bytes = vec![0; limit + 1];
    let read = read_full_at(file.as_mut(), &mut bytes, 0)?;
    if read > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it is longer than {limit} bytes")));
    }
    bytes.truncate(read);
    Ok(bytes)
}

/// Creates a file with these bytes and makes them durable; its name becomes so by [`Disk::sync_names`].
pub(crate) fn create_small(disk: &mut dyn Disk, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = disk.open(name, Open::Create)?;
    write_all_at(file.as_mut(), bytes, 0)?;
    file.sync()
}

/// A directory of the real file system.
#[derive(Debug)]
pub(crate) struct RealDisk {
    path: PathBuf,
    lock: Option<File>,
}

impl RealDisk {
    /// A directory that exists.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), lock: None }
    }

    /// A directory that is created where it is absent, with those above it, durably, for its owner only.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(path)?;
        // Also where it existed: it may be the work of a process that died before this.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        sync_directory(parent)?;
        Ok(Self::at(path))
    }
}

impl Disk for RealDisk {
    fn lock(&mut self, hold: Hold) -> Result<(), LockError> {
        let path = self.path.join(LOCK);
        let file = match hold {
            Hold::Alone => private().read(true).write(true).create(true).truncate(false).open(path),
            Hold::Shared => File::open(path),
        };
        let file = file.map_err(LockError::Failed)?;
        let locked = match hold {
            Hold::Alone => file.try_lock(),
            Hold::Shared => file.try_lock_shared(),
        };
        locked.map_err(|error| match error {
            TryLockError::WouldBlock => LockError::InUse,
            TryLockError::Error(error) => LockError::Failed(error),
        })?;
        self.lock = Some(file);
        Ok(())
    }

    fn names(&mut self) -> io::Result<Vec<String>> {
        fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn open(&mut self, name: &str, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let path = self.path.join(name);
        let file = match how {
            Open::Read => File::open(path)?,
            Open::Write => OpenOptions::new().read(true).write(true).open(path)?,
            Open::Create => private().read(true).write(true).create(true).truncate(true).open(path)?,
        };
        Ok(Box::new(file))
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync_names(&mut self) -> io::Result<()> {
        sync_directory(&self.path)
    }
}

/// Options that create files for their owner only.
fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "elsewhere a file has the rights of its directory"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the names in a directory durable.
#[cfg(unix)]
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    crash::fsync()?;
    File::open(path)?.sync_all()
}

/// Windows cannot sync a directory; its file system journals names by itself.
#[cfg(not(unix))]
pub(crate) fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

impl DiskFile for File {
    fn size(&mut self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&mut self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        self.seek(SeekFrom::Start(at))?;
        self.read(buffer)
    }

    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<usize> {
        self.seek(SeekFrom::Start(at))?;
        self.write(bytes)
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.set_len(size)
    }

    fn sync(&mut self) -> io::Result<()> {
        crash::fsync()?;
        self.sync_all()
    }
}
