//! Finding an id or a wallet id that two rows have.
//!
//! Only 64-bit hashes are kept, in a table of 10 bytes an id. A hash that another row may have had is only a suspicion; the
//! journal is then read to see whether the id is the same, and of which row. From there on that id is watched, so that the
//! journal is not read for it again.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use super::record::{End, Record};

/// Which of a customer's ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdKind {
    /// The customer's own.
    Customer,
    /// The wallet's.
    Wallet,
}

impl fmt::Display for IdKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customer => "its id",
            Self::Wallet => "its wallet id",
        })
    }
}

/// An id that two rows have, or may have as far as is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct SameId {
    /// Which id it is.
    pub kind: IdKind,
    /// The id.
    pub id: String,
    /// The row that had it first.
    pub first: u32,
    /// The row that has it too.
    pub second: u32,
}

impl SameId {
    /// What a person is told, once for each two rows, of which both the customer and the wallet may be the same.
    pub(crate) fn remarks(same: &[Self]) -> Vec<String> {
        let pairs: BTreeSet<(u32, u32)> = same.iter().map(|same| (same.first, same.second)).collect();
        let told = |(first, second): (u32, u32)| {
            format!("Rows {first} and {second} have the same id; find out at the server whose customer it is.")
        };
        pairs.into_iter().map(told).collect()
    }
}

/// An id as it is looked for.
pub(crate) type Named = (IdKind, String);

/// The row that a record is about, and the ids that are its own from there on; `None` of a record that changes none.
fn of(record: &Record) -> Option<(u32, impl Iterator<Item = (IdKind, &str)>)> {
    let (row, (id, wallet_id)) = match record {
        Record::Result(result) => (result.row, result.ids()),
        Record::Accept { row, id, wallet_id, .. } => (*row, (Some(id.as_str()), Some(wallet_id.as_str()))),
        Record::Unsent { .. } | Record::Sync { .. } => return None,
    };
    let ids = [(IdKind::Customer, id), (IdKind::Wallet, wallet_id)];
    Some((row, ids.into_iter().filter_map(|(kind, id)| Some((kind, id?)))))
}

fn named((kind, id): (IdKind, &str)) -> Named {
    (kind, id.to_owned())
}

/// The hashes of all ids so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Of rows that have their customer for good.
    hashes: Hashes,
    /// Of rows whose customer is in doubt, with the row: it may have the same id in a later record.
    open: HashMap<u64, u32>,
    /// A key of its own in each process, so that no server can choose ids that collide.
    hasher: RandomState,
}

/// A set of hashes in one flat table, at 10 bytes each if their number is told before: each stands at the place that it names,
/// or at the next free one.
#[derive(Debug, Default)]
struct Hashes {
    places: Vec<u64>,
    count: usize,
}

/// What a free place holds. A hash that is this counts as another one: that is a suspicion like any other.
const FREE: u64 = 0;

impl Hashes {
    /// Makes place for so many in all: four of five places may be taken.
    fn reserve(&mut self, count: usize) {
        let places = count / 4 * 5 + 16;
        if places > self.places.len() {
            let before = std::mem::replace(&mut self.places, vec![FREE; places]);
            for hash in before.into_iter().filter(|hash| *hash != FREE) {
                if let Err(free) = self.find(hash) {
                    self.places[free] = hash;
                }
            }
        }
    }

    fn has(&self, hash: u64) -> bool {
        !self.places.is_empty() && self.find(hash.max(1)).is_ok()
    }

    /// Whether it was not there before.
    fn insert(&mut self, hash: u64) -> bool {
        if (self.count + 1) * 5 > self.places.len() * 4 {
            self.reserve((self.count + 1) * 2);
        }
        let hash = hash.max(1);
        let Err(free) = self.find(hash) else { return false };
        self.places[free] = hash;
        self.count += 1;
        true
    }

    /// Where the hash is, or the free place where it belongs. There is always a free one.
    fn find(&self, hash: u64) -> Result<usize, usize> {
        // As far into the table as the hash is into all numbers.
        let named = (u128::from(hash) * self.places.len() as u128) >> u64::BITS;
        let mut place = named as usize;
        loop {
            match self.places[place] {
                FREE => return Err(place),
                found if found == hash => return Ok(place),
                _ => place = if place + 1 == self.places.len() { 0 } else { place + 1 },
            }
        }
    }
}

impl Seen {
    /// Makes place for the ids of so many rows, so that it need not grow.
    pub(crate) fn expect(&mut self, rows: u32) {
        self.hashes.reserve(2 * rows as usize);
    }

    /// Takes the ids of a record, and gives those that another row may have, too.
    pub(crate) fn add(&mut self, record: &Record) -> Vec<Named> {
        let Some((row, ids)) = of(record) else { return Vec::new() };
        let is_final = match record {
            Record::Result(result) => matches!(result.end, End::Created { .. }),
            _ => true,
        };
        let suspected = ids.filter(|id| {
            let hash = self.hasher.hash_one(id);
            let is_of_another = self.open.get(&hash).is_some_and(|other| *other != row);
            if is_final {
                // Mostly it is new, and where it belongs need be found only once.
                return is_of_another || !self.hashes.insert(hash);
            }
            self.open.entry(hash).or_insert(row);
            is_of_another || self.hashes.has(hash)
        });
        suspected.map(named).collect()
    }
}

/// Which rows have certain ids, kept up to date record by record.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// The rows that have the id, in the order in which they came to it.
    rows: HashMap<Named, Vec<u32>>,
    /// The watched ids that a row has.
    ids: HashMap<u32, Vec<Named>>,
}

impl Watched {
    /// Watches these ids, of which no record was seen yet.
    pub(crate) fn new(ids: impl IntoIterator<Item = Named>) -> Self {
        Self { rows: ids.into_iter().map(|id| (id, Vec::new())).collect(), ids: HashMap::new() }
    }

    /// Whether the id is watched.
    pub(crate) fn has(&self, id: &Named) -> bool {
        self.rows.contains_key(id)
    }

    /// Takes the next record.
    pub(crate) fn visit(&mut self, record: &Record) {
        if self.rows.is_empty() {
            return;
        }
        let Some((row, ids)) = of(record) else { return };
        let mut now: Vec<Named> = ids.map(named).collect();
        now.retain(|id| self.rows.contains_key(id));
        if now.is_empty() && self.ids.is_empty() {
            return;
        }
        let before = if now.is_empty() { self.ids.remove(&row) } else { self.ids.insert(row, now.clone()) };
        let before = before.unwrap_or_default();
        for lost in before.iter().filter(|id| !now.contains(id)) {
            self.rows.entry(lost.clone()).or_default().retain(|other| *other != row);
        }
        for id in now.into_iter().filter(|id| !before.contains(id)) {
            self.rows.entry(id).or_default().push(row);
        }
    }

    /// Watches what another watches, after the same records.
    pub(crate) fn join(&mut self, other: Self) {
        self.rows.extend(other.rows);
        for (row, mut ids) in other.ids {
            self.ids.entry(row).or_default().append(&mut ids);
        }
    }

    /// Of a record's ids, those that another row has.
    pub(crate) fn same(&self, record: &Record) -> Vec<SameId> {
        let (false, Some((row, ids))) = (self.rows.is_empty(), of(record)) else { return Vec::new() };
        let ids: Vec<Named> = ids.map(named).collect();
        let first = |id: &Named| self.rows.get(id)?.iter().copied().find(|other| *other != row);
        let same = |id: &Named| Some(SameId { kind: id.0, id: id.1.clone(), first: first(id)?, second: row });
        let mut found: Vec<SameId> = ids.iter().filter_map(same).collect();
        found.sort();
        found
    }

    /// All ids that more than one row has.
    pub(crate) fn all_same(&self) -> Vec<SameId> {
        let mut found = Vec::new();
        for ((kind, id), rows) in &self.rows {
            if let Some((first, others)) = rows.split_first() {
                let same = |second: &u32| SameId { kind: *kind, id: id.clone(), first: *first, second: *second };
                found.extend(others.iter().map(same));
            }
        }
        found.sort();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_inserted_is_there_and_nothing_else_however_many_there_are() {
        // Numbers that a multiplication has spread over all bits, each once.
        let hash = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut hashes = Hashes::default();
        for number in 0..50_000 {
            assert!(!hashes.has(hash(number)), "{number}");
            assert!(hashes.insert(hash(number)), "{number}");
            assert!(!hashes.insert(hash(number / 2)), "{number}");
        }
        assert_eq!(hashes.count, 50_000);
        assert!((0..50_000).all(|number| hashes.has(hash(number))));
        assert!(!(50_000..100_000).any(|number| hashes.has(hash(number))));
        // These stand at the end of the table, and go on at its begin.
        assert!((0..1000).all(|number| hashes.insert(u64::MAX - number)));
        assert!((0..1000).all(|number| hashes.has(u64::MAX - number)));
        // None and one are the same: a suspicion, no more.
        assert!(hashes.has(0) && !hashes.insert(1));
    }

    #[test]
    fn a_set_that_was_told_how_many_come_takes_ten_bytes_for_each_and_does_not_grow() {
        let mut hashes = Hashes::default();
        hashes.reserve(100_000);
        let places = hashes.places.len();
        assert!((0..100_000_u64).all(|number| hashes.insert(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        assert_eq!(hashes.places.len(), places);
        assert!(places * 8 <= 10 * 100_000 + 128);
    }
}
