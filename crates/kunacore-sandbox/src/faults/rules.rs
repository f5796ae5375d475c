//! The rules in force: which of them, if any, strikes a request.
//!
//! Every rule draws from a generator of its own, so that its draws do not depend on the requests of other operations.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::{Effect, Fault, FaultRule, Phase};
use crate::contract::Operation;

/// What happens to one request.
#[derive(Debug)]
pub(crate) struct Struck {
    pub(super) phase: Phase,
    pub(super) effect: Effect,
}

/// The rules, as the server's thread and the owner of the sandbox share them.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    seed: Option<u64>,
    rules: Arc<Mutex<Vec<Rule>>>,
}

#[derive(Debug)]
struct Rule {
    told: FaultRule,
    random: Random,
}

impl Faults {
    /// No rules yet; those to come draw from the seed, or at random.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self { seed, rules: Arc::default() }
    }

    /// Replaces all rules, or none when one of them cannot be used. With a seed, the draws begin anew.
    pub(crate) fn set(&self, faults: &[Fault]) -> Result<(), String> {
        for (index, fault) in faults.iter().enumerate() {
            fault.check().map_err(|problem| format!("rule {}: {problem}", index + 1))?;
        }
        let seed = self.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().1);
        // Each generator begins with a draw of one that is common to all, so that neighbours are not alike.
        let mut seeds = Random(seed);
        let rules = faults
            .iter()
            .map(|fault| Rule { told: FaultRule { fault: fault.clone(), fired: 0 }, random: Random(seeds.next()) });
        *self.lock() = rules.collect();
        Ok(())
    }

    /// Forgets all rules.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// The rules, and how often each has struck.
    pub(crate) fn list(&self) -> Vec<FaultRule> {
        self.lock().iter().map(|rule| rule.told.clone()).collect()
    }

    /// What the first rule that matches does to a request. A rule that is used up, or whose draw says no, does not match.
    pub(crate) fn strike(&self, operation: Operation) -> Option<Struck> {
        let mut rules = self.lock();
        let rule = rules.iter_mut().find_map(|rule| rule.matches(operation).then_some(rule))?;
        rule.told.fired += 1;
        Some(Struck { phase: rule.told.fault.phase, effect: rule.told.fault.effect.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn matches(&mut self, operation: Operation) -> bool {
        let FaultRule { fault, fired } = &self.told;
        fault.operation == operation
            && fault.count.is_none_or(|count| *fired < count)
            && fault.probability.is_none_or(|probability| self.random.fraction() < probability)
    }
}

/// SplitMix64: small, and more than good enough to choose requests.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, 1; the 53 bits are those that an `f64` holds exactly.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: Option<u64>, probability: f64) -> Vec<bool> {
        let faults = Faults::new(seed);
        let fault = Fault::new(Operation::Find, Phase::Before, Effect::Close {});
        faults.set(&[Fault { probability: Some(probability), ..fault }]).expect("a rule that makes sense");
        (0..1000).map(|_| faults.strike(Operation::Find).is_some()).collect()
    }

    #[test]
    fn a_seed_repeats_the_draws_and_another_one_does_not() {
        assert_eq!(drawn(Some(7), 0.5), drawn(Some(7), 0.5));
        assert_ne!(drawn(Some(7), 0.5), drawn(Some(8), 0.5));
        assert_ne!(drawn(None, 0.5), drawn(None, 0.5));
    }

    #[test]
    fn a_probability_is_what_it_says() {
        let count = |probability| drawn(Some(7), probability).into_iter().filter(|struck| *struck).count();
        assert_eq!((count(0.0), count(1.0)), (0, 1000));
        assert!((70..130).contains(&count(0.1)), "{}", count(0.1));
    }

    #[test]
    fn the_generator_is_the_published_one() {
        let mut random = Random(1_234_567);
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }
}
