//! The same e-mail twice in one input, found with sixteen bytes a row.
//!
//! Of each e-mail a keyed hash of 88 bits is kept, with the number of its row in the other 40. Sorting them brings equal
//! ones together. Verification by the text would need a second reading, which a stream does not allow, so the hash must be
//! long enough to stand for the text: among 10 million rows the chance that any two different e-mails meet is 2e-13, and
//! as the key is new for each check, nobody can make two that do. 2^40 rows are more than can be held.
//!
//! The hashes are held in many lists by their first bits: a single one would need half as much again while it grows.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};

const ROW_BITS: u32 = 40;
/// How many bits name a list.
const LIST_BITS: u32 = 8;

/// The e-mails of the rows so far.
pub(crate) struct Duplicates {
    key: [u8; 32],
    /// Hash above, row below; each list has the hashes with the same first bits.
    seen: Vec<Vec<u128>>,
}

impl Duplicates {
    pub(crate) fn new() -> Self {
        // The standard library's keys are from the system's source of randomness.
        let mut key = [0; 32];
        for (part, bytes) in key.chunks_exact_mut(8).enumerate() {
            bytes.copy_from_slice(&RandomState::new().hash_one(part).to_le_bytes());
        }
        Self { key, seen: vec![Vec::new(); 1 << LIST_BITS] }
    }

    pub(crate) fn push(&mut self, row: u64, email: &str) {
        let hash = blake3::keyed_hash(&self.key, normalised(email).as_bytes());
        let mut bits = [0; 16];
        bits.copy_from_slice(&hash.as_bytes()[..16]);
        let row = u128::from(row) & ((1 << ROW_BITS) - 1);
        let entry = u128::from_le_bytes(bits) >> ROW_BITS << ROW_BITS | row;
        let list = &mut self.seen[(entry >> (u128::BITS - LIST_BITS)) as usize];
        if list.len() == list.capacity() {
            // Vec would double.
            list.reserve_exact(list.len() / 8 + 16);
        }
        list.push(entry);
    }

    /// Every row whose e-mail an earlier one has, with the first that has it; in the order of the rows.
    pub(crate) fn find(self) -> Vec<(u64, u64)> {
        let row = |entry: &u128| (entry & ((1 << ROW_BITS) - 1)) as u64;
        let mut pairs: Vec<(u64, u64)> = Vec::new();
        for mut list in self.seen {
            list.sort_unstable();
            let same = list.chunk_by(|one, other| one >> ROW_BITS == other >> ROW_BITS);
            pairs.extend(same.flat_map(|rows| rows[1..].iter().map(move |later| (row(later), row(&rows[0])))));
        }
        pairs.sort_unstable();
        pairs
    }
}

/// An e-mail as it is compared: without blanks around it, in lower case. Mostly it is so already, and needs no text of its own.
pub(crate) fn normalised(email: &str) -> Cow<'_, str> {
    let email = email.trim();
    let is_lower = email.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(email) } else { Cow::Owned(email.to_lowercase()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_rows_are_paired_with_the_first_whatever_the_case_and_the_blanks() {
        let mut duplicates = Duplicates::new();
        let emails = ["a@x", "b@x", "A@X ", "c@x", "b@x", "a@x", "Ї@x", "ї@x"];
        for (row, email) in (1..).zip(emails) {
            duplicates.push(row, email);
        }
        assert_eq!(duplicates.find(), [(3, 1), (5, 2), (6, 1), (8, 7)]);
    }

    #[test]
    fn a_letter_beyond_ascii_that_has_an_ascii_one_in_lower_case_is_the_same() {
        let mut duplicates = Duplicates::new();
        // The sign for Kelvin.
        for (row, email) in (1..).zip(["\u{212a}@x", "k@x", "K@X"]) {
            duplicates.push(row, email);
        }
        assert_eq!(duplicates.find(), [(2, 1), (3, 1)]);
    }
}
