//! Rows of an import: what an earlier process may have sent, and what is left to the importer.

use super::*;

/// A row that may have been sent by a process that ended when the test begins; its run began an hour before.
async fn row(script: &Script, sealed: bool, options: Options) -> (Result<Gained, Error>, Standing) {
    let began = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(SERVER_START - 3600));
    run_row(script, Some(Earlier { began, ended: clock::now(), sealed }), options).await
}

async fn run_row(script: &Script, earlier: Option<Earlier>, options: Options) -> (Result<Gained, Error>, Standing) {
    let (customer, budget, deadline) = (alex(), Budget::new(), Deadline::none());
    let creation = Creation { server: script, customer: &customer, options, deadline, paced: true };
    creation.run_after(earlier, Retry::new(&budget, deadline, &options).paced()).await
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_process_created_is_found_and_not_sent() {
    for seconds in [1, -60, -3500] {
        let script = Script::new(&[], &[Shows::Match(seconds)]);
        let (result, _) = row(&script, false, options()).await;
        let gained = result.expect("found");
        assert_eq!((gained.how, gained.attempts, script.count(true)), (How::Reconciled, 0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_sent_once_more_only_when_it_was_absent_twice() {
    let script = Script::new(&[], &[Shows::Absent]);
    let gained = row(&script, false, options()).await.0.expect("created");
    assert_eq!((gained.how, gained.attempts, script.count(false)), (How::Created, 1, 2));
    assert_eq!(script.began.elapsed(), SETTLE + ATTEMPT);
    for shows in [Shows::Unproven, Shows::Inconclusive, Shows::Stranger] {
        let script = Script::new(&[], &[shows]);
        let (result, standing) = row(&script, false, options()).await;
        let error = result.expect_err("not settled");
        assert_eq!((error.outcome(), standing, script.count(true)), (Outcome::Unknown, Standing::Tainted, 0));
        assert_eq!(error.is_unproven(), shows == Shows::Unproven);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_was_there_before_the_run_is_a_duplicate_and_not_ours() {
    let script = Script::new(&[], &[Shows::Match(-7200)]);
    let error = row(&script, false, options()).await.0.expect_err("a duplicate");
    assert_eq!((error.outcome(), script.count(true)), (Outcome::Rejected, 0));
    assert!(error.existing().is_some());
    assert!(script.began.elapsed() >= SETTLE, "ours may still appear until then");
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_as_created_is_never_sent_again_whatever_look_ups_say() {
    for shows in SHOWS {
        for trust_uniqueness in [false, true] {
            let script = Script::new(&[], &[shows]);
            let (_, standing) = row(&script, true, Options { trust_uniqueness, ..options() }).await;
            assert_eq!((standing, script.count(true)), (Standing::Sealed, 0), "{shows:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_comes_after_the_doubt_it_stays_in_doubt() {
    for class in CLASSES {
        let script = Script::new(&[class], &[Shows::Absent]);
        let (result, standing) = row(&script, false, options()).await;
        assert_eq!(result.expect_err("not settled").outcome(), Outcome::Unknown, "{class:?}");
        assert_ne!(standing, Standing::Clean, "{class:?}");
        assert_eq!(script.count(true), 1, "{class:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_applied_goes_back_to_the_importer_at_once() {
    for class in [Class::NotSent, Class::TurnedAway, Class::Throttled] {
        let script = Script::new(&[class], &[Shows::Absent]);
        let (result, standing) = run_row(&script, None, options()).await;
        assert_eq!((script.count(true), script.began.elapsed()), (1, ATTEMPT), "{class:?}");
        assert_eq!((result.expect_err("not applied").outcome(), standing), (Outcome::NotApplied, Standing::Clean));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_row_is_looked_up_at_once_and_when_the_server_must_be_done() {
    let script = Script::new(&[Class::Lost], &[Shows::Absent]);
    let gained = run_row(&script, None, options()).await.0.expect("created");
    assert_eq!((gained.attempts, script.count(false)), (2, 2));
    assert_eq!(script.began.elapsed(), ATTEMPT + SETTLE + ATTEMPT);
}
