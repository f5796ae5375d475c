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

/// How many rows one of the sums is for.
const SUMMED_ROWS: usize = 256;

/// How many bytes are hashed at once: BLAKE3 works on many KiB side by side if it gets them together. A power of two, since
/// what it has hashed before is to end where such a part ends.
const AT_ONCE: usize = 64 << 10;

/// Hashes row by row.
pub(crate) struct Hasher {
    hasher: blake3::Hasher,
    /// The bytes of rows that are not hashed yet.
    waiting: Vec<u8>,
    sums: Sums,
    found: Vec<u32>,
}

/// CRC-32 sums of parts of an input: cheap enough to compare what is sent with what was checked while it is sent.
#[derive(Default)]
pub(crate) struct Sums {
    row: Vec<u8>,
    crc: crc32fast::Hasher,
    rows: usize,
    part: usize,
}

impl Sums {
    /// Adds a row; after the last row of a part, gives the part's index and its sum.
    pub(crate) fn push(&mut self, row: &Row<'_>) -> Option<(usize, u32)> {
        let mut bytes = std::mem::take(&mut self.row);
        bytes.clear();
        write(&mut bytes, row);
        let part = self.add(&bytes);
        self.row = bytes;
        part
    }

    /// The index and the sum of the last part, if it has rows.
    pub(crate) fn finish(&mut self) -> Option<(usize, u32)> {
        (self.rows > 0).then(|| self.end())
    }

    fn add(&mut self, row: &[u8]) -> Option<(usize, u32)> {
        self.crc.update(row);
        self.rows += 1;
        (self.rows == SUMMED_ROWS).then(|| self.end())
    }

    fn end(&mut self) -> (usize, u32) {
        let sum = std::mem::take(&mut self.crc).finalize();
        let part = (self.part, sum);
        (self.part, self.rows) = (self.part + 1, 0);
        part
    }
}

/// Adds the bytes that stand for a row.
fn write(bytes: &mut Vec<u8>, row: &Row<'_>) {
    Field::ALL.into_iter().for_each(|field| add(bytes, row.get(field)));
    // A format without nulls has the empty text in their place.
    row.keys().for_each(|(_, value)| add(bytes, Some(value)));
}

impl Hasher {
    pub(crate) fn new(mapping: &Mapping) -> Self {
        let mut waiting = Vec::new();
        waiting.extend_from_slice(&(mapping.keys().len() as u64).to_le_bytes());
        mapping.keys().iter().for_each(|key| add(&mut waiting, Some(key)));
        let hasher = blake3::Hasher::new_derive_key("kunacore-import content of a table, version 1");
        Self { hasher, waiting, sums: Sums::default(), found: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: &Row<'_>) {
        let begin = self.waiting.len();
        write(&mut self.waiting, row);
        self.found.extend(self.sums.add(&self.waiting[begin..]).map(|(_, sum)| sum));
        let whole = self.waiting.len() / AT_ONCE * AT_ONCE;
        if whole > 0 {
            self.hasher.update(&self.waiting[..whole]);
            self.waiting.drain(..whole);
        }
    }

    /// The fingerprint, and the sums of the parts in their order.
    pub(crate) fn finish(mut self) -> (Fingerprint, Vec<u32>) {
        self.found.extend(self.sums.finish().map(|(_, sum)| sum));
        self.hasher.update(&self.waiting);
        (Fingerprint(*self.hasher.finalize().as_bytes()), self.found)
    }
}

/// The length goes before the text, and no value is no length, so that no two rows look the same.
fn add(bytes: &mut Vec<u8>, value: Option<&str>) {
    let length = value.map_or(u64::MAX, |value| value.len() as u64);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(value.unwrap_or_default().as_bytes());
}
