//! What a sandbox keeps in a file, and which files it refuses.

use std::path::{Path, PathBuf};

use crate::support::{ALEX, alex, customer, start};
use kunacore_sandbox::{Sandbox, SandboxOptions};
use reqwest::StatusCode;
use serde_json::json;

fn at(path: &Path) -> SandboxOptions {
    SandboxOptions { db: Some(path.to_owned()), ..SandboxOptions::default() }
}

fn temporary() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("customers.db");
    (folder, path)
}

/// The text of the error with which a file is refused.
fn refusal(options: SandboxOptions) -> String {
    Sandbox::start_blocking(options).expect_err("the file is refused").to_string()
}

#[tokio::test]
async fn a_restart_keeps_customers_counts_and_the_course_of_time() {
    let (_folder, path) = temporary();
    let tried = start(at(&path)).await;
    let first = tried.create_all(&[alex()]).await.remove(0);
    tried.found(json!({})).await;
    tried.sandbox.stop();

    let tried = start(at(&path)).await;
    assert_eq!(tried.create(&alex()).await.status, StatusCode::CONFLICT);
    let second = tried.create_all(&[customer("alex@example.com")]).await.remove(0);
    assert!(second["createdAt"].as_str() > first["createdAt"].as_str());
    let ledger = tried.sandbox.ledger().expect("the ledger is readable");
    assert_eq!(ledger.created.iter().map(|row| (row.seq, row.request)).collect::<Vec<_>>(), [(1, 1), (2, 4)]);
    assert_eq!((ledger.requests.create, ledger.requests.find), (3, 1));
}

#[tokio::test]
async fn what_was_answered_is_in_the_files_even_when_nobody_closes_them() {
    let (folder, path) = temporary();
    let tried = start(at(&path)).await;
    tried.create_all(&[alex(), customer("alex@example.com")]).await;

    // What is on disk now is what a killed process leaves behind: the file and its log, without a clean end.
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).expect("the file can be copied");
    let log = |path: &Path| PathBuf::from(format!("{}-wal", path.display()));
    std::fs::copy(log(&path), log(&copy)).expect("the log can be copied");

    let left = start(at(&copy)).await;
    assert_eq!(left.found(json!({})).await, [ALEX, "alex@example.com"]);
    left.create_all(&[customer("smith@example.com")]).await;
    let ledger = left.sandbox.ledger().expect("the ledger is readable");
    assert_eq!(ledger.created.last().map(|row| (row.seq, row.request)), Some((3, 4)));
}

#[tokio::test]
async fn uniqueness_can_be_given_up_and_taken_back_while_no_email_repeats() {
    let (_folder, path) = temporary();
    let repeating = || SandboxOptions { unique: false, ..at(&path) };
    start(at(&path)).await.create_all(&[alex()]).await;
    start(repeating()).await.create_all(&[customer("alex@example.com")]).await;
    let tried = start(at(&path)).await;
    assert_eq!(tried.create(&alex()).await.status, StatusCode::CONFLICT);
    drop(tried);

    start(repeating()).await.create_all(&[alex()]).await;
    let problem = refusal(at(&path));
    assert!(problem.contains("customers.db") && problem.contains("several customers with one e-mail"), "{problem}");
    assert_eq!(start(repeating()).await.found(json!({ "email": ALEX })).await.len(), 2);
}

#[test]
fn a_file_that_is_no_database_is_refused_by_name_and_left_alone() {
    let (_folder, path) = temporary();
    let notes = "Alex Smith, alexsmith@mail.com\n".repeat(100);
    std::fs::write(&path, &notes).expect("a file");
    let problem = refusal(at(&path));
    assert!(problem.contains("customers.db: not an SQLite database"), "{problem}");
    assert_eq!(std::fs::read_to_string(&path).expect("still text"), notes);
}

#[test]
fn a_database_of_another_program_is_refused_by_name_and_left_alone() {
    let (_folder, path) = temporary();
    let tables = || -> rusqlite::Result<String> {
        let db = rusqlite::Connection::open(&path)?;
        db.execute_batch("CREATE TABLE IF NOT EXISTS notes (text)")?;
        db.query_row("SELECT group_concat(name) FROM sqlite_schema", (), |row| row.get(0))
    };
    assert_eq!(tables().as_deref(), Ok("notes"));
    let problem = refusal(at(&path));
    assert!(problem.contains("customers.db: a database of another program"), "{problem}");
    assert_eq!(tables().as_deref(), Ok("notes"));
}

#[test]
fn a_file_of_another_version_is_refused() {
    let (_folder, path) = temporary();
    Sandbox::start_blocking(at(&path)).expect("a new file").stop();
    let db = rusqlite::Connection::open(&path).expect("a database");
    db.pragma_update(None, "user_version", 99).expect("writable");
    drop(db);
    assert!(refusal(at(&path)).contains("another version"));
}

#[test]
fn a_file_in_use_is_refused_and_free_again_after_the_stop() {
    let (_folder, path) = temporary();
    let sandbox = Sandbox::start_blocking(at(&path)).expect("a new file");
    let problem = refusal(at(&path));
    assert!(problem.contains("customers.db: in use by another process"), "{problem}");
    sandbox.stop();
    Sandbox::start_blocking(at(&path)).expect("the file is free").stop();
}

#[test]
fn a_folder_that_is_missing_is_told() {
    let (_folder, path) = temporary();
    let problem = refusal(at(&path.join("deeper.db")));
    assert!(problem.contains("deeper.db: cannot be opened"), "{problem}");
}
