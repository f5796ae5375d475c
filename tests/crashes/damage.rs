//! Journals that a crash has cut off, and such that no crash leaves.

use std::path::{Path, PathBuf};

use kunacore_tests::random::Random;

use crate::Case;
use crate::counts::Counts;
use crate::oracle::{self, Excuse};
use crate::points::Step;
use crate::reports::Report;
use crate::world::{Kind, World};

const JOURNAL: &str = "journal.jsonl";
/// At how many places the journal of a run is cut off.
const CUTS: usize = 50;
const QUICK_CUTS: usize = 20;
/// How many cases share them.
const PARTS: usize = 5;
/// How many bits of a journal are turned, one at a time.
const ROTTEN: u64 = 24;

/// All of them.
pub(crate) fn cases(quick: bool) -> Vec<Case> {
    let kind = Kind { unique: false, rows: 60, piped: false, adopt: false };
    let cuts = if quick { QUICK_CUTS } else { CUTS };
    let mut cases = vec![
        Case::new("bit rot", move |counts| rot(kind, counts)),
        Case::new("a file of the run is gone", move |counts| lose(kind, counts)),
    ];
    for part in 0..PARTS {
        let name = format!("a finished run whose journal is cut off, {part} of {PARTS}");
        cases.push(Case::new(name, move |counts| cut_finished(kind, (part..cuts).step_by(PARTS), cuts, counts)));
    }
    for part in 0..cuts / 5 {
        let name = format!("a stopped run whose journal is cut off at {part} of {}", cuts / 5);
        cases.push(Case::new(name, move |counts| {
            let world = World::new(Kind { rows: 90, ..kind });
            Step::Stop { creates: 45 }.take(&world, counts);
            let size = std::fs::metadata(world.run().join(JOURNAL)).unwrap().len();
            cut(world.run(), size * part as u64 / (cuts as u64 / 5));
            counts.damages += 1;
            oracle::bring_to_its_end(&world, counts, Excuse::default());
        }));
    }
    cases
}

fn cut(run: &Path, size: u64) {
    std::fs::OpenOptions::new().write(true).open(run.join(JOURNAL)).unwrap().set_len(size).unwrap();
}

/// A copy of the run beside it.
fn copy(world: &World, name: &str) -> PathBuf {
    let to = world.directory().join(name);
    std::fs::create_dir(&to).unwrap();
    for entry in std::fs::read_dir(world.run()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    to
}

/// Wherever it is cut off, the customers are found again, and none is created.
fn cut_finished(kind: Kind, places: impl Iterator<Item = usize>, cuts: usize, counts: &mut Counts) {
    let world = finished(kind, counts);
    let (creates, created) = (world.creates(), Report::read(world.run(), "created").unwrap().without(&["how"]));
    let size = std::fs::metadata(world.run().join(JOURNAL)).unwrap().len();
    for place in places {
        // Two numbers without a common factor, so that records are cut everywhere.
        let at = size * place as u64 / cuts as u64 + place as u64 % 37;
        let run = copy(&world, &format!("cut at {at}"));
        cut(&run, at.min(size));
        world.pass_time();
        let exit = world.import_to(&run).finish();
        counts.damages += 1;
        counts.continued += 1;
        counts.hold(exit.status == Some(2), || {
            format!("cut off at byte {at} of {size}, it ended with {:?}: {}{}", exit.status, exit.stdout, exit.stderr)
        });
        counts.hold(world.creates() == creates, || format!("cut off at byte {at} of {size}, it created something"));
        let again = Report::read(&run, "created").map(|again| again.without(&["how"]));
        counts
            .hold(again.as_ref() == Ok(&created), || format!("cut off at byte {at} of {size}, other rows: {again:?}"));
    }
}

fn finished(kind: Kind, counts: &mut Counts) -> World {
    let world = World::new(kind);
    let exit = world.import().finish();
    counts.hold(exit.status == Some(2), || format!("the run ended with {:?}: {}", exit.status, exit.stderr));
    world
}

/// Damage of what was durable is told with its position, and nothing is sent.
fn rot(kind: Kind, counts: &mut Counts) {
    let world = finished(kind, counts);
    let mut random = Random::from_env();
    let journal = std::fs::read(world.run().join(JOURNAL)).unwrap();
    let marker = br#""t":"sync""#;
    // The last marker itself is covered by none: damaged, it is where the journal was torn.
    let covered = journal.windows(marker.len()).rposition(|window| window == marker).unwrap();
    let covered = journal[..covered].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for number in 0..ROTTEN {
        let at = usize::try_from(random.below(covered as u64)).unwrap();
        let run = copy(&world, &format!("rot {number}"));
        let mut damaged = journal.clone();
        damaged[at] ^= 1 << random.below(8);
        std::fs::write(run.join(JOURNAL), damaged).unwrap();
        let line = journal[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        refuses(&world, &run, &format!("{JOURNAL}, byte {line}:"), counts);
    }
}

/// A run that has lost what it knows is no new run.
fn lose(kind: Kind, counts: &mut Counts) {
    let world = finished(kind, counts);
    for name in ["manifest.json", "sent_upto", JOURNAL, "key"] {
        let run = copy(&world, &format!("without {name}"));
        std::fs::remove_file(run.join(name)).unwrap();
        refuses(&world, &run, name, counts);
    }
    let run = copy(&world, "without slots");
    std::fs::write(run.join("sent_upto"), [0; 8192]).unwrap();
    refuses(&world, &run, "sent_upto, byte 0:", counts);
}

fn refuses(world: &World, run: &Path, named: &str, counts: &mut Counts) {
    let before = world.ledger().requests;
    let exit = world.import_to(run).finish();
    counts.damages += 1;
    let what = || format!("{}: {:?}: {}", run.display(), exit.status, exit.stderr);
    counts.hold(exit.status == Some(1) || exit.status == Some(4), || {
        format!("it went on with a damaged run, {}", what())
    });
    counts.hold(exit.stderr.contains(named), || format!("it does not name {named}, {}", what()));
    counts.hold(world.ledger().requests == before, || format!("it sent something, {}", what()));
}
