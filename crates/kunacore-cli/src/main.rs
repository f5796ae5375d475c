//! The `kunacore` program; everything is in the library, which the Python package carries too.

use std::process::ExitCode;

fn main() -> ExitCode {
    kunacore_cli::run(std::env::args_os()).into()
}
