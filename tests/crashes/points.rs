//! Kills at the named points of the protocol.

use std::io::Write as _;
use std::time::Duration;

use crate::Case;
use crate::command::{Exit, Running};
use crate::counts::Counts;
use crate::faults;
use crate::oracle::{self, Excuse};
use crate::world::{Kind, World};

/// What happens to one process of a run.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// It is killed at a point, at the how manieth passing of it.
    At(&'static str),
    /// It is killed once so many creations were asked for in all, and a little later.
    After { creates: i64, later: Duration },
    /// It is asked to stop once so many creations were asked for in all.
    Stop { creates: i64 },
    /// It is asked to stop, and then to stop at once.
    StopAtOnce { creates: i64 },
    /// It is to send so many rows.
    Canary { rows: u32 },
    /// No process: a crash of the machine leaves the begin of a record.
    Tear,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(point) => f.write_str(point),
            Self::After { creates, later } => write!(f, "{creates} creations and {} ms", later.as_millis()),
            Self::Stop { creates } => write!(f, "stop after {creates}"),
            Self::StopAtOnce { creates } => write!(f, "stop at once after {creates}"),
            Self::Canary { rows } => write!(f, "canary of {rows}"),
            Self::Tear => f.write_str("tear"),
        }
    }
}

impl Step {
    /// Does it.
    pub(crate) fn take(self, world: &World, counts: &mut Counts) {
        match self {
            Self::At(point) => {
                let exit = world.import().crash_at(point).finish();
                match exit.status {
                    None => {
                        counts.killed(point.split_once(':').map_or(point, |(name, _)| name));
                        oracle::believe_no_unsent_row(world, counts);
                    }
                    Some(status) => counts.break_promise(format!(
                        "{point} was never passed: the process ended with {status}: {}{}",
                        exit.stdout, exit.stderr
                    )),
                }
            }
            Self::After { creates, later } => {
                let running = start(world, creates);
                std::thread::sleep(later);
                match running.kill().status {
                    None => {
                        counts.killed("random moments");
                        oracle::believe_no_unsent_row(world, counts);
                    }
                    // It was over sooner.
                    Some(_) => counts.continued += 1,
                }
            }
            Self::Stop { creates } => stopped(world, &start(world, creates).terminate(), &[0, 2, 3, 4], counts),
            Self::StopAtOnce { creates } => {
                let mut running = start(world, creates);
                running.ask_to_stop();
                std::thread::sleep(Duration::from_millis(2));
                stopped(world, &running.terminate(), &[0, 2, 3, 4, 130], counts);
            }
            Self::Canary { rows } => {
                let exit = world.import().arguments(["--canary", &rows.to_string()]).finish();
                stopped(world, &exit, &[0, 2, 3, 4], counts);
            }
            Self::Tear => {
                let journal = std::fs::OpenOptions::new().append(true).open(world.run().join("journal.jsonl"));
                journal.unwrap().write_all(br#"{"t":"result","row":1,"tag":""#).unwrap();
            }
        }
        world.pass_time();
    }
}

/// Starts a process and waits until so many creations were asked for in all, or it has ended.
fn start(world: &World, creates: i64) -> Running {
    let mut running = world.import().start();
    while running.is_alive() && world.creates() < creates {
        std::thread::sleep(Duration::from_millis(1));
    }
    running
}

/// A process that has stopped in order says so, and its reports call nothing unsent that was created.
fn stopped(world: &World, exit: &Exit, statuses: &[i32], counts: &mut Counts) {
    if exit.status.is_none() {
        // It was asked before it listened.
        counts.killed("before it listened");
        return oracle::believe_no_unsent_row(world, counts);
    }
    counts.stops += 1;
    // What an earlier process sent may be carried out only now, and then a process is asked to stop as soon as it starts.
    let was_checking = exit.status == Some(130) && exit.stderr.contains("interrupted while the input was checked");
    counts.hold(was_checking || exit.status.is_some_and(|status| statuses.contains(&status)), || {
        format!("it did not stop in order: {:?}: {}", exit.status, exit.stderr)
    });
    oracle::believe_no_unsent_row(world, counts);
}

/// A table that fits into one block, one of two, and one of which more is announced than is handed on.
const SMALL: u32 = 90;
const LARGE: u32 = 300;
pub(crate) const LARGEST: u32 = 1300;

/// The points, in the order in which a run passes them, each with what comes before and after.
fn sequences() -> Vec<(u32, Vec<Step>)> {
    use Step::{At, Canary, Stop, StopAtOnce, Tear};
    vec![
        (SMALL, vec![At("before_manifest")]),
        (SMALL, vec![At("before_server_time")]),
        (SMALL, vec![At("after_server_time")]),
        (SMALL, vec![At("before_sent_upto")]),
        (LARGE, vec![At("before_sent_upto:2")]),
        (LARGEST, vec![At("before_sent_upto:3")]),
        (SMALL, vec![At("after_sent_upto")]),
        (LARGE, vec![At("after_sent_upto:2")]),
        (LARGEST, vec![At("after_sent_upto:3")]),
        (SMALL, vec![At("row_starts")]),
        (SMALL, vec![At("row_starts:50")]),
        (LARGE, vec![At("row_starts:280")]),
        (SMALL, vec![At("answer_received")]),
        (SMALL, vec![At("answer_received:40")]),
        (SMALL, vec![At("before_result_is_durable")]),
        (LARGE, vec![At("before_result_is_durable:2")]),
        (SMALL, vec![At("after_result_is_durable")]),
        (LARGE, vec![At("after_result_is_durable:2")]),
        (SMALL, vec![At("before_stop")]),
        (SMALL, vec![At("before_reports")]),
        (SMALL, vec![At("before_report_is_named")]),
        (SMALL, vec![At("before_report_is_named:3")]),
        (SMALL, vec![At("before_report_is_named:6")]),
        // Killed again while what the first kill left is read, or settled.
        (SMALL, vec![At("row_starts:30"), Tear, At("replay_cut")]),
        (SMALL, vec![At("answer_received:30"), At("replayed")]),
        (SMALL, vec![At("row_starts:40"), At("row_starts:40"), At("answer_received:20")]),
        (LARGE, vec![At("row_starts:60"), At("before_sent_upto"), At("after_sent_upto")]),
        // Left unsent in order, sent by a process that is killed.
        (LARGE, vec![Stop { creates: 40 }, At("row_starts:30")]),
        (LARGE, vec![Stop { creates: 40 }, At("after_sent_upto"), At("answer_received:5")]),
        (LARGE, vec![At("row_starts:20"), Stop { creates: 60 }, At("row_starts:60")]),
        (LARGE, vec![StopAtOnce { creates: 40 }, At("row_starts:30")]),
        (LARGEST, vec![Stop { creates: 500 }, At("row_starts:30")]),
        (LARGE, vec![Canary { rows: 20 }, At("row_starts:30"), Canary { rows: 20 }]),
    ]
}

/// The same of a table that can be read only once.
fn piped() -> Vec<(u32, Vec<Step>)> {
    use Step::At;
    vec![
        (SMALL, vec![At("spooling")]),
        (SMALL, vec![At("before_manifest")]),
        (SMALL, vec![At("before_spool_is_kept")]),
        (SMALL, vec![At("after_spool_is_kept")]),
        (SMALL, vec![At("row_starts:50")]),
        (SMALL, vec![At("before_report_is_named:5")]),
        (SMALL, vec![At("before_copy_is_removed")]),
    ]
}

/// Before the first row leaves there is about a dozen of fsyncs, and after it one for each batch of results.
const FSYNCS: [&str; 16] = [
    "fsync:1", "fsync:2", "fsync:3", "fsync:4", "fsync:5", "fsync:6", "fsync:7", "fsync:8", "fsync:9", "fsync:10",
    "fsync:11", "fsync:12", "fsync:13", "fsync:14", "fsync:16", "fsync:20",
];

/// All of them, against servers that refuse e-mails that are taken and such that do not, with faults and without.
pub(crate) fn cases(quick: bool) -> Vec<Case> {
    let servers = [(true, true), (false, false), (true, false), (false, true)];
    let mut cases = Vec::new();
    for (unique, faulty) in servers.into_iter().take(if quick { 2 } else { 4 }) {
        let named =
            sequences().into_iter().map(|(rows, steps)| (Kind { unique, rows, piped: false, adopt: false }, steps));
        let piped = piped().into_iter().map(|(rows, steps)| (Kind { unique, rows, piped: true, adopt: false }, steps));
        cases.extend(named.chain(piped).map(|(kind, steps)| case(kind, faulty, steps)));
    }
    for (number, point) in FSYNCS.into_iter().enumerate() {
        let kind = Kind { unique: number % 4 < 2, rows: SMALL, piped: number % 2 == 0, adopt: false };
        cases.push(case(kind, false, vec![Step::At(point)]));
    }
    cases
}

fn case(kind: Kind, faulty: bool, steps: Vec<Step>) -> Case {
    let words: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let Kind { unique, piped, .. } = kind;
    let table = if piped { ", piped" } else { "" };
    let (server, faults) = (if unique { "unique" } else { "any" }, if faulty { "faults" } else { "calm" });
    let name = format!("{}{table}, {server}, {faults}", words.join(", then "));
    Case::new(name, move |counts| {
        let world = World::new(kind);
        if faulty {
            world.sandbox.set_faults(&faults::all()).unwrap();
        }
        steps.iter().for_each(|step| step.take(&world, counts));
        oracle::bring_to_its_end(&world, counts, Excuse::default());
    })
}
