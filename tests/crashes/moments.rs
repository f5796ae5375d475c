//! Kills and stops at random moments, under random faults.

use std::time::Duration;

use kunacore_tests::random::Random;

use crate::Case;
use crate::faults;
use crate::oracle::{self, Excuse};
use crate::points::{LARGEST, Step};
use crate::world::{Kind, World};

/// The kills of a seed: some processes, of which the last is not killed.
pub(crate) fn case(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let rows = match random.below(8) {
        0 => LARGEST,
        number => [60, 120, 300][usize::try_from(number % 3).unwrap()],
    };
    let mut chance = |of: u64| random.below(of) == 0;
    let kind = Kind { unique: chance(2), rows, piped: chance(4), adopt: chance(4) };
    let concurrency: &[&str] = match random.below(4) {
        0 => &["--concurrency", "1"],
        1 => &["--concurrency", "64"],
        _ => &[],
    };
    let faults = faults::some(&mut random);
    let steps: Vec<Step> = (0..=random.below(3)).map(|_| step(&mut random, rows)).collect();
    let excuse = Excuse { twice: faults.twice, find_broken: !faults.find_works };
    Case::of_seed(seed, move |counts| {
        let world = World::new(kind).with(concurrency);
        world.sandbox.set_faults(&faults.rules).unwrap();
        steps.iter().for_each(|step| step.take(&world, counts));
        oracle::bring_to_its_end(&world, counts, excuse);
        let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
        for broken in &mut counts.broken {
            broken.push_str(&format!("\n    {}, under {:?}", steps.join(", then "), faults.rules));
        }
    })
}

fn step(random: &mut Random, rows: u32) -> Step {
    let creates = i64::try_from(random.below(u64::from(rows))).unwrap();
    match random.below(10) {
        0 => Step::Stop { creates },
        1 => Step::StopAtOnce { creates },
        2 => Step::Canary { rows: 1 + rows / 4 },
        // Most while rows are sent; some while those in doubt wait for their look-up.
        kind => {
            let most = if kind == 3 { 600 } else { 25 };
            Step::After { creates, later: Duration::from_millis(random.below(most)) }
        }
    }
}
