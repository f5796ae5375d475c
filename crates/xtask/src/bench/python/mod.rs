//! What a call of Python costs that somebody waits for, beside pycurl and the API page's own `requests.post`: one after the
//! other, on one connection, at a server that does next to nothing.

use std::path::Path;
use std::process::Command;

use super::median;
use crate::process::{Server, capture, command, run};
use crate::test::{Environment, target};

/// Calls of one measurement.
const CALLS: &str = "3000";
/// So few of a client that is ten times as slow.
const FEW: &str = "300";
/// How often each is measured, in turn.
const ROUNDS: usize = 15;

/// Measures and prints.
///
/// # Errors
///
/// Something cannot be built, installed or started.
pub(super) fn run_all(root: &Path) -> Result<(), String> {
    run(command("cargo", root).args(["build", "--quiet", "--release", "-p", "kunacore-bench"]))?;
    let environment = Environment { root: root.to_owned(), folder: target(root).join("bench") };
    environment.install(&["-r", "crates/xtask/src/bench/import/requirements.txt"])?;
    environment.install_wheel("release")?;
    let server = Server::start(Command::new(target(root).join("release/kunacore-bench")).arg("serve"))?;
    let script = root.join("crates/xtask/src/bench/python/calls.py");
    let clients = [("kunacore", CALLS), ("pycurl", CALLS), ("requests", FEW)];
    let mut seconds = [Vec::new(), Vec::new(), Vec::new()];
    let mut processor = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (index, (client, calls)) in clients.into_iter().enumerate() {
            let mut python = Command::new(environment.bin("python"));
            let said = capture(python.arg(&script).args([client, &server.url, calls]))?;
            let mut told = said.split_whitespace().map(str::parse::<f64>);
            let (Some(Ok(took)), Some(Ok(cpu))) = (told.next(), told.next()) else {
                return Err(format!("{client} tells no times: {said}"));
            };
            seconds[index].push(took);
            processor[index].push(cpu);
        }
    }
    // Each round by itself, as the machine may be slower in the next.
    let ratio = |of: &[Vec<f64>; 3], one: usize, other: usize| {
        median(of[one].iter().zip(&of[other]).map(|(one, other)| one / other).collect())
    };
    println!("calls of Python one after the other; median of {ROUNDS} rounds in turn, ratios of each round:");
    for (index, (client, _)) in clients.into_iter().enumerate() {
        let (took, cpu) = (median(seconds[index].clone()), median(processor[index].clone()));
        println!("  {client:36}{:9.0} a second{:9.1} µs of processor time each", 1.0 / took, cpu * 1e6);
    }
    println!("  as many calls a second as pycurl    {:9.2} (wanted, at least 0.90)", ratio(&seconds, 1, 0));
    println!("  processor time of pycurl's          {:9.2} (wanted, at most 1.05)", ratio(&processor, 0, 1));
    println!("  as many calls a second as requests  {:9.2} (wanted, at least 10)", ratio(&seconds, 2, 0));
    Ok(())
}
