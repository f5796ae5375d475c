//! What goes wrong: named faults, each as rules of the sandbox.

use kunacore_sandbox::{Effect, Fault, Operation, Phase};
use kunacore_tests::random::Random;

/// One way to fail.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The rules, each for so many requests of its operation.
    pub(crate) rules: Vec<Fault>,
    /// Whether the server acts after it was given up.
    pub(crate) late: bool,
}

/// How many requests each rule strikes: as many as there are calls in a combination.
pub(crate) const STRIKES: u64 = 5;

fn status(code: u16) -> Effect {
    Effect::Status { code, retry_after: None }
}

fn asking(code: u16, retry_after: &str) -> Effect {
    Effect::Status { code, retry_after: Some(retry_after.to_owned()) }
}

/// Every fault.
pub(crate) fn all() -> Vec<Case> {
    use Effect::{Close, Delay, DropField, Garbage, Hang, LateCommit, Reset, Truncate, Twice};
    use Operation::{Create, Find, Login};
    use Phase::{After, Before};
    let drop = |name: &str| DropField(name.to_owned());
    let hang = || Hang { ms: 400 };
    type Rule = (Operation, Phase, Effect);
    let cases: Vec<(&'static str, Vec<Rule>)> = vec![
        ("none", vec![]),
        ("reset before", vec![(Create, Before, Reset {})]),
        ("reset after", vec![(Create, After, Reset {})]),
        ("close before", vec![(Create, Before, Close {})]),
        ("close after", vec![(Create, After, Close {})]),
        ("hang before", vec![(Create, Before, hang())]),
        ("hang after", vec![(Create, After, hang())]),
        ("408 before", vec![(Create, Before, status(408))]),
        ("408 after", vec![(Create, After, status(408))]),
        ("500 before", vec![(Create, Before, status(500))]),
        ("500 after", vec![(Create, After, status(500))]),
        ("502 after", vec![(Create, After, status(502))]),
        ("503 before", vec![(Create, Before, asking(503, "0"))]),
        ("503 after", vec![(Create, After, asking(503, "0"))]),
        ("504 after", vec![(Create, After, status(504))]),
        ("429", vec![(Create, Before, asking(429, "0"))]),
        ("429 for long", vec![(Create, Before, asking(429, "3600"))]),
        ("302 after", vec![(Create, After, status(302))]),
        ("303 after", vec![(Create, After, status(303))]),
        ("307", vec![(Create, Before, status(307))]),
        ("400", vec![(Create, Before, status(400))]),
        ("403", vec![(Create, Before, status(403))]),
        ("garbage before", vec![(Create, Before, Garbage {})]),
        ("garbage after", vec![(Create, After, Garbage {})]),
        ("truncated to nothing", vec![(Create, After, Truncate { bytes: 0 })]),
        ("truncated", vec![(Create, After, Truncate { bytes: 20 })]),
        ("no wallet id", vec![(Create, After, drop("walletId"))]),
        ("no id", vec![(Create, After, drop("id"))]),
        ("no e-mail", vec![(Create, After, drop("email"))]),
        ("delay", vec![(Create, Before, Delay { ms: 20 })]),
        ("late commit", vec![(Create, Before, LateCommit { ms: 15 })]),
        ("sent twice by a gateway", vec![(Create, Before, Twice {})]),
        ("lost, then lost", vec![(Create, Before, Close {}), (Create, After, Close {})]),
        ("lost after, then 422", vec![(Create, After, Close {}), (Create, Before, status(422))]),
        ("lost after, then 401", vec![(Create, After, Close {}), (Create, Before, status(401))]),
        ("lost after, then 409", vec![(Create, After, Reset {}), (Create, Before, status(409))]),
        ("lost after, then 429", vec![(Create, After, status(500)), (Create, Before, asking(429, "0"))]),
        ("lost before, then 403", vec![(Create, Before, Close {}), (Create, Before, status(403))]),
        ("429, then lost", vec![(Create, Before, asking(429, "0")), (Create, After, Close {})]),
        ("401", vec![(Create, Before, status(401))]),
        ("login reset", vec![(Login, Before, Reset {})]),
        ("login 500", vec![(Login, Before, status(500))]),
        ("login garbage", vec![(Login, Before, Garbage {})]),
        ("find fails at first", vec![(Create, After, Close {}), (Find, Before, status(503))]),
        ("find is cut", vec![(Create, After, Close {}), (Find, After, Truncate { bytes: 30 })]),
    ];
    cases
        .into_iter()
        .map(|(name, rules)| Case {
            name,
            late: rules.iter().any(|(_, _, effect)| matches!(effect, LateCommit { .. })),
            rules: rules
                .into_iter()
                .map(|(operation, phase, effect)| Fault {
                    count: Some(STRIKES),
                    ..Fault::new(operation, phase, effect)
                })
                .collect(),
        })
        .collect()
}

/// A few of them at random, each with a probability.
pub(crate) fn some(random: &mut Random) -> Vec<Fault> {
    let cases = all();
    let mut rules = Vec::new();
    for _ in 0..=random.below(4) {
        let case = &cases[usize::try_from(random.below(cases.len() as u64)).unwrap()];
        let probability = Some((1 + random.below(40)) as f64 / 100.0);
        rules.extend(case.rules.iter().map(|rule| Fault { count: None, probability, ..rule.clone() }));
    }
    rules
}
