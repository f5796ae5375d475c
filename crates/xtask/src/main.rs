//! The workspace's own commands, run as `cargo xtask COMMAND`.

mod bench;
mod generate;
mod licences;
mod process;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use test::Part;

const HELP: &str = "\
The workspace's own commands.

  cargo xtask generate            write the client, the sandbox's copy of the contract and the third parties' licences
  cargo xtask generate --check    fail with a diff when one of them is stale
  cargo xtask test                test everything; installs what it needs below target/
  cargo xtask test --rust         the Rust half only
  cargo xtask test --python       the Python half only
  cargo xtask test --stage NAME   the stages whose name holds this, by themselves
  cargo xtask bench               measure this client beside others, in turn; writes target/bench/report.md, .json and .svg
  cargo xtask bench PART          one part of it: one, many, latency, growth, start, sandbox; or memory, which is not in it
  cargo xtask bench PART --rows N    with a table of so many rows
  cargo xtask profile import      which functions take the instructions of an import
  cargo xtask profile python      which take those of a call of Python
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["generate"] => generate::run(&root(), false).and_then(|()| licences::run(&root(), false)),
        ["generate", "--check"] => generate::run(&root(), true).and_then(|()| licences::run(&root(), true)),
        ["test"] => test::run(&root(), Part::All, ""),
        ["test", "--rust"] => test::run(&root(), Part::Rust, ""),
        ["test", "--python"] => test::run(&root(), Part::Python, ""),
        ["test", "--stage", name] => test::run(&root(), Part::All, name),
        ["bench"] => bench::run_all(&root()),
        ["bench", part] => bench::run_part(&root(), part, bench::ROWS),
        ["bench", part, "--rows", rows] => rows
            .parse()
            .map_err(|_| format!("`{rows}` is no number of rows"))
            .and_then(|rows| bench::run_part(&root(), part, rows)),
        ["profile", what] => bench::profile(&root(), what),
        [] | ["help" | "-h" | "--help"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("cannot make sense of `{}`\n\n{HELP}", words.join(" "))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}
