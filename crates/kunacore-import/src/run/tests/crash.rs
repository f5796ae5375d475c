//! A session that is cut short in each of its file operations in turn, and what the next process then finds.

use std::collections::{BTreeMap, BTreeSet};

use super::sim::{Fault, Sim};
use super::*;

/// What really happened, as somebody knows it who saw both the network and what the run reported.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    /// Whether the creation of the run was reported done.
    exists: bool,
    /// The rows of which a byte may have left.
    left: BTreeSet<u32>,
    /// The greatest announcement that was reported durable.
    announced: u32,
    /// The results that were taken, by row, in their order, and how many of them were reported durable.
    taken: BTreeMap<u32, (Vec<RowState>, usize)>,
}

impl World {
    pub(super) fn announce(&mut self, run: &mut Run, n: u32) -> Result<(), RunError> {
        run.announce(n)?;
        self.announced = self.announced.max(n);
        Ok(())
    }

    /// Lets a row leave.
    pub(super) fn begin(&mut self, run: &mut Run, row: u32) -> Result<(), RunError> {
        run.begin(row)?;
        self.left.insert(row);
        Ok(())
    }

    /// Begins a row and then does not send it.
    pub(super) fn begin_and_take_back(run: &mut Run, row: u32) -> Result<(), RunError> {
        run.begin(row)?;
        run.take_back(row);
        Ok(())
    }

    pub(super) fn record(&mut self, run: &mut Run, make: impl FnOnce(&Run) -> RowResult) -> Result<(), RunError> {
        let result = make(run);
        let row = result.row;
        run.record(result)?;
        self.taken.entry(row).or_default().0.push(run.state(row));
        Ok(())
    }

    pub(super) fn accept(&mut self, run: &mut Run, row: u32) -> Result<(), RunError> {
        run.accept(row, run.tag(&email(row)), "c-0", "w-0")?;
        self.taken.entry(row).or_default().0.push(run.state(row));
        Ok(())
    }

    pub(super) fn commit(&mut self, run: &mut Run) -> Result<(), RunError> {
        run.commit()?;
        self.all_durable();
        Ok(())
    }

    pub(super) fn stop(&mut self, run: &mut Run) -> Result<(), RunError> {
        run.stop()?;
        self.all_durable();
        Ok(())
    }

    fn all_durable(&mut self) {
        self.taken.values_mut().for_each(|(taken, durable)| *durable = taken.len());
    }

    /// Takes what a new process finds for what happened, after checking that it may be.
    pub(super) fn check(&mut self, run: &Run, rows: u32, case: &str) {
        assert!(run.sent_upto() >= self.announced, "{case}: {} went back", run.sent_upto());
        for row in 1..=rows {
            let state = run.state(row);
            let (taken, durable) = self.taken.entry(row).or_default();
            match state {
                RowState::Unsent | RowState::Tainted => {
                    assert_eq!(*durable, 0, "{case}: row {row} lost its result");
                    assert!(
                        state == RowState::Tainted || !self.left.contains(&row),
                        "{case}: row {row} may have been sent"
                    );
                    taken.clear();
                }
                result => {
                    let at = taken.iter().rposition(|taken| *taken == result);
                    let at = at.unwrap_or_else(|| panic!("{case}: row {row} has {result:?}, which nobody recorded"));
                    assert!(at + 1 >= *durable, "{case}: row {row} lost its last result");
                    taken.truncate(at + 1);
                    *durable = at + 1;
                }
            }
        }
    }
}

const ROWS: u32 = 30;

/// Three processes: one that stops in order, one that is killed, one that stops again.
fn session(sim: &Sim, world: &mut World) -> Result<(), RunError> {
    let mut run = create(sim)?;
    world.exists = true;
    world.announce(&mut run, 8)?;
    (1..=5).try_for_each(|row| world.begin(&mut run, row))?;
    world.record(&mut run, |run| created(run, 1))?;
    world.record(&mut run, |run| rejected(run, 2, "INVALID"))?;
    world.commit(&mut run)?;
    world.record(&mut run, |run| unresolved(run, 3, false))?;
    world.record(&mut run, |run| unread(run, 4))?;
    world.commit(&mut run)?;
    run.note_server_time(Some("2026-01-01T00:00:00Z"))?;
    world.record(&mut run, |run| rejected(run, 5, "conflict"))?;
    world.accept(&mut run, 5)?;
    World::begin_and_take_back(&mut run, 6)?;
    world.announce(&mut run, 12)?;
    world.begin(&mut run, 7)?;
    world.stop(&mut run)?;
    drop(run);

    let mut run = open(sim)?.run;
    world.check(&run, ROWS, "second process");
    world.announce(&mut run, 14)?;
    world.begin(&mut run, 6)?;
    world.begin(&mut run, 8)?;
    world.record(&mut run, |run| created(run, 6))?;
    world.commit(&mut run)?;
    world.record(&mut run, |run| created(run, 3))?;
    drop(run);

    let mut run = open(sim)?.run;
    world.check(&run, ROWS, "third process");
    world.record(&mut run, |run| created(run, 4))?;
    world.commit(&mut run)?;
    world.announce(&mut run, 16)?;
    world.begin(&mut run, 15)?;
    world.record(&mut run, |run| created(run, 15))?;
    world.stop(&mut run)
}

/// What the next processes find and do.
fn go_on(sim: &Sim, world: &mut World, case: &str) {
    let mut run = match open(sim) {
        Ok(opened) => opened.run,
        Err(RunError::NoRun) if !world.exists => create(sim).unwrap_or_else(|error| panic!("{case}: {error}")),
        Err(error) => panic!("{case}: {error}"),
    };
    world.exists = true;
    world.check(&run, ROWS, case);
    world.announce(&mut run, 20).unwrap();
    world.begin(&mut run, 17).unwrap();
    world.begin(&mut run, 18).unwrap();
    world.record(&mut run, |run| created(run, 17)).unwrap();
    world.stop(&mut run).unwrap();
    drop(run);
    let run = open(sim).unwrap_or_else(|error| panic!("{case}: {error}")).run;
    world.check(&run, ROWS, case);
    assert_eq!(
        states(&run, 20)[16..],
        [
            RowState::Created(How::Created),
            RowState::Tainted,
            // Neither is one that earlier processes could have reached.
            RowState::Unsent,
            RowState::Unsent
        ]
    );
}

#[test]
fn whatever_operation_is_the_last_nothing_sent_is_taken_for_unsent_and_nothing_durable_is_lost() {
    let mut cases = 0;
    for fault in [Fault::Die, Fault::Fail, Fault::Part, Fault::Short] {
        for operation in 0.. {
            let (sim, mut world) = (Sim::new(operation), World::default());
            sim.arm(operation, fault);
            let ended = session(&sim, &mut world);
            if sim.disarm() {
                ended.unwrap();
                break;
            }
            assert!(fault == Fault::Short || ended.is_err(), "operation {operation}: a failure was passed over");
            for seed in 0..12 {
                let (sim, mut world) = (sim.copy(seed), world.clone());
                let case = format!("{fault:?} in operation {operation}, power {seed}");
                match seed {
                    0 => sim.revive(),
                    _ => sim.cut_power(),
                }
                go_on(&sim, &mut world, &case);
                cases += 1;
            }
            // And again in the process that comes next, after the first died with its writes in the cache.
            for second in 0..24 {
                let (sim, mut world) = (sim.copy(second), world.clone());
                let case = format!("{fault:?} in operation {operation}, then in operation {second}");
                sim.revive();
                sim.arm(second, Fault::Part);
                if let Ok(opened) = open(&sim) {
                    world.check(&opened.run, ROWS, &case);
                }
                sim.cut_power();
                go_on(&sim, &mut world, &case);
                cases += 1;
            }
        }
    }
    println!("{cases} cases");
}
