//! Earlier runs of the same file. A run that nobody named is found by the content of its table; once that has changed, or the
//! command is given in another directory, there seems to be none, and every row would be sent once more.

use std::fs;
use std::path::{Path, PathBuf};

use crate::input::Input;
use crate::run::disk::RealDisk;
use crate::run::sent::SentUpto;
use crate::run::{Asked, Manifest};

/// How the names of run directories begin that nobody named.
pub(crate) const UNNAMED: &str = "kunacore-run-";

/// A run of the same file, at the same server.
pub(crate) struct Sibling {
    pub(crate) directory: PathBuf,
    /// Whether the table was the same then.
    pub(crate) same_table: bool,
}

/// Looks for a run of one of these files from which rows were sent: in the current directory, and beside the files. One of the
/// same table comes first.
pub(crate) fn find(input: &Input, asked: &Asked) -> Option<Sibling> {
    let ours = real(input);
    let places = std::iter::once(Path::new(".")).chain(ours.iter().filter_map(|path| path.parent()));
    let mut found = None;
    for directory in places.flat_map(unnamed_runs) {
        let Ok(manifest) = Manifest::of(&directory) else { continue };
        let was_sent = SentUpto::read(&mut RealDisk::at(&directory)).is_ok_and(|reach| reach.n > 0);
        let theirs = real(&manifest.input);
        let of_same_file = ours.iter().any(|path| theirs.contains(path));
        if was_sent && of_same_file && asked.other_server(&manifest.asked).is_empty() {
            let same_table = manifest.asked.fingerprint == asked.fingerprint;
            let sibling = Sibling { directory, same_table };
            if same_table {
                return Some(sibling);
            }
            found.get_or_insert(sibling);
        }
    }
    found
}

/// The files, whichever way they were named.
fn real(input: &Input) -> Vec<PathBuf> {
    input.paths().iter().map(|path| fs::canonicalize(path).unwrap_or_else(|_| path.clone())).collect()
}

/// The directories here that are named like runs, in the order of their names.
fn unnamed_runs(place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(UNNAMED)))
        .map(|entry| entry.path().strip_prefix(".").map(Path::to_owned).unwrap_or_else(|_| entry.path()))
        .collect();
    paths.sort();
    paths
}
