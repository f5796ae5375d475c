//! From a core error to the Python exception that stands for it.
//!
//! The exceptions are defined in Python (`kunacore._errors`), so that they can be pickled and inherit from `ValueError`.

use kunacore::{Customer, Error, ErrorKind, Outcome};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::customer;

/// The exception for a failed call.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    build(py, error).unwrap_or_else(|failed| failed)
}

/// A `ConfigurationError` about an argument, worded like the core's.
pub(crate) fn configuration(py: Python<'_>, what: &str, next: &str) -> PyErr {
    of_configuration(py, &format!("{what}. Nothing was sent. {next}"))
}

/// A `ConfigurationError` with this text.
pub(crate) fn of_configuration(py: Python<'_>, text: &str) -> PyErr {
    class(py, "ConfigurationError")
        .and_then(|class| class.call1((text,)))
        .map_or_else(|failed| failed, PyErr::from_value)
}

fn build(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let details = PyDict::new(py);
    details.set_item("status_code", error.status())?;
    details.set_item("code", error.code())?;
    details.set_item("request_id", error.request_id())?;
    details.set_item("retry_after", error.retry_after().map(|wait| wait.as_secs_f64()))?;
    details.set_item("attempts", error.attempts())?;
    let found = |found: &Customer| customer::to_python(py, found, None);
    if let Some(existing) = error.existing() {
        details.set_item("existing", found(existing)?)?;
    }
    if !error.candidates().is_empty() {
        let candidates = error.candidates().iter().map(found).collect::<PyResult<Vec<_>>>()?;
        details.set_item("candidates", PyTuple::new(py, candidates)?)?;
    }
    if error.kind() == ErrorKind::InvalidCustomer {
        let problems = PyDict::new(py);
        for problem in error.problems() {
            problems.set_item(problem.field(), problem.reason())?;
        }
        details.set_item("problems", problems)?;
    }
    let exception = class(py, name(error))?.call((error.to_string(),), Some(&details))?;
    Ok(PyErr::from_value(exception))
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("kunacore._errors")?.getattr(name)
}

/// The most precise class there is; a kind without one of its own goes by what the server did.
fn name(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Configuration => "ConfigurationError",
        ErrorKind::InvalidCustomer => "InvalidCustomerError",
        ErrorKind::InvalidResponse => "InvalidResponseError",
        ErrorKind::Authentication => "AuthenticationError",
        ErrorKind::NotFound => "NotFoundError",
        ErrorKind::Duplicate => "DuplicateCustomerError",
        _ => match error.outcome() {
            Outcome::NotApplied => "NotAppliedError",
            Outcome::Rejected => "RejectedError",
            Outcome::Unknown => "OutcomeUnknownError",
        },
    }
}
