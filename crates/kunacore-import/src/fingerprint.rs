//! A hash of what an input would send, whatever file, format or layout it comes in.

use std::fmt;

use kunacore::Field;

use crate::batch::Row;
use crate::mapping::Mapping;

/// The hash of an input's content: of every field of every row as it would be sent, in order, and of the key columns.
///
/// The same rows have the same fingerprint as CSV and as Parquet, in one file or in several, whatever the names and order of
/// the columns that fill the fields, and whether a value stands in a column or is set. `Display` is 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The first twelve hex digits, which name the run.
    #[must_use]
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(12);
        text
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Hashes row by row.
pub(crate) struct Hasher {
    hasher: blake3::Hasher,
    /// The bytes of one row, hashed at once.
    row: Vec<u8>,
}

impl Hasher {
    pub(crate) fn new(mapping: &Mapping) -> Self {
        let mut row = Vec::new();
        row.extend_from_slice(&(mapping.keys().len() as u64).to_le_bytes());
        mapping.keys().iter().for_each(|key| add(&mut row, Some(key)));
        let mut hasher = blake3::Hasher::new_derive_key("kunacore-import content of a table, version 1");
        hasher.update(&row);
        Self { hasher, row }
    }

    pub(crate) fn push(&mut self, row: &Row<'_>) {
        self.row.clear();
        Field::ALL.into_iter().for_each(|field| add(&mut self.row, row.get(field)));
        // A format without nulls has the empty text in their place.
        row.keys().for_each(|(_, value)| add(&mut self.row, Some(value)));
        self.hasher.update(&self.row);
    }

    pub(crate) fn finish(self) -> Fingerprint {
        Fingerprint(*self.hasher.finalize().as_bytes())
    }
}

/// The length goes before the text, and no value is no length, so that no two rows look the same.
fn add(bytes: &mut Vec<u8>, value: Option<&str>) {
    let length = value.map_or(u64::MAX, |value| value.len() as u64);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(value.unwrap_or_default().as_bytes());
}
