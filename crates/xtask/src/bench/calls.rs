//! What a creation costs beside the same request by bare reqwest, in instructions: unlike time, they are the same on a busy
//! machine.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::{Server, command, run, shown};
use crate::test::target;

/// Two numbers of calls: the difference between them is free of what starting and connecting cost.
const FEW: u64 = 200;
const MANY: u64 = 1_200;

/// Measures and prints.
///
/// # Errors
///
/// Something cannot be built or started.
pub(super) fn run_all(root: &Path) -> Result<(), String> {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("not run: instructions of a call (valgrind is not installed; Debian has it as the package valgrind)");
        return Ok(());
    }
    run(command("cargo", root).args(["build", "--quiet", "--release", "-p", "kunacore-bench"]))?;
    let program = target(root).join("release/kunacore-bench");
    let server = Server::start(Command::new(&program).arg("serve"))?;
    let of_a_call = |mode: &str| -> Result<f64, String> {
        let count = |calls: u64| instructions(&program, &[mode, &server.url, &calls.to_string()]);
        Ok((count(MANY)? as f64 - count(FEW)? as f64) / (MANY - FEW) as f64)
    };
    let (bare, core) = (of_a_call("bare")?, of_a_call("core")?);
    println!("instructions of a creation, valgrind --tool=callgrind, mean of {} calls:", MANY - FEW);
    println!("  bare reqwest                          {bare:9.0}");
    println!("  create_customer                       {core:9.0}   {:.3} of bare reqwest", core / bare);
    Ok(())
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
