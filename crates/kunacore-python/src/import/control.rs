//! The hand on the switch of an import, and where its run is.

use std::path::{Path, PathBuf, absolute};
use std::sync::{Arc, OnceLock};

use kunacore_import::Control;
use pyo3::prelude::*;

/// Stops an import from any thread.
#[pyclass(frozen, module = "kunacore._kunacore")]
#[derive(Clone, Default)]
pub(crate) struct ImportControl {
    control: Control,
    directory: Arc<OnceLock<PathBuf>>,
}

#[pymethods]
impl ImportControl {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Asks to send nothing new and to settle what is in flight.
    fn stop(&self) {
        self.control.stop();
    }

    /// The directory of the run, once the table is checked.
    #[getter]
    fn directory(&self) -> Option<&Path> {
        self.directory.get().map(PathBuf::as_path)
    }
}

impl ImportControl {
    pub(super) fn inner(&self) -> &Control {
        &self.control
    }

    pub(super) fn found(&self, directory: &Path) {
        // Absolute, because the process may change its current directory before it is asked.
        self.directory.get_or_init(|| absolute(directory).unwrap_or_else(|_| directory.to_owned()));
    }
}
