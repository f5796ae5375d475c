//! The threads that drive the calls of event loops: one tokio runtime a process, made at first use and never taken down.
//!
//! Taking it down would mean waiting for its threads while the interpreter exits. A forked child makes one of its own.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::process::OfProcess;

/// Locked only by a thread that holds the GIL and keeps it meanwhile. A fork from Python holds the GIL, too, so that no
/// child inherits this in a locked state.
static RUNTIME: Mutex<Option<OfProcess<&'static Runtime>>> = Mutex::new(None);

/// The runtime of this process.
pub(crate) fn runtime(_py: Python<'_>) -> PyResult<&'static Runtime> {
    let mut slot = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = slot.as_ref().and_then(OfProcess::get) {
        return Ok(runtime);
    }
    let made = Builder::new_multi_thread().worker_threads(2).thread_name("kunacore").enable_all().build();
    made.map(|runtime| {
        let runtime: &'static Runtime = Box::leak(Box::new(runtime));
        *slot = Some(OfProcess::new(runtime));
        runtime
    })
    .map_err(PyErr::from)
}
