//! Ctrl-C and SIGTERM.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use kunacore_sandbox::{Effect, Fault, Operation, Phase, SandboxOptions};

use crate::desk::{Desk, blind, ended, signal, times, wait};
use crate::table;

/// Reads what the process says until it says this.
fn wait_for(process: &mut Child, words: &str) {
    let stderr = process.stderr.take().unwrap();
    let mut lines = BufReader::new(stderr).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains(words)), "“{words}” was not said");
    // Kept open, so that what is said later can be written.
    std::thread::spawn(move || lines.count());
}

/// Waits until the process handles signals itself; before, the first one ends it as any process.
fn wait_for_handler(process: &Child) {
    let status = format!("/proc/{}/status", process.id());
    if !std::path::Path::new(&status).exists() {
        // Another system than Linux.
        return std::thread::sleep(Duration::from_secs(2));
    }
    wait(|| {
        let text = std::fs::read_to_string(&status).unwrap();
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(mask.trim(), 16).unwrap() & (1 << 1) > 0
    });
}

#[test]
fn one_interrupt_settles_what_is_on_its_way_and_the_run_goes_on_later() {
    for name in ["INT", "TERM"] {
        let desk = Desk::of(80);
        let process = desk.command(&["customers.csv", "--run", "run", "--rate", "60"]).spawn().unwrap();
        desk.wait_for_customers(3);
        signal(&process, name);
        let done = ended(process.wait_with_output().unwrap()).expect(4);
        done.says(&[
            "stopping: what is on its way is settled first",
            "Continue with: kunacore import --run run --rate 60",
        ]);
        let summary = desk.summary("run");
        assert_eq!(summary["created"], desk.created().len());
        assert_eq!(summary["unresolved"], 0);
        desk.expect(0, &["--run", "run"]);
        desk.everyone_has_one_wallet("run", 80);
        assert_eq!(desk.creates(), 80);
    }
}

#[test]
fn an_interrupt_while_a_row_is_in_doubt_ends_with_the_status_of_the_doubt() {
    let desk = Desk::of(80);
    let lost = Fault::new(Operation::Create, Phase::After, Effect::Reset {});
    desk.sandbox.set_faults(&[&[times(1, lost)][..], &blind()].concat()).unwrap();
    let process = desk.command(&["customers.csv", "--run", "run", "--rate", "60"]).spawn().unwrap();
    desk.wait_for_customers(5);
    signal(&process, "INT");
    ended(process.wait_with_output().unwrap()).expect(3);
    assert_eq!(desk.rows("run/unresolved.csv").len(), 1);
    desk.sandbox.clear_faults();
    desk.expect(0, &["--run", "run"]);
    desk.everyone_has_one_wallet("run", 80);
}

#[test]
fn a_second_interrupt_ends_at_once_and_what_was_on_its_way_is_looked_up_by_the_next() {
    for (unique, in_flight, rows) in [(true, 4, 10), (false, 4, 10), (true, 40, 60)] {
        let desk = Desk::with(SandboxOptions { unique, ..SandboxOptions::default() });
        desk.write("customers.csv", table::csv(1..=rows));
        let never_answered = Fault::new(Operation::Create, Phase::After, Effect::Hang { ms: 120_000 });
        desk.sandbox.set_faults(&[never_answered]).unwrap();
        let concurrency = in_flight.to_string();
        let asked = ["customers.csv", "--run", "run", "--concurrency", &concurrency];
        let mut process = desk.command(&asked).spawn().unwrap();
        desk.wait_for_customers(in_flight);
        signal(&process, "INT");
        wait_for(&mut process, "stopping: ");
        signal(&process, "INT");
        assert_eq!(process.wait().unwrap().code(), Some(130));
        let summary = desk.summary("run");
        assert_eq!((&summary["unresolved"], &summary["unsent"]), (&in_flight.into(), &(rows - in_flight).into()));
        desk.sandbox.clear_faults();
        desk.expect(0, &["--run", "run"]);
        desk.everyone_has_one_wallet("run", rows);
        assert_eq!(desk.creates(), i64::try_from(rows).unwrap());
        assert_eq!(desk.summary("run")["reconciled"], in_flight);
    }
}

#[test]
fn an_interrupt_ends_an_import_that_still_waits_for_its_table_and_nothing_is_left_behind() {
    let desk = Desk::new();
    for begin in [String::new(), table::csv(1..=2)] {
        let mut process = desk.command(&["-", "--run", "run"]).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = process.stdin.take().unwrap();
        stdin.write_all(begin.as_bytes()).unwrap();
        wait_for_handler(&process);
        signal(&process, "INT");
        wait_for(&mut process, "stopping: ");
        assert_eq!(process.wait().unwrap().code(), Some(130));
        drop(stdin);
        assert_eq!(desk.names("."), [""; 0]);
    }
    assert_eq!(desk.requests().find, 0);
}

#[test]
fn a_table_that_ends_because_its_maker_was_interrupted_too_is_not_taken_for_whole() {
    let desk = Desk::new();
    let mut process = desk.command(&["-", "--run", "run"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = process.stdin.take().unwrap();
    stdin.write_all(table::csv(1..=2).as_bytes()).unwrap();
    wait_for_handler(&process);
    signal(&process, "INT");
    wait_for(&mut process, "stopping: ");
    drop(stdin);
    assert_eq!(process.wait().unwrap().code(), Some(130));
    assert_eq!((desk.creates(), desk.path("run").exists()), (0, false));
}
