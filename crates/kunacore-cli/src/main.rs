//! The `kunacore` program; everything is in the library, which the Python package carries too.

use std::process::ExitCode;

/// An import makes and drops thousands of requests a second, and half of that is memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kunacore_cli::run(std::env::args_os()).into()
}
