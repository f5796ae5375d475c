//! What another run is asked for an e-mail.

use super::sim::Sim;
use super::*;
use crate::run::{KnownCustomer, KnownRun};

fn known(sim: &Sim) -> KnownRun {
    KnownRun::open_on(sim.disk()).unwrap()
}

#[test]
fn another_run_tells_its_customers_its_doubts_and_what_it_did_not_create() {
    let sim = Sim::new(1);
    let mut run = create(&sim).unwrap();
    run.announce(9).unwrap();
    run.record(created(&run, 1)).unwrap();
    run.record(rejected(&run, 2, "INVALID")).unwrap();
    run.record(unresolved(&run, 3, false)).unwrap();
    run.record(unread(&run, 4)).unwrap();
    run.record(unresolved(&run, 5, false)).unwrap();
    run.record(created(&run, 5)).unwrap();
    run.record(rejected(&run, 6, "conflict")).unwrap();
    run.accept(6, run.tag(&email(6)), "c-6", "w-6").unwrap();
    // Two rows of one e-mail with different customers.
    run.record(RowResult { tag: run.tag(&email(7)), ..created(&run, 7) }).unwrap();
    run.record(RowResult { tag: run.tag(&email(7)), ..created(&run, 8) }).unwrap();
    run.note_server_time(Some("2026-01-01T00:00:01Z")).unwrap();
    run.stop().unwrap();
    assert!(matches!(KnownRun::open_on(sim.disk()), Err(RunError::InUse)));
    drop(run);
    let mut known = known(&sim);
    assert_eq!(known.untagged(), 0);
    assert_eq!(known.began_server_time(), Some("2026-01-01T00:00:01Z"));
    let found = |row: u32| {
        let (id, wallet_id) = (format!("c-{row}"), format!("w-{row}"));
        let journal = String::from_utf8(sim.bytes("journal.jsonl")).unwrap();
        let at = journal
            .lines()
            .take_while(|line| !line.contains(&format!("\"id\":\"{id}\"")))
            .map(|line| line.len() + 1)
            .sum::<usize>();
        KnownCustomer::Created { row, at: at as u64, id, wallet_id }
    };
    assert_eq!(known.journal_length(), sim.bytes("journal.jsonl").len() as u64);
    for (row, expected) in [
        (1, found(1)),
        (2, KnownCustomer::Absent),
        (3, KnownCustomer::Tainted),
        (4, KnownCustomer::Tainted),
        (5, found(5)),
        (6, found(6)),
        (7, KnownCustomer::Tainted),
        (9, KnownCustomer::Absent),
        (10, KnownCustomer::Absent),
    ] {
        assert_eq!(known.find(&format!(" {} ", email(row).to_uppercase())).unwrap(), expected, "row {row}");
    }
}

#[test]
fn no_email_is_absent_from_a_run_that_may_have_sent_rows_of_which_it_has_no_record() {
    let sim = Sim::new(2);
    let mut run = create(&sim).unwrap();
    run.announce(3).unwrap();
    run.record(created(&run, 1)).unwrap();
    run.begin(2).unwrap();
    run.stop().unwrap();
    drop(run);
    let mut known = known(&sim);
    assert_eq!(known.untagged(), 1);
    assert!(matches!(known.find(&email(1)).unwrap(), KnownCustomer::Created { row: 1, .. }));
    assert_eq!(known.find(&email(2)).unwrap(), KnownCustomer::Tainted);
    assert_eq!(known.find("someone@else.example").unwrap(), KnownCustomer::Tainted);
}

#[test]
fn a_torn_journal_is_read_and_left_as_it_is() {
    let sim = Sim::new(3);
    let mut run = create(&sim).unwrap();
    run.announce(1).unwrap();
    run.record(created(&run, 1)).unwrap();
    run.commit().unwrap();
    drop(run);
    let torn = [sim.bytes("journal.jsonl"), b"{\"crc\":\"0".to_vec()].concat();
    sim.put("journal.jsonl", &torn);
    assert!(matches!(known(&sim).find(&email(1)).unwrap(), KnownCustomer::Created { row: 1, .. }));
    assert_eq!(sim.bytes("journal.jsonl"), torn);
}
