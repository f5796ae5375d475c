//! What came out, summed up.

use std::collections::BTreeMap;
use std::fmt;

/// What was tried and what was found.
#[derive(Default)]
pub(crate) struct Counts {
    /// Runs that were brought to their end.
    pub(crate) runs: usize,
    /// Rows of these runs.
    pub(crate) rows: usize,
    /// Kills, by the point at which they struck, or by what else chose the moment.
    pub(crate) kills: BTreeMap<String, usize>,
    /// Processes that stopped in order, because they were asked to.
    pub(crate) stops: usize,
    /// Processes that went on with a run that another had begun.
    pub(crate) continued: usize,
    /// Journals that were cut off or damaged, and disks that failed.
    pub(crate) damages: usize,
    /// Rows of which the server created two customers from two requests of ours.
    pub(crate) twice: usize,
    /// Customers that were created for a row, and stand in no report of it.
    pub(crate) lost: usize,
    /// Reports that were equal to those of a run that was not interrupted.
    pub(crate) compared: usize,
    /// Rows that were created twice by a server that acts later than `settle` allows: beyond what is promised.
    pub(crate) beyond: usize,
    /// What could not be tried here, and why.
    pub(crate) skipped: Vec<String>,
    pub(crate) broken: Vec<String>,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.rows += other.rows;
        for (point, times) in other.kills {
            *self.kills.entry(point).or_default() += times;
        }
        self.stops += other.stops;
        self.continued += other.continued;
        self.damages += other.damages;
        self.twice += other.twice;
        self.lost += other.lost;
        self.compared += other.compared;
        self.beyond += other.beyond;
        self.skipped.extend(other.skipped);
        self.broken.extend(other.broken);
    }

    pub(crate) fn killed(&mut self, at: &str) {
        *self.kills.entry(at.to_owned()).or_default() += 1;
    }

    /// Notes a broken promise.
    pub(crate) fn break_promise(&mut self, what: impl Into<String>) {
        self.broken.push(what.into());
    }

    /// Notes a broken promise unless this holds.
    pub(crate) fn hold(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(what());
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for skipped in &self.skipped {
            writeln!(f, "skipped: {skipped}")?;
        }
        let points: Vec<String> = self.kills.iter().map(|(point, times)| format!("{point} {times}")).collect();
        write!(
            f,
            "{} kills ({}), {} stops, {} damages; {} runs of {} rows in all, {} times continued: created twice: {}, lost: {}; \
             {} with the reports of a run that was not interrupted; {} rows created twice where the server acts later than it \
             is given time; {} promises broken",
            self.kills.values().sum::<usize>(),
            points.join(", "),
            self.stops,
            self.damages,
            self.runs,
            self.rows,
            self.continued,
            self.twice,
            self.lost,
            self.compared,
            self.beyond,
            self.broken.len(),
        )
    }
}
