//! What goes to stdout and stderr, and what happens where they cannot be written.

use std::process::Stdio;

use serde_json::Value;

use crate::desk::{Desk, ended, json, refused_with, times};

fn full() -> Stdio {
    std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// A pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn with_json_progress_is_one_object_a_line_on_stderr() {
    let desk = Desk::of(60);
    let done = desk.expect(0, &["customers.csv", "--run", "run", "--rate", "25", "--json"]);
    let events: Vec<Value> = done.err.lines().map(json).collect();
    assert!(!events.is_empty());
    for event in &events {
        assert_eq!((event["event"].as_str(), &event["rows"]), (Some("progress"), &60.into()));
        assert!(event["done"].is_number() && event["in_flight"].is_number() && event["rate"].is_number(), "{event}");
    }
    assert_eq!(done.json()["created"], 60);
}

#[test]
fn with_json_a_stop_is_one_object_on_stderr_and_the_summary_still_comes() {
    let desk = Desk::of(5);
    desk.sandbox.set_faults(&[refused_with(401)]).unwrap();
    let done = desk.expect(4, &["customers.csv", "--run", "run", "--json"]);
    assert_eq!(done.json()["unsent"], 5);
    let error = json(done.err.lines().last().unwrap());
    assert_eq!(error["outcome"], "not_applied");
    assert!(error["next"].as_str().unwrap().contains("kunacore import --run run"), "{error}");
}

#[test]
fn quiet_says_nothing_but_the_result() {
    let desk = Desk::of(5);
    let done = desk.expect(0, &["customers.csv", "--run", "run", "-q"]);
    assert_eq!(done.err, "");
    assert!(done.out.contains("5 rows"), "{}", done.out);
    let done = desk.expect(4, &["customers.csv", "--run", "other", "-q", "--canary", "1", "--existing", "adopt"]);
    assert_eq!(done.err, "");
}

#[test]
fn a_reader_of_the_summary_who_has_gone_changes_neither_the_import_nor_its_status() {
    let desk = Desk::of(5);
    let mut command = desk.command(&["customers.csv", "--run", "run", "--canary", "2"]);
    ended(command.stdout(closed()).output().unwrap()).expect(4).says(&["Continue with: kunacore import --run run"]);
    let mut command = desk.command(&["--run", "run"]);
    ended(command.stdout(closed()).output().unwrap()).expect(0);
    desk.everyone_has_one_wallet("run", 5);
    let report = desk.bare(&["report", "run"]).stdout(closed()).output().unwrap();
    assert_eq!((report.status.code(), report.stderr), (Some(0), Vec::new()));
}

#[test]
fn a_summary_that_cannot_be_written_hides_neither_the_reports_nor_what_to_do_next() {
    let desk = Desk::of(5);
    desk.sandbox.set_faults(&[times(1, refused_with(422))]).unwrap();
    for arguments in [&["customers.csv", "--run", "run", "--canary", "2"][..], &["--run", "run", "--json"]] {
        let done = ended(desk.command(arguments).stdout(full()).output().unwrap());
        let done = done.says(&["cannot be written", "summary.json"]);
        assert!(matches!(done.status, Some(2 | 4)), "the rows' own status: {:?}", done.status);
    }
    assert_eq!(desk.summary("run")["created"], 4);
}

#[test]
fn an_import_goes_on_where_nobody_reads_its_remarks() {
    for nowhere in [full, closed] {
        let desk = Desk::of(5);
        let mut command = desk.command(&["customers.csv", "--run", "run", "-vv"]);
        ended(command.stderr(nowhere()).output().unwrap()).expect(0);
        desk.everyone_has_one_wallet("run", 5);
    }
}

#[test]
fn not_even_the_most_talkative_log_holds_anything_personal() {
    let desk = Desk::of(5);
    desk.sandbox.set_faults(&[times(1, refused_with(422)), times(1, refused_with(500))]).unwrap();
    let done = desk.expect(2, &["customers.csv", "--run", "run", "-vv"]);
    assert!(!done.err.contains(desk.sandbox.api_key()));
}
