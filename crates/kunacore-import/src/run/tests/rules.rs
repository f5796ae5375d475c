//! The rules one by one: generations, taints, results, errors.

use super::sim::{Fault, Sim};
use super::*;
use crate::run::KnownRun;

const UNSENT: RowState = RowState::Unsent;
const TAINTED: RowState = RowState::Tainted;

#[test]
fn every_end_is_found_again_and_counted_once_durable() {
    let sim = Sim::new(1);
    let mut run = create(&sim).unwrap();
    run.announce(10).unwrap();
    let mut last = 0;
    for result in [
        created(&run, 1),
        rejected(&run, 2, "INVALID"),
        rejected(&run, 3, "conflict"),
        unresolved(&run, 4, false),
        unresolved(&run, 5, true),
        unread(&run, 6),
    ] {
        run.begin(result.row).unwrap();
        last = run.record(result).unwrap().number;
    }
    assert_eq!((run.durable(), run.counts()), (0, crate::run::Counts::default()), "nothing is durable yet");
    assert!(run.commit_by().is_some());
    assert_eq!(run.commit().unwrap(), last);
    assert_eq!(run.commit_by(), None);
    let counts = run.counts();
    assert_eq!((counts.created, counts.rejected, counts.conflicts, counts.unresolved), (1, 2, 1, 3));
    run.begin(7).unwrap();
    run.begin(8).unwrap();
    run.take_back(8);
    assert_eq!(run.stop().unwrap(), counts);
    drop(run);
    let run = open(&sim).unwrap().run;
    assert_eq!(run.counts(), counts);
    assert_eq!(
        states(&run, 12),
        [
            RowState::Created(How::Created),
            RowState::Rejected { conflict: false },
            RowState::Rejected { conflict: true },
            RowState::Unresolved { never_post: false },
            RowState::Unresolved { never_post: true },
            RowState::Unresolved { never_post: true },
            TAINTED,
            UNSENT,
            UNSENT,
            UNSENT,
            UNSENT,
            UNSENT
        ]
    );
}

#[test]
fn a_row_left_unsent_and_sent_by_a_process_that_was_killed_is_tainted() {
    let sim = Sim::new(2);
    let mut first = create(&sim).unwrap();
    first.announce(3).unwrap();
    first.stop().unwrap();
    drop(first);
    let mut second = open(&sim).unwrap().run;
    assert_eq!(states(&second, 3), [UNSENT; 3]);
    second.announce(3).unwrap();
    second.begin(1).unwrap();
    drop(second);
    let third = open(&sim).unwrap().run;
    // Which of them was sent is not known.
    assert_eq!(states(&third, 3), [TAINTED; 3]);
}

#[test]
fn a_process_that_announced_nothing_changes_no_taint() {
    let sim = Sim::new(3);
    let mut first = create(&sim).unwrap();
    first.announce(2).unwrap();
    first.begin(1).unwrap();
    first.stop().unwrap();
    drop(first);
    for _ in 0..2 {
        let mut run = open(&sim).unwrap().run;
        assert_eq!(states(&run, 2), [TAINTED, UNSENT]);
        run.stop().unwrap();
    }
    let mut run = open(&sim).unwrap().run;
    run.announce(2).unwrap();
    run.begin(1).unwrap();
    run.take_back(1);
    assert_eq!(run.state(1), TAINTED, "what an earlier process may have sent is not disproved");
    run.stop().unwrap();
    drop(run);
    assert_eq!(states(&open(&sim).unwrap().run, 2), [TAINTED, UNSENT]);
}

#[test]
fn only_the_last_beginning_of_a_row_is_taken_back() {
    let mut run = create(&Sim::new(17)).unwrap();
    run.announce(1).unwrap();
    run.begin(1).unwrap();
    run.take_back(1);
    assert_eq!(run.state(1), UNSENT);
    run.begin(1).unwrap();
    run.begin(1).unwrap();
    run.take_back(1);
    assert_eq!(run.state(1), TAINTED, "the first may have been sent");
}

#[test]
fn no_row_begins_before_it_is_announced_by_this_process() {
    let sim = Sim::new(4);
    let mut run = create(&sim).unwrap();
    assert!(matches!(run.begin(1), Err(RunError::NotAnnounced { row: 1 })));
    run.announce(2).unwrap();
    run.begin(2).unwrap();
    for row in [0, 3] {
        assert!(matches!(run.begin(row), Err(RunError::NotAnnounced { .. })));
        assert!(matches!(run.record(created(&run, row)), Err(RunError::NotAnnounced { .. })));
    }
    assert_eq!(run.take_unwritten().len(), 2, "results that cannot be written are handed back");
    run.announce(1).unwrap();
    assert_eq!(run.sent_upto(), 2, "it never goes back");
    run.stop().unwrap();
    drop(run);
    let mut run = open(&sim).unwrap().run;
    assert!(matches!(run.begin(1), Err(RunError::NotAnnounced { row: 1 })), "another process announces itself");
}

#[test]
fn a_final_row_is_neither_sent_nor_changed_and_the_second_result_is_handed_back() {
    let mut run = create(&Sim::new(5)).unwrap();
    run.announce(9).unwrap();
    run.record(created(&run, 1)).unwrap();
    run.record(rejected(&run, 2, "INVALID")).unwrap();
    for row in [1, 2] {
        assert!(matches!(run.begin(row), Err(RunError::Settled { .. })));
        let second = RowResult { attempts: 7, ..created(&run, row) };
        assert!(matches!(run.record(second.clone()), Err(RunError::Settled { .. })));
        assert_eq!(run.take_unwritten(), [second]);
    }
    let id = "x".repeat(2 << 20);
    let long = result(&run, 3, End::Created { how: How::Created, id, wallet_id: "w".to_owned() });
    assert!(matches!(run.record(long.clone()), Err(RunError::TooLong { row: 3 })));
    assert_eq!(run.take_unwritten(), [long]);
}

#[test]
fn what_must_never_be_sent_again_stays_so() {
    let sim = Sim::new(6);
    let mut run = create(&sim).unwrap();
    run.announce(1).unwrap();
    run.begin(1).unwrap();
    run.record(unread(&run, 1)).unwrap();
    run.record(unresolved(&run, 1, false)).unwrap();
    run.stop().unwrap();
    drop(run);
    let mut run = open(&sim).unwrap().run;
    assert_eq!(run.state(1), RowState::Unresolved { never_post: true });
    run.announce(1).unwrap();
    assert!(matches!(run.begin(1), Err(RunError::NeverPost { row: 1 })));
    run.record(created(&run, 1)).unwrap();
    assert_eq!(run.state(1), RowState::Created(How::Created));
}

#[test]
fn a_conflict_is_settled_by_the_user_and_nothing_else_is() {
    let sim = Sim::new(7);
    let mut run = create(&sim).unwrap();
    run.announce(3).unwrap();
    run.record(rejected(&run, 1, "conflict")).unwrap();
    run.record(rejected(&run, 2, "INVALID")).unwrap();
    for row in [2, 3] {
        assert!(matches!(run.accept(row, run.tag(&email(row)), "c", "w"), Err(RunError::NotOpen { .. })));
    }
    run.accept(1, run.tag(&email(1)), "c-9", "w-9").unwrap();
    run.stop().unwrap();
    assert_eq!((run.counts().adopted, run.counts().conflicts, run.counts().rejected), (1, 0, 1));
    drop(run);
    let run = open(&sim).unwrap().run;
    assert_eq!(run.state(1), RowState::Created(How::Adopted));
    assert_eq!((run.counts().adopted, run.counts().conflicts, run.counts().rejected), (1, 0, 1));
}

#[test]
fn what_was_found_and_when_a_row_was_sent_is_found_again() {
    let sim = Sim::new(21);
    let mut run = create(&sim).unwrap();
    run.announce(2).unwrap();
    let found = Some(Ids { id: "c-9".to_owned(), wallet_id: "w-9".to_owned() });
    let sent_at = Some("2026-01-01T00:00:00.5Z".to_owned());
    let doubt = RowResult { found: found.clone(), sent_at, ..unresolved(&run, 1, false) };
    let refusal = RowResult { found, ..rejected(&run, 2, "duplicate_email") };
    run.record(doubt.clone()).unwrap();
    run.record(refusal.clone()).unwrap();
    run.commit().unwrap();
    drop(run);
    assert_eq!((last_result(&sim, 1), last_result(&sim, 2)), (doubt, refusal));
}

#[test]
fn an_error_of_a_file_is_fatal_and_hands_back_what_is_not_durable() {
    // The first operation of a commit is its write, the second its sync.
    for (after, fault) in [(0, Fault::Fail), (0, Fault::Part), (1, Fault::Fail), (1, Fault::Part)] {
        let sim = Sim::new(9);
        let mut run = create(&sim).unwrap();
        run.announce(9).unwrap();
        run.record(created(&run, 1)).unwrap();
        run.commit().unwrap();
        let lost = created(&run, 2);
        run.record(lost.clone()).unwrap();
        sim.arm(after, fault);
        let error = run.commit().unwrap_err();
        assert!(error.is_fatal() && matches!(error, RunError::Io { file: "journal.jsonl", .. }), "{error}");
        assert_eq!((run.durable(), run.counts().created), (1, 1), "it does not count");
        assert!(matches!(run.announce(20), Err(RunError::Broken)));
        assert!(matches!(run.begin(3), Err(RunError::Broken)));
        assert!(matches!(run.commit(), Err(RunError::Broken)));
        assert!(matches!(run.stop(), Err(RunError::Broken)));
        let late = created(&run, 4);
        assert!(matches!(run.record(late.clone()), Err(RunError::Broken)));
        assert_eq!(run.take_unwritten(), [lost, late]);
        assert_eq!(run.take_unwritten(), []);
    }
}

#[test]
fn a_failed_sync_of_how_far_rows_may_leave_is_fatal() {
    for (after, fault) in [(0, Fault::Fail), (0, Fault::Part), (1, Fault::Fail), (1, Fault::Part)] {
        let sim = Sim::new(10);
        let mut run = create(&sim).unwrap();
        sim.arm(after, fault);
        assert!(run.announce(9).unwrap_err().is_fatal());
        assert!(matches!(run.begin(1), Err(RunError::Broken)));
        assert_eq!(run.sent_upto(), 0);
    }
}

#[test]
fn a_short_write_is_completed() {
    let sim = Sim::new(11);
    let mut run = create(&sim).unwrap();
    sim.arm(0, Fault::Short);
    run.announce(1).unwrap();
    run.record(created(&run, 1)).unwrap();
    sim.arm(0, Fault::Short);
    run.stop().unwrap();
    assert!(!sim.disarm());
    drop(run);
    assert_eq!(states(&open(&sim).unwrap().run, 2), [RowState::Created(How::Created), UNSENT]);
}

#[test]
fn a_stopped_run_takes_nothing_more() {
    let mut run = create(&Sim::new(12)).unwrap();
    run.announce(1).unwrap();
    run.stop().unwrap();
    assert!(matches!(run.begin(1), Err(RunError::Stopped)));
    assert!(matches!(run.announce(2), Err(RunError::Stopped)));
    assert!(matches!(run.record(created(&run, 1)), Err(RunError::Stopped)));
    assert_eq!(run.take_unwritten().len(), 1);
}

#[test]
fn the_servers_time_is_noted_once() {
    let sim = Sim::new(13);
    let mut run = create(&sim).unwrap();
    run.note_server_time(Some("2026-01-01T00:00:01Z")).unwrap();
    run.note_server_time(Some("2027-01-01T00:00:00Z")).unwrap();
    run.note_server_time(None).unwrap();
    drop(run);
    sim.cut_power();
    let run = open(&sim).unwrap().run;
    assert_eq!(run.manifest().began_server_time.as_deref(), Some("2026-01-01T00:00:01Z"));
}

#[test]
fn a_servers_time_that_was_unknown_when_rows_were_sent_stays_so_and_else_is_learned_later() {
    for announced in [0, 1] {
        let sim = Sim::new(13);
        let mut run = create(&sim).unwrap();
        assert_eq!(run.manifest().began_server_time, None);
        run.note_server_time(None).unwrap();
        if announced > 0 {
            run.announce(announced).unwrap();
        }
        drop(run);
        sim.cut_power();
        let mut run = open(&sim).unwrap().run;
        run.note_server_time(Some("2027-01-01T00:00:00Z")).unwrap();
        assert_eq!(run.manifest().server_time().is_some(), announced == 0);
    }
}

#[test]
fn where_the_table_is_can_change() {
    let sim = Sim::new(22);
    let mut run = create(&sim).unwrap();
    let there = Input::files(&["/there/customers.csv".into()], &Default::default(), &Default::default()).unwrap();
    let copy: Input = serde_json::from_str("{}").unwrap();
    for input in [&there, &copy, &there] {
        run.note_input(input).unwrap();
        run.note_input(input).unwrap();
        drop(run);
        run = open(&sim).unwrap().run;
        assert_eq!(run.manifest().input, *input);
    }
}

#[test]
fn a_run_that_lost_its_manifest_is_no_new_one() {
    let sim = Sim::new(14);
    let mut run = create(&sim).unwrap();
    run.announce(1).unwrap();
    drop(run);
    sim.remove("manifest.json");
    assert!(matches!(create(&sim), Err(RunError::Corrupt { file: "manifest.json", .. })));
    assert!(matches!(open(&sim), Err(RunError::Corrupt { file: "manifest.json", .. })));
    let known = KnownRun::open_on(sim.disk());
    assert!(matches!(known, Err(RunError::Corrupt { file: "manifest.json", .. })));
}

#[test]
fn other_questions_are_refused_and_name_the_difference() {
    let sim = Sim::new(15);
    drop(create(&sim).unwrap());
    let other = Asked { fingerprint: "sha256:11".to_owned(), ..asked() };
    let Err(RunError::Different(found)) = Run::open_on(sim.disk(), &other) else { panic!("it was opened") };
    assert_eq!(found[0].to_string(), "fingerprint was \"sha256:00\" and is \"sha256:11\" now");
}

#[test]
fn the_journal_and_the_errors_hold_no_email() {
    let sim = Sim::new(16);
    let mut run = create(&sim).unwrap();
    run.announce(3).unwrap();
    run.record(created(&run, 1)).unwrap();
    run.stop().unwrap();
    for name in ["journal.jsonl", "manifest.json", "sent_upto", "key"] {
        assert!(!String::from_utf8_lossy(&sim.bytes(name)).contains("mail.example"), "{name}");
    }
}
