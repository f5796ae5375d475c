//! Ids of customers, wallets and requests: random, or a function of a seed.
//!
//! With a seed, an id depends on what it names and on nothing else, so that creations in any order, or at the same time,
//! get the ids they got in the last run. Random ids begin with the time (UUID version 7): new ones go to the end of the
//! store's indexes, so that a creation costs the same however many there are.

use ring::digest::{Context, SHA256};
use uuid::{Builder, Uuid};

/// Makes ids.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids {
    seed: Option<u64>,
}

impl Ids {
    /// Repeatable ids with a seed, random ones without.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self { seed }
    }

    /// The ids of the customer and of its wallet, for the `nth` creation (from 0) with a case-folded e-mail, at a time in
    /// milliseconds since the Unix epoch.
    pub(crate) fn customer(&self, email_key: &str, nth: i64, now: i64) -> (String, String) {
        match self.seed {
            None => (random_at(now).to_string(), random_at(now).to_string()),
            Some(seed) => (
                derived(seed, "customer", nth, email_key).to_string(),
                derived(seed, "wallet", nth, email_key).to_string(),
            ),
        }
    }

    /// The id of the wire request with this number.
    pub(crate) fn request(&self, number: i64) -> String {
        self.seed.map_or_else(Uuid::new_v4, |seed| derived(seed, "request", number, "")).to_string()
    }
}

/// 74 random bits after the time.
fn random_at(millis: i64) -> Uuid {
    let mut tail = [0; 10];
    tail.copy_from_slice(&Uuid::new_v4().as_bytes()[6..]);
    // The bits of a version 4 that are not random are those over which version 7 writes its own marks.
    Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap_or(0), &tail).into_uuid()
}

fn derived(seed: u64, kind: &str, number: i64, name: &str) -> Uuid {
    let mut context = Context::new(&SHA256);
    // Only the last part has a variable length, so no two different ids hash the same bytes.
    context.update(&seed.to_be_bytes());
    context.update(&number.to_be_bytes());
    context.update(kind.as_bytes());
    context.update(b":");
    context.update(name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&context.finish().as_ref()[..16]);
    Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FIRST_INSTANT as NOW;

    #[test]
    fn a_seed_makes_ids_repeatable_and_distinct() {
        let seeded = |seed, email, nth| Ids::new(Some(seed)).customer(email, nth, NOW);
        let (id, wallet) = seeded(7, "alexsmith@mail.com", 0);
        assert_eq!((id.clone(), wallet.clone()), seeded(7, "alexsmith@mail.com", 0));
        assert_ne!(id, wallet);
        for other in
            [seeded(8, "alexsmith@mail.com", 0), seeded(7, "alexsmith@mail.com", 1), seeded(7, "alex@example.com", 0)]
        {
            assert_ne!(other.0, id);
            assert_ne!(other.1, wallet);
        }
    }

    #[test]
    fn without_a_seed_ids_differ_each_time_and_grow_with_it() {
        let ids = Ids::new(None);
        let (first, wallet) = ids.customer("alexsmith@mail.com", 0, NOW);
        let (second, _) = ids.customer("alexsmith@mail.com", 0, NOW);
        let (later, _) = ids.customer("alexsmith@mail.com", 0, NOW + 1);
        assert_ne!(first, wallet);
        assert_ne!(first, second);
        assert!(later > first && later > second);
    }
}
