//! `cargo xtask bench`: figures, as ratios within one run, since the machine may be busy.
//!
//! Five things are measured: what a creation costs, beside bare reqwest; what one costs in Python, beside pycurl; what the
//! import of a table takes, beside clients that send the same customers; how many customers a second the sandbox creates in
//! memory, empty and with a million in its ledger, beside a bare axum handler; and how long `import kunacore` takes, beside
//! `import requests`.

mod calls;
mod import;
mod python;

pub(crate) use import::{ROWS, run as run_import, run_memory as run_import_memory};

use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::{Server, capture, command, run};
use crate::test::{Environment, target};

/// How often each figure is taken, in turn; the median is told.
const ROUNDS: usize = 5;
/// Seconds of one measurement.
const SECONDS: &str = "4";
/// How full the full ledger is.
const FULL: u64 = 1_000_000;
/// How many runs of wrk may fill it, so that a slow machine ends too.
const MOST_FILLS: usize = 30;

/// Measures and prints everything.
///
/// # Errors
///
/// Something cannot be built or started.
pub(crate) fn run_all(root: &Path) -> Result<(), String> {
    let environment = Environment::new(root);
    run_calls(root)?;
    run_python(root)?;
    run_import(root, ROWS)?;
    sandbox(root)?;
    import_time(&environment)
}

/// Measures and prints what a call costs.
///
/// # Errors
///
/// As [`run_all`].
pub(crate) fn run_calls(root: &Path) -> Result<(), String> {
    calls::run_all(root)
}

/// Measures and prints what a call of Python costs.
///
/// # Errors
///
/// As [`run_all`].
pub(crate) fn run_python(root: &Path) -> Result<(), String> {
    python::run_all(root)
}

fn sandbox(root: &Path) -> Result<(), String> {
    if Command::new("wrk").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("not run: creates a second (wrk is not installed; Debian has it as the package wrk)");
        return Ok(());
    }
    run(command("cargo", root).args(["build", "--quiet", "--release", "-p", "kunacore-cli", "--bin", "kunacore"]))?;
    run(command("cargo", root).args(["build", "--quiet", "--release", "-p", "kunacore-sandbox", "--example", "bare"]))?;
    let built = target(root).join("release");
    let sandbox = || Server::start(Command::new(built.join("kunacore")).args(["-q", "sandbox", "--no-unique"]));
    let bare = Server::start(&mut Command::new(built.join("examples/bare")))?;
    let full = sandbox()?;
    let mut filled = 0;
    for _ in 0..MOST_FILLS {
        wrk(root, &full, "10")?;
        filled = creates(&full)?;
        if filled >= FULL {
            break;
        }
    }
    let mut rates = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        rates[0].push(wrk(root, &bare, SECONDS)?);
        // A new one each time, so that it is empty.
        rates[1].push(wrk(root, &sandbox()?, SECONDS)?);
        rates[2].push(wrk(root, &full, SECONDS)?);
    }
    let [bare, empty, full] = rates.map(median);
    println!("creates a second, wrk -t1 -c64, median of {ROUNDS} rounds in turn:");
    println!("  bare axum handler                     {bare:9.0}");
    println!("  sandbox, in memory, empty             {empty:9.0}   {:.2} of the bare handler", empty / bare);
    println!("  sandbox, {filled:>9} in its ledger      {full:9.0}   {:.2} of the empty one", full / empty);
    Ok(())
}

/// Requests a second; an answer that is not a success is an error.
fn wrk(root: &Path, server: &Server, seconds: &str) -> Result<f64, String> {
    let script = root.join("crates/xtask/src/create.lua");
    let said = capture(
        Command::new("wrk")
            .args(["-t1", "-c64", "-d", seconds, "-s"])
            .arg(script)
            .arg(format!("{}/v2/customer/create", server.url)),
    )?;
    if said.contains("Non-2xx") {
        return Err(format!("not every creation succeeded:\n{said}"));
    }
    let rate = said.lines().find_map(|line| line.strip_prefix("Requests/sec:")?.trim().parse().ok());
    rate.ok_or_else(|| format!("wrk tells no rate:\n{said}"))
}

/// How many creations a sandbox has received, without the list of them.
fn creates(server: &Server) -> Result<u64, String> {
    let script = "import json, sys, urllib.request as r; \
                  print(json.load(r.urlopen(sys.argv[1] + '/_sandbox/ledger?since=' + str(2**60)))['requests']['create'])";
    let said = capture(Command::new("python3").args(["-c", script, &server.url]))?;
    said.trim().parse().map_err(|_| format!("the ledger cannot be counted: {said}"))
}

fn import_time(environment: &Environment) -> Result<(), String> {
    let python = environment.bin("python");
    let installed = Command::new(&python).args(["-c", "import kunacore, requests"]).stderr(Stdio::null()).status();
    if !installed.is_ok_and(|status| status.success()) {
        println!("not run: import time (`cargo xtask test --python` installs the package first)");
        return Ok(());
    }
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..4 * ROUNDS {
        for (index, module) in ["kunacore", "requests"].into_iter().enumerate() {
            let output = Command::new(&python)
                .args(["-X", "importtime", "-c", &format!("import {module}")])
                .output()
                .map_err(|error| error.to_string())?;
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            // `import time: self [us] | cumulative | imported package`, the package itself last.
            let line = said.lines().rev().find(|line| line.split('|').nth(2).is_some_and(|name| name.trim() == module));
            let cumulative = line.and_then(|line| line.split('|').nth(1)?.trim().parse::<f64>().ok());
            times[index].push(cumulative.ok_or_else(|| format!("python tells no time:\n{said}"))? / 1000.0);
        }
    }
    let [ours, theirs] = times.map(median);
    println!("import, median of {} rounds in turn:", 4 * ROUNDS);
    println!("  import kunacore                       {ours:9.1} ms   {:.3} of requests", ours / theirs);
    println!("  import requests                       {theirs:9.1} ms");
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
