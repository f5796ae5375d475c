//! Servers of which less is known: one without customers, an earlier run of the same table that was killed, and one that acts
//! later than it is given time, which shows where the promise ends.

use kunacore_sandbox::{Effect, Fault, Operation, Phase};

use crate::Case;
use crate::counts::Counts;
use crate::oracle::{self, Excuse};
use crate::points::Step;
use crate::world::{Kind, World};

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let kind = |unique| Kind { unique, rows: 90, piped: false, adopt: false };
    vec![
        Case::new("a server without customers", move |counts| nobody_to_be_found(kind(false), counts)),
        Case::new("an earlier run that was killed, unique", move |counts| earlier_run(kind(true), counts)),
        Case::new("an earlier run that was killed, any", move |counts| earlier_run(kind(false), counts)),
        Case::new("two processes at once", move |counts| two_at_once(kind(false), counts)),
        Case::new("later than settle", move |counts| later_than_settle(kind(false), counts)),
    ]
}

/// Where look-ups were never seen to find anybody, a killed run creates nothing more, until there is somebody.
fn nobody_to_be_found(kind: Kind, counts: &mut Counts) {
    let mut world = World::empty(kind);
    Step::At("row_starts").take(&world, counts);
    let exit = world.import().finish();
    counts.continued += 1;
    counts.hold(exit.status == Some(3) && world.creates() == 0, || {
        format!("it went on without knowing: {:?}: {}{}", exit.status, exit.stdout, exit.stderr)
    });
    world.create("somebody@example.com");
    world.earlier = 1;
    oracle::bring_to_its_end(&world, counts, Excuse::default());
}

/// A new run that knows a killed one creates nothing that the killed one may have created.
fn earlier_run(kind: Kind, counts: &mut Counts) {
    let world = World::new(kind);
    Step::At("answer_received:40").take(&world, counts);
    let (known, run) = (world.run().display().to_string(), world.directory().join("second"));
    let world = world.with_run(run).with(&["--known", &known]);
    oracle::bring_to_its_end(&world, counts, Excuse::default());
}

/// A second process is refused as long as the first is at it.
fn two_at_once(kind: Kind, counts: &mut Counts) {
    let world = World::new(Kind { rows: 300, ..kind });
    let mut first = world.import().start();
    while first.is_alive() && world.creates() < 20 {
        std::thread::yield_now();
    }
    let second = world.import().finish();
    let refused = second.status == Some(1) && second.stderr.contains("uses this run directory");
    counts.hold(refused, || format!("two were at it: {:?}: {}", second.status, second.stderr));
    first.kill();
    counts.killed("two processes");
    oracle::bring_to_its_end(&world, counts, Excuse::default());
}

/// Nothing can tell a customer that will be created from one that will not.
fn later_than_settle(kind: Kind, counts: &mut Counts) {
    let world = World::new(kind);
    let late = Fault::new(Operation::Create, Phase::Before, Effect::LateCommit { ms: 1500 });
    world.sandbox.set_faults(&[Fault { count: Some(5), ..late }]).unwrap();
    let exit = world.import().finish();
    counts.hold(exit.status == Some(0) || exit.status == Some(2), || format!("{:?}: {}", exit.status, exit.stderr));
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let ledger = world.ledger();
    let rows = ledger.created.iter().skip(world.earlier).filter_map(|entry| world.row_of(&entry.email));
    let mut seen = std::collections::HashSet::new();
    counts.beyond += rows.filter(|row| !seen.insert(*row)).count();
}
