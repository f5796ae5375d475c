//! The one writer of a run directory.

mod opening;

use std::time::{Duration, Instant};

use super::disk::Disk;
use super::error::RunError;
use super::ids::{Named, SameId, Seen, Watched};
use super::journal::Journal;
use super::manifest::{self, Manifest};
use super::record::{End, Record, RowResult};
use super::rows::{Counts, Noted, RowState, Rows};
use super::sent::{self, Reach, SentUpto};
use super::tag::{Tag, TagKey};
use crate::input::Input;
use crate::rules::Rules;

pub use opening::Opened;
pub(crate) use opening::{no_run, no_run_at, refuse_foreign};

/// How many results wait for a commit at most before [`Run::commit_by`] asks for it at once.
pub const BATCH: usize = 512;
/// How long a result waits for a commit at most, if [`Run::commit_by`] is heeded.
pub const DELAY: Duration = Duration::from_millis(10);
/// How large the records of a stop may become in memory before they are written.
const STOP_CHUNK: usize = 1 << 20;

/// The one writer of a run directory. Dropped without [`Self::stop`], it leaves what a crash leaves.
pub struct Run {
    /// Holds the lock.
    disk: Box<dyn Disk>,
    manifest: Manifest,
    key: TagKey,
    sent: SentUpto,
    journal: Journal,
    rows: Rows,
    ids: Seen,
    /// Ids that more than one row was suspected to have.
    watched: Watched,
    announced: bool,
    stage: Stage,
    waiting: Vec<Waiting>,
    waiting_since: Option<Instant>,
    /// Results that cannot be written.
    unwritten: Vec<RowResult>,
    recorded: u64,
    durable: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Stopped,
    Broken,
}

/// A record in the journal's batch.
struct Waiting {
    record: Record,
    noted: Option<Noted>,
}

/// That a record was taken, though it is not durable yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ticket {
    /// The record is durable once [`Run::commit`] or [`Run::durable`] gives this number or a greater one.
    pub number: u64,
    /// The ids that another row has, too. A created row was then recorded as unresolved, and the run should stop.
    pub same_ids: Vec<SameId>,
}

impl Run {
    /// What the run was begun with.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The directory's files, to write reports beside the run's own.
    pub(crate) fn disk(&mut self) -> &mut dyn Disk {
        self.disk.as_mut()
    }

    /// Notes durably when the run began by the server's clock, as RFC 3339, or that nobody knows it, unless either is noted
    /// already. It comes before the first [`Self::announce`]: a time that a later process notes would be too late for what an
    /// earlier one sent.
    ///
    /// # Errors
    ///
    /// A file cannot be written: fatal, as every error of the run's files.
    pub fn note_server_time(&mut self, began: Option<&str>) -> Result<(), RunError> {
        self.alive()?;
        let known = self.manifest.began_server_time.as_deref();
        // That nobody knows it is final only once rows may have been sent.
        let was_unknown = known == Some(manifest::UNKNOWN) && self.sent_upto() == 0;
        if known.is_some() && !(was_unknown && began.is_some()) {
            return Ok(());
        }
        let began = began.unwrap_or(manifest::UNKNOWN).to_owned();
        self.note(|manifest| manifest.began_server_time = Some(began))
    }

    /// Notes where the table is now, durably: it may have been moved, or given in another way, since the run began.
    pub(crate) fn note_input(&mut self, input: &Input) -> Result<(), RunError> {
        self.note(|manifest| manifest.input = input.clone())
    }

    /// Notes durably by which rules rows are sent from now on.
    pub(crate) fn note_rules(&mut self, rules: &Rules) -> Result<(), RunError> {
        self.note(|manifest| manifest.rules = rules.clone())
    }

    /// Changes the manifest, and replaces it where that makes it another one.
    fn note(&mut self, change: impl FnOnce(&mut Manifest)) -> Result<(), RunError> {
        self.alive()?;
        let mut changed = self.manifest.clone();
        change(&mut changed);
        if changed == self.manifest {
            return Ok(());
        }
        self.manifest = changed;
        let written = self.manifest.write(self.disk.as_mut());
        self.fatal(written)
    }

    /// Makes room in memory for the results of so many rows.
    pub(crate) fn expect(&mut self, rows: u32) {
        self.ids.expect(rows);
    }

    /// The tag of an e-mail in this run: the same however it is padded or capitalised.
    pub fn tag(&self, email: &str) -> Tag {
        self.key.tag(email)
    }

    /// What is known of a row, with the results that are not yet durable.
    pub fn state(&self, row: u32) -> RowState {
        self.rows.state(row)
    }

    /// How many rows have a durable result.
    pub fn counts(&self) -> Counts {
        self.rows.counts()
    }

    /// Up to which row any may have left.
    pub fn sent_upto(&self) -> u32 {
        self.sent.reach().n
    }

    /// Makes durable that rows up to `n` may leave, and, the first time in a process, that a new process sends them.
    ///
    /// Each call that changes something is a sync, so let `n` be some hundred rows ahead, but not beyond the last row.
    ///
    /// # Errors
    ///
    /// A file cannot be written: fatal. No row may leave then.
    pub fn announce(&mut self, n: u32) -> Result<(), RunError> {
        self.alive()?;
        let now = self.sent.reach();
        let generation = match now.generation.checked_add(u32::from(!self.announced)) {
            Some(generation) => generation,
            None => {
                return Err(RunError::Corrupt { file: sent::NAME, at: 0, what: "the generation is the last there is" });
            }
        };
        let to = Reach { generation, n: n.max(now.n) };
        if to > now {
            let advanced = self.sent.advance(to);
            self.fatal(advanced)?;
        }
        self.announced = true;
        Ok(())
    }

    /// Says that a row is about to be sent: from here on it counts as sent, unless [`Self::take_back`] says otherwise.
    ///
    /// # Errors
    ///
    /// [`RunError::NotAnnounced`], [`RunError::Settled`] and [`RunError::NeverPost`]: the row must not be sent.
    pub fn begin(&mut self, row: u32) -> Result<(), RunError> {
        self.alive()?;
        if !self.announced || !self.covers(row) {
            return Err(RunError::NotAnnounced { row });
        }
        match self.rows.state(row) {
            RowState::Created(_) | RowState::Rejected { .. } => Err(RunError::Settled { row }),
            RowState::Unresolved { never_post: true } => Err(RunError::NeverPost { row }),
            RowState::Unsent | RowState::Tainted | RowState::Unresolved { never_post: false } => {
                self.rows.begin(row);
                Ok(())
            }
        }
    }

    /// Takes [`Self::begin`] back, on proof that the server did nothing for the row in this process.
    ///
    /// What an earlier process may have sent stays tainted, and so does a row that was begun twice: the proof of one attempt
    /// says nothing of the other.
    pub fn take_back(&mut self, row: u32) {
        if self.covers(row) {
            self.rows.take_back(row);
        }
    }

    /// Takes the result of a row; it counts once it is durable.
    ///
    /// A row that must never be sent again stays so, whatever an uncertain result says. A created one whose id or wallet id
    /// another row has is recorded as unresolved instead, with its ids and the code `conflict`: one of the two is not what
    /// it seems, and both may be paid to. That includes what a known run says; only [`Self::accept`] is believed.
    ///
    /// # Errors
    ///
    /// The result was not taken, and is among [`Self::take_unwritten`]: [`RunError::Settled`], [`RunError::NotAnnounced`],
    /// [`RunError::TooLong`], or the run is broken or stopped.
    pub fn record(&mut self, mut result: RowResult) -> Result<Ticket, RunError> {
        let row = result.row;
        if let (End::Unresolved { never_post }, RowState::Unresolved { never_post: true }) =
            (&mut result.end, self.rows.state(row))
        {
            *never_post = true;
        }
        let taken = self.alive().and_then(|()| match self.rows.state(row) {
            _ if !self.covers(row) => Err(RunError::NotAnnounced { row }),
            RowState::Created(_) | RowState::Rejected { .. } => Err(RunError::Settled { row }),
            RowState::Unsent | RowState::Tainted | RowState::Unresolved { .. } => Ok(()),
        });
        match taken {
            Ok(()) => self.add_unless_same(result),
            Err(error) => {
                self.unwritten.push(result);
                Err(error)
            }
        }
    }

    /// Takes the user's word that a customer is the row's: it is adopted once that is durable.
    ///
    /// The caller looks up the wallet's id by the customer's. The user's word stands even if another row has the customer;
    /// the ticket tells that.
    ///
    /// # Errors
    ///
    /// [`RunError::NotOpen`] unless the row is a conflict or unresolved; or as for [`Self::record`].
    pub fn accept(&mut self, row: u32, tag: Tag, id: &str, wallet_id: &str) -> Result<Ticket, RunError> {
        self.alive()?;
        match self.rows.state(row) {
            RowState::Rejected { conflict: true } | RowState::Unresolved { .. } => {}
            _ => return Err(RunError::NotOpen { row }),
        }
        let record = Record::Accept { row, tag, id: id.to_owned(), wallet_id: wallet_id.to_owned() };
        let same_ids = self.same_ids(&record)?;
        Ok(Ticket { number: self.add(record, row)?, same_ids })
    }

    /// When [`Self::commit`] is to be called: in the past or at once if enough results wait, never if none does.
    pub fn commit_by(&self) -> Option<Instant> {
        let since = self.waiting_since?;
        Some(if self.waiting.len() >= BATCH { since } else { since + DELAY })
    }

    /// Makes all records taken so far durable, and gives the number up to which they are.
    ///
    /// # Errors
    ///
    /// A file cannot be written: fatal. What is not durable is then to be had from [`Self::take_unwritten`].
    pub fn commit(&mut self) -> Result<u64, RunError> {
        self.alive()?;
        let committed = self.journal.commit(self.sent.reach());
        self.fatal(committed)?;
        self.count();
        Ok(self.durable)
    }

    /// The number up to which records are durable.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// Ends the process's part in order: after the last result is durable, notes which rows it has left unsent.
    ///
    /// No request may be on its way, and none may be sent afterwards. Rows that were begun and have no result stay tainted.
    ///
    /// # Errors
    ///
    /// A file cannot be written: fatal, and as after a crash. [`Self::take_unwritten`] has what is not durable.
    pub fn stop(&mut self) -> Result<Counts, RunError> {
        self.commit()?;
        let reach = self.sent.reach();
        if self.announced {
            for row in 1..=reach.n {
                if self.rows.state(row) == RowState::Unsent {
                    self.add(Record::Unsent { row, generation: reach.generation }, row)?;
                    if self.journal.waiting() > STOP_CHUNK {
                        self.commit()?;
                    }
                }
            }
        }
        let sealed = self.journal.seal(reach);
        self.fatal(sealed)?;
        self.count();
        self.stage = Stage::Stopped;
        // No record comes any more, and the reports need the memory.
        self.ids = Seen::default();
        Ok(self.counts())
    }

    /// The results that were taken or refused and are not durable, once: a last resort, to be shown to the user.
    ///
    /// After a fatal error these are all results that may be missing when the run is continued; some may be there.
    pub fn take_unwritten(&mut self) -> Vec<RowResult> {
        let mut results = Vec::new();
        if self.stage == Stage::Broken {
            let waiting = std::mem::take(&mut self.waiting);
            results.extend(waiting.into_iter().filter_map(|waiting| match waiting.record {
                Record::Result(result) => Some(result),
                Record::Accept { .. } | Record::Unsent { .. } | Record::Sync { .. } => None,
            }));
        }
        results.append(&mut self.unwritten);
        results
    }

    fn add_unless_same(&mut self, result: RowResult) -> Result<Ticket, RunError> {
        let row = result.row;
        let record = Record::Result(result);
        let same_ids = self.same_ids(&record);
        let (record, same_ids) = match (record, same_ids) {
            (Record::Result(result), Ok(same_ids)) if !same_ids.is_empty() => {
                (Record::Result(result.into_same_ids(&same_ids)), same_ids)
            }
            (record, Ok(same_ids)) => (record, same_ids),
            (record, Err(error)) => {
                self.keep_unwritten(record);
                return Err(error);
            }
        };
        Ok(Ticket { number: self.add(record, row)?, same_ids })
    }

    fn keep_unwritten(&mut self, record: Record) {
        if let Record::Result(result) = record {
            self.unwritten.push(result);
        }
    }

    fn add(&mut self, record: Record, row: u32) -> Result<u64, RunError> {
        if self.journal.add(&record).is_err() {
            self.keep_unwritten(record);
            return Err(RunError::TooLong { row });
        }
        self.watched.visit(&record);
        let noted = self.rows.note(&record);
        self.waiting_since.get_or_insert_with(Instant::now);
        self.waiting.push(Waiting { record, noted });
        self.recorded += 1;
        Ok(self.recorded)
    }

    /// All records taken so far are durable.
    fn count(&mut self) {
        for noted in self.waiting.drain(..).filter_map(|waiting| waiting.noted) {
            self.rows.settle(noted);
        }
        self.waiting_since = None;
        self.durable = self.recorded;
    }

    /// Which ids of a record, that is about to be added, other rows have.
    fn same_ids(&mut self, record: &Record) -> Result<Vec<SameId>, RunError> {
        let suspected = self.ids.add(record);
        let unwatched: Vec<Named> = suspected.iter().filter(|id| !self.watched.has(id)).cloned().collect();
        if !unwatched.is_empty() {
            let watched = self.watch(unwatched);
            self.fatal(watched)?;
        }
        Ok(self.watched.same(record))
    }

    /// Reads which rows have these ids, in the journal and in what waits to be written, and watches them from now on.
    fn watch(&mut self, ids: Vec<Named>) -> Result<(), RunError> {
        let mut watched = Watched::new(ids);
        self.journal.reread(self.sent.reach(), |_, record| watched.visit(record))?;
        self.waiting.iter().for_each(|waiting| watched.visit(&waiting.record));
        self.watched.join(watched);
        Ok(())
    }

    fn covers(&self, row: u32) -> bool {
        (1..=self.sent.reach().n).contains(&row)
    }

    fn alive(&self) -> Result<(), RunError> {
        match self.stage {
            Stage::Open => Ok(()),
            Stage::Stopped => Err(RunError::Stopped),
            Stage::Broken => Err(RunError::Broken),
        }
    }

    /// Lets nothing be written after an error.
    fn fatal<T>(&mut self, result: Result<T, RunError>) -> Result<T, RunError> {
        if result.is_err() {
            self.stage = Stage::Broken;
        }
        result
    }
}
