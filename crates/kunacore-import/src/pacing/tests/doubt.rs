//! Creations that fail one after the other: nothing leaves until somebody has looked whether the server is there.

use std::sync::Arc;
use std::time::Duration;

use kunacore::gate::{Ending, Gate as _, Operation, Seen};
use tokio::time::{Instant, sleep, timeout};

use super::sim::{seen, send};
use crate::pacing::{LOGIN_DISTANCE, Pacer, Pacing, Why};

const SECOND: Duration = Duration::from_secs(1);
const SILENCE: [Ending; 7] = [
    Ending::NotSent,
    Ending::TimedOut,
    Ending::Lost,
    Ending::Answered(500),
    Ending::Answered(502),
    Ending::Answered(503),
    Ending::Answered(504),
];

fn pacer() -> Arc<Pacer> {
    Pacer::new(Pacing { concurrency: Some(10), ..Pacing::default() })
}

async fn create(pacer: &Pacer, ending: Ending) {
    assert!(
        timeout(60 * SECOND, send(pacer, Operation::Create, ending, Duration::from_millis(10)))
            .await
            .expect("it leaves")
    );
}

async fn suspects(pacer: &Pacer) -> bool {
    timeout(Duration::ZERO, pacer.suspect()).await.is_ok()
}

async fn in_doubt() -> Arc<Pacer> {
    let pacer = pacer();
    for ending in &SILENCE[..5] {
        assert!(!suspects(&pacer).await);
        create(&pacer, *ending).await;
    }
    assert!(suspects(&pacer).await);
    pacer
}

async fn leaves(pacer: &Pacer, operation: Operation) -> bool {
    timeout(Duration::from_secs(3600), pacer.enter(operation)).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn five_creations_in_a_row_without_an_answer_stop_everything_but_logins() {
    for first in SILENCE {
        let pacer = pacer();
        for ending in SILENCE.into_iter().filter(|ending| *ending != first).take(4).chain([first]) {
            assert!(!suspects(&pacer).await);
            create(&pacer, ending).await;
        }
        assert!(suspects(&pacer).await, "{first:?}");
        assert_eq!(pacer.status().pause.map(|pause| (pause.why, pause.until)), Some((Why::Suspected, None)));
        for operation in [Operation::Create, Operation::Find, Operation::Details] {
            assert!(!leaves(&pacer, operation).await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_begins_the_count_anew_and_push_back_is_one() {
    for answer in
        [201, 200, 302, 400, 401, 403, 404, 409, 422, 429].map(Ending::Answered).into_iter().chain([Ending::TurnedAway])
    {
        let pacer = pacer();
        for ending in [Ending::TimedOut, Ending::Lost, Ending::NotSent, Ending::Answered(500), answer] {
            create(&pacer, ending).await;
        }
        sleep(5 * SECOND).await;
        for _ in 0..4 {
            create(&pacer, Ending::Lost).await;
        }
        assert!(!suspects(&pacer).await, "{answer:?}");
        create(&pacer, Ending::Lost).await;
        assert!(suspects(&pacer).await, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn look_ups_and_calls_that_were_given_up_do_not_count() {
    let pacer = pacer();
    for _ in 0..10 {
        create(&pacer, Ending::Dropped).await;
        for operation in [Operation::Find, Operation::Details, Operation::Login] {
            assert!(send(&pacer, operation, Ending::TimedOut, Duration::ZERO).await);
        }
    }
    assert!(!suspects(&pacer).await);
    for _ in 0..4 {
        create(&pacer, Ending::Lost).await;
        create(&pacer, Ending::Dropped).await;
        assert!(send(&pacer, Operation::Find, Ending::Answered(200), Duration::ZERO).await);
    }
    create(&pacer, Ending::Lost).await;
    assert!(suspects(&pacer).await);
}

#[tokio::test(start_paused = true)]
async fn the_look_waits_for_the_end_of_a_pause() {
    let (pacer, left) = (pacer(), Instant::now());
    for _ in 0..5 {
        assert!(pacer.enter(Operation::Create).await);
    }
    for _ in 0..5 {
        let retry_after = Some(60 * SECOND);
        pacer.leave(Seen { retry_after, ..seen(Operation::Create, Ending::Answered(503), left) });
    }
    pacer.suspect().await;
    assert_eq!(left.elapsed(), 60 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn when_the_server_is_there_one_creation_goes_ahead_until_it_is_answered() {
    for outage in [false, true] {
        let pacer = in_doubt().await;
        if outage {
            pacer.outage();
            assert!(!suspects(&pacer).await);
            assert_eq!(pacer.status().pause.map(|pause| pause.why), Some(Why::Outage));
            assert!(!leaves(&pacer, Operation::Create).await);
        }
        pacer.cleared();
        assert_eq!(pacer.status().pause, None);
        one_goes_ahead(&pacer).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_that_goes_on_after_an_outage_begins_with_one_creation() {
    let pacer = Pacer::new(Pacing { start_with_one: true, ..Pacing::default() });
    one_goes_ahead(&pacer).await;
}

async fn one_goes_ahead(pacer: &Pacer) {
    for ending in [Ending::TimedOut, Ending::Answered(500), Ending::Dropped, Ending::Answered(422)] {
        assert!(pacer.enter(Operation::Create).await);
        let left = Instant::now();
        assert!(!leaves(pacer, Operation::Create).await);
        // A look-up may leave beside it, also one that came later than a creation.
        let mut second = pacer.enter(Operation::Create);
        assert!(timeout(Duration::ZERO, &mut second).await.is_err());
        assert!(send(pacer, Operation::Find, Ending::Answered(200), Duration::ZERO).await);
        drop(second);
        pacer.leave(seen(Operation::Create, ending, left));
    }
    for _ in 0..3 {
        assert!(leaves(pacer, Operation::Create).await);
    }
}

#[tokio::test(start_paused = true)]
async fn those_that_wait_in_doubt_leave_when_it_is_over() {
    let pacer = in_doubt().await;
    let began = Instant::now();
    let waits = async |operation| {
        assert!(send(&pacer, operation, Ending::Answered(200), Duration::from_millis(10)).await);
        began.elapsed()
    };
    let clears = async {
        sleep(SECOND).await;
        pacer.outage();
        sleep(SECOND).await;
        pacer.cleared();
    };
    let (one, two, three, ()) =
        tokio::join!(waits(Operation::Create), waits(Operation::Create), waits(Operation::Find), clears);
    let ten = Duration::from_millis(10);
    assert_eq!([one, two, three], [2 * SECOND + ten, 2 * SECOND + 2 * ten, 2 * SECOND + ten]);
}

#[tokio::test(start_paused = true)]
async fn what_had_left_before_the_doubt_was_cleared_says_nothing_afterwards() {
    let (pacer, left) = (pacer(), Instant::now());
    for _ in 0..10 {
        assert!(pacer.enter(Operation::Create).await);
    }
    sleep(SECOND).await;
    for _ in 0..5 {
        pacer.leave(seen(Operation::Create, Ending::TimedOut, left));
    }
    assert!(suspects(&pacer).await);
    sleep(SECOND).await;
    pacer.cleared();
    for _ in 0..5 {
        pacer.leave(seen(Operation::Create, Ending::TimedOut, left));
    }
    assert!(!suspects(&pacer).await);
}

#[tokio::test(start_paused = true)]
async fn logins_go_on_in_doubt_but_not_in_a_storm() {
    // Whoever looks for the server may have to wait for a login that a row has begun.
    let pacer = in_doubt().await;
    let began = Instant::now();
    for count in 0..4 {
        assert!(send(&pacer, Operation::Login, Ending::Lost, Duration::ZERO).await);
        assert_eq!(began.elapsed(), count * LOGIN_DISTANCE);
        pacer.outage();
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_that_stops_in_doubt_looks_up_and_one_that_stops_in_an_outage_does_not() {
    let pacer = in_doubt().await;
    let wait = async { pacer.enter(Operation::Find).await };
    let drain = async {
        sleep(SECOND).await;
        pacer.drain();
    };
    assert!(tokio::join!(wait, drain).0, "nobody looks for the server any more, so look-ups find out");
    for _ in 0..10 {
        assert!(send(&pacer, Operation::Find, Ending::Lost, Duration::ZERO).await);
    }
    let pacer = in_doubt().await;
    pacer.outage();
    let wait = async |operation| pacer.enter(operation).await;
    let drain = async {
        sleep(SECOND).await;
        pacer.drain();
    };
    let began = Instant::now();
    let (find, details, create, ()) =
        tokio::join!(wait(Operation::Find), wait(Operation::Details), wait(Operation::Create), drain);
    assert_eq!((find, details, create, began.elapsed()), (false, false, false, SECOND));
    assert!(!pacer.enter(Operation::Login).await);
}

#[tokio::test(start_paused = true)]
async fn failures_while_the_import_stops_hold_no_look_up_back() {
    let (pacer, left) = (pacer(), Instant::now());
    for _ in 0..5 {
        assert!(pacer.enter(Operation::Create).await);
    }
    pacer.drain();
    for _ in 0..5 {
        pacer.leave(seen(Operation::Create, Ending::TimedOut, left));
    }
    assert!(pacer.enter(Operation::Find).await);
    assert!(!suspects(&pacer).await);
}
