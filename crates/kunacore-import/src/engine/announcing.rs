//! How far rows are announced before they leave.
//!
//! An announcement is a sync. A block at a time is enough where a server is slow or nothing is known of it yet; where results
//! come, one announcement lasts for some blocks. A process that is killed leaves what it announced in doubt, and whoever goes
//! on looks all of that up: so not where a rate was asked for, which would make it slow, nor beyond the last row.

use super::BLOCK_ROWS;

/// How many rows are announced at most beyond the block that has to be: a sync for every fourth block is enough.
const BEYOND: u32 = 3 * BLOCK_ROWS as u32;

/// What decides how far rows are announced.
pub(crate) struct Announcing {
    /// How many rows the input has.
    rows: u32,
    /// Whether only what has to be is announced.
    is_exact: bool,
    /// How many results have come in this process.
    results: u32,
    /// Whether this process has announced anything.
    has_begun: bool,
}

impl Announcing {
    /// Of an input of so many rows; `is_exact` announces nothing beyond the block that has to be.
    pub(crate) fn new(rows: u32, is_exact: bool) -> Self {
        Self { rows, is_exact, results: 0, has_begun: false }
    }

    /// A result has come.
    pub(super) fn note_result(&mut self) {
        self.results = self.results.saturating_add(1);
    }

    /// Up to which row to announce so that rows up to `upto` may leave, where those up to `announced` may; `None` if that is
    /// enough.
    pub(super) fn next(&mut self, upto: u32, announced: u32) -> Option<u32> {
        // Also what an earlier process has announced is announced once more: by that a process is known to send.
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        if upto <= announced {
            return is_first.then_some(upto);
        }
        let beyond = if self.is_exact { 0 } else { self.results.min(BEYOND) };
        Some(upto.saturating_add(beyond).min(self.rows.max(upto)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(results: u32, is_exact: bool) -> Announcing {
        let mut announcing = Announcing::new(u32::MAX, is_exact);
        (0..results).for_each(|_| announcing.note_result());
        announcing
    }

    #[test]
    fn as_many_rows_are_announced_beyond_as_have_a_result_but_not_more_than_some() {
        for (results, beyond) in [(0, 0), (100, 100), (768, 768), (5000, 768)] {
            assert_eq!(after(results, false).next(256, 0), Some(256 + beyond));
            assert_eq!(after(results, true).next(256, 0), Some(256));
        }
        assert_eq!(after(5000, false).next(u32::MAX - 1, 0), Some(u32::MAX));
    }

    #[test]
    fn nothing_is_announced_twice_but_for_the_first_of_a_process() {
        let mut announcing = after(0, false);
        let announced = [(256, 512), (512, 512), (600, 512), (600, 600)];
        assert_eq!(announced.map(|(upto, now)| announcing.next(upto, now)), [Some(256), None, Some(600), None]);
    }
}
