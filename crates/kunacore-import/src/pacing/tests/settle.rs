//! Servers that limit the rate: what they accept of an import is at most a tenth below their limit, and 429s are rare.

use std::time::Duration;

use super::sim::{Bucket, Log, Server, run};
use crate::pacing::{Pacer, Pacing};

/// Over how many seconds a rate is taken.
const SPAN: usize = 30;

async fn import(pacing: Pacing, bucket: Bucket, latency: u64, seconds: usize) -> Log {
    let server = Server { bucket: Some(bucket), jitter: 0.1, ..Server::new(Duration::from_millis(latency)) };
    run(&Pacer::new(pacing), server, seconds, latency).await
}

/// Watches imports at latencies in milliseconds, which must have settled after so many seconds.
async fn settles(limit: f64, imports: [(u64, usize); 3]) {
    for (latency, after) in imports {
        let seconds = after + SPAN * 3 / 2;
        // 2000 requests a second that take 100 ms each are 200 in flight.
        let log = import(Pacing { most: 256, ..Pacing::default() }, Bucket::new(limit), latency, seconds).await;
        let spans = (after..=seconds - SPAN).map(|from| log.rate(from..from + SPAN) / limit);
        let (least, most) = spans.fold((f64::MAX, 0.0_f64), |(least, most), rate| (least.min(rate), most.max(rate)));
        let refused: u32 = log.refused[after..].iter().sum();
        let part = f64::from(refused) / (log.rate(after..seconds) * (seconds - after) as f64);
        let seen = format!("{limit}/s at {latency} ms: {least:.3} to {most:.3} of the limit, {part:.4} refused");
        println!("{seen}");
        assert!(least >= 0.9 && most <= 1.01 && part < 0.003, "{seen}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_rate_settles_below_a_limit_of_20_a_second() {
    settles(20.0, [(1, 30), (20, 30), (100, 30)]).await;
}

#[tokio::test(start_paused = true)]
async fn the_rate_settles_below_a_limit_of_100_a_second() {
    settles(100.0, [(1, 30), (20, 30), (100, 30)]).await;
}

#[tokio::test(start_paused = true)]
async fn the_rate_settles_below_a_limit_of_500_a_second() {
    settles(500.0, [(1, 30), (20, 30), (100, 30)]).await;
}

#[tokio::test(start_paused = true)]
async fn the_rate_settles_below_a_limit_of_2000_a_second() {
    // It takes half a minute to come from 64 in flight to 200, one by one.
    settles(2000.0, [(1, 30), (20, 30), (100, 75)]).await;
}

#[tokio::test(start_paused = true)]
async fn an_asked_rate_is_kept_whatever_the_server_accepts() {
    for (rate, limit) in [(50.0, 1000.0), (100.0, 90.0), (1000.0, 100.0)] {
        let pacing = Pacing { rate: Some(rate), ..Pacing::default() };
        let log = import(pacing, Bucket::new(limit), 20, 90).await;
        let (sent, least) = (log.accepted.iter().zip(&log.refused).map(|(a, b)| a + b).max(), limit.min(rate) * 0.9);
        // A second's worth, one at its beginning, and what timers were late by.
        assert!(sent <= Some(rate as u32 * 101 / 100 + 2), "{sent:?} in a second at {rate}/s");
        assert!(log.rate(60..90) >= least, "{rate}/s asked for, {limit}/s accepted: {}", log.rate(60..90));
        assert!(rate > limit || log.refused.iter().all(|refused| *refused == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn limits_of_other_kinds_are_met_too() {
    // One by one; a second's worth at once; ten seconds' worth at once; one a second.
    let buckets = [(100.0, 1.0, 0.8), (100.0, 100.0, 0.9), (100.0, 1000.0, 0.9), (1.0, 1.0, 0.8)];
    for (limit, burst, part) in buckets {
        let log = import(Pacing::default(), Bucket::with_burst(limit, burst), 20, 120).await;
        let rate = log.rate(60..120) / limit;
        assert!((part..1.02).contains(&rate), "{limit}/s with a burst of {burst}: {rate:.3} of the limit");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_changes_is_followed() {
    for (factor, seconds) in [(0.3, 30), (3.0, 90)] {
        let mut bucket = Bucket::new(100.0);
        bucket.changes_after(Duration::from_secs(60), factor);
        let log = import(Pacing { most: 256, ..Pacing::default() }, bucket, 20, 60 + seconds + SPAN).await;
        let rate = log.rate(60 + seconds..60 + seconds + SPAN) / (100.0 * factor);
        assert!((0.85..1.01).contains(&rate), "100/s, then times {factor}: {rate:.3} of the limit");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_whose_429s_ask_to_come_again_at_once_is_met() {
    // The rate grows by 2 a second each second, which is much for 5 and little for 100.
    for (limit, latency, most) in [(5.0, 20, 1.2), (100.0, 1, 0.01), (100.0, 100, 0.01), (2000.0, 20, 0.001)] {
        let mut bucket = Bucket::new(limit);
        bucket.rounds_down();
        let log = import(Pacing::default(), bucket, latency, 120).await;
        let (rate, refused) = (log.rate(60..120) / limit, log.refused[60..].iter().sum::<u32>());
        let part = f64::from(refused) / (log.rate(60..120) * 60.0);
        let seen = format!("{limit}/s at {latency} ms: {rate:.3} of the limit, {part:.4} refused");
        println!("{seen}");
        assert!((0.9..1.02).contains(&rate) && part < most, "{seen}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_that_comes_at_any_rate_does_not_bring_the_import_to_a_halt() {
    for (whims, in_flight, bound) in [(0.02, 1, 25.0), (0.08, 1, 15.0), (0.3, 1, 6.0), (0.08, 64, 15.0)] {
        for seed in 0..4 {
            let pacing = Pacing { concurrency: Some(in_flight), ..Pacing::default() };
            let server = Server { whims, jitter: 0.1, ..Server::new(Duration::from_millis(5)) };
            let log = run(&Pacer::new(pacing), server, 600, seed).await;
            let least = (0..10).map(|minute| log.rate(minute * 60..(minute + 1) * 60)).fold(f64::MAX, f64::min);
            let seen = format!("{whims} refused, {in_flight} in flight, seed {seed}: at least {least:.2} a second");
            println!("{seen}");
            assert!(least >= bound, "{seen}");
        }
    }
}
