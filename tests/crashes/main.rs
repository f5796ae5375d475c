//! The crash tests: an import is killed with SIGKILL at every named point of its protocol, and at random moments, under
//! faults, and continued; what the sandbox has really created is the oracle. The disk fails, too: its files are cut off and
//! damaged, it is full, it refuses an fsync.
//!
//! The sandbox runs in this process and survives the kill. The command is this program again, with the points at which it can
//! be killed. One line of counts is printed, and one for every broken promise with the command that repeats it:
//!
//! ```text
//! cargo test -p kunacore-tests --test crashes                        everything
//! cargo test -p kunacore-tests --test crashes -- --quick             less of each
//! cargo test -p kunacore-tests --test crashes -- --case NAME         the cases whose name holds this
//! cargo test -p kunacore-tests --test crashes -- --seed NUMBER       the random kills of one seed
//! ```

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod beyond;
mod command;
mod counts;
mod damage;
mod disk;
mod faults;
mod moments;
mod oracle;
mod points;
mod reports;
mod world;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use counts::Counts;
use kunacore_tests::arguments::Arguments;

/// How many cases run at once; most of their time they wait.
const AT_ONCE: usize = 8;
/// How many seeds are tried.
const SEEDS: u64 = 40;
const QUICK_SEEDS: u64 = 10;

/// A promise to be tried, by its name.
struct Case {
    name: String,
    /// The arguments that repeat it.
    again: String,
    run: Box<dyn FnOnce(&mut Counts) + Send>,
}

impl Case {
    fn new(name: impl Into<String>, run: impl FnOnce(&mut Counts) + Send + 'static) -> Self {
        let name = name.into();
        Self { again: format!("--case \"{name}\""), name, run: Box::new(run) }
    }

    fn of_seed(seed: u64, run: impl FnOnce(&mut Counts) + Send + 'static) -> Self {
        Self { name: format!("seed {seed}"), again: format!("--seed {seed}"), run: Box::new(run) }
    }
}

fn main() -> ExitCode {
    if command::is_asked_for() {
        return kunacore_cli::run(std::env::args_os()).into();
    }
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let start = Instant::now();
    let counts = run_all(cases(&arguments));
    for broken in &counts.broken {
        println!("BROKEN {broken}");
    }
    println!("{counts}; {} s", start.elapsed().as_secs());
    if counts.broken.is_empty() && counts.runs > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn cases(arguments: &Arguments) -> VecDeque<Case> {
    if let Some(seed) = arguments.seed {
        return VecDeque::from([moments::case(seed)]);
    }
    let first = u64::from(std::process::id()) << 16;
    let seeds = if arguments.quick { QUICK_SEEDS } else { SEEDS };
    let all = points::cases(arguments.quick)
        .into_iter()
        .chain(damage::cases(arguments.quick))
        .chain(disk::cases())
        .chain(beyond::cases())
        .chain((first..first + seeds).map(moments::case));
    all.filter(|case| arguments.case.as_ref().is_none_or(|wanted| case.name.contains(wanted))).collect()
}

/// Runs the cases, a few at a time.
fn run_all(cases: VecDeque<Case>) -> Counts {
    let (cases, all) = (Mutex::new(cases), Mutex::new(Counts::default()));
    let next = || cases.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let mut counts = Counts::default();
                    let run = AssertUnwindSafe(|| (case.run)(&mut counts));
                    if catch_unwind(run).is_err() {
                        counts.break_promise("the test itself panicked, as told above");
                    }
                    for broken in &mut counts.broken {
                        let again = &case.again;
                        let command = "cargo test -p kunacore-tests --test crashes --";
                        *broken = format!("{}: {broken}\n    {command} {again}", case.name);
                    }
                    all.lock().unwrap_or_else(PoisonError::into_inner).add(counts);
                }
            });
        }
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}
