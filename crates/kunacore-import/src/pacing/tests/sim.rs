//! A server in virtual time, and rows that come as fast as the pacer has room for them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kunacore::gate::{Ending, Gate as _, Operation, Seen};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::pacing::Pacer;

/// How a request ended that had left then.
pub(super) fn seen(operation: Operation, ending: Ending, left: Instant) -> Seen {
    Seen { operation, ending, retry_after: None, took: left.elapsed() }
}

/// A request that leaves and has ended so, at once or some time later.
pub(super) async fn send(pacer: &Pacer, operation: Operation, ending: Ending, took: Duration) -> bool {
    if !pacer.enter(operation).await {
        return false;
    }
    let left = Instant::now();
    if !took.is_zero() {
        sleep(took).await;
    }
    pacer.leave(seen(operation, ending, left));
    true
}

/// The limit of a server, counted as the sandbox does: so many requests a second pass, and so many at once.
pub(super) struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    since: Instant,
    /// When the rate changes, and by which factor.
    change: Option<(Instant, f64)>,
    /// Whether it rounds the seconds that it asks to wait down, and not up.
    rounds_down: bool,
}

impl Bucket {
    /// With a tenth of a second's worth at once.
    pub(super) fn new(rate: f64) -> Self {
        Self::with_burst(rate, rate / 10.0)
    }

    pub(super) fn with_burst(rate: f64, burst: f64) -> Self {
        let burst = burst.max(1.0);
        Self { rate, burst, tokens: burst, since: Instant::now(), change: None, rounds_down: false }
    }

    /// The rate is another one after a while.
    pub(super) fn changes_after(&mut self, time: Duration, factor: f64) {
        self.change = Some((self.since + time, factor));
    }

    /// Asks to come again at once where it is less than a second until then.
    pub(super) fn rounds_down(&mut self) {
        self.rounds_down = true;
    }

    /// Takes a token, or tells after how many whole seconds there will be one.
    fn admit(&mut self) -> Result<(), u64> {
        let now = Instant::now();
        if let Some((_, factor)) = self.change.take_if(|(when, _)| *when <= now) {
            self.rate *= factor;
        }
        let elapsed = now.duration_since(self.since).as_secs_f64();
        (self.tokens, self.since) = (elapsed.mul_add(self.rate, self.tokens).min(self.burst), now);
        if self.tokens < 1.0 {
            let wait = (1.0 - self.tokens) / self.rate;
            return Err(if self.rounds_down { wait as u64 } else { wait.ceil() as u64 });
        }
        self.tokens -= 1.0;
        Ok(())
    }
}

/// How a server answers.
pub(super) struct Server {
    pub(super) bucket: Option<Bucket>,
    /// Which part of the requests it refuses with 429 for no reason, and asks to come again at once.
    pub(super) whims: f64,
    /// How many requests it works on at once; others wait.
    pub(super) workers: usize,
    /// How long it works on one.
    pub(super) latency: Duration,
    /// How much longer or shorter, as a part of that.
    pub(super) jitter: f64,
    /// How long it takes to make a connection, of which each in flight needs one.
    pub(super) connect: Duration,
}

impl Server {
    /// As many at once as are sent.
    pub(super) fn new(latency: Duration) -> Self {
        Self {
            bucket: None,
            whims: 0.0,
            workers: Semaphore::MAX_PERMITS,
            latency,
            jitter: 0.0,
            connect: Duration::ZERO,
        }
    }
}

/// What a server saw, second by second.
#[derive(Clone, Default)]
pub(super) struct Log {
    pub(super) accepted: Vec<u32>,
    pub(super) refused: Vec<u32>,
    /// How many might be in flight at the end of the second.
    pub(super) limit: Vec<usize>,
    pub(super) most_in_flight: usize,
}

impl Log {
    /// How many were accepted in a second, over these seconds.
    pub(super) fn rate(&self, seconds: std::ops::Range<usize>) -> f64 {
        let count = seconds.len() as f64;
        f64::from(self.accepted[seconds].iter().sum::<u32>()) / count
    }
}

struct World {
    pacer: Arc<Pacer>,
    bucket: Mutex<Option<Bucket>>,
    whims: f64,
    workers: Semaphore,
    latency: Duration,
    jitter: f64,
    connect: Duration,
    random: Mutex<fastrand::Rng>,
    log: Mutex<Log>,
    began: Instant,
}

impl World {
    async fn row(&self) {
        if !self.pacer.enter(Operation::Create).await {
            return;
        }
        let left = Instant::now();
        if self.needs_connection() {
            sleep(self.connect).await;
        }
        let factor = 1.0 + self.jitter * (self.random.lock().unwrap().f64() * 2.0 - 1.0);
        let latency = self.latency.mul_f64(factor);
        sleep(latency / 2).await;
        let admitted = match self.whims > 0.0 && self.random.lock().unwrap().f64() < self.whims {
            true => Err(0),
            false => self.bucket.lock().unwrap().as_mut().map_or(Ok(()), Bucket::admit),
        };
        self.note(admitted.is_ok());
        let _worker = self.workers.acquire().await;
        sleep(latency / 2).await;
        let status = if admitted.is_ok() { 201 } else { 429 };
        let retry_after = admitted.err().map(Duration::from_secs);
        self.pacer.leave(Seen { retry_after, ..seen(Operation::Create, Ending::Answered(status), left) });
    }

    fn needs_connection(&self) -> bool {
        let (in_flight, mut log) = (self.pacer.status().in_flight, self.log.lock().unwrap());
        let more = in_flight > log.most_in_flight;
        log.most_in_flight = log.most_in_flight.max(in_flight);
        more
    }

    fn note(&self, accepted: bool) {
        let mut log = self.log.lock().unwrap();
        let second = self.began.elapsed().as_secs() as usize;
        let counts = if accepted { &mut log.accepted } else { &mut log.refused };
        if let Some(count) = counts.get_mut(second) {
            *count += 1;
        }
    }
}

/// Sends rows for so many seconds, and waits for the last of them.
pub(super) async fn run(pacer: &Arc<Pacer>, server: Server, seconds: usize, seed: u64) -> Log {
    let Server { bucket, whims, workers, latency, jitter, connect } = server;
    let log = Log { accepted: vec![0; seconds], refused: vec![0; seconds], ..Log::default() };
    let world = Arc::new(World {
        pacer: pacer.clone(),
        bucket: Mutex::new(bucket),
        whims,
        workers: Semaphore::new(workers),
        latency,
        jitter,
        connect,
        random: Mutex::new(fastrand::Rng::with_seed(seed)),
        log: Mutex::new(log),
        began: Instant::now(),
    });
    let mut rows = JoinSet::new();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.tick().await;
    for _ in 0..seconds {
        loop {
            for _ in 0..pacer.room() {
                let world = world.clone();
                rows.spawn(async move { world.row().await });
            }
            tokio::task::yield_now().await;
            tokio::select! {
                biased;
                _ = tick.tick() => break,
                Some(_) = rows.join_next() => {}
            }
        }
        world.log.lock().unwrap().limit.push(pacer.status().limit);
    }
    while rows.join_next().await.is_some() {}
    world.log.lock().unwrap().clone()
}
