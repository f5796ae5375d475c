//! The extension module `kunacore._kunacore`: the Rust client, sandbox and command as Python sees them.
//!
//! It is private to the package `kunacore`, whose Python code holds the signatures, the exceptions and `Customer`. Here
//! lives only what needs Rust: values are converted, the GIL is released while a call runs, and a forked child gets a
//! runtime and connections of its own.

mod arguments;
mod call;
mod client;
mod customer;
mod failure;
mod json;
mod mailbox;
mod process;
mod sandbox;
mod settings;
mod workers;

use pyo3::prelude::*;

/// The Rust side of the package `kunacore`; private to it.
#[pymodule]
mod _kunacore {
    use std::ffi::OsString;
    use std::time::Duration;

    use kunacore::defaults;
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::client::Client;
    #[pymodule_export]
    use super::mailbox::{Mailbox, Pending};
    #[pymodule_export]
    use super::sandbox::Sandbox;

    /// Runs the command line with these arguments, of which the first is the program's name; gives the exit status.
    #[pyfunction]
    fn run_cli(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
        py.detach(|| kunacore_cli::run(arguments))
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        let seconds = |name: &str, duration: Duration| module.add(name, duration.as_secs_f64());
        seconds("TIMEOUT", defaults::TIMEOUT)?;
        seconds("CONNECT_TIMEOUT", defaults::CONNECT_TIMEOUT)?;
        seconds("DEADLINE", defaults::DEADLINE)?;
        module.add("MAX_ATTEMPTS", defaults::MAX_ATTEMPTS)
    }
}
