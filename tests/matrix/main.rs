//! The fault matrix: every fault, over every protocol, against every kind of server, with the sandbox's ledger as the
//! oracle; and random schedules of faults and calls under concurrency.
//!
//! It prints one line of counts, and a line for every broken promise with the command that repeats it:
//!
//! ```text
//! cargo test -p kunacore-tests --test matrix                        everything
//! cargo test -p kunacore-tests --test matrix -- --quick             HTTP/1.1 and the api-key only, few schedules
//! cargo test -p kunacore-tests --test matrix -- --case NAME         the combinations whose name holds this
//! cargo test -p kunacore-tests --test matrix -- --seed NUMBER       one schedule
//! ```

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod calls;
mod faults;
mod oracle;
mod schedules;
mod world;

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use kunacore_tests::arguments::Arguments;
use oracle::Counts;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use world::{FINDS, World};

/// How many sandboxes run at once.
const AT_ONCE: usize = 8;
/// How many random schedules there are.
const SCHEDULES: u64 = 60;
const QUICK_SCHEDULES: u64 = 6;

fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let start = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (combinations, schedules, counts) = runtime.block_on(run(&arguments));
    for broken in &counts.broken {
        println!("BROKEN {broken}");
    }
    println!(
        "{schedules} schedules, {} faults in {combinations} combinations, {} calls: created twice: {}, lost: {}, \
         misreported: {}; {} honestly unknown, of which {} then ensured; {} refused without an id after a gateway sent \
         them twice and find failed or lagged; {} s",
        faults::all().len(),
        counts.calls,
        counts.twice,
        counts.lost,
        counts.misreported,
        counts.unknown,
        counts.ensured,
        counts.nameless,
        start.elapsed().as_secs(),
    );
    if counts.broken.is_empty() && counts.calls > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(arguments: &Arguments) -> (usize, u64, Counts) {
    if let Some(seed) = arguments.seed {
        return (0, 1, schedules::run(seed).await);
    }
    let mut worlds = Vec::new();
    for http2 in [false, true] {
        for login in [false, true] {
            if arguments.quick && (http2 || login) {
                continue;
            }
            for (unique, trusted) in [(true, false), (true, true), (false, false)] {
                worlds.extend(FINDS.map(|find| World { http2, login, unique, trusted, find }));
            }
        }
    }
    let mut tasks = Tasks::new();
    let mut combinations = 0;
    for world in worlds {
        for fault in faults::all() {
            let name = format!("{} {world}", fault.name);
            if arguments.case.as_ref().is_none_or(|wanted| name.contains(wanted)) {
                combinations += 1;
                tasks.spawn(calls::combination(name, fault, world));
            }
        }
    }
    let first = u64::from(std::process::id()) << 16;
    let count = match arguments {
        Arguments { case: Some(_), .. } => 0,
        Arguments { quick: true, .. } => QUICK_SCHEDULES,
        _ => SCHEDULES,
    };
    for seed in first..first + count {
        tasks.spawn(schedules::run(seed));
    }
    (combinations, count, tasks.sum().await)
}

/// Many small worlds, a few at a time.
struct Tasks {
    room: Arc<Semaphore>,
    set: JoinSet<Counts>,
}

impl Tasks {
    fn new() -> Self {
        Self { room: Arc::new(Semaphore::new(AT_ONCE)), set: JoinSet::new() }
    }

    fn spawn(&mut self, task: impl Future<Output = Counts> + Send + 'static) {
        let room = self.room.clone();
        self.set.spawn(async move {
            let _permit = room.acquire().await.unwrap();
            task.await
        });
    }

    async fn sum(mut self) -> Counts {
        let mut counts = Counts::default();
        while let Some(result) = self.set.join_next().await {
            counts.add(result.unwrap());
        }
        counts
    }
}
