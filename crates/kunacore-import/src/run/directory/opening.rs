//! How a run begins and is gone on with.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::Path;

use super::{Run, Stage};
use crate::aside;
use crate::crash;
use crate::report::PROBLEMS;
use crate::run::disk::{Disk, Hold, LOCK, Open, RealDisk};
use crate::run::error::RunError;
use crate::run::ids::{SameId, Seen, Watched};
use crate::run::journal::Journal;
use crate::run::manifest::{self, Asked, Manifest};
use crate::run::rows::Rows;
use crate::run::sent::{self, Reach, SentUpto};
use crate::run::tag::{self, TagKey};
use crate::run::{lock_error, replay};

/// How the names of a sandbox's store begin, which may be there before the run.
const SANDBOX: &str = "sandbox.db";
/// How many ids of a journal are compared exactly when it is opened.
const SUSPICIONS: usize = 10_000;

/// What a run was found to be.
#[non_exhaustive]
pub struct Opened {
    /// The run, to go on with.
    pub run: Run,
    /// Ids that two rows have.
    pub same_ids: Vec<SameId>,
    /// Whether there were too many suspicions to look into each; `same_ids` then holds only some.
    pub more_same_ids: bool,
    /// How many bytes of the journal a crash had torn, and were cut off.
    pub cut: u64,
}

impl Run {
    /// Begins a run in a directory that is created, or empty, or left by a check or by a creation that was cut short.
    ///
    /// # Errors
    ///
    /// [`RunError::Exists`] if there is a run, [`RunError::Foreign`] if there is something else, [`RunError::InUse`] if
    /// another process is at it, [`RunError::Unfit`] if the place has no locks or no fsync.
    pub fn create(path: &Path, manifest: Manifest) -> Result<Self, RunError> {
        let disk = RealDisk::create(path).map_err(unfit("make a directory durable"))?;
        Self::create_on(Box::new(disk), manifest)
    }

    pub(crate) fn create_on(mut disk: Box<dyn Disk>, manifest: Manifest) -> Result<Self, RunError> {
        let names = disk.names().map_err(RunError::io(LOCK, "looking into the directory"))?;
        if let Some(foreign) = names.into_iter().find(|name| is_foreign(name)) {
            return Err(RunError::Foreign(foreign));
        }
        disk.lock(Hold::Alone).map_err(lock_error)?;
        match Manifest::read(disk.as_mut()) {
            Err(RunError::NoRun) => never_sent(disk.as_mut())?,
            Err(error) => return Err(error),
            Ok(_) => return Err(RunError::Exists),
        }
        TagKey::create(disk.as_mut())?;
        SentUpto::create(disk.as_mut()).map_err(unfit("make a file durable"))?;
        Journal::create(disk.as_mut()).map_err(unfit("make a file durable"))?;
        // The other names become durable before the one that says that they are there.
        disk.sync_names().map_err(unfit("make a directory durable"))?;
        crash::point("before_manifest");
        manifest.write(disk.as_mut())?;
        Ok(Self::load(disk, manifest)?.run)
    }

    /// Goes on with a run, if what is asked is what was asked when it began. As long as nothing was sent from it, it may be
    /// bound to another server.
    ///
    /// # Errors
    ///
    /// [`RunError::NoRun`], [`RunError::InUse`] and [`RunError::Different`] as they say; [`RunError::Corrupt`] if a file
    /// holds what no crash leaves: nothing is changed then.
    pub fn open(path: &Path, asked: &Asked) -> Result<Opened, RunError> {
        Self::open_on(Box::new(RealDisk::at(path)), asked)
    }

    pub(crate) fn open_on(mut disk: Box<dyn Disk>, asked: &Asked) -> Result<Opened, RunError> {
        // Before the lock, which would make a file in a directory that is no run.
        let names = disk.names().map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => RunError::NoRun,
            _ => RunError::io(LOCK, "looking into the directory")(error),
        })?;
        if !names.iter().any(|name| name == LOCK || name == sent::NAME) {
            return Err(RunError::NoRun);
        }
        disk.lock(Hold::Alone).map_err(lock_error)?;
        let mut manifest = match Manifest::read(disk.as_mut()) {
            Err(RunError::NoRun) => return Err(no_run(disk.as_mut())),
            manifest => manifest?,
        };
        let differences = asked.differences(&manifest.asked);
        if !differences.is_empty() {
            let moves = differences == asked.other_server(&manifest.asked);
            if !moves || SentUpto::read(disk.as_mut())? > Reach::default() {
                return Err(RunError::Different(differences));
            }
            manifest.rebind(asked);
            manifest.write(disk.as_mut())?;
        }
        // The manifest's name may not be durable yet, if its writer died.
        disk.sync_names().map_err(unfit("make a directory durable"))?;
        Self::load(disk, manifest)
    }

    fn load(mut disk: Box<dyn Disk>, manifest: Manifest) -> Result<Opened, RunError> {
        let key = TagKey::read(disk.as_mut())?;
        let sent = SentUpto::open(disk.as_mut())?;
        let mut rows = Rows::new(sent.reach());
        let mut ids = Seen::default();
        ids.expect(sent.reach().n);
        let mut suspected = HashSet::new();
        let mut more_same_ids = false;
        let (journal, extent) = Journal::open(disk.as_mut(), sent.reach(), |_, record| {
            rows.replay(record);
            for id in ids.add(record) {
                if suspected.len() < SUSPICIONS {
                    suspected.insert(id);
                } else {
                    more_same_ids |= !suspected.contains(&id);
                }
            }
        })?;
        let mut run = Self {
            disk,
            manifest,
            key,
            sent,
            journal,
            rows,
            ids,
            watched: Watched::default(),
            announced: false,
            stage: Stage::Open,
            waiting: Vec::new(),
            waiting_since: None,
            unwritten: Vec::new(),
            recorded: 0,
            durable: 0,
        };
        if !suspected.is_empty() {
            run.watch(suspected.into_iter().collect())?;
        }
        let same_ids = run.watched.all_same();
        Ok(Opened { run, same_ids, more_same_ids, cut: extent.size - extent.valid })
    }
}

/// Whether a name belongs neither to a run that was just begun nor to what may be there before one.
fn is_foreign(name: &str) -> bool {
    let ours = [LOCK, tag::NAME, sent::NAME, replay::NAME, manifest::NAME, manifest::UNFINISHED, PROBLEMS];
    !ours.contains(&name) && !name.starts_with(aside::PREFIX) && !name.starts_with(SANDBOX)
}

/// Refuses a directory that is neither a run nor could become one, before anything is written there. What cannot be looked
/// into is left to those who need it.
pub(crate) fn refuse_foreign(path: &Path) -> Result<(), RunError> {
    if path.exists() && !path.is_dir() {
        return Err(RunError::Uncreatable(ErrorKind::NotADirectory.into()));
    }
    let Ok(names) = RealDisk::at(path).names() else { return Ok(()) };
    if names.iter().any(|name| name == LOCK || name == sent::NAME) {
        return Ok(());
    }
    names.into_iter().find(|name| is_foreign(name)).map_or(Ok(()), |foreign| Err(RunError::Foreign(foreign)))
}

/// What it means that there is no manifest at this path.
pub(crate) fn no_run_at(path: &Path, disk: &mut dyn Disk) -> RunError {
    if path.exists() { no_run(disk) } else { RunError::Absent }
}

/// What it means that a directory has no manifest.
pub(crate) fn no_run(disk: &mut dyn Disk) -> RunError {
    never_sent(disk).err().unwrap_or(RunError::NoRun)
}

/// Refuses a directory without a manifest in which rows were sent: it has lost its manifest, and is no new one.
fn never_sent(disk: &mut dyn Disk) -> Result<(), RunError> {
    let journal = match disk.open(replay::NAME, Open::Read).and_then(|mut file| file.size()) {
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        size => size.map_err(RunError::io(replay::NAME, "opening it"))?,
    };
    let reach = match SentUpto::read(disk) {
        // One that is torn or absent is the work of a creation, which writes no manifest before it is whole.
        Err(RunError::Corrupt { .. }) => Reach::default(),
        Err(RunError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Reach::default(),
        reach => reach?,
    };
    if journal > 0 || reach > Reach::default() {
        let what = "it is missing, though rows may have been sent";
        return Err(RunError::Corrupt { file: manifest::NAME, at: 0, what });
    }
    Ok(())
}

/// For `map_err`: what it means that a place refuses an operation on creation.
fn unfit(what: &'static str) -> impl FnOnce(std::io::Error) -> RunError {
    move |source| match source.kind() {
        ErrorKind::Unsupported | ErrorKind::InvalidInput => RunError::Unfit { what, source },
        _ => RunError::Uncreatable(source),
    }
}
