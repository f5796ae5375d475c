//! Looking a customer up by its e-mail, with three verdicts: present, absent, inconclusive.
//!
//! Nothing is documented of `find` but its filters: not the shape of its answer, not its page size, not whether it
//! compares exactly. So every hit's e-mail is compared here, pages are read until one is empty, and "absent" is said only
//! of a `find` that was once seen to return a customer that exists. What is not understood is inconclusive, never absent.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::answer::Headers;
use crate::clock;
use crate::customer::{Customer, CustomerId};
use crate::defaults;
use crate::error::{Error, ErrorKind, Parts};
use crate::generated::types::FindCustomersRequest;
use crate::judge::{Facts, Read};
use crate::matching::{Hits, same_email, spellings};
use crate::session::Session;
use crate::transport::Request;

/// What a look-up tells.
#[derive(Debug)]
pub(crate) enum Sighting {
    /// There is at least one customer with the e-mail.
    Present(Hits),
    /// There is none.
    Absent,
    /// None was found, by a `find` that was never seen to find anybody: the server may be empty, or `find` blind.
    Unproven,
    /// It cannot be told, and why.
    Inconclusive(Error),
}

/// Whether this server's `find` was seen to find.
#[derive(Default)]
pub(crate) struct Calibration {
    seen: AtomicBool,
    /// The first customer that this client created: its e-mail as sent, and its id.
    known: Mutex<Option<(String, CustomerId)>>,
}

impl Calibration {
    /// A customer that exists for certain, to be asked for when it matters.
    pub(crate) fn knows(&self, email: &str, id: &CustomerId) {
        if self.seen.load(Ordering::Relaxed) {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            *known = Some((email.to_owned(), id.clone()));
        }
    }

    /// A look-up has returned a customer.
    fn done(&self) {
        self.seen.store(true, Ordering::Relaxed);
    }

    /// Whether `find` returns a customer that exists: by asking for one, until it was seen once.
    async fn holds(&self, session: &Session<'_>) -> Result<bool, Error> {
        if self.seen.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((email, id)) = known
            && finds(session, &email, &id).await?
        {
            self.done();
            return Ok(true);
        }
        let any = FindCustomersRequest { take: Some(1), ..FindCustomersRequest::default() };
        let (items, _) = page(session, &any).await?;
        let customer = items.into_iter().next().and_then(Customer::read);
        if let Some((email, id)) = customer.as_ref().and_then(|customer| Some((customer.email()?, customer.id())))
            && finds(session, email, id).await?
        {
            self.done();
            return Ok(true);
        }
        Ok(false)
    }
}

/// Whether a look-up by this e-mail returns the customer with this id.
async fn finds(session: &Session<'_>, email: &str, id: &CustomerId) -> Result<bool, Error> {
    let found = search(session, email).await;
    match found.trouble {
        Some(error) if found.customers.is_empty() => Err(error),
        _ => Ok(found.customers.iter().any(|customer| customer.id() == id)),
    }
}

/// Looks for customers with this e-mail, in every spelling in which the server may have stored it.
pub(crate) async fn look_up(session: &Session<'_>, email: &str) -> Sighting {
    let mut found = Found::default();
    for spelling in spellings(email) {
        let more = search(session, &spelling).await;
        found.trouble = found.trouble.or(more.trouble);
        found.facts = more.facts.or(found.facts);
        for customer in more.customers {
            if !found.customers.iter().any(|known| same(known, &customer)) {
                found.customers.push(customer);
            }
        }
    }
    match (found.customers.is_empty(), found.trouble, found.facts) {
        (false, trouble, Some((facts, seen))) => {
            session.pool.calibration.done();
            Sighting::Present(Hits {
                customers: found.customers,
                complete: trouble.is_none(),
                server_time: facts.date().map(|date| (date, seen)),
                status: facts.status,
                request_id: facts.request_id,
                headers: Headers(facts.headers),
            })
        }
        (_, Some(error), _) => Sighting::Inconclusive(error),
        (_, None, _) => match session.pool.calibration.holds(session).await {
            Ok(true) => Sighting::Absent,
            Ok(false) => Sighting::Unproven,
            Err(error) => Sighting::Inconclusive(error),
        },
    }
}

/// What the pages of one filter held.
#[derive(Default)]
struct Found {
    /// Those with the e-mail.
    customers: Vec<Customer>,
    /// Why there may be more.
    trouble: Option<Error>,
    /// The last answer, and when it was here.
    facts: Option<(Facts, clock::Instant)>,
}

async fn search(session: &Session<'_>, email: &str) -> Found {
    let mut found = Found::default();
    let mut ids = HashSet::new();
    let mut received: i64 = 0;
    for _ in 0..defaults::LOOKUP_PAGES {
        let skip = (received > 0).then_some(received);
        let filter = FindCustomersRequest { email: Some(email.to_owned()), skip, ..FindCustomersRequest::default() };
        let (items, facts) = match page(session, &filter).await {
            Ok(page) => page,
            Err(error) => {
                found.trouble = Some(error);
                return found;
            }
        };
        found.facts = Some((facts, clock::now()));
        if items.is_empty() {
            return found;
        }
        received = received.saturating_add(i64::try_from(items.len()).unwrap_or(i64::MAX));
        let mut new = false;
        for item in items {
            let theirs = item.get("email").and_then(Value::as_str).map(str::to_owned);
            match Customer::read(item) {
                Some(customer) => {
                    new |= ids.insert(customer.id().clone());
                    if theirs.is_some_and(|theirs| same_email(&theirs, email))
                        && !found.customers.iter().any(|known| same(known, &customer))
                    {
                        found.customers.push(customer);
                    }
                }
                // Somebody else's, whatever its shape.
                None if theirs.is_some_and(|theirs| !same_email(&theirs, email)) => {}
                None => found.trouble = Some(odd("it holds something that is not a customer")),
            }
        }
        if !new {
            found.trouble.get_or_insert_with(|| odd("its pages repeat"));
            return found;
        }
    }
    found.trouble.get_or_insert_with(|| odd("it has too many pages"));
    found
}

/// One page: its items as they came.
async fn page(session: &Session<'_>, filter: &FindCustomersRequest) -> Result<(Vec<Value>, Facts), Error> {
    let values = filter.email.as_deref().map(|email| ("email", email));
    session
        .read(Read::Find, Request::Find(filter), values.as_slice(), |data| match data {
            Value::Array(items) => Some(items),
            _ => None,
        })
        .await
}

/// The same customer, however its details are told.
fn same(one: &Customer, other: &Customer) -> bool {
    (one.id(), one.wallet_id()) == (other.id(), other.wallet_id())
}

fn odd(why: &str) -> Error {
    Parts::new(ErrorKind::InvalidResponse, format!("the look-up cannot be trusted: {why}"), "", "").into()
}
