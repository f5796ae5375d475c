//! How many customers a second the sandbox creates in memory, empty and with a million in its ledger, beside a bare axum
//! handler. It is never the yardstick of a client.

use std::process::Command;

use super::contest::Ratio;
use super::lab::{Lab, is_there};
use super::median;
use super::report::Figure;
use crate::process::{Server, capture, command, run};
use crate::test::target;

const ROUNDS: usize = 5;
/// Seconds of one measurement.
const SECONDS: &str = "4";
/// How full the full ledger is.
const FULL: u64 = 1_000_000;
/// How many runs of wrk may fill it, so that a slow machine ends too.
const MOST_FILLS: usize = 30;

/// Measures it, where there is wrk.
///
/// # Errors
///
/// Something cannot be built or started.
pub(super) fn measure(lab: &Lab) -> Result<Vec<Figure>, String> {
    if !is_there("wrk") {
        return Ok(vec![Figure::not_run("the sandbox", "wrk is not installed; Debian has it as the package wrk")]);
    }
    let root = &lab.root;
    run(command("cargo", root).args(["build", "--quiet", "--release", "-p", "kunacore-sandbox", "--example", "bare"]))?;
    let sandbox = || Server::start(Command::new(&lab.kunacore).args(["-q", "sandbox", "--no-unique"]));
    let bare = Server::start(&mut Command::new(target(root).join("release/examples/bare")))?;
    let full = sandbox()?;
    let mut filled = 0;
    for _ in 0..MOST_FILLS {
        wrk(lab, &full, "10")?;
        filled = creates(&full)?;
        if filled >= FULL {
            break;
        }
    }
    let (mut of_bare, mut of_empty, mut rates) = (Vec::new(), Vec::new(), [Vec::new(), Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS {
        let bare = wrk(lab, &bare, SECONDS)?;
        // A new one each time, so that it is empty.
        let empty = wrk(lab, &sandbox()?, SECONDS)?;
        let full = wrk(lab, &full, SECONDS)?;
        of_bare.push(empty / bare);
        of_empty.push(full / empty);
        for (rates, rate) in rates.iter_mut().zip([bare, empty, full]) {
            rates.push(rate);
        }
    }
    let [bare, empty, full] = rates.map(median);
    Ok(vec![
        Figure::new("a bare axum handler", bare, "creates/s"),
        Figure::new("the sandbox, in memory, empty", empty, "creates/s")
            .beside("the bare handler", Ratio::of(&of_bare)),
        Figure::new(format!("the sandbox, {filled} customers in its ledger"), full, "creates/s")
            .beside("the empty one", Ratio::of(&of_empty)),
    ])
}

/// Requests a second; an answer that is not a success is an error.
fn wrk(lab: &Lab, server: &Server, seconds: &str) -> Result<f64, String> {
    let said = capture(
        command("wrk", &lab.root)
            .args(["-t1", "-c64", "-d", seconds, "-s"])
            .arg(lab.script("create.lua"))
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
