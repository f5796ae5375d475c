//! Pauses that a server asks for: nothing leaves before they are over, whatever it is.

use std::time::Duration;

use kunacore::gate::{Ending, Gate as _, Operation, Seen};
use tokio::time::{Instant, sleep};

use super::sim::{seen, send};
use crate::pacing::{Pacer, Pacing, SLOW_DOWN_MOST, Why};

const ALL: [Operation; 4] = [Operation::Login, Operation::Create, Operation::Find, Operation::Details];

/// A request that is answered so.
async fn answer(pacer: &Pacer, status: u16, retry_after: Option<Duration>) {
    assert!(pacer.enter(Operation::Create).await);
    let left = Instant::now();
    sleep(Duration::from_millis(20)).await;
    pacer.leave(Seen { retry_after, ..seen(Operation::Create, Ending::Answered(status), left) });
}

/// How long a request of each kind waits.
async fn waits(pacer: &Pacer) -> [Duration; 4] {
    let wait = async |operation| {
        let began = Instant::now();
        assert!(send(pacer, operation, Ending::Answered(200), Duration::ZERO).await);
        began.elapsed()
    };
    let [login, create, find, details] = ALL.map(wait);
    tokio::join!(login, create, find, details).into()
}

#[tokio::test(start_paused = true)]
async fn what_the_server_asks_for_is_waited_in_full() {
    for (status, why) in [(429, Why::RateLimited), (503, Why::Unavailable)] {
        for seconds in [1, 60, 3600, 10 * 24 * 3600] {
            let (pacer, pause) = (Pacer::new(Pacing::default()), Duration::from_secs(seconds));
            answer(&pacer, status, Some(pause)).await;
            let until = Instant::now() + pause;
            let shown = pacer.status().pause.expect("a pause");
            assert_eq!((shown.why, shown.until), (why, Some(until)));
            for wait in waits(&pacer).await {
                // The rate that a 429 brings lets them out one by one.
                assert!(wait >= pause && wait < pause + Duration::from_secs(8), "{wait:?} of {pause:?}");
            }
            assert_eq!(pacer.status().pause, None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn those_that_wait_already_wait_on() {
    let pacer = Pacer::new(Pacing { concurrency: Some(1), ..Pacing::default() });
    assert!(pacer.enter(Operation::Create).await);
    let began = Instant::now();
    let answer = async {
        sleep(Duration::from_millis(20)).await;
        let retry_after = Some(Duration::from_secs(5));
        pacer.leave(Seen { retry_after, ..seen(Operation::Create, Ending::Answered(429), began) });
    };
    let next = async {
        assert!(pacer.enter(Operation::Create).await);
        assert_eq!(began.elapsed(), Duration::from_millis(5020));
    };
    tokio::join!(next, answer);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_let_through_a_moment_too_late_waits_too() {
    // Its turn has come, and its task is woken; but before it runs, a 429 is read.
    let pacer = Pacer::new(Pacing { concurrency: Some(2), ..Pacing::default() });
    let began = Instant::now();
    for _ in 0..2 {
        assert!(pacer.enter(Operation::Create).await);
    }
    let next = tokio::spawn({
        let pacer = pacer.clone();
        async move { pacer.enter(Operation::Create).await.then(|| began.elapsed()) }
    });
    sleep(Duration::from_millis(20)).await;
    pacer.leave(seen(Operation::Create, Ending::Answered(201), began));
    let retry_after = Some(Duration::from_secs(1));
    pacer.leave(Seen { retry_after, ..seen(Operation::Create, Ending::Answered(429), began) });
    assert_eq!(next.await.expect("no panic"), Some(Duration::from_millis(1020)));
}

#[tokio::test(start_paused = true)]
async fn the_longest_pause_counts_and_an_absurd_one_does_no_harm() {
    let pacer = Pacer::new(Pacing { concurrency: Some(5), ..Pacing::default() });
    let (left, second) = (Instant::now(), Duration::from_secs(1));
    for _ in 0..4 {
        assert!(pacer.enter(Operation::Create).await);
    }
    for (status, pause, longest) in [(429, second, second), (503, 9 * second, 9 * second), (429, second, 9 * second)] {
        pacer.leave(Seen { retry_after: Some(pause), ..seen(Operation::Create, Ending::Answered(status), left) });
        assert_eq!(pacer.status().pause.and_then(|pause| pause.until), Some(left + longest));
    }
    pacer.leave(Seen { retry_after: Some(Duration::MAX), ..seen(Operation::Create, Ending::Answered(429), left) });
    let year = Duration::from_secs(365 * 24 * 3600);
    assert!(pacer.status().pause.and_then(|pause| pause.until) > Some(left + year));
    assert!(tokio::time::timeout(year, pacer.enter(Operation::Find)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_503_without_a_time_and_other_errors_with_one_are_no_pause() {
    let pacer = Pacer::new(Pacing::default());
    answer(&pacer, 503, None).await;
    for status in [200, 400, 401, 408, 500, 502, 504] {
        answer(&pacer, status, Some(Duration::from_secs(9))).await;
    }
    assert_eq!((pacer.status().pause, waits(&pacer).await), (None, [Duration::ZERO; 4]));
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_time_pauses_about_a_second_and_ever_longer_while_they_go_on() {
    let pacer = Pacer::new(Pacing { concurrency: Some(2), ..Pacing::default() });
    let pause = async || {
        let requests = [pacer.enter(Operation::Create), pacer.enter(Operation::Create)];
        for request in requests {
            assert!(request.await);
        }
        let left = Instant::now();
        sleep(Duration::from_millis(20)).await;
        // Two that were on their way together are told the same.
        for _ in 0..2 {
            pacer.leave(seen(Operation::Create, Ending::Answered(429), left));
        }
        let until = pacer.status().pause.and_then(|pause| pause.until).expect("a pause");
        until.duration_since(Instant::now()).as_secs_f64()
    };
    for doubled in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] {
        let pause = pause().await;
        assert!((0.75 * doubled..=1.25 * doubled).contains(&pause), "{pause} s of {doubled} s");
        sleep(SLOW_DOWN_MOST * 2).await;
    }
    answer(&pacer, 201, None).await;
    assert!(pause().await <= 1.25, "after an answer it begins anew");
}

#[tokio::test(start_paused = true)]
async fn pauses_differ_so_that_many_clients_do_not_come_back_together() {
    let mut pauses = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let pacer = Pacer::new(Pacing::default());
        answer(&pacer, 429, None).await;
        pauses.insert(pacer.status().pause.and_then(|pause| pause.until).map(|until| until - Instant::now()));
    }
    assert!(pauses.len() > 40);
}
