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
mod import;
mod json;
mod lanes;
mod logging;
mod mailbox;
mod process;
mod results;
mod sandbox;
mod settings;
mod workers;

use pyo3::prelude::*;

/// For what Rust allocates; Python has its own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The Rust side of the package `kunacore`; private to it.
#[pymodule]
mod _kunacore {
    use std::ffi::OsString;
    use std::path::PathBuf;
    use std::time::Duration;

    use kunacore::defaults;
    use pyo3::prelude::*;
    use pyo3::types::{PyDict, PyList};
    use pyo3_arrow::PyRecordBatchReader;

    #[pymodule_export]
    use super::client::Client;
    #[pymodule_export]
    use super::import::{ArrowTable, ImportControl};
    #[pymodule_export]
    use super::mailbox::{Mailbox, Pending};
    #[pymodule_export]
    use super::sandbox::Sandbox;

    /// Runs the command line with these arguments, of which the first is the program's name; gives the exit status.
    #[pyfunction]
    fn run_cli(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
        py.detach(|| kunacore_cli::run(arguments))
    }

    /// The JSON object of a customer in an answer, whose bytes a `Customer` keeps until somebody asks.
    #[pyfunction]
    fn raw_of_answer<'py>(py: Python<'py>, answer: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        crate::json::to_python(py, &kunacore::Customer::raw_of_answer(answer))
    }

    /// Imports a table: the work of `kunacore._import`.
    #[pyfunction]
    fn import_customers<'py>(
        client: PyRef<'py, Client>,
        control: PyRef<'py, ImportControl>,
        table: &Bound<'py, PyAny>,
        asked: &Bound<'py, PyDict>,
        watcher: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        crate::import::run(&client, &control, table, asked, watcher)
    }

    /// How often imports of this process went from Python to Rust or back with rows, or news of them.
    #[pyfunction]
    fn crossings() -> u64 {
        crate::import::crossings()
    }

    /// The rows of a run, or those in one state, as an object with `__arrow_c_stream__` that can be read once.
    #[pyfunction]
    fn read_rows(py: Python<'_>, run: PathBuf, state: Option<&str>) -> PyResult<PyRecordBatchReader> {
        match crate::results::read(&run, state, true) {
            Ok(reader) => Ok(PyRecordBatchReader::new(reader)),
            Err(error) => Err(crate::results::unreadable(py, &error)),
        }
    }

    /// The first rows of a run, or of those in one state, as dicts; all of them without a limit.
    #[pyfunction]
    #[pyo3(signature = (run, state, limit))]
    fn first_rows<'py>(
        py: Python<'py>,
        run: PathBuf,
        state: Option<&str>,
        limit: Option<usize>,
    ) -> PyResult<Bound<'py, PyList>> {
        crate::results::dicts(py, &run, state, limit)
    }

    /// Looks whether the reports of a run are there and newer than its journal, and writes them anew if not.
    #[pyfunction]
    fn refresh_run(py: Python<'_>, run: PathBuf) -> PyResult<()> {
        crate::results::refresh(py, &run)
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        let seconds = |name: &str, duration: Duration| module.add(name, duration.as_secs_f64());
        seconds("TIMEOUT", defaults::TIMEOUT)?;
        seconds("CONNECT_TIMEOUT", defaults::CONNECT_TIMEOUT)?;
        seconds("DEADLINE", defaults::DEADLINE)?;
        module.add("MAX_ATTEMPTS", defaults::MAX_ATTEMPTS)?;
        module.add("MAX_IDENTICAL_REJECTIONS", kunacore_import::MAX_IDENTICAL_REJECTIONS)
    }
}
