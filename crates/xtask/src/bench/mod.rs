//! `cargo xtask bench`: where this client stands beside what one would use in its place, and beside the limit.
//!
//! All clients create the same customers at the same server, which does next to nothing, and run in turn, since the machine
//! may be busy: what counts are ratios within a round. The processor time of the client's own process is the first measure.

mod contest;
mod growth;
mod instructions;
mod lab;
mod latency;
mod many;
mod measured;
mod picture;
mod profile;
mod report;
mod sandbox;
mod single;
mod start;

pub(crate) use profile::profile;

use std::path::Path;

use crate::process::capture;
use lab::Lab;
use report::Report;

/// The parts that can be measured by themselves.
pub(crate) const PARTS: [&str; 7] = ["one", "many", "latency", "growth", "start", "sandbox", "memory"];

const WRK: &str = "wrk, the same request";
/// The clients that the ratios of all others are told of.
const HYPER: &str = "bare hyper";
const REQWEST: &str = "bare reqwest";
/// Rows of the table, unless another number is asked for.
pub(crate) const ROWS: u64 = 300_000;

/// Measures everything; prints the report and writes it below the target directory.
///
/// # Errors
///
/// Something cannot be built, installed or started, or does not do what it must.
pub(crate) fn run_all(root: &Path) -> Result<(), String> {
    let lab = Lab::new(root)?;
    let mut report = Report { about: about(&lab)?, ..Report::default() };
    for part in PARTS.into_iter().filter(|part| *part != "memory") {
        measure(&lab, part, ROWS, &mut report)?;
    }
    report.publish(root)
}

/// Measures one part and prints what came of it, beside what the last whole run had.
///
/// # Errors
///
/// As [`run_all`]; or there is no such part.
pub(crate) fn run_part(root: &Path, part: &str, rows: u64) -> Result<(), String> {
    if !PARTS.contains(&part) {
        return Err(format!("there is no part `{part}`; the parts are {}", PARTS.join(", ")));
    }
    let lab = Lab::new(root)?;
    if part == "memory" {
        return growth::memory(&lab);
    }
    let mut report = Report { about: about(&lab)?, ..Report::default() };
    measure(&lab, part, rows, &mut report)?;
    report.print(root);
    Ok(())
}

fn measure(lab: &Lab, part: &str, rows: u64, report: &mut Report) -> Result<(), String> {
    match part {
        "one" => {
            let (contest, goals) = single::run(lab)?;
            report.contests.push(contest);
            report.goals.extend(goals);
            let (figures, goals) = instructions::measure(lab)?;
            report.figures.extend(figures);
            report.goals.extend(goals);
        }
        "many" => {
            let (contest, goals) = many::run(lab, rows)?;
            report.contests.push(contest);
            report.goals.extend(goals);
        }
        "latency" => report.latency = latency::run(lab)?,
        "growth" => report.growth = growth::run(lab)?,
        "start" => {
            let (figures, goals) = start::measure(lab)?;
            report.figures.extend(figures);
            report.goals.extend(goals);
        }
        _ => report.figures.extend(sandbox::measure(lab)?),
    }
    Ok(())
}

/// Date, machine and versions.
fn about(lab: &Lab) -> Result<serde_json::Value, String> {
    let said = capture(lab.python().arg(lab.script("about.py")))?;
    let mut about: serde_json::Value = serde_json::from_str(&said).map_err(|error| error.to_string())?;
    about["pinned"] = lab.is_pinned().into();
    Ok(about)
}

/// The middle one, or the mean of the two in the middle; NaN of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.get(half) {
        None => f64::NAN,
        Some(upper) if values.len() % 2 == 1 => *upper,
        Some(upper) => f64::midpoint(values[half - 1], *upper),
    }
}
