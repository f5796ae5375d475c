//! Programs that do the same, run in turn so many times, and how each compares with another.
//!
//! The machine may be busy, and slower now than a minute ago: so a ratio is taken of each round by itself, and the median of
//! those counts. Where two halves of the rounds do not agree on it, it was too noisy a time to tell.

use serde_json::{Value, json};

use super::measured::Measured;
use super::median;

/// By how much two halves of a measurement may differ.
const NOISE: f64 = 0.15;

/// What a program is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// As little as can be done: what no client can beat by much.
    Ceiling,
    /// What one would use in our place.
    Peer,
    Ours,
}

/// A program that creates customers, and what it took in each round.
pub(super) struct Contender<'a> {
    pub(super) name: &'static str,
    pub(super) side: Side,
    run: Box<dyn Fn() -> Result<Measured, String> + 'a>,
}

/// What a contender took in each round.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) side: Side,
    rounds: Vec<Measured>,
}

/// All that was measured in turn.
pub(super) struct Contest {
    pub(super) title: String,
    pub(super) entries: Vec<Entry>,
}

/// What is compared.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// Customers a second.
    Rate,
    /// Processor time of the client's process for a customer, in seconds.
    Processor,
}

/// How one compares with another.
#[derive(Clone, Copy)]
pub(super) struct Ratio {
    pub(super) value: f64,
    pub(super) is_noisy: bool,
}

impl<'a> Contender<'a> {
    pub(super) fn new(name: &'static str, side: Side, run: impl Fn() -> Result<Measured, String> + 'a) -> Self {
        Self { name, side, run: Box::new(run) }
    }
}

/// Runs all of them, so many times in turn, forwards and backwards: a machine that grows slower or faster meanwhile does so for
/// the first as for the last. With an even number of rounds, four or more, each order has as many, in both halves too.
///
/// # Errors
///
/// The first that fails.
pub(super) fn hold(title: impl Into<String>, rounds: usize, contenders: &[Contender<'_>]) -> Result<Contest, String> {
    let title = title.into();
    eprintln!("measuring: {title}");
    let entry = |contender: &Contender<'_>| Entry { name: contender.name, side: contender.side, rounds: Vec::new() };
    let mut entries: Vec<Entry> = contenders.iter().map(entry).collect();
    for round in 0..rounds {
        let mut turn: Vec<_> = contenders.iter().zip(&mut entries).collect();
        if round % 2 == 1 {
            turn.reverse();
        }
        for (contender, entry) in turn {
            entry.rounds.push((contender.run)().map_err(|error| format!("{}: {error}", contender.name))?);
        }
    }
    Ok(Contest { title, entries })
}

impl Measured {
    fn figure(&self, what: Of) -> f64 {
        match what {
            Of::Rate => self.created as f64 / self.seconds,
            Of::Processor => self.cpu_seconds / self.created as f64,
        }
    }
}

impl Entry {
    /// The median of the rounds.
    pub(super) fn median(&self, what: Of) -> f64 {
        self.middle(|round| Some(round.figure(what)))
    }

    /// Seconds that the middle one of a hundred takes, and the slowest but one; NaN where it does not tell.
    pub(super) fn latency(&self) -> [f64; 2] {
        [self.middle(|round| round.latency.map(|[p50, _]| p50)), self.middle(|round| round.latency.map(|[_, p99]| p99))]
    }

    pub(super) fn peak_bytes(&self) -> f64 {
        self.middle(|round| round.peak_bytes)
    }

    fn middle(&self, of: impl Fn(&Measured) -> Option<f64>) -> f64 {
        median(self.rounds.iter().filter_map(of).collect())
    }
}

impl Contest {
    /// The entry with this name.
    pub(super) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The best of the peers.
    pub(super) fn best_peer(&self, what: Of) -> Option<&Entry> {
        self.best(what, |entry| entry.side == Side::Peer)
    }

    /// The best of those whose name begins so.
    pub(super) fn best_of(&self, what: Of, name: &str) -> Option<&Entry> {
        self.best(what, |entry| entry.name.starts_with(name))
    }

    fn best(&self, what: Of, among: impl Fn(&Entry) -> bool) -> Option<&Entry> {
        let order = |one: &&Entry, other: &&Entry| {
            let order = one.median(what).total_cmp(&other.median(what));
            if matches!(what, Of::Rate) { order } else { order.reverse() }
        };
        self.entries.iter().filter(|entry| among(entry)).max_by(order)
    }

    /// How many times as much `one` has as `other`.
    pub(super) fn ratio(one: &Entry, other: &Entry, what: Of) -> Ratio {
        let rounds = one.rounds.iter().zip(&other.rounds);
        let ratios: Vec<f64> = rounds.map(|(one, other)| one.figure(what) / other.figure(what)).collect();
        Ratio::of(&ratios)
    }

    /// As JSON, every round of it.
    pub(super) fn json(&self) -> Value {
        let round = |round: &Measured| {
            json!({
                "created": round.created, "seconds": round.seconds, "cpu_seconds": round.cpu_seconds,
                "peak_bytes": round.peak_bytes, "p50_seconds": round.latency.map(|[p50, _]| p50),
                "p99_seconds": round.latency.map(|[_, p99]| p99),
            })
        };
        let entry = |entry: &Entry| {
            let side = match entry.side {
                Side::Ceiling => "ceiling",
                Side::Peer => "peer",
                Side::Ours => "ours",
            };
            json!({ "name": entry.name, "side": side, "rounds": entry.rounds.iter().map(round).collect::<Vec<_>>() })
        };
        json!({ "title": self.title, "entries": self.entries.iter().map(entry).collect::<Vec<_>>() })
    }
}

impl Ratio {
    /// The median of the rounds' ratios.
    pub(super) fn of(rounds: &[f64]) -> Self {
        // Each half has as many rounds forwards as backwards.
        let half = |wanted: usize| {
            let of_half = rounds.iter().enumerate().filter(|(round, _)| round / 2 % 2 == wanted);
            median(of_half.map(|(_, ratio)| *ratio).collect())
        };
        let differ = (half(0) / half(1)).ln().abs() > (1.0 + NOISE).ln();
        Self { value: median(rounds.to_vec()), is_noisy: rounds.len() > 1 && differ }
    }

    /// Whether another measurement of the same says something else.
    pub(super) fn differs(value: f64, before: f64) -> bool {
        (value / before).ln().abs() > (1.0 + NOISE).ln()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn contest(entries: &[(&'static str, Side, &[f64])]) -> Contest {
        let round = |seconds: &f64| Measured {
            created: 100,
            seconds: *seconds,
            cpu_seconds: *seconds / 2.0,
            peak_bytes: None,
            grown_bytes: None,
            latency: None,
        };
        let entry = |(name, side, rounds): &(&'static str, Side, &[f64])| Entry {
            name,
            side: *side,
            rounds: rounds.iter().map(round).collect(),
        };
        Contest { title: String::new(), entries: entries.iter().map(entry).collect() }
    }

    #[test]
    fn a_ratio_is_that_of_each_round_so_that_a_slow_minute_counts_for_both() {
        let contest = contest(&[("a", Side::Ours, &[1.0, 10.0, 1.0]), ("b", Side::Peer, &[2.0, 20.0, 2.0])]);
        let [a, b] = [&contest.entries[0], &contest.entries[1]];
        let ratio = Contest::ratio(a, b, Of::Rate);
        assert!((ratio.value - 2.0).abs() < 1e-9 && !ratio.is_noisy);
        assert!((Contest::ratio(a, b, Of::Processor).value - 0.5).abs() < 1e-9);
    }

    #[test]
    fn halves_that_do_not_agree_were_measured_at_a_noisy_time() {
        assert!(Ratio::of(&[1.0, 1.0, 1.3, 1.3, 1.0, 1.0]).is_noisy);
        assert!(!Ratio::of(&[1.0, 1.0, 1.1, 1.1, 1.0, 1.0]).is_noisy);
        // The order makes a difference, in both halves alike.
        assert!(!Ratio::of(&[1.0, 1.3, 1.0, 1.3, 1.0, 1.3]).is_noisy);
        assert!(Ratio::differs(1.0, 1.16) && Ratio::differs(1.16, 1.0) && !Ratio::differs(1.0, 1.14));
    }

    #[test]
    fn rounds_run_forwards_and_backwards_in_turn() {
        let order = RefCell::new(String::new());
        let contender = |name: &'static str| {
            let order = &order;
            Contender::new(name, Side::Ours, move || {
                order.borrow_mut().push_str(name);
                Ok(contest(&[("", Side::Ours, &[1.0])]).entries.remove(0).rounds.remove(0))
            })
        };
        let held = hold("", 3, &[contender("a"), contender("b"), contender("c")]).unwrap();
        assert_eq!(order.into_inner(), "abccbaabc");
        assert!(held.entries.iter().all(|entry| entry.rounds.len() == 3));
    }

    #[test]
    fn the_best_peer_is_the_fastest_or_the_cheapest() {
        let contest =
            contest(&[("ours", Side::Ours, &[0.1]), ("slow", Side::Peer, &[3.0]), ("fast", Side::Peer, &[1.0])]);
        assert_eq!(contest.best_peer(Of::Rate).map(|entry| entry.name), Some("fast"));
        assert_eq!(contest.best_peer(Of::Processor).map(|entry| entry.name), Some("fast"));
        assert_eq!(contest.best_of(Of::Rate, "slo").map(|entry| entry.name), Some("slow"));
    }
}
