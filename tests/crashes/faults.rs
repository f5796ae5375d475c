//! What goes wrong between the import and the server while it is killed. Nothing is committed later than `settle` allows.

use kunacore_sandbox::{Effect, Fault, Operation, Phase};
use kunacore_tests::random::Random;

/// How late the server acts on a request that it has hung up on, in milliseconds: far less than `settle`, since a busy machine
/// makes more of it.
const LATE: u64 = 30;

/// What happens to a creation.
fn creations() -> Vec<(Phase, Effect)> {
    use Effect::{Close, Delay, DropField, Garbage, Hang, LateCommit, Reset, Status, Truncate};
    use Phase::{After, Before};
    let status = |code| Status { code, retry_after: None };
    let asking = |code| Status { code, retry_after: Some("0".to_owned()) };
    vec![
        (Before, Reset {}),
        (After, Reset {}),
        (Before, Close {}),
        (After, Close {}),
        (After, Hang { ms: 60 }),
        (Before, status(503)),
        (Before, asking(503)),
        (After, status(500)),
        (Before, asking(429)),
        (After, Truncate { bytes: 20 }),
        (After, Garbage {}),
        (After, DropField("walletId".to_owned())),
        (Before, LateCommit { ms: LATE }),
        (Before, Delay { ms: 20 }),
    ]
}

fn likely(operation: Operation, phase: Phase, effect: Effect, probability: f64) -> Fault {
    Fault { probability: Some(probability), ..Fault::new(operation, phase, effect) }
}

/// A little of everything; look-ups work.
pub(crate) fn all() -> Vec<Fault> {
    creations().into_iter().map(|(phase, effect)| likely(Operation::Create, phase, effect, 0.015)).collect()
}

/// Some faults.
pub(crate) struct Some {
    pub(crate) rules: Vec<Fault>,
    /// Whether look-ups work.
    pub(crate) find_works: bool,
    /// Whether a gateway sends creations twice.
    pub(crate) twice: bool,
}

/// A few faults, each with a probability.
pub(crate) fn some(random: &mut Random) -> Some {
    let all = creations();
    let mut some = Some { rules: Vec::new(), find_works: true, twice: false };
    for _ in 0..random.below(5) {
        let (phase, effect) = all[usize::try_from(random.below(all.len() as u64)).unwrap()].clone();
        some.rules.push(likely(Operation::Create, phase, effect, (1 + random.below(15)) as f64 / 100.0));
    }
    if random.below(6) == 0 {
        some.twice = true;
        some.rules.push(likely(Operation::Create, Phase::Before, Effect::Twice {}, 0.1));
    }
    if random.below(5) == 0 {
        some.find_works = false;
        let effect = if random.below(2) == 0 { Effect::Garbage {} } else { Effect::Reset {} };
        some.rules.push(likely(Operation::Find, Phase::Before, effect, 0.3));
    }
    some
}
