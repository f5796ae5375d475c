//! Rows whose fate is open: what is known of them is not lost and not taken for nothing, whatever comes between.

use std::collections::HashSet;

use kunacore_sandbox::{Effect, Fault, FindMode, Operation, Phase, SandboxOptions};

use crate::desk::{Desk, ended, json, refused_with, signal, times, wait};
use crate::table;

/// A creation that is carried out and whose answer is lost.
fn lost() -> Fault {
    Fault::new(Operation::Create, Phase::After, Effect::Reset {})
}

/// A look-up that is answered like this.
fn look_up(code: u16, retry_after: Option<&str>) -> Fault {
    let retry_after = retry_after.map(str::to_owned);
    Fault::new(Operation::Find, Phase::Before, Effect::Status { code, retry_after })
}

#[test]
fn an_interrupt_in_the_second_round_of_look_ups_takes_nothing_for_unsent() {
    for look_ups in [1, 3, 5, 7, 9] {
        let desk = Desk::with(SandboxOptions { unique: false, find: FindMode::Blind, ..SandboxOptions::default() });
        desk.write("customers.csv", table::csv(1..=8));
        desk.sandbox.set_faults(&[lost()]).unwrap();
        let asked = ["customers.csv", "--run", "run", "--concurrency", "1", "--rate", "150"];
        let process = desk.command(&asked).spawn().unwrap();
        desk.wait_for_customers(8);
        let before = desk.requests().find;
        wait(|| desk.requests().find >= before + look_ups);
        signal(&process, "INT");
        ended(process.wait_with_output().unwrap()).expect(3);
        let summary = desk.summary("run");
        assert_eq!((&summary["unresolved"], &summary["unsent"]), (&8.into(), &0.into()), "after {look_ups} look-ups");
        assert!(desk.rows("run/unresolved.csv").iter().all(|row| !row["first_sent_at"].is_empty()));
        desk.sandbox.clear_faults();
        desk.expect(3, &["--run", "run"]);
        assert_eq!(desk.creates(), 8, "nobody was created twice");
    }
}

#[test]
fn a_row_in_doubt_is_looked_up_though_a_run_that_is_named_later_has_its_customer() {
    let desk = Desk::with(SandboxOptions { unique: false, ..SandboxOptions::default() });
    desk.write("customers.csv", table::csv(1..=6));
    desk.expect(0, &["customers.csv", "--run", "first"]);
    // Long before by the server's clock.
    desk.sandbox.advance(std::time::Duration::from_secs(3600));
    let slow = Fault::new(Operation::Create, Phase::After, Effect::Delay { ms: 60_000 });
    desk.sandbox.set_faults(&[slow]).unwrap();
    // Nobody said that the first run is to be known: all have a second wallet now, whose ids must not be lost.
    let asked = ["customers.csv", "--run", "second", "--concurrency", "6"];
    let mut process = desk.command(&asked).spawn().unwrap();
    desk.wait_for_customers(12);
    process.kill().unwrap();
    process.wait().unwrap();
    desk.sandbox.clear_faults();
    desk.expect(0, &["--run", "second", "--known", "first"]);
    let wallets = |run: &str| -> HashSet<String> {
        desk.rows(&format!("{run}/created.csv")).into_iter().map(|row| row["wallet_id"].clone()).collect()
    };
    assert_eq!(desk.summary("second")["reconciled"], 6);
    assert_eq!(wallets("first").union(&wallets("second")).count(), 12, "every wallet is in a report");
}

#[test]
fn a_server_that_answers_is_there_whatever_it_says_of_look_ups() {
    for refusal in [look_up(403, None), times(1, look_up(429, Some("1")))] {
        let desk = Desk::of(20);
        let works = Fault::new(Operation::Find, Phase::Before, Effect::Delay { ms: 0 });
        desk.sandbox.set_faults(&[times(5, refused_with(500)), times(1, works), refusal]).unwrap();
        let done = desk.import(&["customers.csv", "--run", "run", "--concurrency", "1"]);
        assert!(!done.err.contains("does not answer"), "{}", done.err);
        let summary = desk.summary("run");
        assert!(summary["created"].as_i64() >= Some(15) && summary["unsent"] == 0, "{summary}");
    }
}

#[test]
fn a_look_up_that_fails_once_before_the_first_row_does_not_cost_the_servers_time() {
    let desk = Desk::of(3);
    desk.sandbox.set_faults(&[times(1, look_up(503, None))]).unwrap();
    desk.expect(0, &["customers.csv", "--run", "run"]);
    let began = json(&desk.read("run/manifest.json"))["began_server_time"].as_str().unwrap().to_owned();
    assert!(began.starts_with("20"), "{began}");
}

#[test]
fn a_server_that_wants_no_pause_is_not_asked_again_and_again_before_the_first_row() {
    let desk = Desk::of(3);
    desk.sandbox.set_faults(&[look_up(429, Some("0"))]).unwrap();
    let process = desk.command(&["customers.csv", "--run", "run"]).spawn().unwrap();
    wait(|| desk.requests().find >= 2);
    signal(&process, "INT");
    ended(process.wait_with_output().unwrap()).expect(4);
    assert!(desk.requests().find < 10, "{} look-ups", desk.requests().find);
    assert_eq!(desk.creates(), 0);
}

#[test]
fn reports_that_cannot_be_written_are_not_passed_over_because_the_import_was_stopped_anyway() {
    let desk = Desk::of(5);
    desk.expect(4, &["customers.csv", "--run", "run", "--canary", "1"]);
    std::fs::remove_file(desk.path("run/created.csv")).unwrap();
    std::fs::create_dir(desk.path("run/created.csv")).unwrap();
    desk.expect(3, &["--run", "run", "--canary", "1"]).says(&["The reports cannot be written", "Nothing is lost"]);
    std::fs::remove_dir(desk.path("run/created.csv")).unwrap();
    desk.expect(0, &["--run", "run"]);
    desk.everyone_has_one_wallet("run", 5);
}

#[test]
fn an_absurd_timeout_is_none() {
    for timeout in ["18446744073709551615s", "10000000000000000000s"] {
        let desk = Desk::of(60);
        let process = desk.command(&["customers.csv", "--run", "run", "--rate", "40", "--timeout", timeout]).spawn();
        let process = process.unwrap();
        desk.wait_for_customers(2);
        signal(&process, "INT");
        ended(process.wait_with_output().unwrap()).expect(4);
        desk.expect(0, &["--run", "run"]);
        desk.everyone_has_one_wallet("run", 60);
    }
}
