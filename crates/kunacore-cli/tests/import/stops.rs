//! What stops a run: it says why, loses nothing, and goes on after mending.

use std::sync::atomic::{AtomicUsize, Ordering};

use kunacore_sandbox::{Effect, Fault, Operation, Phase};

use crate::desk::{Desk, blind, ended, refused_with, times};
use crate::front::{Answer, Front};
use crate::table;

#[test]
fn wrong_credentials_stop_before_the_first_row_and_right_ones_go_on() {
    let desk = Desk::of(10);
    let mut command = desk.command(&["customers.csv", "--run", "run"]);
    let done = ended(command.env("KUNACORE_API_KEY", "wrong-key").output().unwrap()).expect(4);
    assert!(!done.err.contains("wrong-key"), "{}", done.err);
    done.says(&["error: ", "401", "next: ", "kunacore import --run run"]);
    assert_eq!((desk.creates(), desk.rows("run/unsent.csv").len()), (0, 10));

    let mut command = desk.command(&["--run", "run"]);
    command.env_remove("KUNACORE_API_KEY").env("KUNACORE_EMAIL", desk.sandbox.email());
    command.env("KUNACORE_PASSWORD", desk.sandbox.password()).env("KUNACORE_MERCHANT_ID", desk.sandbox.merchant_id());
    ended(command.output().unwrap()).expect(0);
    desk.everyone_has_one_wallet("run", 10);
}

#[test]
fn a_server_that_refuses_the_caller_and_not_the_row_stops_the_run_and_leaves_the_rows_unsent() {
    for status in [401, 404, 405, 301, 307, 308] {
        let desk = Desk::of(200);
        desk.sandbox.set_faults(&[refused_with(status)]).unwrap();
        let done = desk.expect(4, &["customers.csv", "--run", "run"]);
        done.says(&["error: ", "next: ", "Continue with: kunacore import --run run"]);
        assert!(desk.creates() <= 64, "{status}: {}", desk.creates());
        let summary = desk.summary("run");
        assert_eq!((&summary["unsent"], &summary["rejected"]), (&200.into(), &0.into()), "{status}");
        desk.sandbox.clear_faults();
        desk.expect(4, &["--run", "run", "--canary", "3"]);
        assert_eq!(desk.created().len(), 3, "{status}");
    }
}

#[test]
fn credentials_that_end_in_the_middle_leave_the_rest_unsent() {
    let desk = Desk::of(60);
    // A rule that is used up lets all pass, so the first twenty are delayed and the others refused.
    let delayed = Fault::new(Operation::Create, Phase::Before, Effect::Delay { ms: 1 });
    desk.sandbox.set_faults(&[times(20, delayed), refused_with(401)]).unwrap();
    desk.expect(4, &["customers.csv", "--run", "run"]);
    let summary = desk.summary("run");
    assert_eq!((&summary["created"], &summary["unsent"]), (&20.into(), &40.into()));
    desk.sandbox.clear_faults();
    desk.expect(0, &["--run", "run"]);
    desk.everyone_has_one_wallet("run", 60);
}

#[test]
fn a_refusal_for_one_row_alone_is_no_stop() {
    let desk = Desk::of(20);
    desk.sandbox.set_faults(&[times(3, refused_with(403))]).unwrap();
    desk.expect(2, &["customers.csv", "--run", "run"]);
    assert_eq!((desk.created().len(), desk.rows("run/rejected.csv").len()), (17, 3));
}

#[test]
fn five_answers_in_a_row_that_cannot_be_read_stop_and_are_never_sent_again() {
    let desk = Desk::of(40);
    let unread = Fault::new(Operation::Create, Phase::After, Effect::Garbage {});
    desk.sandbox.set_faults(&[&[unread][..], &blind()].concat()).unwrap();
    let done = desk.expect(3, &["customers.csv", "--run", "run", "--concurrency", "1"]);
    done.says(&["5 answers in a row", "cannot be read"]);
    let unread = desk.creates();
    assert_eq!(unread, 5, "it is counted when the answer is there, not when the look-ups are over");
    let unresolved = desk.rows("run/unresolved.csv");
    assert!(unresolved.iter().all(|row| row["reason"] == "created_unread"), "{unresolved:?}");
    desk.sandbox.clear_faults();
    desk.expect(0, &["--run", "run"]);
    desk.everyone_has_one_wallet("run", 40);
    assert_eq!(desk.creates(), 40, "nobody was sent twice");
    assert_eq!(desk.summary("run")["reconciled"], unread);
}

#[test]
fn an_id_that_two_rows_get_stops_the_run_and_is_settled_by_the_users_word() {
    let desk = Desk::of(6);
    let first = std::sync::Arc::new(std::sync::Mutex::new(None::<(String, String)>));
    // The third creation is carried out, and answered with the ids of the first.
    let (kept, url) = (first.clone(), desk.sandbox.url().to_owned());
    let front = Front::before(&url, move |request, before| {
        let (id, wallet) = kept.lock().unwrap().clone()?;
        (request.creates() && before == 2).then(|| Answer::created(&id, &wallet, &table::email(3)))
    });
    let run = ["--run", "run", "--concurrency", "1"];
    ended(desk.command_at(&front.url, &[&["customers.csv", "--canary", "2"], &run[..]].concat()).output().unwrap())
        .expect(4);
    let created = &desk.created()[0];
    *first.lock().unwrap() = Some((created.id.clone(), created.wallet_id.clone()));
    let done = ended(desk.command_at(&front.url, &run).output().unwrap()).expect(3);
    let done = done.says(&["Row 3 came back with an id that row 1 has already", "--accept ROW=ID"]);
    assert!(!done.out.contains("panicked"));
    let unresolved = desk.rows("run/unresolved.csv");
    assert_eq!((&*unresolved[0]["row"], &*unresolved[0]["reason"]), ("3", "conflict"));
    assert_eq!(unresolved[0]["candidate_id"], created.id);

    // The run goes on; the conflict is looked up, and nobody is found: it is not sent again on our own.
    let again = ended(desk.command_at(&front.url, &run).output().unwrap());
    assert!(matches!(again.status, Some(0 | 3)), "{}", again.err);
    assert_eq!(desk.created().len(), desk.rows("run/created.csv").len());
}

#[test]
fn a_conflict_is_settled_by_the_users_word() {
    let desk = Desk::of(3);
    let other = table::row(2).replace("Alex,Smith", "Sam,Jones");
    desk.write("before.csv", table::of([other]));
    desk.expect(0, &["before.csv", "--run", "before"]);
    let id = desk.created()[0].id.clone();
    desk.expect(2, &["customers.csv", "--run", "run", "--existing", "adopt"]);
    assert_eq!(desk.rows("run/rejected.csv")[0]["existing_id"], id);
    // A row that is not open, and an id that there is not, change nothing.
    desk.expect(1, &["--run", "run", "--accept", &format!("1={id}")])
        .says(&["Row 1 is neither unresolved nor a conflict"]);
    desk.expect(1, &["--run", "run", "--accept", &format!("9={id}")]).says(&["Row 9 is neither"]);
    desk.expect(2, &["--run", "run", "--accept", "2=nobody"]).says(&["Row 2 was not accepted"]);
    // Nor does the customer of another row, which is a slip of the hand.
    let another = &desk.rows("run/created.csv")[0]["id"];
    desk.expect(2, &["--run", "run", "--accept", &format!("2={another}")]).says(&["has another e-mail than the row"]);
    desk.expect(0, &["--run", "run", "--accept", &format!("2={id}")]);
    let row = &desk.rows("run/created.csv")[1];
    assert_eq!((&*row["id"], &*row["how"]), (&*id, "adopted"));
    desk.everyone_has_one_wallet("run", 3);
    desk.expect(0, &["--run", "run"]);
}

#[test]
fn a_conflict_of_a_table_that_was_read_once_can_be_settled_when_all_else_is_done() {
    let desk = Desk::new();
    desk.write("before.csv", table::of([table::row(2).replace("Alex,Smith", "Sam,Jones")]));
    desk.expect(0, &["before.csv", "--run", "before"]);
    let id = desk.created()[0].id.clone();
    let done = desk.feed(table::csv(1..=3).as_bytes(), &["-", "--run", "run", "--existing", "adopt"]).expect(2);
    assert!(done.printed_command("by your word: ").contains("--accept ROW=ID"));
    desk.expect(0, &["--run", "run", "--accept", &format!("2={id}")]);
    desk.everyone_has_one_wallet("run", 3);
    assert!(!desk.path("run/input.arrow").exists());
}

#[test]
fn a_server_that_is_not_there_stops_at_once_and_nothing_is_sent() {
    let desk = Desk::of(10);
    let (address, mut command) = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", free.local_addr().unwrap());
        (free.local_addr().unwrap(), desk.command_at(&url, &["customers.csv", "--run", "run"]))
    };
    let done = ended(command.output().unwrap()).expect(4).says(&["error: ", "next: ", "kunacore import --run run"]);
    assert!(done.out.contains("10"), "{}", done.out);
    assert_eq!(desk.rows("run/unsent.csv").len(), 10);
    // When it is there, the same command goes on.
    let options = kunacore_sandbox::SandboxOptions { listen: address, ..Default::default() };
    let late = kunacore_sandbox::Sandbox::start_blocking(options).unwrap();
    ended(command.output().unwrap()).expect(0);
    assert_eq!(late.ledger().unwrap().created.len(), 10);
}

#[test]
fn a_row_that_is_always_answered_with_an_error_does_not_stop_the_others_and_ends_unresolved() {
    let desk = Desk::of(120);
    let poison = table::email(50);
    let tries = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = tries.clone();
    let front = Front::before(desk.sandbox.url(), move |request, _| {
        (request.creates() && request.body.contains(&poison)).then(|| {
            counted.fetch_add(1, Ordering::Relaxed);
            Answer::status(500)
        })
    });
    let done = ended(desk.command_at(&front.url, &["customers.csv", "--run", "run"]).output().unwrap()).expect(3);
    done.says(&["1 row may or may not have been created", "Continue with: kunacore import --run run"]);
    let summary = desk.summary("run");
    assert_eq!((&summary["created"], &summary["unresolved"], &summary["unsent"]), (&119.into(), &1.into(), &0.into()));
    let unresolved = desk.rows("run/unresolved.csv");
    assert_eq!(unresolved[0]["row"], "50");
    assert!(!unresolved[0]["first_sent_at"].is_empty());
    assert!(tries.load(Ordering::Relaxed) <= 3);
    // At the server itself there is nothing wrong with it.
    let done = ended(desk.command_at(&front.url, &["--run", "run"]).output().unwrap());
    assert_eq!(done.status, Some(3));
    assert_eq!(desk.created().len(), 119);
}
