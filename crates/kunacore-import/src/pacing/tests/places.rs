//! How many are in flight: as many as help, and never more than are allowed.

use std::time::Duration;

use kunacore::gate::{Ending, Gate as _, Operation, Seen};
use tokio::time::{Instant, sleep};

use super::sim::{Log, Server, run, seen};
use crate::pacing::{Pacer, Pacing};

const LATENCY: Duration = Duration::from_millis(100);

async fn import(pacing: Pacing, server: Server, seconds: usize) -> Log {
    run(&Pacer::new(pacing), server, seconds, 1).await
}

/// So many look-ups leave, which no doubt holds back afterwards, and end together so.
async fn round(pacer: &Pacer, requests: usize, ending: Ending) {
    let left = Instant::now();
    for _ in 0..requests {
        assert!(pacer.enter(Operation::Find).await);
    }
    sleep(LATENCY).await;
    for _ in 0..requests {
        pacer.leave(seen(Operation::Find, ending, left));
    }
}

/// Rounds that take all places, until there are so many; how many rounds that took.
async fn grow(pacer: &Pacer, limit: usize) -> usize {
    let mut rounds = 0;
    while pacer.status().limit < limit {
        round(pacer, pacer.room(), Ending::Answered(201)).await;
        rounds += 1;
        assert!(rounds < 10_000, "{} places after so many rounds", pacer.status().limit);
    }
    rounds
}

#[tokio::test(start_paused = true)]
async fn a_fast_server_gets_64_in_flight_within_three_seconds_and_no_more() {
    for (jitter, connect) in [(0.0, Duration::ZERO), (0.5, Duration::ZERO), (0.0, 3 * LATENCY)] {
        let server = Server { jitter, connect, ..Server::new(LATENCY) };
        let log = import(Pacing::default(), server, 10).await;
        let seen = (log.limit[2], log.limit[9], log.most_in_flight);
        assert_eq!(seen, (64, 64, 64), "jitter {jitter}, {connect:?} for a connection");
    }
}

#[tokio::test(start_paused = true)]
async fn it_gets_256_when_that_is_asked_for() {
    let log = import(Pacing { most: 256, ..Pacing::default() }, Server::new(LATENCY), 50).await;
    assert_eq!((log.limit[49], log.most_in_flight), (256, 256));
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_gets_what_keeps_it_busy_and_not_much_more() {
    for workers in [1, 4, 12, 16, 30, 50] {
        let server = Server { workers, jitter: 0.2, ..Server::new(LATENCY) };
        let log = import(Pacing { most: 256, ..Pacing::default() }, server, 90).await;
        // It works half of the latency on a request, so that twice as many in flight keep it busy. Doubled once too often,
        // and a step.
        let (most, speed) = (log.limit[60..].iter().max().copied(), log.rate(60..90) / (workers as f64 * 20.0));
        assert!(most <= Some((2 * workers).max(8) * 2 * 9 / 8), "{workers} workers, {most:?} in flight");
        assert!(speed >= 0.9, "{workers} workers at {speed:.3} of their speed");
    }
}

#[tokio::test(start_paused = true)]
async fn push_back_and_timeouts_halve_the_number_once_in_a_round_trip() {
    for ending in
        [Ending::Answered(429), Ending::Answered(503), Ending::Answered(504), Ending::TimedOut, Ending::TurnedAway]
    {
        let pacer = Pacer::new(Pacing::default());
        grow(&pacer, 64).await;
        for limit in [32, 16, 8, 4, 2, 1, 1] {
            // What comes after the first of a round trip left before the cut.
            round(&pacer, 4.min(pacer.room()), ending).await;
            assert_eq!(pacer.status().limit, limit, "{ending:?}");
            round(&pacer, 1, Ending::Answered(201)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn other_failures_do_not() {
    for ending in [Ending::Answered(400), Ending::Answered(500), Ending::NotSent, Ending::Lost, Ending::Dropped] {
        let pacer = Pacer::new(Pacing::default());
        grow(&pacer, 64).await;
        round(&pacer, 4, ending).await;
        assert_eq!(pacer.status().limit, 64, "{ending:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_that_come_fast_are_no_speed() {
    let pacer = Pacer::new(Pacing::default());
    for _ in 0..100 {
        round(&pacer, pacer.room(), Ending::Answered(500)).await;
    }
    assert_eq!(pacer.status().limit, 8);
}

#[tokio::test(start_paused = true)]
async fn as_long_as_places_are_not_needed_nothing_is_learned_of_them() {
    let rounds = grow(&Pacer::new(Pacing::default()), 64).await;
    let pacer = Pacer::new(Pacing::default());
    for _ in 0..100 {
        round(&pacer, 3, Ending::Answered(201)).await;
    }
    assert_eq!((pacer.status().limit, grow(&pacer, 64).await), (8, rounds));
    // The rate lets ten leave in a round trip, and then a hundred.
    let pacer = Pacer::new(Pacing { rate: Some(100.0), ..Pacing::default() });
    assert_eq!(run(&pacer, Server::new(LATENCY), 10, 1).await.limit[9], 16);
    assert_eq!(run(&pacer, Server::new(10 * LATENCY), 10, 1).await.limit[9], 64);
}

#[tokio::test(start_paused = true)]
async fn the_number_comes_back_fast_after_a_429_and_one_by_one_after_a_503() {
    let mut rounds = [429, 503].map(|_| 0);
    for (status, rounds) in [429, 503].into_iter().zip(&mut rounds) {
        let pacer = Pacer::new(Pacing::default());
        grow(&pacer, 64).await;
        round(&pacer, 1, Ending::Answered(status)).await;
        sleep(Duration::from_secs(2)).await;
        *rounds = grow(&pacer, 64).await;
    }
    assert!(rounds[0] <= 2 && rounds[1] > 32, "{rounds:?} rounds");
}

#[tokio::test(start_paused = true)]
async fn answers_to_what_had_left_before_a_cut_do_not_undo_it() {
    let pacer = Pacer::new(Pacing::default());
    grow(&pacer, 64).await;
    let left = Instant::now();
    for _ in 0..64 {
        assert!(pacer.enter(Operation::Find).await);
    }
    sleep(LATENCY).await;
    let retry_after = Some(Duration::ZERO);
    pacer.leave(Seen { retry_after, ..seen(Operation::Find, Ending::Answered(429), left) });
    for _ in 1..64 {
        sleep(Duration::from_millis(1)).await;
        pacer.leave(seen(Operation::Find, Ending::Answered(200), left));
    }
    assert_eq!(pacer.status().limit, 32);
}

#[tokio::test(start_paused = true)]
async fn a_fixed_number_stays() {
    for (asked, number) in [(0, 1), (1, 1), (7, 7), (300, 300)] {
        let pacer = Pacer::new(Pacing { concurrency: Some(asked), ..Pacing::default() });
        for ending in [Ending::Answered(201), Ending::TimedOut, Ending::Answered(504)] {
            assert_eq!((pacer.room(), pacer.status().limit), (number, number));
            round(&pacer, number.min(4), ending).await;
        }
    }
}
