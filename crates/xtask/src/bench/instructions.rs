//! What a creation costs beside the same request by bare reqwest, in instructions: unlike time, they are the same on a busy
//! machine.

use std::path::Path;
use std::process::Command;

use super::contest::Ratio;
use super::lab::{Lab, is_there};
use super::report::{Figure, Goal};
use crate::process::{Server, shown};
use crate::test::target;

/// Two numbers of calls: the difference between them is free of what starting and connecting cost.
const FEW: u64 = 200;
const MANY: u64 = 1_200;

/// Measures it, where there is valgrind.
///
/// # Errors
///
/// Something cannot be started.
pub(super) fn measure(lab: &Lab) -> Result<(Vec<Figure>, Vec<Goal>), String> {
    let what = "instructions of a creation";
    if !is_there("valgrind") {
        let why = "valgrind is not installed; Debian has it as the package valgrind";
        return Ok((vec![Figure::not_run(what, why)], Vec::new()));
    }
    let program = target(&lab.root).join("release/kunacore-bench");
    let server = Server::start(Command::new(&program).arg("serve"))?;
    let of_a_call = |mode: &str| -> Result<f64, String> {
        let count = |calls: u64| instructions(&program, &[mode, &server.url, &calls.to_string()]);
        Ok((count(MANY)? as f64 - count(FEW)? as f64) / (MANY - FEW) as f64)
    };
    let (bare, core) = (of_a_call("bare")?, of_a_call("core")?);
    let ratio = Ratio { value: core / bare, is_noisy: false };
    let figures = vec![
        Figure::new("a creation by bare reqwest", bare, "instructions"),
        Figure::new("a creation by the core", core, "instructions").beside("bare reqwest", ratio),
    ];
    Ok((figures, vec![Goal::at_most("a creation by the core: instructions, of bare reqwest's", ratio, 1.05)]))
}

/// How many instructions a run of the program takes.
fn instructions(program: &Path, arguments: &[&str]) -> Result<u64, String> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).args(arguments);
    let output = valgrind.output().map_err(|error| format!("{} cannot be started: {error}", shown(&valgrind)))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // `==1234== Collected : 5678`
    let count = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    count.filter(|_| output.status.success()).ok_or_else(|| format!("{} failed:\n{said}", shown(&valgrind)))
}
