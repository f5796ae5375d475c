//! The rules of ids: two rows never silently hold the same one.

use super::sim::Sim;
use super::*;
use crate::run::{CONFLICT, IdKind, SameId};

/// The result of a row that was created, with these ids.
fn with_ids(run: &Run, row: u32, id: &str, wallet_id: &str) -> RowResult {
    let end = End::Created { how: How::Created, id: id.to_owned(), wallet_id: wallet_id.to_owned() };
    RowResult { end, ..created(run, row) }
}

fn same(kind: IdKind, id: &str, first: u32, second: u32) -> SameId {
    SameId { kind, id: id.to_owned(), first, second }
}

#[test]
fn an_id_on_two_rows_is_told_at_once_and_on_every_open() {
    let sim = Sim::new(8);
    let mut run = create(&sim).unwrap();
    run.announce(5000).unwrap();
    for row in 1..=3000 {
        assert_eq!(run.record(created(&run, row)).unwrap().same_ids, []);
    }
    run.commit().unwrap();
    let both = [same(IdKind::Customer, "c-5", 5, 3001), same(IdKind::Wallet, "w-6", 6, 3001)];
    assert_eq!(run.record(with_ids(&run, 3001, "c-5", "w-6")).unwrap().same_ids, both);
    let again = [same(IdKind::Customer, "c-5", 5, 3002)];
    assert_eq!(run.record(with_ids(&run, 3002, "c-5", "w-3002")).unwrap().same_ids, again);
    // An id of one kind is no id of the other.
    assert_eq!(run.record(with_ids(&run, 3003, "w-7", "c-7")).unwrap().same_ids, []);
    // A row may have its own id twice.
    run.record(unread(&run, 3004)).unwrap();
    assert_eq!(run.record(created(&run, 3004)).unwrap().same_ids, []);
    run.stop().unwrap();
    drop(run);
    let opened = open(&sim).unwrap();
    assert_eq!(opened.same_ids, [both[0].clone(), again[0].clone(), both[1].clone()]);
    assert!(!opened.more_same_ids);
}

#[test]
fn a_row_whose_customer_another_row_has_is_in_doubt_and_keeps_the_ids() {
    let sim = Sim::new(18);
    let mut run = create(&sim).unwrap();
    run.announce(4).unwrap();
    run.record(created(&run, 1)).unwrap();
    run.begin(2).unwrap();
    for (row, how) in [(2, How::Created), (3, How::Reconciled), (4, How::Known)] {
        let (id, wallet_id) = ("c-1".to_owned(), format!("w-{row}"));
        let ticket = run.record(result(&run, row, End::Created { how, id, wallet_id })).unwrap();
        assert_eq!(ticket.same_ids, [same(IdKind::Customer, "c-1", 1, row)]);
        assert_eq!(run.state(row), RowState::Unresolved { never_post: true });
    }
    run.stop().unwrap();
    assert_eq!((run.counts().created, run.counts().unresolved), (1, 3));
    drop(run);
    let kept = last_result(&sim, 2);
    assert_eq!(kept.code.as_deref(), Some(CONFLICT));
    assert_eq!(kept.message.as_deref(), Some("its id is also that of row 1; the ids of both rows are kept"));
    assert_eq!(kept.found, Some(Ids { id: "c-1".to_owned(), wallet_id: "w-2".to_owned() }));
    // It is so again after another look-up says the same, and it is settled by one that does not.
    let Opened { mut run, same_ids, .. } = open(&sim).unwrap();
    assert_eq!(same_ids, [2, 3, 4].map(|row| same(IdKind::Customer, "c-1", 1, row)));
    run.announce(4).unwrap();
    assert!(matches!(run.begin(2), Err(RunError::NeverPost { row: 2 })));
    let again = run.record(with_ids(&run, 2, "c-1", "w-2")).unwrap();
    assert_eq!((again.same_ids.len(), run.state(2)), (1, RowState::Unresolved { never_post: true }));
    assert_eq!(run.record(with_ids(&run, 3, "c-3", "w-3")).unwrap().same_ids, []);
    assert_eq!(run.state(3), RowState::Created(How::Created));
}

#[test]
fn the_users_word_stands_though_another_row_has_the_customer_and_that_is_told() {
    let sim = Sim::new(19);
    let mut run = create(&sim).unwrap();
    run.announce(2).unwrap();
    run.record(created(&run, 1)).unwrap();
    run.record(rejected(&run, 2, "conflict")).unwrap();
    let ticket = run.accept(2, run.tag(&email(2)), "c-1", "w-1").unwrap();
    let both = [same(IdKind::Customer, "c-1", 1, 2), same(IdKind::Wallet, "w-1", 1, 2)];
    assert_eq!((ticket.same_ids, run.state(2)), (both.to_vec(), RowState::Created(How::Adopted)));
    run.stop().unwrap();
    drop(run);
    assert_eq!(open(&sim).unwrap().same_ids, both);
}

#[test]
fn what_may_be_a_rows_customer_is_no_other_rows_and_a_row_may_come_back_to_it() {
    let sim = Sim::new(20);
    let mut run = create(&sim).unwrap();
    run.announce(4).unwrap();
    let candidate = |row, id: u32| {
        let found = Some(Ids { id: format!("c-{id}"), wallet_id: format!("w-{id}") });
        RowResult { found, ..unresolved(&create(&Sim::new(0)).unwrap(), row, false) }
    };
    assert_eq!(run.record(candidate(1, 1)).unwrap().same_ids, []);
    // What stands in the way of a rejected row is another's by its nature.
    run.record(RowResult { found: candidate(1, 1).found, ..rejected(&run, 2, "duplicate_email") }).unwrap();
    assert_eq!(run.record(with_ids(&run, 3, "c-3", "w-1")).unwrap().same_ids, [same(IdKind::Wallet, "w-1", 1, 3)]);
    run.stop().unwrap();
    drop(run);
    let mut run = open(&sim).unwrap().run;
    run.announce(4).unwrap();
    // Another look-up finds somebody else; the first candidate is free then.
    assert_eq!(run.record(candidate(1, 9)).unwrap().same_ids, []);
    assert_eq!(run.record(with_ids(&run, 3, "c-3", "w-1")).unwrap().same_ids, []);
    assert_eq!(run.record(with_ids(&run, 1, "c-9", "w-9")).unwrap().same_ids, []);
}
