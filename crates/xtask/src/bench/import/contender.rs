//! A program among those that are measured in turn, and the table of what they took.

use super::measured::Measured;
use crate::bench::median;

/// A program that creates customers, and what it took in each round.
pub(super) struct Contender<'a> {
    name: &'static str,
    run: Box<dyn Fn() -> Result<Measured, String> + 'a>,
    rounds: Vec<Measured>,
}

impl<'a> Contender<'a> {
    pub(super) fn new(name: &'static str, run: impl Fn() -> Result<Measured, String> + 'a) -> Self {
        Self { name, run: Box::new(run), rounds: Vec::new() }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Customers a second, the median.
    pub(super) fn rate(&self) -> f64 {
        self.median(|round| round.created as f64 / round.seconds)
    }

    fn median(&self, of: impl Fn(&Measured) -> f64) -> f64 {
        median(self.rounds.iter().map(of).collect())
    }
}

/// Runs all of them, so many times in turn.
///
/// # Errors
///
/// The first that fails.
pub(super) fn rounds<'a, 'b: 'a>(
    count: usize,
    contenders: impl Iterator<Item = &'a mut Contender<'b>>,
) -> Result<(), String> {
    let mut contenders: Vec<_> = contenders.collect();
    for _ in 0..count {
        for contender in &mut contenders {
            contender.rounds.push((contender.run)()?);
        }
    }
    Ok(())
}

/// Prints what each took.
pub(super) fn show<'a, 'b: 'a>(contenders: impl Iterator<Item = &'a Contender<'b>>) {
    println!("{:38}{:>12}{:>10}{:>20}", "", "customers", "a second", "CPU µs for each");
    for contender in contenders {
        let created = contender.median(|round| round.created as f64);
        let cpu = contender.median(|round| round.cpu_seconds / round.created as f64 * 1e6);
        println!("  {:36}{created:12.0}{:10.0}{cpu:20.1}", contender.name, contender.rate());
    }
}
