//! Finding an id or a wallet id that two rows have.
//!
//! Only 64-bit hashes are kept, 8 bytes an id: a sorted list, and a small set of those that came since it was last sorted.
//! A hash that is there already is only a suspicion; the journal is read to see whether the id is, and of which row.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::record::{Record, RowResult};

/// Which of a customer's ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdKind {
    /// The customer's own.
    Customer,
    /// The wallet's.
    Wallet,
}

/// An id that two rows have.
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

/// An id as it is looked for.
pub(crate) type Named = (IdKind, String);

/// The ids a record gives its row.
pub(crate) fn of(record: &Record) -> (u32, Vec<Named>) {
    let (row, id, wallet_id) = match record {
        Record::Result(result) => ids(result),
        Record::Accept { row, id, wallet_id, .. } => (*row, Some(id.as_str()), Some(wallet_id.as_str())),
        Record::Unsent { row, .. } => (*row, None, None),
        Record::Sync { .. } => (0, None, None),
    };
    let named = [(IdKind::Customer, id), (IdKind::Wallet, wallet_id)];
    (row, named.into_iter().filter_map(|(kind, id)| Some((kind, id?.to_owned()))).collect())
}

fn ids(result: &RowResult) -> (u32, Option<&str>, Option<&str>) {
    let (id, wallet_id) = result.ids();
    (result.row, id, wallet_id)
}

/// The hashes of all ids so far.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    sorted: Vec<u64>,
    recent: HashSet<u64>,
    /// A key of its own in each process, so that no server can choose ids that collide.
    hasher: RandomState,
}

impl Ids {
    /// Adds an id, and tells whether it may have been there.
    pub(crate) fn add(&mut self, id: &Named) -> bool {
        let hash = self.hasher.hash_one(id);
        if self.sorted.binary_search(&hash).is_ok() || !self.recent.insert(hash) {
            return true;
        }
        if self.recent.len() > 1024.max(self.sorted.len() / 16) {
            self.sorted.extend(self.recent.drain());
            self.sorted.sort_unstable();
        }
        false
    }
}
