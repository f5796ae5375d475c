//! Disks that are full, or on which an fsync fails: sending stops, what could not be written is printed, and once the disk is
//! well again, nothing is lost.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Case;
use crate::command::Exit;
use crate::counts::Counts;
use crate::oracle::{self, Excuse};
use crate::world::{Kind, World};

const KIND: Kind = Kind { unique: false, rows: 120, piped: false, adopt: false };
/// Sizes of a disk in KiB: from one that holds not even the begin of a run to one on which only the last report has no room.
const SIZES: [u32; 7] = [8, 16, 32, 48, 64, 80, 112];
/// What the system says then.
const FSYNC_FAILS: &str = "a test lets fsync fail";
/// From where on every fsync fails.
const FAILING: [&str; 18] = [
    "fsync:1",
    "fsync:2",
    "fsync:3",
    "fsync:4",
    "fsync:5",
    "fsync:6",
    "fsync:7",
    "before_manifest",
    "replayed",
    "before_server_time",
    "before_sent_upto",
    "after_sent_upto",
    "row_starts:60",
    "answer_received:30",
    "before_result_is_durable:3",
    "before_stop",
    "before_reports",
    "before_report_is_named:3",
];

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let fsyncs = FAILING.into_iter().map(|point| {
        Case::new(format!("fsync fails at {point}"), move |counts| {
            let world = World::new(KIND);
            let exit = world.import().fail_fsyncs_at(point).finish();
            counts.damages += 1;
            stopped_in_order(&world, &exit, FSYNC_FAILS, counts);
            oracle::bring_to_its_end(&world, counts, Excuse::default());
        })
    });
    let stopped = Case::new("fsync fails at a stop with rows left", |counts| {
        let world = World::new(Kind { rows: 1200, ..KIND });
        let mut running = world.import().fail_fsyncs_at("before_stop").start();
        while running.is_alive() && world.creates() < 40 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let exit = running.terminate();
        counts.damages += 1;
        stopped_in_order(&world, &exit, FSYNC_FAILS, counts);
        oracle::bring_to_its_end(&world, counts, Excuse::default());
    });
    let sizes = SIZES.into_iter().map(|size| {
        Case::new(format!("a disk of {size} KiB"), move |counts| {
            let world = World::new(KIND);
            let Some(disk) = SmallDisk::mount(world.directory(), size) else {
                return counts.skipped.push(format!("a disk of {size} KiB: it cannot be mounted here"));
            };
            let world = world.with_run(disk.0.join("run"));
            let exit = world.import().finish();
            counts.damages += 1;
            if exit.status != Some(2) {
                stopped_in_order(&world, &exit, "No space left", counts);
            }
            if disk.grow() {
                oracle::bring_to_its_end(&world, counts, Excuse::default());
            }
        })
    });
    fsyncs.chain([stopped]).chain(sizes).collect()
}

/// It says what happened, and each customer that an answer named is in the journal or in what it printed.
fn stopped_in_order(world: &World, exit: &Exit, cause: &str, counts: &mut Counts) {
    let told = || format!("{:?}: {}{}", exit.status, exit.stdout, exit.stderr);
    let in_order = matches!(exit.status, Some(1 | 3 | 4)) && !exit.stderr.contains("panicked");
    counts.hold(in_order, || format!("it did not stop in order, {}", told()));
    counts.hold(exit.stderr.contains(cause), || format!("it does not say what failed, {}", told()));
    let journal = std::fs::read_to_string(world.run().join("journal.jsonl")).unwrap_or_default();
    for entry in world.ledger().created.iter().skip(world.earlier) {
        let noted = [&entry.id, &entry.wallet_id].iter().all(|id| journal.contains(*id) || exit.stderr.contains(*id));
        if !noted {
            counts.lost += 1;
            counts.break_promise(format!("the wallet of request {} was not noted, {}", entry.request, told()));
        }
    }
}

/// A file system of its own, unmounted on drop.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Of so many KiB; `None` where this process may not mount.
    fn mount(beside: &Path, size: u32) -> Option<Self> {
        let at = beside.join("disk");
        std::fs::create_dir(&at).unwrap();
        let size = format!("size={size}k");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&at).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }

    /// Makes room.
    fn grow(&self) -> bool {
        Command::new("mount")
            .args(["-o", "remount,size=64m"])
            .arg(&self.0)
            .status()
            .is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
