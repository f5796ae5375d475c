//! Where a row stands: its number over the whole input, and its line and file where that helps to find it.

use std::fmt;
use std::sync::Arc;

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(crate) row: u64,
    pub(crate) line: Option<u64>,
    pub(crate) file: Option<Arc<str>>,
}

impl Place {
    /// The number of the data record over the whole input; the first one is 1.
    #[must_use]
    pub fn row(&self) -> u64 {
        self.row
    }

    /// The line of its file on which the record begins, the first line being 1; for CSV and JSON Lines.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        self.line
    }

    /// The file, where the input has several.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        match (self.line, self.file()) {
            (Some(line), Some(file)) => write!(f, " (line {line} of {file})"),
            (Some(line), None) => write!(f, " (line {line})"),
            (None, Some(file)) => write!(f, " (in {file})"),
            (None, None) => Ok(()),
        }
    }
}

/// The places of all rows that went by, for a few bytes a row at most: line and row mostly run on together, so only the
/// points where they part are kept.
#[derive(Default)]
pub(crate) struct Places {
    /// From which row on, the distance from row to line, and the file.
    runs: Vec<(u64, Option<i64>, Option<Arc<str>>)>,
}

impl Places {
    pub(crate) fn push(&mut self, place: &Place) {
        let distance = place.line.map(|line| line.cast_signed().wrapping_sub(place.row.cast_signed()));
        let goes_on = |(_, last, file): &(u64, Option<i64>, Option<Arc<str>>)| *last == distance && *file == place.file;
        if !self.runs.last().is_some_and(goes_on) {
            self.runs.push((place.row, distance, place.file.clone()));
        }
    }

    /// The place of a row that was pushed.
    pub(crate) fn find(&self, row: u64) -> Place {
        let run = self.runs.partition_point(|(first, ..)| *first <= row).checked_sub(1);
        match run.map(|run| &self.runs[run]) {
            Some((_, distance, file)) => {
                Place { row, line: distance.map(|distance| row.wrapping_add_signed(distance)), file: file.clone() }
            }
            None => Place { row, line: None, file: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_again_and_rows_that_run_on_cost_nothing() {
        let (a, b): (Arc<str>, Arc<str>) = ("a.csv".into(), "b.csv".into());
        let lines = [(2, &a), (3, &a), (6, &a), (7, &a), (2, &b), (3, &b)];
        let mut places = Places::default();
        let all: Vec<Place> = (1..)
            .zip(lines)
            .map(|(row, (line, file))| Place { row, line: Some(line), file: Some(file.clone()) })
            .collect();
        all.iter().for_each(|place| places.push(place));
        for place in &all {
            assert_eq!(places.find(place.row), *place);
        }
        assert_eq!(places.runs.len(), 3);
        assert_eq!(all[4].to_string(), "row 5 (line 2 of b.csv)");
    }
}
