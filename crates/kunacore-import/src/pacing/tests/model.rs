//! Many requests that come, end and are given up at random, while the server pushes back, goes away and comes back; and the
//! rules that hold at every moment of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kunacore::gate::{Ending, Gate as _, Operation, Seen};
use tokio::time::{Instant, sleep, timeout};

use super::sim::seen;
use crate::pacing::{Pacer, Pacing, Why};

const REQUESTS: u64 = 400;

/// What the requests know of each other.
#[derive(Default)]
struct Model {
    in_flight: usize,
    creates: usize,
    /// When the longest pause is over that was asked for.
    pause: Option<Instant>,
    /// Those that wait, by kind, in the order of their arrival.
    waiting: [Vec<u64>; 3],
    left: u32,
    drained: bool,
    closed: bool,
}

fn kind(operation: Operation) -> usize {
    match operation {
        Operation::Login => 0,
        Operation::Find | Operation::Details => 1,
        Operation::Create => 2,
    }
}

struct World {
    case: String,
    pacer: Arc<Pacer>,
    model: Mutex<Model>,
    alone: bool,
}

/// Takes a request from the list of those that wait, also when it is given up.
struct Place<'a>(&'a World, Operation, u64);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.model().waiting[kind(self.1)].retain(|number| *number != self.2);
    }
}

impl World {
    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn request(&self, number: u64, mut random: fastrand::Rng) {
        let operations = [Operation::Create, Operation::Create, Operation::Find, Operation::Details, Operation::Login];
        let operation = operations[random.usize(..operations.len())];
        sleep(Duration::from_millis(random.u64(0..4000))).await;
        self.model().waiting[kind(operation)].push(number);
        let place = Place(self, operation, number);
        if !self.pacer.enter(operation).await {
            let model = self.model();
            let refused = model.closed || (model.drained && operation == Operation::Create);
            let gone = model.drained && self.pacer.status().pause.is_some_and(|pause| pause.why == Why::Outage);
            assert!(refused || gone, "{}: {operation:?} refused", self.case);
            return;
        }
        self.left(operation, number);
        drop(place);
        let left = Instant::now();
        let guard = Leaving { world: self, operation, left, ending: Ending::Dropped, retry_after: None };
        sleep(Duration::from_millis(random.u64(1..200))).await;
        guard.end(&mut random);
    }

    /// Whether it may leave, by the rules.
    fn left(&self, operation: Operation, number: u64) {
        let (status, case) = (self.pacer.status(), &self.case);
        let mut model = self.model();
        assert!(
            !(model.closed || model.drained && operation == Operation::Create),
            "{case}: {operation:?} after the stop"
        );
        assert!(model.pause.is_none_or(|until| until <= Instant::now()), "{case}: {operation:?} in a pause");
        let first = model.waiting[kind(operation)].first();
        assert_eq!(first, Some(&number), "{case}: {operation:?} overtakes");
        model.left += 1;
        if operation != Operation::Login {
            assert!(status.pause.is_none(), "{case}: {operation:?} in {:?}", status.pause);
            model.in_flight += 1;
            model.creates += usize::from(operation == Operation::Create);
            assert!(model.in_flight <= status.limit, "{case}: {} of {}", model.in_flight, status.limit);
            assert!(!self.alone || model.creates <= 1, "{case}: one goes ahead");
        }
        assert_eq!(status.in_flight, model.in_flight, "{case}");
    }
}

struct Leaving<'a> {
    world: &'a World,
    operation: Operation,
    left: Instant,
    ending: Ending,
    retry_after: Option<Duration>,
}

impl Leaving<'_> {
    fn end(mut self, random: &mut fastrand::Rng) {
        self.ending = match random.u8(0..30) {
            0 => Ending::Answered(503),
            1 => Ending::Answered(500),
            2 => Ending::Lost,
            3 => Ending::TimedOut,
            // Where one goes ahead, it never gets an answer.
            _ if self.world.alone => Ending::NotSent,
            4 => Ending::Answered(429),
            5 => Ending::TurnedAway,
            6..10 => Ending::NotSent,
            _ => Ending::Answered(201),
        };
        self.retry_after = random.bool().then(|| Duration::from_secs(random.u64(0..3)));
    }
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut model = self.world.model();
        if self.operation != Operation::Login {
            model.in_flight -= 1;
            model.creates -= usize::from(self.operation == Operation::Create);
        }
        self.world.pacer.leave(Seen { retry_after: self.retry_after, ..seen(self.operation, self.ending, self.left) });
        if let (Ending::Answered(429 | 503), Some(pause)) = (self.ending, self.retry_after) {
            model.pause = model.pause.max(Some(Instant::now() + pause));
        }
    }
}

async fn play(seed: u64) -> u32 {
    let mut random = fastrand::Rng::with_seed(seed);
    let pacing = Pacing {
        rate: random.bool().then(|| random.f64() * 500.0 + 20.0),
        concurrency: random.bool().then(|| random.usize(1..20)),
        start_with_one: random.u8(0..4) == 0,
        most: random.usize(1..100),
    };
    let pacer = Pacer::new(pacing);
    let model = Mutex::default();
    let case = format!("seed {seed}, {pacing:?}");
    let world = Arc::new(World { case: case.clone(), pacer: pacer.clone(), model, alone: pacing.start_with_one });
    let watch = tokio::spawn({
        let (pacer, mut random) = (pacer.clone(), random.fork());
        async move {
            loop {
                pacer.suspect().await;
                if random.bool() {
                    pacer.outage();
                    sleep(Duration::from_millis(random.u64(0..2000))).await;
                }
                pacer.cleared();
            }
        }
    });
    let requests: Vec<_> = (0..REQUESTS)
        .map(|number| {
            let (world, mut random) = (world.clone(), random.fork());
            let patience = if random.u8(0..4) == 0 { random.u64(0..6000) } else { u64::MAX / 2 };
            tokio::spawn(async move {
                let random = random.fork();
                let _ = timeout(Duration::from_millis(patience), world.request(number, random)).await;
            })
        })
        .collect();
    if random.bool() {
        sleep(Duration::from_millis(random.u64(0..8000))).await;
        world.model().drained = true;
        pacer.drain();
        watch.abort();
        if random.bool() {
            sleep(Duration::from_millis(random.u64(0..2000))).await;
            world.model().closed = true;
            pacer.close();
        }
    }
    for request in requests {
        timeout(Duration::from_secs(24 * 3600), request).await.expect(&case).expect(&case);
    }
    let status = pacer.status();
    assert_eq!((status.in_flight, status.waiting, pacer.room()), (0, 0, status.limit), "{case}");
    world.model().left
}

#[tokio::test(start_paused = true)]
async fn the_rules_hold_whatever_happens() {
    let mut left = 0;
    for seed in 0..60 {
        left += play(seed).await;
    }
    assert!(left > 6000, "{left} of {} left", 60 * REQUESTS);
}

#[test]
fn no_wake_up_is_lost_between_threads() {
    const PLACES: usize = 3;
    let pacer = Pacer::new(Pacing { concurrency: Some(PLACES), ..Pacing::default() });
    let in_flight = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let (pacer, in_flight) = (&pacer, &in_flight);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
                let mut random = fastrand::Rng::with_seed(seed);
                let rounds = (0..300).map(|_| [random.u8(..), random.u8(..), random.u8(..), random.u8(..)]);
                runtime.block_on(async {
                    for round in rounds {
                        let requests = round.map(|dice| one(pacer, in_flight, dice));
                        let [one, two, three, four] = requests;
                        tokio::join!(one, two, three, four);
                    }
                });
            });
        }
    });
    let status = pacer.status();
    assert_eq!((status.in_flight, status.waiting, pacer.room()), (0, 0, PLACES));

    async fn one(pacer: &Pacer, in_flight: &AtomicUsize, dice: u8) {
        let operation = if dice.is_multiple_of(2) { Operation::Create } else { Operation::Find };
        let enters = tokio::select! {
            biased;
            enters = pacer.enter(operation) => enters,
            // Given up after a few looks.
            () = async { for _ in 0..dice { tokio::task::yield_now().await } }, if dice < 20 => return,
        };
        assert!(enters && in_flight.fetch_add(1, Ordering::SeqCst) < PLACES);
        for _ in 0..dice % 5 {
            tokio::task::yield_now().await;
        }
        in_flight.fetch_sub(1, Ordering::SeqCst);
        pacer.leave(seen(operation, Ending::Answered(201), Instant::now()));
    }
}
