//! `cargo xtask test`: everything, stage by stage, with what each took.
//!
//! A stage that cannot run on this machine says so at the end; with `CI=true` that is a failure.

mod foreign;
mod mutants;
mod python;
mod readme;
mod rust;

pub(crate) use python::{Environment, Symbols, target};

use std::path::Path;
use std::time::{Duration, Instant};

/// Which halves to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    Rust,
    Python,
}

/// How a stage ended, if it did not fail.
pub(crate) enum Done {
    Ran,
    /// The reason why this machine cannot run it.
    NotRun(String),
}

type Stage<'a> = (&'static str, Box<dyn Fn() -> Result<Done, String> + 'a>);

/// Runs the stages whose name holds `only`, in order, up to the first that fails.
///
/// # Errors
///
/// The first failure; with `CI=true` also the stages that were not run.
pub(crate) fn run(root: &Path, part: Part, only: &str) -> Result<(), String> {
    let python = python::Environment::new(root);
    let mut stages: Vec<Stage<'_>> = Vec::new();
    if part != Part::Python {
        stages.extend(rust::stages(root));
        stages.extend(mutants::stages(root));
    }
    if part != Part::Rust {
        stages.extend(python::stages(&python));
        stages.extend(foreign::stages(&python));
        stages.extend(readme::stages(&python));
    }
    let mut times: Vec<(&str, Duration)> = Vec::new();
    let mut not_run = Vec::new();
    let mut failure = None;
    stages.retain(|(name, _)| name.contains(only));
    if stages.is_empty() {
        return Err(format!("there is no stage “{only}”"));
    }
    for (name, stage) in stages {
        println!("\n== {name}");
        let start = Instant::now();
        let result = stage();
        times.push((name, start.elapsed()));
        match result {
            Ok(Done::Ran) => {}
            Ok(Done::NotRun(reason)) => not_run.push(format!("not run: {name} ({reason})")),
            Err(message) => {
                failure = Some(format!("{name}: {message}"));
                break;
            }
        }
    }
    println!("\nminutes a stage:");
    for (name, time) in &times {
        println!("  {:5.1}  {name}", time.as_secs_f64() / 60.0);
    }
    println!("  {:5.1}  in all", times.iter().map(|(_, time)| time.as_secs_f64()).sum::<f64>() / 60.0);
    for line in &not_run {
        println!("{line}");
    }
    if let Some(message) = failure {
        return Err(format!("FAILED: {message}"));
    }
    if !not_run.is_empty() && std::env::var("CI").is_ok_and(|ci| ci == "true") {
        return Err("FAILED: with CI=true every stage must run".to_owned());
    }
    println!("everything that ran has passed");
    Ok(())
}
