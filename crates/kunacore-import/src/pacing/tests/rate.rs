//! The rate: even, never exceeded over any stretch of time, and not lost to timers that are late.

use std::time::Duration;

use kunacore::gate::{Ending, Operation};
use tokio::time::{Instant, sleep};

use super::sim::send;
use crate::pacing::{BELOW_LIMIT, BURST, KEPT_RATE, Pacer, Pacing};

fn pacer(rate: f64) -> std::sync::Arc<Pacer> {
    Pacer::new(Pacing { rate: Some(rate), concurrency: Some(64), ..Pacing::default() })
}

/// When requests leave that come as fast as there is room for them, some of them later than others, for so long.
async fn departures(rate: f64, time: Duration, seed: u64) -> Vec<Duration> {
    let (pacer, began) = (pacer(rate), Instant::now());
    let mut random = fastrand::Rng::with_seed(seed);
    let mut requests = tokio::task::JoinSet::new();
    let mut left = Vec::new();
    while began.elapsed() < time {
        while requests.len() < 64 {
            let (pacer, pause) = (pacer.clone(), Duration::from_millis(random.u64(0..5)));
            requests.spawn(async move {
                sleep(pause).await;
                let operation = [Operation::Create, Operation::Find, Operation::Login][pause.as_millis() as usize % 3];
                assert!(send(&pacer, operation, Ending::Answered(200), Duration::ZERO).await);
                Instant::now()
            });
        }
        // A program that is busy with something else now and then.
        if random.u8(0..200) == 0 {
            tokio::time::advance(Duration::from_millis(random.u64(0..30))).await;
        }
        left.push(requests.join_next().await.expect("a request").expect("no panic").duration_since(began));
    }
    left
}

#[tokio::test(start_paused = true)]
async fn over_no_stretch_of_time_more_leave_than_the_rate_allows() {
    for (rate, seed) in [(0.5, 1), (7.0, 2), (100.0, 3), (333.0, 4), (1500.0, 5), (20_000.0, 6)] {
        let left = departures(rate, Duration::from_secs_f64((2000.0 / rate).min(60.0)), seed).await;
        for (first, from) in left.iter().enumerate() {
            for (last, to) in left.iter().enumerate().skip(first).step_by(7) {
                let allowed = 1.0 + (*to - *from + BURST).as_secs_f64() * rate;
                let count = last - first + 1;
                assert!(count as f64 <= allowed + 1e-6, "{count} of {allowed} at {rate}/s, seed {seed}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_timers_are_late_by_is_not_lost() {
    for rate in [3.0, 70.0, 700.0, 7000.0] {
        let (pacer, began) = (pacer(rate), Instant::now());
        for _ in 0..(rate * 10.0) as usize {
            assert!(send(&pacer, Operation::Find, Ending::Answered(200), Duration::ZERO).await);
        }
        let seconds = began.elapsed().as_secs_f64() + 1.0 / rate;
        assert!((9.98..10.01).contains(&seconds), "{seconds} s at {rate}/s");
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_wanted_to_send_is_not_caught_up() {
    let pacer = pacer(100.0);
    for _ in 0..3 {
        sleep(Duration::from_secs(10)).await;
        let began = Instant::now();
        for count in 0..5 {
            assert!(send(&pacer, Operation::Create, Ending::Answered(201), Duration::ZERO).await);
            assert_eq!(began.elapsed(), Duration::from_millis(10 * count));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_is_none_is_the_slowest() {
    for rate in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY, 1e-300] {
        let (pacer, began) = (pacer(rate), Instant::now());
        for _ in 0..2 {
            assert!(send(&pacer, Operation::Create, Ending::Answered(201), Duration::ZERO).await);
        }
        assert_eq!((began.elapsed(), pacer.status().rate), (Duration::from_secs(1000), Some(0.001)));
    }
    let (pacer, began) = (pacer(f64::INFINITY), Instant::now());
    for _ in 0..1000 {
        assert!(send(&pacer, Operation::Create, Ending::Answered(201), Duration::ZERO).await);
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_there_is_no_rate_until_a_429() {
    let pacer = Pacer::new(Pacing::default());
    for _ in 0..1000 {
        send(&pacer, Operation::Create, Ending::Answered(201), Duration::from_millis(10)).await;
    }
    assert_eq!(pacer.status().rate, None);
    send(&pacer, Operation::Create, Ending::Answered(429), Duration::from_millis(10)).await;
    let rate = pacer.status().rate.expect("a limit");
    assert!(
        (rate - KEPT_RATE * BELOW_LIMIT * 100.0).abs() < 2.0,
        "{rate}: a little below nine tenths of what was accepted"
    );
}
