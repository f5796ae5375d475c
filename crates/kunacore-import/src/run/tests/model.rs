//! Random schedules of all that a process does and all that goes wrong, against a model in memory.

use std::collections::{BTreeMap, BTreeSet};

use super::crash::World;
use super::sim::{Fault, Sim};
use super::*;

const ROWS: u32 = 40;
const SEEDS: u64 = 150;
const STEPS: u32 = 120;

/// What a run says of its rows, by the rules alone.
#[derive(Clone, Default)]
struct Model {
    n: u32,
    announced: bool,
    tainted: BTreeSet<u32>,
    begun: BTreeSet<u32>,
    durable: BTreeMap<u32, RowState>,
    waiting: BTreeMap<u32, RowState>,
}

impl Model {
    fn state(&self, row: u32) -> RowState {
        let result = self.waiting.get(&row).or_else(|| self.durable.get(&row));
        let maybe = self.tainted.contains(&row) || self.begun.contains(&row);
        result.copied().unwrap_or(if maybe { RowState::Tainted } else { RowState::Unsent })
    }

    fn commit(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        self.durable.append(&mut waiting);
    }

    /// Another process opens the run.
    fn reopen(&mut self, in_order: bool) {
        if in_order {
            self.commit();
            self.tainted.append(&mut self.begun);
        } else if self.announced {
            self.tainted.extend(1..=self.n);
        }
        *self = Self { announced: false, begun: BTreeSet::new(), waiting: BTreeMap::new(), ..self.clone() };
    }

    /// After a fault, of which more than one end is right.
    fn of(run: &Run) -> Self {
        let mut model = Self { n: run.sent_upto(), ..Self::default() };
        for row in 1..=ROWS {
            match run.state(row) {
                RowState::Unsent => {}
                RowState::Tainted => drop(model.tainted.insert(row)),
                result => drop(model.durable.insert(row, result)),
            }
        }
        model
    }
}

/// One step; an error is the injected fault's.
fn step(run: &mut Run, model: &mut Model, world: &mut World, random: &mut fastrand::Rng) -> Result<(), RunError> {
    let row = random.u32(1..=ROWS);
    match random.u8(0..10) {
        0 => {
            let n = random.u32(0..=(run.sent_upto() + 6).min(ROWS));
            world.announce(run, n)?;
            (model.n, model.announced) = (model.n.max(n), true);
        }
        1..5 => {
            let state = model.state(row);
            let may = model.announced
                && row <= model.n
                && matches!(state, RowState::Unsent | RowState::Tainted | RowState::Unresolved { never_post: false });
            if random.u8(0..4) == 0 && may {
                // What was begun before that stays so.
                return World::begin_and_take_back(run, row);
            }
            match world.begin(run, row) {
                Ok(()) => {
                    assert!(may, "row {row} left as {state:?}");
                    model.begun.insert(row);
                }
                Err(error) => {
                    assert!(!may && !error.is_fatal(), "row {row} of {state:?}: {error}");
                }
            }
        }
        5..8 => {
            let state = model.state(row);
            let end = match random.u8(0..7) {
                0 => unresolved(run, row, false),
                1 => unresolved(run, row, true),
                2 => unread(run, row),
                3 => rejected(run, row, "INVALID"),
                4 => rejected(run, row, "conflict"),
                _ => created(run, row),
            };
            let open = matches!(state, RowState::Unsent | RowState::Tainted | RowState::Unresolved { .. });
            if matches!(state, RowState::Rejected { conflict: true }) {
                world.accept(run, row)?;
            } else if row <= model.n && open {
                world.record(run, |_| end)?;
            } else {
                assert!(run.record(end.clone()).is_err());
                assert_eq!(run.take_unwritten(), [end]);
                return Ok(());
            }
            model.waiting.insert(row, run.state(row));
        }
        _ => {
            world.commit(run)?;
            model.commit();
        }
    }
    Ok(())
}

fn play(seed: u64) -> [u32; 4] {
    let mut random = fastrand::Rng::with_seed(seed);
    let sim = Sim::new(random.u64(..));
    let (mut model, mut world) = (Model::default(), World::default());
    let mut run = create(&sim).unwrap();
    let mut ends = [0; 4];
    for at in 0..STEPS {
        let case = format!("seed {seed}, step {at}");
        let end = random.u8(0..30);
        if end == 0 {
            sim.arm(random.u64(0..6), random.choice([Fault::Die, Fault::Fail, Fault::Part, Fault::Short]).unwrap());
        }
        let failed = match end {
            1 => world.stop(&mut run).is_err(),
            2 | 3 => false,
            _ => step(&mut run, &mut model, &mut world, &mut random).is_err(),
        };
        let closed = failed || (1..=3).contains(&end);
        if closed {
            drop(run);
            match end {
                2 => sim.revive(),
                3 => sim.cut_power(),
                _ if failed && random.bool() => sim.cut_power(),
                _ if failed => sim.revive(),
                _ => drop(sim.disarm()),
            }
            run = open(&sim).unwrap_or_else(|error| panic!("{case}: {error}")).run;
            world.check(&run, ROWS, &case);
            ends[if failed { 0 } else { usize::from(end) }] += 1;
            if failed {
                model = Model::of(&run);
            } else {
                model.reopen(end == 1);
            }
        }
        for row in 1..=ROWS {
            assert_eq!(run.state(row), model.state(row), "{case}: row {row}");
        }
        assert_eq!(run.sent_upto(), model.n, "{case}");
    }
    ends
}

#[test]
fn a_run_is_what_the_rules_say_after_any_schedule() {
    let mut ends = [0; 4];
    for seed in 0..SEEDS {
        play(seed).iter().zip(&mut ends).for_each(|(one, all)| *all += one);
    }
    let [faults, stops, kills, cuts] = ends;
    println!("{SEEDS} seeds of {STEPS} steps: {faults} faults, {stops} stops, {kills} kills, {cuts} power cuts");
    assert!(ends.iter().all(|end| *end > 100));
}
