//! The one who keeps the run's directory while rows are sent: announces them before they leave, notes what became of them,
//! and makes that durable. It works on a thread of its own, since a sync may take long.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant, SystemTime};

use kunacore::rows::RowBefore;
use tokio::sync::mpsc::UnboundedSender;

use super::announcing::Announcing;
use super::feeder::{Block, Fed};
use super::progress::Board;
use super::row::Accepted;
use super::stop::{Stop, StopKind};
use super::{Job, ToBooks, ToSender, Work};
use crate::crash;
use crate::run::{End, How, KnownCustomer, KnownRun, RowResult, RowState, Run, RunError, SameId, Tag};

/// How many blocks the sender may not have heard of when it finishes: those it has asked for.
const UNHEARD: usize = 8;

/// For how long results gather before they are noted: to be woken for each costs more than to note it.
const GATHER: Duration = Duration::from_micros(500);

/// The rows of the last blocks that were handed on.
#[derive(Default)]
struct Handed {
    blocks: u64,
    last: VecDeque<Vec<u32>>,
}

impl Handed {
    fn add(&mut self, jobs: &[Job]) {
        self.blocks += 1;
        self.last.push_back(jobs.iter().map(|job| job.row).collect());
        if self.last.len() > UNHEARD {
            self.last.pop_front();
        }
    }

    /// The rows of the blocks that the sender has not heard of when it finishes: nothing was sent of them.
    fn unheard(&self, heard: u64) -> impl Iterator<Item = u32> + '_ {
        let blocks = usize::try_from(self.blocks.saturating_sub(heard)).unwrap_or(usize::MAX);
        self.last.iter().rev().take(blocks).flatten().copied()
    }
}

/// What is kept, and by which rules rows are handed on.
pub(crate) struct Books {
    pub(crate) run: Run,
    /// Earlier runs, whose customers are not sent again.
    pub(crate) known: Vec<Known>,
    /// The user's word: the customers that belong to these rows.
    pub(crate) accept: HashMap<u32, String>,
    /// How far rows are announced before they leave.
    pub(crate) announcing: Announcing,
    /// How many new rows to send at most.
    pub(crate) canary: Option<u32>,
    /// When this process began to hold the directory: nothing that an earlier one sent left later.
    pub(crate) began: tokio::time::Instant,
    pub(crate) board: Arc<Board>,
    /// What a person should know at the end.
    pub(crate) remarks: Vec<String>,
}

/// An earlier run, open to be asked.
pub(crate) struct Known {
    pub(crate) run: KnownRun,
    /// Rows after this one were announced with its knowledge.
    pub(crate) after: u32,
    /// How much of its journal that knowledge was, in bytes.
    pub(crate) seen: u64,
}

/// The books at the end.
pub(crate) struct Closed {
    /// The run, to write reports beside; its lock is held.
    pub(crate) run: Run,
    /// Why nothing more can be written.
    pub(crate) broken: Option<RunError>,
    /// Results that could not be made durable: to be shown as a last resort.
    pub(crate) unwritten: Vec<RowResult>,
    /// What a person should know.
    pub(crate) remarks: Vec<String>,
}

/// The ends of the channels that the books hold.
pub(super) struct Lines {
    pub(super) from: Receiver<ToBooks>,
    pub(super) sender: UnboundedSender<ToSender>,
    pub(super) credits: Sender<()>,
}

impl Books {
    /// Keeps the books until the sender says that it has finished, or is gone.
    pub(super) fn keep(mut self, lines: Lines) -> Closed {
        let mut letters = VecDeque::new();
        let broken = self.work(&lines, &mut letters).err();
        if let Some(error) = &broken {
            let stop = Stop::new(StopKind::Directory, error.to_string(), "");
            let Lines { from, sender, credits } = lines;
            let _ = sender.send(ToSender::Stop(stop));
            // The feeder, which may wait for one, ends without; else neither it nor this would.
            drop(credits);
            self.save(&from, letters);
            // Where the files can still be written, what had come goes there; else it is unwritten.
            let _ = self.run.commit();
        }
        let mut left: Vec<u32> = self.accept.keys().copied().collect();
        left.sort_unstable();
        self.remarks.extend(
            left.iter()
                .map(|row| format!("Row {row} was not accepted: the import ended before its turn. Accept it again.")),
        );
        let unwritten = self.run.take_unwritten();
        Closed { run: self.run, broken, unwritten, remarks: self.remarks }
    }

    /// Whatever still comes in cannot be written any more, and is kept to be shown.
    fn save(&mut self, from: &Receiver<ToBooks>, mut letters: VecDeque<ToBooks>) {
        loop {
            while let Some(told) = letters.pop_front() {
                match told {
                    ToBooks::Done(result) => drop(self.run.record(*result)),
                    ToBooks::Finish { .. } | ToBooks::Gone => return,
                    _ => {}
                }
            }
            match from.recv() {
                Ok(told) => letters.push_back(told),
                Err(_) => return,
            }
        }
    }

    fn work(&mut self, lines: &Lines, letters: &mut VecDeque<ToBooks>) -> Result<(), RunError> {
        let mut handed = Handed::default();
        loop {
            while let Some(told) = letters.pop_front() {
                if let ToBooks::Finish { heard } = told {
                    handed.unheard(heard).for_each(|row| self.run.take_back(row));
                    return self.finish();
                }
                if let ToBooks::Gone = told {
                    return self.commit();
                }
                self.take(told, lines, &mut handed)?;
            }
            let more = match self.run.commit_by() {
                None => lines.from.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(by) => match by.saturating_duration_since(Instant::now()) {
                    Duration::ZERO => Err(RecvTimeoutError::Timeout),
                    wait => lines.from.recv_timeout(wait),
                },
            };
            match more {
                Ok(told) => {
                    if matches!(told, ToBooks::Done(_)) {
                        std::thread::sleep(GATHER);
                    }
                    letters.push_back(told);
                    letters.extend(lines.from.try_iter());
                }
                Err(RecvTimeoutError::Timeout) => self.commit()?,
                Err(RecvTimeoutError::Disconnected) => return self.commit(),
            }
        }
    }

    fn take(&mut self, told: ToBooks, lines: &Lines, handed: &mut Handed) -> Result<(), RunError> {
        match told {
            ToBooks::Want => drop(lines.credits.send(())),
            ToBooks::Fed(Ok(Some(block))) => {
                let jobs = self.admit(block)?;
                handed.add(&jobs);
                let _ = lines.sender.send(ToSender::Jobs(jobs));
                if self.canary == Some(0) {
                    let _ = lines.sender.send(ToSender::End);
                }
            }
            ToBooks::Fed(Ok(None)) => drop(lines.sender.send(ToSender::End)),
            ToBooks::Fed(Err(error)) => {
                let what = format!("The input failed while it was being sent: {}", error.message());
                let stop = Stop::new(StopKind::Input, what, error.next());
                let _ = lines.sender.send(ToSender::Stop(stop));
            }
            ToBooks::Done(result) => self.note(*result, lines)?,
            ToBooks::TakeBack(row) => self.run.take_back(row),
            ToBooks::Accepted(accepted) => self.accept(accepted)?,
            ToBooks::ServerTime(time) => {
                crash::point("before_server_time");
                self.run.note_server_time(time.as_deref())?;
                crash::point("after_server_time");
            }
            ToBooks::Finish { .. } | ToBooks::Gone => {}
        }
        Ok(())
    }

    /// Nothing is under way any more: what was never sent is noted as such.
    fn finish(&mut self) -> Result<(), RunError> {
        self.commit()?;
        crash::point("before_stop");
        let counts = self.run.stop()?;
        self.board.durable(counts);
        Ok(())
    }

    fn commit(&mut self) -> Result<(), RunError> {
        crash::point("before_result_is_durable");
        self.run.commit()?;
        crash::point("after_result_is_durable");
        self.board.durable(self.run.counts());
        Ok(())
    }

    fn note(&mut self, result: RowResult, lines: &Lines) -> Result<(), RunError> {
        self.announcing.note_result();
        let row = result.row;
        let was_open = matches!(self.run.state(row), RowState::Unresolved { .. });
        let ticket = self.run.record(result)?;
        if let Some(same) = ticket.same_ids.first()
            && !was_open
        {
            let what = format!(
                "Row {} came back with an id that row {} has already, so one of them is not what it seems; row {} is noted as \
                 unresolved, with its ids.",
                same.second, same.first, same.second
            );
            let next = "Find out at the server whose customer it is; --accept ROW=ID settles a row by your word.";
            let _ = lines.sender.send(ToSender::Stop(Stop::new(StopKind::SameId, what, next)));
        }
        Ok(())
    }

    /// Takes the user's word for a row, if the customer has the row's e-mail: another one is surely a slip of the hand.
    fn accept(&mut self, accepted: Accepted) -> Result<(), RunError> {
        let Accepted { row, tag, id, wallet_id, email } = accepted;
        if email.is_some_and(|email| self.run.tag(&email) != tag) {
            self.remarks.push(format!("Row {row} was not accepted: that customer has another e-mail than the row."));
            return Ok(());
        }
        let ticket = self.run.accept(row, tag, &id, &wallet_id)?;
        self.remarks.extend(SameId::remarks(&ticket.same_ids));
        Ok(())
    }

    /// Announces a block, notes what needs no request, and makes jobs of the rest.
    fn admit(&mut self, block: Block) -> Result<Vec<Job>, RunError> {
        let mut jobs = Vec::new();
        let last = block.first + (block.rows.len() as u32).saturating_sub(1);
        for (row, fed) in (block.first..).zip(block.rows) {
            let state = self.run.state(row);
            if let Some(id) = self.accept.remove(&row) {
                let tag = self.run.tag(email(&fed));
                jobs.push(Job { row, tag, work: Work::Accept { id } });
                continue;
            }
            let before = match state {
                RowState::Created(_) | RowState::Rejected { .. } => continue,
                RowState::Unsent if self.canary == Some(0) => continue,
                RowState::Unsent => RowBefore::Unsent,
                RowState::Tainted => self.maybe_sent(self.server_time(), false),
                RowState::Unresolved { never_post } => self.maybe_sent(self.server_time(), never_post),
            };
            // A canary announces no more than what it sends.
            self.announce(if self.canary.is_some() { row } else { last })?;
            let tag = self.run.tag(email(&fed));
            let customer = match fed {
                Fed::Invalid { code, field, reason, .. } => {
                    let result = RowResult {
                        code: Some(code.to_owned()),
                        field: Some(field),
                        message: Some(reason),
                        ..rejected(row, tag)
                    };
                    self.run.record(result)?;
                    continue;
                }
                Fed::Customer(customer) => customer,
            };
            let before = match self.known(row, state, customer.email())? {
                KnownCustomer::Created { id, wallet_id, .. } if !matches!(state, RowState::Unresolved { .. }) => {
                    let end = End::Created { how: How::Known, id, wallet_id };
                    self.run.record(RowResult { end, ..rejected(row, tag) })?;
                    continue;
                }
                KnownCustomer::Tainted if !matches!(state, RowState::Unresolved { .. }) => {
                    self.maybe_sent(self.known_since(), false)
                }
                _ => before,
            };
            // Only a row that was never sent counts: the others are settled, whatever their number.
            if let (RowState::Unsent, Some(left)) = (state, &mut self.canary) {
                *left -= 1;
            }
            match self.run.begin(row) {
                // It is looked up, and not sent.
                Ok(()) | Err(RunError::NeverPost { .. }) => {}
                Err(error) => return Err(error),
            }
            jobs.push(Job { row, tag, work: Work::Send { customer, before } });
        }
        Ok(jobs)
    }

    /// Makes durable that rows up to this one may leave.
    fn announce(&mut self, upto: u32) -> Result<(), RunError> {
        if let Some(upto) = self.announcing.next(upto, self.run.sent_upto()) {
            crash::point("before_sent_upto");
            self.run.announce(upto)?;
            crash::point("after_sent_upto");
        }
        Ok(())
    }

    fn maybe_sent(&self, began: Option<SystemTime>, never_post: bool) -> RowBefore {
        RowBefore::MaybeSent { began, ended: self.began, never_post }
    }

    /// When this run began, by the server's clock.
    fn server_time(&self) -> Option<SystemTime> {
        parse(self.run.manifest().server_time()?)
    }

    /// When the first of the known runs began, by the server's clock; unknown if one of them does not say.
    fn known_since(&self) -> Option<SystemTime> {
        let began: Option<Vec<SystemTime>> =
            self.known.iter().map(|known| parse(known.run.began_server_time()?)).collect();
        began?.into_iter().min()
    }

    /// What the known runs say of a row's customer: that one of them has it, else the doubt of one.
    fn known(&mut self, row: u32, state: RowState, email: &str) -> Result<KnownCustomer, RunError> {
        let mut found = KnownCustomer::Absent;
        for Known { run, after, seen } in &mut self.known {
            match run.find(email).map_err(|error| RunError::Known(Box::new(error)))? {
                // A row in doubt was not sent if the customer was known when it was announced. Else it may have one of this
                // run, too, which only a look-up tells.
                KnownCustomer::Created { at, .. } if state == RowState::Tainted && (row <= *after || at >= *seen) => {}
                created @ KnownCustomer::Created { .. } => return Ok(created),
                KnownCustomer::Tainted => found = KnownCustomer::Tainted,
                KnownCustomer::Absent => {}
            }
        }
        Ok(found)
    }
}

fn email(fed: &Fed) -> &str {
    match fed {
        Fed::Customer(customer) => customer.email(),
        Fed::Invalid { email, .. } => email.as_deref().unwrap_or_default(),
    }
}

/// The result of a row that no request was sent for.
pub(super) fn rejected(row: u32, tag: Tag) -> RowResult {
    RowResult {
        row,
        tag,
        end: End::Rejected,
        status: None,
        code: None,
        field: None,
        message: None,
        attempts: 0,
        found: None,
        sent_at: None,
    }
}

fn parse(time: &str) -> Option<SystemTime> {
    time.parse::<jiff::Timestamp>().ok().map(Into::into)
}
