//! A row on its way: the call, again as long as nothing was applied, and what is noted of its end. Then the next one.

use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use kunacore::gate::{Gate, GateFuture, Judged, Operation, Seen};
use kunacore::rows::{RowBefore, RowDoubt, RowEnd, RowRules};
use kunacore::{Client, Customer, Error, ErrorKind, NewCustomer, Outcome};
use tokio::time::Instant;

use super::books::rejected;
use super::jobs::Jobs;
use super::signs::Signs;
use super::{Job, ToBooks, Work};
use crate::crash;
use crate::pacing::Pacer;
use crate::run::{End, How, Ids, RowResult, Tag};

/// The longest first pause of a row that was not applied; each later one doubles.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest of these pauses.
const PAUSE_CAP: Duration = Duration::from_secs(20);
/// After how many look-ups of one row that cannot be read nothing more is sent.
const ODD_LOOK_UPS: u32 = 5;

/// What the rows of an import share.
pub(super) struct Shared {
    pub(super) client: Client,
    /// The rows that may leave.
    pub(super) jobs: Jobs,
    pub(super) books: mpsc::Sender<ToBooks>,
    pub(super) pacer: Arc<Pacer>,
    pub(super) signs: Signs,
    pub(super) rules: RowRules,
    /// The server's clock before the first row of this process was sent, where it told.
    pub(super) server_time: OnceLock<SystemTime>,
}

/// How the work on a row ended.
enum RowDone {
    /// It has a result.
    Result(Box<RowResult>),
    /// It was not applied, and the import stops.
    Unsent { row: u32 },
    /// The customer that the user has named.
    Accepted(Accepted),
    /// What the sender is to decide.
    Odd(Odd),
}

/// The customer that the user says is a row's, as the server has it.
pub(super) struct Accepted {
    pub(super) row: u32,
    /// Of the row's e-mail.
    pub(super) tag: Tag,
    pub(super) id: String,
    pub(super) wallet_id: String,
    /// The customer's, where the server tells it.
    pub(super) email: Option<String>,
}

/// What a task cannot note alone.
pub(super) enum Odd {
    /// It cannot be told before look-ups were seen to find somebody.
    Unproven { job: Box<Job>, result: Box<RowResult> },
    /// The customer that the user has named was not found.
    NotAccepted { row: u32, error: Box<Error> },
}

/// What a result tells of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It works.
    Good,
    /// It refused a customer for this reason.
    Rejected(Reason),
    /// It refuses the caller.
    Refused(Stopping),
    /// None of these.
    Other,
}

/// Why a customer was refused; no text, which may differ from row to row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
}

/// Why nothing more should be sent: what happened and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stopping {
    pub(super) what: String,
    pub(super) next: String,
}

impl Stopping {
    pub(super) fn of(error: &Error) -> Self {
        Self { what: error.message(), next: error.next().to_owned() }
    }
}

impl Shared {
    /// Works on this row, and then on others as long as the pacer has room: a task costs more than the next row. Ends early
    /// with what it cannot note.
    pub(super) async fn work(self: Arc<Self>, mut job: Job) -> Option<Odd> {
        loop {
            crash::point("row_starts");
            let Job { row, tag, work } = job;
            let done = match work {
                Work::Send { customer, before } => self.send(row, tag, customer, before).await,
                Work::Accept { id } => self.accept(row, tag, id).await,
            };
            crash::point("answer_received");
            match done {
                RowDone::Result(result) => self.tell(ToBooks::Done(result)),
                RowDone::Unsent { row } => self.tell(ToBooks::TakeBack(row)),
                RowDone::Accepted(accepted) => self.tell(ToBooks::Accepted(accepted)),
                RowDone::Odd(odd) => return Some(odd),
            }
            job = match self.pacer.room() {
                0 => return None,
                room => {
                    if room > 1 {
                        self.jobs.call();
                    }
                    self.jobs.next()?
                }
            };
        }
    }

    pub(super) fn tell(&self, told: ToBooks) {
        // The books listen until they are told to finish.
        let _ = self.books.send(told);
    }

    /// Sends a row, or settles it.
    async fn send(&self, row: u32, tag: Tag, customer: Box<NewCustomer>, before: RowBefore) -> RowDone {
        let sent_at = Timestamp::now();
        let (mut attempts, mut odd) = (0, 0);
        let mut pause = PAUSE;
        loop {
            let end = self.client.send_row(&customer, self, before, self.rules).await;
            let (error, doubt, unproven) = match end {
                RowEnd::Gained(created) => {
                    let how = match created.how {
                        kunacore::How::Created => How::Created,
                        kunacore::How::Reconciled => How::Reconciled,
                        _ => How::Adopted,
                    };
                    let Ids { id, wallet_id } = ids(&created.customer);
                    let end = End::Created { how, id, wallet_id };
                    let status = Some(created.status).filter(|status| *status > 0);
                    let attempts = attempts + created.attempts;
                    let result = RowResult { end, status, attempts, ..rejected(row, tag) };
                    self.signs.note(&Sign::Good);
                    return RowDone::Result(Box::new(result));
                }
                RowEnd::Failed { error, doubt, unproven } => (error, doubt, unproven),
            };
            attempts += error.attempts();
            match (error.outcome(), doubt) {
                (Outcome::NotApplied, RowDoubt::None) => {
                    odd += u32::from(error.kind() == ErrorKind::InvalidResponse);
                    if odd == ODD_LOOK_UPS {
                        return self.refused(row, &error);
                    }
                    tokio::select! {
                        () = tokio::time::sleep(pause.mul_f64(fastrand::f64())) => {}
                        () = self.closing() => return RowDone::Unsent { row },
                    }
                    pause = (pause * 2).min(PAUSE_CAP);
                    continue;
                }
                // A refusal of a login, or of the look-up before: the row itself was never sent.
                (Outcome::Rejected, RowDoubt::None) if is_fatal(&error) => return self.refused(row, &error),
                _ => {}
            }
            let result = failed(row, tag, &error, doubt, attempts, sent_at, before);
            let sign = match (error.outcome(), doubt) {
                _ if is_fatal(&error) => Sign::Refused(Stopping::of(&error)),
                (Outcome::Rejected, _) if error.kind() != ErrorKind::Duplicate => {
                    Sign::Rejected(Reason { status: error.status(), code: error.code().map(str::to_owned) })
                }
                (Outcome::Rejected, _) => Sign::Good,
                _ => Sign::Other,
            };
            self.signs.note(&sign);
            let result = Box::new(result);
            if unproven {
                let before = match before {
                    RowBefore::Unsent => RowBefore::MaybeSent {
                        began: self.server_time.get().copied(),
                        ended: Instant::now(),
                        never_post: doubt == RowDoubt::NeverPost,
                    },
                    sent => sent,
                };
                let work = Work::Send { customer, before };
                return RowDone::Odd(Odd::Unproven { job: Box::new(Job { row, tag, work }), result });
            }
            return RowDone::Result(result);
        }
    }

    /// The server refuses the caller. Nothing was applied for the row.
    fn refused(&self, row: u32, error: &Error) -> RowDone {
        self.signs.note(&Sign::Refused(Stopping::of(error)));
        RowDone::Unsent { row }
    }

    /// Looks up the customer that the user says is the row's.
    async fn accept(&self, row: u32, tag: Tag, id: String) -> RowDone {
        match self.client.customer_details(id.as_str()).await {
            Ok(customer) => {
                let Ids { id, wallet_id } = ids(&customer);
                let email = customer.email().map(str::to_owned);
                RowDone::Accepted(Accepted { row, tag, id, wallet_id, email })
            }
            Err(error) => RowDone::Odd(Odd::NotAccepted { row, error: Box::new(error) }),
        }
    }
}

impl Gate for Shared {
    fn enter(&self, operation: Operation) -> GateFuture<'_, bool> {
        self.pacer.enter(operation)
    }

    fn leave(&self, seen: Seen) {
        self.pacer.leave(seen);
    }

    fn closing(&self) -> GateFuture<'_, ()> {
        // Who asks is about to wait, and has left its place to another row.
        self.jobs.call();
        self.pacer.closing()
    }

    fn judged(&self, judged: Judged) {
        self.signs.judged(judged);
    }
}

/// The result of a row without a customer.
fn failed(
    row: u32,
    tag: Tag,
    error: &Error,
    doubt: RowDoubt,
    attempts: u32,
    sent_at: Timestamp,
    before: RowBefore,
) -> RowResult {
    let end = match error.outcome() {
        Outcome::Rejected => End::Rejected,
        Outcome::NotApplied | Outcome::Unknown => End::Unresolved { never_post: doubt == RowDoubt::NeverPost },
    };
    let found = error.existing().or(error.candidates().first());
    let was_sent = end != End::Rejected && matches!(before, RowBefore::Unsent);
    RowResult {
        end,
        status: error.status(),
        code: error.code().map(str::to_owned),
        field: error.problems().first().map(|problem| problem.field().to_owned()),
        message: Some(error.message()),
        attempts,
        found: found.map(ids),
        sent_at: was_sent.then(|| sent_at.to_string()),
        ..rejected(row, tag)
    }
}

fn ids(customer: &Customer) -> Ids {
    Ids { id: customer.id().as_str().to_owned(), wallet_id: customer.wallet_id().as_str().to_owned() }
}

/// Whether the server refuses the caller and not the row: credentials, an endpoint that is not there, a redirect; or, where
/// the create request was never sent, whatever else keeps it from being sent.
fn is_fatal(error: &Error) -> bool {
    let never_sent = error.attempts() == 0 && !matches!(error.kind(), ErrorKind::Duplicate | ErrorKind::Unknown);
    never_sent
        || error.kind() == ErrorKind::Redirect
        || matches!(error.status(), Some(301 | 307 | 308 | 401 | 404 | 405))
}
