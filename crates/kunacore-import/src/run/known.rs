//! Another run, opened only to ask what it knows of an e-mail.

use std::path::Path;

use super::directory::no_run;
use super::disk::{Disk, DiskFile, Hold, Open, RealDisk};
use super::error::RunError;
use super::manifest::{Asked, Manifest};
use super::record::{End, Record};
use super::rows::{RowState, Rows};
use super::sent::SentUpto;
use super::tag::{Tag, TagKey};
use super::{lock_error, replay};

/// What another run knows of an e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownCustomer {
    /// It has the customer.
    Created {
        /// That run's row.
        row: u32,
        /// Where in that run's journal it stands, in bytes: what stands later was learned later.
        at: u64,
        /// The customer's id.
        id: String,
        /// The wallet's id.
        wallet_id: String,
    },
    /// It may have created the customer, or has two with the e-mail: look it up before anything else.
    Tainted,
    /// It did not create the customer.
    Absent,
}

/// Another run, which nobody may write while it is open. It takes 17 bytes a row.
pub struct KnownRun {
    journal: Box<dyn DiskFile>,
    key: TagKey,
    /// The begin of each record's tag and the record's position, sorted.
    index: Vec<(u64, u64)>,
    untagged: u32,
    /// How long the journal is, in bytes, without a torn end.
    length: u64,
    began_server_time: Option<String>,
    /// What was asked of it.
    asked: Asked,
    /// Holds the lock.
    _disk: Box<dyn Disk>,
}

impl KnownRun {
    /// Opens a run to read it; nothing in it is changed, a torn end is passed over.
    ///
    /// # Errors
    ///
    /// [`RunError::InUse`] while a process writes it, [`RunError::Absent`], [`RunError::NoRun`] and [`RunError::Corrupt`] as
    /// when it is continued.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        if !path.is_dir() {
            return Err(if path.exists() { RunError::NoRun } else { RunError::Absent });
        }
        Self::open_on(Box::new(RealDisk::at(path)))
    }

    /// Refuses a run that was made at another server than the one that is asked for.
    pub(crate) fn at_server(self, asked: &Asked) -> Result<Self, RunError> {
        let differences = asked.other_server(&self.asked);
        if differences.is_empty() { Ok(self) } else { Err(RunError::KnownElsewhere(differences)) }
    }

    pub(crate) fn open_on(mut disk: Box<dyn Disk>) -> Result<Self, RunError> {
        let opened = disk.lock(Hold::Shared).map_err(lock_error).and_then(|()| Manifest::read(disk.as_mut()));
        let manifest = match opened {
            Err(RunError::NoRun) => return Err(no_run(disk.as_mut())),
            opened => opened?,
        };
        let key = TagKey::read(disk.as_mut())?;
        let found = SentUpto::read(disk.as_mut())?;
        let mut journal = disk.open(replay::NAME, Open::Read).map_err(RunError::io(replay::NAME, "opening it"))?;
        let mut rows = Rows::new(found);
        let mut index = Vec::new();
        let extent = replay::replay(journal.as_mut(), found, |at, record| {
            rows.replay(record);
            if let Some((_, tag)) = subject(record) {
                index.push((tag.prefix(), at));
            }
        })?;
        index.sort_unstable();
        let untagged = (1..=found.n).filter(|row| rows.state(*row) == RowState::Tainted).count();
        let untagged = u32::try_from(untagged).unwrap_or(u32::MAX);
        Ok(Self {
            journal,
            key,
            index,
            untagged,
            length: extent.valid,
            began_server_time: manifest.server_time().map(str::to_owned),
            asked: manifest.asked,
            _disk: disk,
        })
    }

    /// How many rows may have been sent without leaving a record, so that nothing tells their e-mails.
    ///
    /// While there are any, no e-mail is [`KnownCustomer::Absent`]. Continue that run to its end first.
    pub fn untagged(&self) -> u32 {
        self.untagged
    }

    /// How long its journal is, in bytes. It only grows.
    pub fn journal_length(&self) -> u64 {
        self.length
    }

    /// When the run began by the server's clock, as RFC 3339, if it came to know that. What it sent left later.
    pub fn began_server_time(&self) -> Option<&str> {
        self.began_server_time.as_deref()
    }

    /// What the run knows of an e-mail.
    ///
    /// # Errors
    ///
    /// The journal cannot be read any more.
    pub fn find(&mut self, email: &str) -> Result<KnownCustomer, RunError> {
        let tag = self.key.tag(email);
        let from = self.index.partition_point(|(prefix, _)| *prefix < tag.prefix());
        let mut last: Vec<(u32, u64, Record)> = Vec::new();
        for (_, at) in self.index[from..].iter().take_while(|(prefix, _)| *prefix == tag.prefix()) {
            let record = replay::record_at(self.journal.as_mut(), *at)?;
            match subject(&record) {
                Some((row, found)) if found == tag => {
                    last.retain(|(other, ..)| *other != row);
                    last.push((row, *at, record));
                }
                _ => {}
            }
        }
        let mut created: Option<KnownCustomer> = None;
        let mut uncertain = self.untagged > 0;
        for (row, at, record) in last {
            let (id, wallet_id) = match record {
                Record::Accept { id, wallet_id, .. } => (id, wallet_id),
                Record::Result(result) => match result.end {
                    End::Created { id, wallet_id, .. } => (id, wallet_id),
                    End::Rejected => continue,
                    End::Unresolved { .. } | End::Unread { .. } => {
                        uncertain = true;
                        continue;
                    }
                },
                Record::Unsent { .. } | Record::Sync { .. } => continue,
            };
            match &created {
                Some(KnownCustomer::Created { id: other, wallet_id: wallet, .. })
                    if *other != id || *wallet != wallet_id =>
                {
                    return Ok(KnownCustomer::Tainted);
                }
                Some(_) => {}
                None => created = Some(KnownCustomer::Created { row, at, id, wallet_id }),
            }
        }
        Ok(created.unwrap_or(if uncertain { KnownCustomer::Tainted } else { KnownCustomer::Absent }))
    }
}

/// The row and the e-mail's tag of a record that has them.
fn subject(record: &Record) -> Option<(u32, Tag)> {
    match record {
        Record::Result(result) => Some((result.row, result.tag)),
        Record::Accept { row, tag, .. } => Some((*row, *tag)),
        Record::Unsent { .. } | Record::Sync { .. } => None,
    }
}
