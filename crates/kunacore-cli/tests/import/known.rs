//! Earlier runs that are known: what they created is not sent again, and what they left in doubt is looked up first.

use kunacore_sandbox::{Effect, Fault, Operation, Phase, SandboxOptions};

use crate::desk::{Desk, blind, times};
use crate::table;

fn desk(unique: bool) -> Desk {
    Desk::with(SandboxOptions { unique, ..SandboxOptions::default() })
}

#[test]
fn a_nightly_table_with_some_new_rows_sends_only_these() {
    for unique in [true, false] {
        let desk = desk(unique);
        desk.write("monday.csv", table::csv(1..=190));
        desk.expect(0, &["monday.csv", "--run", "monday"]);
        // In another order, and with e-mails in another case.
        let again = (1..=190).rev().map(|number| table::row(number).replace("customer-", "Customer-"));
        desk.write("tuesday.csv", table::of(again.chain((191..=200).map(table::row))));
        let before = desk.requests();
        desk.expect(0, &["tuesday.csv", "--run", "tuesday", "--known", "monday"]);
        desk.everyone_has_one_wallet("tuesday", 200);
        let created = desk.rows("tuesday/created.csv");
        let (monday, row) = (&desk.rows("monday/created.csv")[189], &created[0]);
        assert_eq!((&row["wallet_id"], &row["id"], &*row["how"]), (&monday["wallet_id"], &monday["id"], "known"));
        assert_eq!(desk.summary("tuesday")["known"], 190);
        assert_eq!(desk.creates() - before.create, 10, "only the new ones were sent");

        // And the night after that, with both.
        desk.write("wednesday.csv", table::csv(1..=201));
        desk.expect(0, &["wednesday.csv", "--run", "wednesday", "--known", "monday", "--known", "tuesday"]);
        desk.everyone_has_one_wallet("wednesday", 201);
    }
}

#[test]
fn the_printed_command_goes_on_knowing() {
    let desk = desk(false);
    desk.write("monday.csv", table::csv(1..=5));
    desk.expect(0, &["monday.csv", "--run", "monday"]);
    // The new row first: the canary ends before the known ones.
    desk.write("tuesday.csv", table::of([6, 1, 2, 7, 3, 4, 5].map(table::row)));
    let done = desk.expect(4, &["tuesday.csv", "--run", "tuesday", "--known", "monday", "--canary", "1"]);
    desk.shell(&done.printed_command("Continue with: ")).expect(0);
    desk.everyone_has_one_wallet("tuesday", 7);
}

#[test]
fn a_row_that_was_left_in_doubt_there_is_looked_up_here_before_anything_is_sent() {
    for unique in [true, false] {
        let desk = desk(unique);
        desk.write("monday.csv", table::csv(1..=4));
        let lost = Fault::new(Operation::Create, Phase::After, Effect::Reset {});
        desk.sandbox.set_faults(&[&[times(1, lost)][..], &blind()].concat()).unwrap();
        desk.expect(3, &["monday.csv", "--run", "monday", "--concurrency", "1"]);
        desk.sandbox.clear_faults();
        let before = desk.creates();
        desk.write("tuesday.csv", table::csv(1..=5));
        desk.expect(0, &["tuesday.csv", "--run", "tuesday", "--known", "monday"]);
        desk.everyone_has_one_wallet("tuesday", 5);
        assert_eq!(desk.creates() - before, 1);
        let summary = desk.summary("tuesday");
        assert_eq!((&summary["known"], &summary["reconciled"]), (&3.into(), &1.into()), "unique: {unique}");
    }
}

#[test]
fn a_row_that_was_rejected_there_is_sent_here() {
    let desk = desk(true);
    desk.write("customers.csv", table::csv(1..=4));
    desk.sandbox.set_faults(&[times(1, crate::desk::refused_with(422))]).unwrap();
    desk.expect(2, &["customers.csv", "--run", "first"]);
    desk.expect(0, &["customers.csv", "--run", "second", "--known", "first"]);
    desk.everyone_has_one_wallet("second", 4);
}

#[test]
fn what_is_known_must_be_a_run() {
    let desk = Desk::of(2);
    desk.expect(1, &["customers.csv", "--run", "run", "--known", "nowhere"])
        .says(&["nowhere: ", "there is no such directory"]);
    assert!(!desk.path("run").exists());
    desk.expect(0, &["customers.csv", "--run", "run"]);
    desk.expect(1, &["customers.csv", "--run", "run", "--known", "run"]).says(&["this is the run itself"]);
    assert_eq!(desk.creates(), 2);
}
