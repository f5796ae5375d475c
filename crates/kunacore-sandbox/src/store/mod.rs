//! Customers in SQLite, in memory or in a file.
//!
//! That an e-mail is used once only is promised by the database, not by a check in code. A creation is committed before
//! it returns, so whatever a client was told survives the end of the process. Nothing on the way of one request takes
//! time that grows with the number of customers, except a look-up by something that has no index.

mod file;
mod find;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, named_params};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::contract::Operation;
use crate::error::SandboxError;
use crate::ids::Ids;
use crate::ledger::{Created, RequestCounts};

pub(crate) use find::{Filters, Search};

/// What a creation asks for; country, document, address and taxpayer number are kept and never shown.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewCustomer {
    pub(crate) email: String,
    first_name: String,
    last_name: String,
    country: String,
    verification_document_id: String,
    residence_address: String,
    phone_number: Option<String>,
    comment: Option<String>,
    external_id: Option<String>,
    referral_id: Option<String>,
    itn: Option<String>,
}

/// A customer as the API shows it; the order is that of the documented samples.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Customer {
    id: String,
    comment: Option<String>,
    created_at: String,
    email: String,
    first_name: String,
    last_name: String,
    phone_number: Option<String>,
    external_id: Option<String>,
    wallet_id: String,
    referral_id: Option<String>,
}

impl Customer {
    /// What a query has to select for [`Customer::read`].
    const COLUMNS: &'static str = "id, comment, created_ms, email, first_name, last_name, phone_number, external_id, \
                                   wallet_id, referral_id";

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            comment: row.get(1)?,
            created_at: clock::iso(row.get(2)?),
            email: row.get(3)?,
            first_name: row.get(4)?,
            last_name: row.get(5)?,
            phone_number: row.get(6)?,
            external_id: row.get(7)?,
            wallet_id: row.get(8)?,
            referral_id: row.get(9)?,
        })
    }
}

/// E-mails are the same when they differ in case and surrounding blanks only.
pub(crate) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// The customers, and how many requests have been received.
#[derive(Debug)]
pub(crate) struct Store {
    db: Connection,
    unique: bool,
    received: i64,
    counts: RequestCounts,
    generation: u64,
}

impl Store {
    /// Opens a file, or memory, and makes sure that e-mails are unique in it or may repeat.
    pub(crate) fn open(path: Option<&Path>, unique: bool) -> Result<Self, SandboxError> {
        let db = file::open(path, unique)?;
        let (received, counts) = file::load_counts(&db)?;
        Ok(Self { db, unique, received, counts, generation: 0 })
    }

    /// When the newest customer was created, in milliseconds since the Unix epoch.
    pub(crate) fn newest(&self) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT created_ms FROM customers ORDER BY seq DESC LIMIT 1";
        self.db.query_row(sql, (), |row| row.get(0)).optional()
    }

    /// Counts a request; its number is one more than that of the request before.
    pub(crate) fn receive(&mut self, operation: Option<Operation>) -> i64 {
        self.received += 1;
        match operation {
            Some(Operation::Login) => self.counts.login += 1,
            Some(Operation::Create) => self.counts.create += 1,
            Some(Operation::Find) => self.counts.find += 1,
            Some(Operation::Details) => self.counts.details += 1,
            None => {}
        }
        self.received
    }

    /// How many requests have been received.
    pub(crate) fn counts(&self) -> RequestCounts {
        self.counts
    }

    /// Creates a customer for a wire request, given by its number and which copy of it this is; `None` when its e-mail is
    /// taken.
    pub(crate) fn create(
        &mut self,
        new: &NewCustomer,
        ids: Ids,
        now: i64,
        (request, copy): (i64, i64),
    ) -> rusqlite::Result<Option<Customer>> {
        let key = email_key(&new.email);
        let nth = if self.unique { 0 } else { self.times_created(&key)? };
        let (id, wallet_id) = ids.customer(&key, nth, now);
        let mut insert = self.db.prepare_cached(
            "INSERT INTO customers (id, wallet_id, email, email_key, nth, first_name, last_name, country, \
             verification_document_id, residence_address, phone_number, comment, external_id, referral_id, itn, \
             created_ms, request, copy) VALUES (:id, :wallet_id, :email, :email_key, :nth, :first_name, :last_name, :country, \
             :verification_document_id, :residence_address, :phone_number, :comment, :external_id, :referral_id, :itn, \
             :created_ms, :request, :copy)",
        )?;
        let inserted = insert.execute(named_params! {
            ":id": id,
            ":wallet_id": wallet_id,
            ":email": new.email,
            ":email_key": key,
            ":nth": nth,
            ":first_name": new.first_name,
            ":last_name": new.last_name,
            ":country": new.country,
            ":verification_document_id": new.verification_document_id,
            ":residence_address": new.residence_address,
            ":phone_number": new.phone_number,
            ":comment": new.comment,
            ":external_id": new.external_id,
            ":referral_id": new.referral_id,
            ":itn": new.itn,
            ":created_ms": now,
            ":request": request,
            ":copy": copy,
        });
        match inserted {
            Ok(_) => Ok(Some(Customer {
                id,
                comment: new.comment.clone(),
                created_at: clock::iso(now),
                email: new.email.clone(),
                first_name: new.first_name.clone(),
                last_name: new.last_name.clone(),
                phone_number: new.phone_number.clone(),
                external_id: new.external_id.clone(),
                wallet_id,
                referral_id: new.referral_id.clone(),
            })),
            Err(error) if is_taken(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How often an e-mail was created, from the end of an index.
    fn times_created(&self, key: &str) -> rusqlite::Result<i64> {
        let sql = "SELECT coalesce(max(nth) + 1, 0) FROM customers WHERE email_key = ?1";
        self.db.prepare_cached(sql)?.query_row([key], |row| row.get(0))
    }

    /// The customer with an id.
    pub(crate) fn details(&self, id: &str) -> rusqlite::Result<Option<Customer>> {
        let sql = format!("SELECT {} FROM customers WHERE id = ?1", Customer::COLUMNS);
        self.db.prepare_cached(&sql)?.query_row([id], Customer::read).optional()
    }

    /// The customers that a search finds, oldest first.
    pub(crate) fn find(&self, search: &Search) -> rusqlite::Result<Vec<Customer>> {
        let (sql, parameters) = search.to_sql(Customer::COLUMNS);
        let mut query = self.db.prepare_cached(&sql)?;
        query.query_map(rusqlite::params_from_iter(parameters), Customer::read)?.collect()
    }

    /// The `seq` of the newest customer, 0 when there is none, and a number that changes with every reset.
    pub(crate) fn end(&self) -> rusqlite::Result<(i64, u64)> {
        let sql = "SELECT coalesce(max(seq), 0) FROM customers";
        Ok((self.db.prepare_cached(sql)?.query_row((), |row| row.get(0))?, self.generation))
    }

    /// A number that changes with every reset.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// At most `limit` creations after one `seq` and up to another, in order.
    pub(crate) fn created(&self, after: i64, last: i64, limit: i64) -> rusqlite::Result<Vec<Created>> {
        let mut query = self.db.prepare_cached(
            "SELECT seq, id, wallet_id, email, external_id, comment, created_ms, request, copy FROM customers \
             WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3",
        )?;
        let rows = query.query_map([after, last, limit], |row| {
            Ok(Created {
                seq: row.get(0)?,
                id: row.get(1)?,
                wallet_id: row.get(2)?,
                email: row.get(3)?,
                external_id: row.get(4)?,
                comment: row.get(5)?,
                created_at: clock::iso(row.get(6)?),
                request: row.get(7)?,
                copy: row.get(8)?,
            })
        })?;
        rows.collect()
    }

    /// Forgets all customers and counts.
    pub(crate) fn reset(&mut self) -> rusqlite::Result<()> {
        self.db.execute("DELETE FROM customers", ())?;
        self.received = 0;
        self.counts = RequestCounts::default();
        self.generation += 1;
        file::save_counts(&self.db, self.received, self.counts)
    }
}

impl Drop for Store {
    /// A sandbox that is stopped continues its counts; one that is killed continues from its newest customer.
    fn drop(&mut self) {
        // Nobody is left to be told, and no customer depends on it.
        let _ = file::save_counts(&self.db, self.received, self.counts);
    }
}

/// Whether an insertion failed because of its e-mail.
fn is_taken(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(failure, Some(message)) => {
            failure.code == ErrorCode::ConstraintViolation && message.ends_with("customers.email_key")
        }
        _ => false,
    }
}

/// The store, as the server's thread and the owner of the sandbox share it.
#[derive(Clone, Debug)]
pub(crate) struct SharedStore(Arc<Mutex<Store>>);

impl SharedStore {
    /// Shares a store.
    pub(crate) fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    /// Waits for its turn. A panic elsewhere does not matter: SQLite undoes what was not committed.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
