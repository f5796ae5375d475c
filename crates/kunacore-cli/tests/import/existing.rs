//! Customers that were there before: rejected with their ids, or adopted.

use kunacore_sandbox::SandboxOptions;

use crate::desk::Desk;
use crate::table;

/// A server that has the customers 1 to 3, of whom the second is somebody else.
fn desk(unique: bool) -> Desk {
    let desk = Desk::with(SandboxOptions { unique, ..SandboxOptions::default() });
    let other = table::row(2).replace("Alex,Smith", "Sam,Jones");
    desk.write("before.csv", table::of([table::row(1), other, table::row(3)]));
    desk.expect(0, &["before.csv", "--run", "before"]);
    desk.write("customers.csv", table::csv(1..=5));
    desk
}

#[test]
fn a_customer_who_exists_is_rejected_with_the_ids_that_there_are() {
    let desk = desk(true);
    let done = desk.expect(2, &["customers.csv", "--run", "run"]).says(&["3 rows have a customer already"]);
    let before = desk.rows("before/created.csv");
    let rejected = desk.rows("run/rejected.csv");
    assert_eq!(rejected.len(), 3);
    for (row, before) in rejected.iter().zip(&before) {
        assert_eq!(row["reject_code"], "duplicate_email");
        assert_eq!((&row["existing_id"], &row["existing_wallet_id"]), (&before["id"], &before["wallet_id"]));
    }
    assert_eq!(desk.created().len(), 5);
    assert!(!done.err.contains("Mend"), "there is nothing to mend: {}", done.err);
    // The printed command adopts the two that are the same person.
    desk.shell(&done.printed_command("same person: ")).expect(2).says(&["1 row may be another person"]);
    assert_eq!(desk.created().len(), 5);
}

#[test]
fn a_customer_who_exists_is_adopted_if_it_is_the_same_person_and_else_a_conflict() {
    for unique in [true, false] {
        let desk = desk(unique);
        desk.expect(2, &["customers.csv", "--run", "run", "--existing", "adopt"]);
        let summary = desk.summary("run");
        let counts = ["created", "adopted", "rejected"].map(|state| summary[state].as_i64().unwrap());
        assert_eq!(counts, [4, 2, 1], "unique: {unique}");
        let conflict = &desk.rows("run/rejected.csv")[0];
        let before = desk.rows("before/created.csv");
        assert_eq!((&*conflict["reject_code"], &conflict["existing_id"]), ("conflict", &before[1]["id"]));
        let adopted = &desk.rows("run/created.csv")[0];
        assert_eq!((&*adopted["how"], &adopted["wallet_id"]), ("adopted", &before[0]["wallet_id"]));
        assert_eq!(desk.created().len(), 5, "nobody got a second wallet");
    }
}

#[test]
fn the_printed_command_goes_on_adopting() {
    for unique in [true, false] {
        let desk = desk(unique);
        let done = desk.expect(4, &["customers.csv", "--run", "run", "--existing", "adopt", "--canary", "1"]);
        desk.shell(&done.printed_command("Continue with: ")).expect(2);
        assert_eq!((&desk.summary("run")["adopted"], desk.created().len()), (&2.into(), 5), "unique: {unique}");
    }
}

#[test]
fn a_nightly_table_with_some_new_rows_ends_with_every_wallet_and_none_is_opened_twice() {
    for unique in [true, false] {
        let desk = Desk::with(SandboxOptions { unique, ..SandboxOptions::default() });
        desk.write("monday.csv", table::csv(1..=190));
        desk.expect(0, &["monday.csv", "--run", "monday"]);
        desk.write("tuesday.csv", table::csv(1..=200));
        desk.expect(0, &["tuesday.csv", "--run", "tuesday", "--existing", "adopt"]);
        desk.everyone_has_one_wallet("tuesday", 200);
        assert_eq!(desk.summary("tuesday")["adopted"], 190);
    }
}
