//! Opening a store: whose file it is, its tables and indexes, and what survives which end.
//!
//! A file belongs to one sandbox at a time, which holds an exclusive lock on it. It is written ahead (WAL) without
//! waiting for the disk: whatever was committed survives the death of the process, not that of the machine. Memory has
//! nothing to survive, so its one transaction is never committed, which makes a creation much cheaper.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::SandboxError;
use crate::ledger::RequestCounts;

/// Marks a file as a sandbox's: "KUNA" in ASCII.
const APPLICATION_ID: i64 = 0x4B55_4E41;
/// Which tables a file has.
const SCHEMA_VERSION: i64 = 1;
/// How long a file may still be locked by a sandbox that is just ending.
const PATIENCE: Duration = Duration::from_millis(500);

const TABLES: &str = "
CREATE TABLE customers (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    wallet_id TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    nth INTEGER NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    country TEXT NOT NULL,
    verification_document_id TEXT NOT NULL,
    residence_address TEXT NOT NULL,
    phone_number TEXT,
    comment TEXT,
    external_id TEXT,
    referral_id TEXT,
    itn TEXT,
    created_ms INTEGER NOT NULL,
    request INTEGER NOT NULL,
    copy INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX customers_id ON customers (id);
CREATE INDEX customers_wallet_id ON customers (wallet_id);
CREATE INDEX customers_external_id ON customers (external_id) WHERE external_id IS NOT NULL;
CREATE TABLE counts (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    received INTEGER NOT NULL,
    login INTEGER NOT NULL,
    \"create\" INTEGER NOT NULL,
    find INTEGER NOT NULL,
    details INTEGER NOT NULL
) STRICT;
INSERT INTO counts VALUES (1, 0, 0, 0, 0, 0);
";

/// The database refuses a second customer with an e-mail.
const UNIQUE: &str = "
DROP INDEX IF EXISTS customers_email;
CREATE UNIQUE INDEX IF NOT EXISTS customers_email_unique ON customers (email_key);
";

/// The database finds all customers with an e-mail, and the last of them at once.
const REPEATABLE: &str = "
DROP INDEX IF EXISTS customers_email_unique;
CREATE INDEX IF NOT EXISTS customers_email ON customers (email_key, nth);
";

/// Opens or creates a file, or memory, that is ready to be used.
pub(super) fn open(path: Option<&Path>, unique: bool) -> Result<Connection, SandboxError> {
    match path {
        None => {
            let db = prepare(Connection::open_in_memory()?, unique)?;
            db.execute_batch("BEGIN")?;
            Ok(db)
        }
        Some(path) => {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
            Connection::open_with_flags(path, flags)
                .and_then(|db| prepare(db, unique))
                .map_err(|error| SandboxError::File { path: path.to_owned(), problem: explain(&error) })
        }
    }
}

fn prepare(mut db: Connection, unique: bool) -> rusqlite::Result<Connection> {
    db.busy_timeout(PATIENCE)?;
    db.set_prepared_statement_cache_capacity(64);
    // Plans that may depend on parameters would be made anew for every request.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    add_fold(&db)?;
    db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    // The lock that this takes is kept; nothing is written before the file is known to be ours.
    db.execute_batch("BEGIN EXCLUSIVE")?;
    let new = is_new(&db)?;
    db.execute_batch("COMMIT")?;
    // In memory, SQLite answers "memory" and goes on as it is.
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "cache_size", -65_536)?;

    let transaction = db.transaction()?;
    if new {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.execute_batch(if unique { UNIQUE } else { REPEATABLE })?;
    transaction.commit()?;
    Ok(db)
}

/// Whether a file is empty; refuses one that is neither empty nor a sandbox's.
fn is_new(db: &Connection) -> rusqlite::Result<bool> {
    let number = |sql| db.query_row(sql, (), |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    if (application, version) == (APPLICATION_ID, SCHEMA_VERSION) {
        return Ok(false);
    }
    if application == APPLICATION_ID {
        return Err(refuse(format!(
            "written by another version of the sandbox (schema {version}, this one has {SCHEMA_VERSION}): choose another \
             file"
        )));
    }
    if (application, version) == (0, 0) && number("SELECT count(*) FROM sqlite_schema")? == 0 {
        return Ok(true);
    }
    Err(refuse("a database of another program: choose another file".to_owned()))
}

/// A refusal of our own, in the only error type that passes through here.
fn refuse(problem: String) -> rusqlite::Error {
    rusqlite::Error::InvalidParameterName(problem)
}

fn explain(error: &rusqlite::Error) -> String {
    if let rusqlite::Error::InvalidParameterName(problem) = error {
        return problem.clone();
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "not an SQLite database: choose another file".to_owned(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "in use by another process: stop it, or choose another file".to_owned()
        }
        Some(ErrorCode::ConstraintViolation) => {
            "holds several customers with one e-mail, so e-mails cannot be made unique in it: allow duplicates, or choose \
             another file"
                .to_owned()
        }
        _ => format!("cannot be opened: {error}"),
    }
}

/// `fold(text)`: lower case in every script; SQLite's own `lower` knows ASCII only.
fn add_fold(db: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    db.create_scalar_function("fold", 1, flags, |context| {
        Ok(context.get::<Option<String>>(0)?.map(|text| text.to_lowercase()))
    })
}

/// The counts of the last run, raised to what the customers prove when it was killed.
pub(super) fn load_counts(db: &Connection) -> rusqlite::Result<(i64, RequestCounts)> {
    let sql = "SELECT max(received, (SELECT coalesce(max(request), 0) FROM customers)), login, \
               max(\"create\", (SELECT coalesce(max(seq), 0) FROM customers)), find, details FROM counts";
    db.query_row(sql, (), |row| {
        let counts = RequestCounts { login: row.get(1)?, create: row.get(2)?, find: row.get(3)?, details: row.get(4)? };
        Ok((row.get(0)?, counts))
    })
}

/// Keeps the counts for the next run.
pub(super) fn save_counts(db: &Connection, received: i64, counts: RequestCounts) -> rusqlite::Result<()> {
    let RequestCounts { login, create, find, details } = counts;
    db.execute(
        "UPDATE counts SET received = ?1, login = ?2, \"create\" = ?3, find = ?4, details = ?5",
        [received, login, create, find, details],
    )?;
    Ok(())
}
