//! What only the real file system shows: locks, rights, what else lies in a directory.

use std::fs;

use super::*;
use crate::run::KnownRun;

#[test]
fn one_process_owns_the_directory_until_it_drops_it() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    let run = Run::create(&path, manifest()).unwrap();
    assert!(matches!(Run::open(&path, &asked()), Err(RunError::InUse)));
    assert!(matches!(Run::create(&path, manifest()), Err(RunError::InUse)));
    assert!(matches!(KnownRun::open(&path), Err(RunError::InUse)));
    drop(run);
    let readers = [KnownRun::open(&path).unwrap(), KnownRun::open(&path).unwrap()];
    assert!(matches!(Run::open(&path, &asked()), Err(RunError::InUse)));
    drop(readers);
    let mut run = Run::open(&path, &asked()).unwrap().run;
    run.announce(2).unwrap();
    run.record(created(&run, 1)).unwrap();
    run.stop().unwrap();
    drop(run);
    assert_eq!(Run::open(&path, &asked()).unwrap().run.counts().created, 1);
    assert!(matches!(Run::create(&path, manifest()), Err(RunError::Exists)));
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    let mut run = Run::create(&path, manifest()).unwrap();
    run.note_server_time(Some("2026-01-01T00:00:00Z")).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["journal.jsonl", "key", "lock", "manifest.json", "sent_upto"]);
}

#[test]
fn a_directory_that_is_no_run_is_left_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    assert!(matches!(Run::open(place.path(), &asked()), Err(RunError::NoRun)));
    assert!(matches!(Run::open(&place.path().join("absent"), &asked()), Err(RunError::NoRun)));
    assert!(matches!(KnownRun::open(place.path()), Err(RunError::NoRun)));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    fs::write(place.path().join("customers.csv"), "").unwrap();
    assert!(matches!(Run::create(place.path(), manifest()), Err(RunError::Foreign(name)) if name == "customers.csv"));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    // What a check leaves is no other's.
    let place = tempfile::tempdir().unwrap();
    for name in ["problems.csv", ".kunacore-import-abc"] {
        fs::write(place.path().join(name), "").unwrap();
    }
    Run::create(place.path(), manifest()).unwrap();
}

#[test]
fn every_line_of_the_journal_is_json() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    let mut run = Run::create(&path, manifest()).unwrap();
    run.announce(5).unwrap();
    run.record(created(&run, 1)).unwrap();
    run.record(rejected(&run, 2, "conflict")).unwrap();
    run.record(unresolved(&run, 3, true)).unwrap();
    run.record(unread(&run, 4)).unwrap();
    run.commit().unwrap();
    run.accept(2, run.tag(&email(2)), "c-2", "w-2").unwrap();
    run.stop().unwrap();
    let journal = fs::read_to_string(path.join("journal.jsonl")).unwrap();
    let kinds: Vec<String> = journal
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["t"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["result", "result", "result", "unread", "sync", "accept", "sync", "unsent", "sync"]);
    println!("{journal}");
}
