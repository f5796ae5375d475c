//! Tables on standard input, which can be read only once: the run keeps a copy until all is done.

use crate::desk::{Desk, ended};
use crate::table;

#[test]
fn a_table_on_standard_input_goes_on_without_being_given_again() {
    let batch = table::batch(1..=9);
    let tables = [
        table::csv(1..=9).into_bytes(),
        table::jsonl(1..=9).into_bytes(),
        table::parquet(&batch),
        table::arrow(&batch),
    ];
    for bytes in tables {
        let desk = Desk::new();
        let done = desk.feed(&bytes, &["-", "--run", "run", "--canary", "4"]).expect(4);
        assert!(desk.names("run").contains(&"input.arrow".to_owned()));
        assert_eq!(desk.names("."), ["run"], "nothing is left beside the run");
        assert_eq!(desk.rows("run/unsent.csv").len(), 5);
        desk.shell(&done.printed_command("Continue with: ")).expect(0);
        desk.everyone_has_one_wallet("run", 9);
        assert_eq!(desk.creates(), 9);
        assert!(!desk.names("run").contains(&"input.arrow".to_owned()), "the copy goes when all is done");

        let created = desk.read("run/created.csv");
        let report = desk.report(&["run"]).expect(0);
        report.says(&["the reports are left as they were written then"]);
        assert_eq!(desk.read("run/created.csv"), created);
    }
}

#[test]
fn a_finished_run_of_standard_input_is_still_finished() {
    let desk = Desk::new();
    let bytes = table::csv(1..=3).into_bytes();
    desk.feed(&bytes, &["-", "--run", "run"]).expect(0);
    let before = desk.requests();
    let done = desk.expect(0, &["--run", "run"]);
    assert!(done.out.contains("3 rows"), "{}", done.out);
    desk.feed(&bytes, &["-", "--run", "run"]).expect(0);
    assert!(!desk.names("run").contains(&"input.arrow".to_owned()));
    assert_eq!(desk.requests(), before);
    desk.everyone_has_one_wallet("run", 3);
}

#[test]
fn the_copy_is_kept_where_that_is_asked_for() {
    let desk = Desk::new();
    desk.feed(table::csv(1..=3).as_bytes(), &["-", "--run", "run", "--keep-input"]).expect(0);
    assert!(desk.names("run").contains(&"input.arrow".to_owned()));
    let report = desk.report(&["run"]).expect(0);
    assert!(!report.err.contains("left as they were"), "{}", report.err);
}

#[test]
fn another_table_on_standard_input_is_refused_and_the_copy_stays_the_first_ones() {
    let desk = Desk::new();
    desk.feed(table::csv(1..=5).as_bytes(), &["-", "--run", "run", "--canary", "2"]).expect(4);
    desk.feed(table::csv(1..=6).as_bytes(), &["-", "--run", "run"])
        .expect(1)
        .says(&["the table is not the one that this run was begun with"]);
    desk.feed(b"email\nx", &["-", "--run", "run"]).expect(1).says(&["which every customer needs"]);
    desk.expect(0, &["--run", "run"]);
    desk.everyone_has_one_wallet("run", 5);
}

#[test]
fn a_refused_table_on_standard_input_leaves_no_copy() {
    let desk = Desk::new();
    desk.feed(table::csv(1..=3).replace('@', " at ").as_bytes(), &["-", "--run", "run"]).expect(2);
    assert_eq!(desk.names("run"), ["problems.csv"]);
    desk.feed(table::csv(1..=3).as_bytes(), &["-", "--check"]).expect(0);
    desk.feed(&table::parquet(&table::batch(1..=3)), &["-", "--check"]).expect(0);
    assert_eq!(desk.names("."), ["run"]);
    assert_eq!(desk.requests().create, 0);
}

#[test]
fn a_run_whose_copy_is_gone_too_early_asks_for_the_table_and_takes_it() {
    let desk = Desk::new();
    let bytes = table::csv(1..=5).into_bytes();
    desk.feed(&bytes, &["-", "--run", "run", "--canary", "2"]).expect(4);
    std::fs::remove_file(desk.path("run/input.arrow")).unwrap();
    desk.expect(1, &["--run", "run"]).says(&["input.arrow"]);
    assert_eq!(desk.report(&["run"]).status, Some(1));
    desk.feed(&bytes, &["-", "--run", "run"]).expect(0);
    desk.everyone_has_one_wallet("run", 5);
}

#[cfg(unix)]
#[test]
fn a_pipe_of_the_shell_is_a_table_too() {
    let desk = Desk::of(4);
    let made = std::process::Command::new("mkfifo").arg(desk.path("pipe")).status();
    // Not every machine has the program.
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    let pipe = desk.path("pipe");
    let text = desk.read("customers.csv");
    let writer = std::thread::spawn(move || std::fs::write(pipe, text));
    ended(desk.command(&["pipe", "--run", "run"]).output().unwrap()).expect(0);
    writer.join().unwrap().unwrap();
    desk.everyone_has_one_wallet("run", 4);
}
