//! One creation: attempts, what each asks for, and the look-ups that settle what no answer tells.
//!
//! `fold` decides what an attempt means for the call; this module does it: it sends again what surely was not acted on,
//! looks up what may have been, and gives up honestly. It knows the server by a trait, so that its rules are tested with
//! every sequence of events, and with time that leaps.

use std::future::Future;
use std::time::SystemTime;

use crate::answer::Headers;
use crate::clock::{self, Deadline, Instant};
use crate::customer::{Customer, How};
use crate::error::{Error, ErrorKind, Outcome};
use crate::evidence;
use crate::fold::{self, Class, Next, Standing};
use crate::judge::Facts;
use crate::lookup::Sighting;
use crate::matching::{self, Began, Claim, Hits};
use crate::new_customer::NewCustomer;
use crate::options::Options;
use crate::retry::{Retry, Trouble};

/// A customer, how the call got it, and what the answer that showed it told beside.
#[derive(Debug, PartialEq)]
pub(crate) struct Gained {
    pub(crate) customer: Customer,
    pub(crate) how: How,
    pub(crate) attempts: u32,
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) headers: Headers,
}

impl Gained {
    /// From a look-up.
    pub(crate) fn found(hits: &Hits, customer: &Customer, how: How, attempts: u32) -> Self {
        Self {
            customer: customer.clone(),
            how,
            attempts,
            status: hits.status,
            request_id: hits.request_id.clone(),
            headers: hits.headers.clone(),
        }
    }
}

/// What one attempt gave.
pub(crate) struct Attempt {
    /// How often the request was sent: none when no login could be had, two after a token was renewed.
    pub(crate) times: u32,
    pub(crate) result: Result<(Customer, Facts), (Class, Error)>,
}

/// What a creation needs of the server.
pub(crate) trait Server {
    /// Sends the customer, after it was sent `before` times in this call.
    fn create(&self, before: u32) -> impl Future<Output = Attempt> + Send;
    /// Looks its e-mail up.
    fn look_up(&self) -> impl Future<Output = Sighting> + Send;
    /// Waits until then; `false` if the call shall wait no longer.
    fn sleep_until(&self, then: Instant) -> impl Future<Output = bool> + Send {
        async move {
            clock::sleep_until(then).await;
            true
        }
    }
}

/// That the customer may have been sent before this call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Earlier {
    /// The server's time before which nobody sent it, where that is known.
    pub(crate) began: Option<SystemTime>,
    /// When the last request for it had ended, at the latest.
    pub(crate) ended: Instant,
    /// An answer said "created", or sent it elsewhere: it must not be sent again.
    pub(crate) sealed: bool,
}

/// One creation under way.
pub(crate) struct Creation<'a, S> {
    pub(crate) server: &'a S,
    pub(crate) customer: &'a NewCustomer,
    pub(crate) options: Options,
    pub(crate) deadline: Deadline,
    /// Whether somebody else paces its requests: then it looks only when a look-up can settle something, and what becomes
    /// of it is in somebody's books.
    pub(crate) paced: bool,
}

/// What a look-up makes of a call that may have created its customer.
enum Settled {
    Gained(Box<Gained>),
    /// There is no such customer: it may be sent once more.
    SendAgain,
    Failed(Error),
}

impl<S: Server> Creation<'_, S> {
    /// Creates the customer.
    pub(crate) async fn run(&self, retry: Retry<'_>) -> Result<Gained, Error> {
        self.run_after(None, retry).await.0
    }

    /// Creates the customer, which may have been sent before; and tells how the call stands at its end, should it have
    /// failed.
    pub(crate) async fn run_after(
        &self,
        earlier: Option<Earlier>,
        retry: Retry<'_>,
    ) -> (Result<Gained, Error>, Standing) {
        let mut doubt = Doubt { standing: Standing::Clean, warns: !self.paced };
        let result = self.attempts(earlier, retry, &mut doubt.standing).await;
        (result, std::mem::replace(&mut doubt.standing, Standing::Clean))
    }

    async fn attempts(
        &self,
        earlier: Option<Earlier>,
        mut retry: Retry<'_>,
        standing: &mut Standing,
    ) -> Result<Gained, Error> {
        // When the first attempt began that may have created the customer.
        let mut first = None;
        let mut attempts = 0;
        if let Some(Earlier { began, ended, sealed }) = earlier {
            *standing = if sealed { Standing::Sealed } else { Standing::Tainted };
            let first = *first.insert(Began::There(began));
            match self.reconcile(Error::interrupted(), Class::Lost, !sealed, first, ended).await {
                Settled::Gained(gained) => return Ok(*gained),
                Settled::Failed(error) => return Err(error),
                Settled::SendAgain => {}
            }
        }
        loop {
            let began = clock::now();
            let Attempt { times, result } = self.server.create(attempts).await;
            let ended = clock::now();
            attempts += times;
            let (class, error) = match result {
                Ok((customer, Facts { status, request_id, headers, .. })) => {
                    retry.succeeded();
                    let headers = Headers(headers);
                    return Ok(Gained { customer, how: How::Created, attempts, status, request_id, headers });
                }
                Err((class, error)) => (class, error.with_attempts(attempts)),
            };
            let (after, next) = fold::step(*standing, class);
            *standing = after;
            match next {
                Next::Resend => {
                    let trouble = match class {
                        Class::TurnedAway => Trouble::TurnedAway,
                        Class::Throttled => Trouble::Throttled,
                        _ => Trouble::Transient,
                    };
                    if !retry.again(attempts, trouble, error.retry_after()).await {
                        return Err(error);
                    }
                }
                Next::Inquire if self.options.reconcile => return Err(self.inquire(error, ended).await),
                Next::Reconcile { resend } if self.options.reconcile => {
                    let resend = resend && attempts < self.options.max_attempts;
                    let first = *first.get_or_insert(Began::Here(began));
                    match self.reconcile(error.clone(), class, resend, first, ended).await {
                        Settled::Gained(gained) => return Ok(Gained { attempts, ..*gained }),
                        Settled::Failed(error) => return Err(error),
                        Settled::SendAgain => {
                            if !retry.again(attempts, Trouble::Absent, error.retry_after()).await {
                                return Err(error.not_found());
                            }
                        }
                    }
                }
                Next::Reconcile { .. } => return Err(error.into_unknown()),
                Next::Refuse | Next::Inquire => return Err(error),
            }
        }
    }

    /// Names the customer that stands in the way of one that was refused, where a look-up finds it. When the server says in
    /// so many words that there is one, it is given time to show it: a gateway may have sent our own request twice, and then
    /// it is ours.
    async fn inquire(&self, error: Error, ended: Instant) -> Error {
        let is_said_to_exist = error.kind() == ErrorKind::Duplicate;
        let named = self.watch(ended, |sighting, _| match sighting {
            Sighting::Present(hits) => Look::End(match hits.newest() {
                Some(existing) => error.clone().duplicate_of(existing, &hits.customers),
                None => error.clone(),
            }),
            Sighting::Absent | Sighting::Unproven if is_said_to_exist => Look::Go(error.clone()),
            Sighting::Absent | Sighting::Unproven | Sighting::Inconclusive(_) => Look::End(error.clone()),
        });
        named.await.unwrap_or(error)
    }

    /// Settles a tainted call by look-ups.
    async fn reconcile(&self, error: Error, class: Class, resend: bool, first: Began, ended: Instant) -> Settled {
        let error = error.into_unknown();
        let trust = self.options.trust_uniqueness;
        let settled = self.watch(ended, |sighting, moment| match sighting {
            Sighting::Present(hits) => match matching::whose(hits, self.customer, first) {
                Claim::Ours(ours) => {
                    Look::End(Settled::Gained(Box::new(Gained::found(hits, ours, How::Reconciled, 0))))
                }
                // Where e-mails are unique, an older customer leaves no room for ours.
                Claim::Earlier(existing) if moment.server_is_done || trust => {
                    Look::End(Settled::Failed(error.clone().refused_for(existing, &hits.customers)))
                }
                Claim::Conflict => Look::End(Settled::Failed(error.clone().conflict(&hits.customers))),
                Claim::Earlier(_) | Claim::Unclear => Look::Go(error.clone().conflict(&hits.customers)),
            },
            // Where e-mails are unique, the server itself will refuse a second one.
            Sighting::Absent | Sighting::Unproven | Sighting::Inconclusive(_) if resend && trust && !moment.seen => {
                Look::End(Settled::SendAgain)
            }
            Sighting::Absent if resend && moment.absent_twice => Look::End(Settled::SendAgain),
            Sighting::Absent if class == Class::Contested => Look::Go(error.clone().contradicted()),
            Sighting::Absent => Look::Go(error.clone().not_found()),
            Sighting::Unproven => Look::Go(error.clone().unproven()),
            Sighting::Inconclusive(why) => Look::Go(error.clone().inconclusive(why.what())),
        });
        settled.await.unwrap_or_else(Settled::Failed)
    }

    /// Looks the customer up until `decide` has seen enough: at once, then at growing intervals, and at last when the
    /// server must be done with a request that ended then. An error is what `decide` made of the last look-up.
    pub(crate) async fn watch<T>(
        &self,
        ended: Instant,
        decide: impl Fn(&Sighting, Moment) -> Look<T>,
    ) -> Result<T, Error> {
        let settle = self.options.settle();
        let done_by = ended.checked_add(settle);
        let mut pause = if self.paced { settle } else { settle / 16 };
        let (mut absents, mut seen) = (0, false);
        let mut last_chances = 2;
        loop {
            let server_is_done = done_by.is_some_and(|done_by| clock::now() >= done_by);
            let sighting = self.server.look_up().await;
            absents += u32::from(matches!(sighting, Sighting::Absent));
            // One that was there before is not gone because a later look-up misses it.
            seen |= matches!(sighting, Sighting::Present(_));
            let moment = Moment { server_is_done, absent_twice: server_is_done && absents >= 2 && !seen, seen };
            let verdict = match decide(&sighting, moment) {
                Look::End(end) => return Ok(end),
                Look::Go(verdict) => verdict,
            };
            if server_is_done {
                // Two absents are needed, and the first of them may be this one.
                last_chances -= 1;
                if !matches!(sighting, Sighting::Absent) || absents >= 2 || last_chances == 0 {
                    return Err(verdict);
                }
                continue;
            }
            if let Sighting::Inconclusive(why) = &sighting {
                if why.outcome() == Outcome::Rejected || why.is_stop() {
                    return Err(verdict);
                }
                pause = pause.max(why.retry_after().unwrap_or_default());
            }
            // Beyond the deadline the server may still act; up to it, the customer may still turn up.
            let next = clock::now().checked_add(pause);
            let next = done_by.into_iter().chain(next).min().filter(|next| self.deadline.allows(*next));
            let Some(next) = next else { return Err(verdict.out_of_time()) };
            if !self.server.sleep_until(next).await {
                return Err(verdict.stopped());
            }
            pause = pause.saturating_mul(2);
        }
    }
}

/// How a call stands while it is not settled. Dropped when it may have created its customer, it says so.
struct Doubt {
    standing: Standing,
    warns: bool,
}

impl Drop for Doubt {
    fn drop(&mut self) {
        if self.warns && self.standing != Standing::Clean {
            evidence::warn_of_dropped_call();
        }
    }
}

/// What a look-up brought.
pub(crate) enum Look<T> {
    /// It is settled.
    End(T),
    /// Not yet; and what to say if it stays so.
    Go(Error),
}

/// When a look-up was made.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// The server must be done with the request: `settle` has passed.
    pub(crate) server_is_done: bool,
    /// There is no such customer: it was absent twice, once of these when the server was done, and never present.
    pub(crate) absent_twice: bool,
    /// A look-up, this one or one before, has found somebody with the e-mail.
    pub(crate) seen: bool,
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
