//! Files that are made before there is a run directory, beside the place where it will be.
//!
//! Until it is whole, such a file has a name that nobody takes for anything; then it gets its own in the run directory, by a
//! rename. It is locked while its process lives, so that the next import at that place can remove what a killed one left: it
//! may hold a table.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::crash;
use crate::run::disk::sync_directory;

/// What the names begin with.
pub(crate) const PREFIX: &str = ".kunacore-import-";
/// How old a file is at least that is taken for left behind: a newer one may be about to be locked.
const LEFT: Duration = Duration::from_secs(60);

/// A file in the making, for its owner only. Dropped, it is removed.
pub(crate) struct Aside(NamedTempFile);

impl Aside {
    /// A new file in this directory.
    pub(crate) fn new(place: &Path) -> io::Result<Self> {
        sweep(place);
        let file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(place)?;
        // Without locks nothing is swept either.
        let _ = file.as_file().try_lock();
        Ok(Self(file))
    }

    /// The file, to be written from its begin by one writer.
    pub(crate) fn writer(&self) -> io::Result<File> {
        self.0.as_file().try_clone()
    }

    /// Makes what was written durable, with this name in this directory, which is on the same disk.
    pub(crate) fn keep(self, directory: &Path, name: &str) -> io::Result<()> {
        crash::fsync()?;
        self.0.as_file().sync_all()?;
        self.0.persist(directory.join(name)).map_err(|failed| failed.error)?;
        sync_directory(directory)
    }
}

/// The directory in which to make what will belong to a run: its own where it exists, else the nearest above. Both are on the
/// disk that the run will be on.
#[must_use]
pub fn aside_of(run: &Path) -> &Path {
    run.ancestors().find(|above| above.is_dir()).unwrap_or(Path::new("."))
}

/// Removes what killed processes have left. What cannot be removed is left to the next one.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        let is_left = || -> io::Result<bool> {
            let file = File::open(entry.path())?;
            let age = file.metadata()?.modified()?.elapsed().unwrap_or_default();
            Ok(age > LEFT && file.try_lock().is_ok())
        };
        if is_left().unwrap_or(false) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn names(place: &Path) -> usize {
        fs::read_dir(place).expect("read").count()
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_a_living_one_makes_is_not() {
        let place = tempfile::tempdir().expect("directory");
        let old = SystemTime::now() - 2 * LEFT;
        let living = Aside::new(place.path()).expect("made");
        living.writer().expect("writer").set_modified(old).expect("set");
        let left = place.path().join(format!("{PREFIX}abc"));
        File::create(&left).expect("made").set_modified(old).expect("set");
        File::create(place.path().join(format!("{PREFIX}new"))).expect("made");
        drop(Aside::new(place.path()).expect("made"));
        assert!(!left.exists());
        assert_eq!(names(place.path()), 2, "one is in the making, and one may be");
        drop(living);
        assert_eq!(names(place.path()), 1);
    }

    #[test]
    fn the_place_is_on_the_disk_of_the_run() {
        let place = tempfile::tempdir().expect("directory");
        assert_eq!(aside_of(place.path()), place.path());
        assert_eq!(aside_of(&place.path().join("run")), place.path());
        assert_eq!(aside_of(Path::new("kunacore-run")), Path::new("."));
    }
}
