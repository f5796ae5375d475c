//! How far an import is, as whoever watches it sees it. Numbers only.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::run::Counts;

/// What an import is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// It reads and checks the input; nothing is sent yet.
    #[default]
    Checking,
    /// It sends rows.
    Sending,
    /// All rows were sent; those in doubt are looked up.
    Settling,
    /// It writes the reports.
    Reporting,
}

/// A moment of an import.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// How many rows the input has; while it is checked, how many were read.
    pub rows: u64,
    /// How many rows have a durable result, by how they ended.
    pub counts: Counts,
    /// How many rows had one when this process began.
    pub before: Counts,
    /// How many requests are on their way.
    pub in_flight: usize,
    /// How many may be at most.
    pub limit: usize,
    /// Rows in doubt that wait for their look-up.
    pub in_doubt: usize,
    /// Why nothing is sent now, and for how long still, where that is known.
    pub pause: Option<(&'static str, Option<Duration>)>,
    /// Rows that became durable in a second, of late; 0 before that is known.
    pub rate: f64,
    /// Since this process began to send.
    pub elapsed: Duration,
}

impl Progress {
    /// How many rows have a durable result.
    #[must_use]
    pub fn done(&self) -> u64 {
        total(&self.counts)
    }

    /// How long the rest takes at the present rate, where that can be told.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        let rows = self.rows.saturating_sub(self.done());
        let seconds = rows as f64 / self.rate;
        (self.phase == Phase::Sending && self.rate > 0.0).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
    }
}

/// How many rows that are.
pub(crate) fn total(counts: &Counts) -> u64 {
    let Counts { created, reconciled, adopted, known, rejected, unresolved, .. } = *counts;
    [created, reconciled, adopted, known, rejected, unresolved].into_iter().map(u64::from).sum()
}

/// Where the parts of an import note what is to be seen of them.
#[derive(Default)]
pub(crate) struct Board(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    phase: Phase,
    rows: u64,
    counts: Counts,
    before: Counts,
    in_doubt: usize,
    began: Option<Instant>,
    /// What was durable at some moments of the last seconds.
    recent: Vec<(Instant, u64)>,
}

/// Over which time the rate is taken.
const RECENT: Duration = Duration::from_secs(5);

impl Board {
    pub(crate) fn checked(&self, rows: u64) {
        self.note(|noted| noted.rows = rows);
    }

    pub(crate) fn begins(&self, rows: u64, before: Counts) {
        self.note(|noted| {
            (noted.phase, noted.rows, noted.before, noted.counts) = (Phase::Sending, rows, before, before);
            noted.began = Some(Instant::now());
        });
    }

    pub(crate) fn durable(&self, counts: Counts) {
        self.note(|noted| noted.counts = counts);
    }

    pub(crate) fn in_doubt(&self, rows: usize, nothing_else: bool) {
        self.note(|noted| {
            noted.in_doubt = rows;
            if noted.phase == Phase::Sending && nothing_else {
                noted.phase = Phase::Settling;
            }
        });
    }

    pub(crate) fn reports(&self) {
        self.note(|noted| noted.phase = Phase::Reporting);
    }

    /// What is to be seen now, but for what the pacer knows.
    pub(crate) fn progress(&self) -> Progress {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let done = total(&noted.counts);
        noted.recent.retain(|(then, _)| now.duration_since(*then) <= RECENT);
        if noted.began.is_some() {
            noted.recent.push((now, done));
        }
        let rate = match noted.recent.first() {
            Some((then, before)) if now > *then => {
                done.saturating_sub(*before) as f64 / now.duration_since(*then).as_secs_f64()
            }
            _ => 0.0,
        };
        Progress {
            phase: noted.phase,
            rows: noted.rows,
            counts: noted.counts,
            before: noted.before,
            in_doubt: noted.in_doubt,
            rate,
            elapsed: noted.began.map(|began| now.duration_since(began)).unwrap_or_default(),
            ..Progress::default()
        }
    }

    fn note(&self, change: impl FnOnce(&mut Noted)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
