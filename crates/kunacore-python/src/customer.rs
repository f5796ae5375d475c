//! From a core customer to `kunacore.Customer`.

use std::time::{Duration, SystemTime};

use kunacore::{Customer, How};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDateTime, PyDelta, PyTzInfo};

use crate::json;

const DAY: u64 = 24 * 60 * 60;

/// The Python object; `how` is known only of a customer that was created or ensured.
pub(crate) fn to_python<'py>(py: Python<'py>, customer: &Customer, how: Option<How>) -> PyResult<Bound<'py, PyAny>> {
    static MADE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let made = MADE.import(py, "kunacore._customer", "made")?;
    // Few ask for it, so Python reads it when somebody does.
    let raw = match customer.raw_answer() {
        Some(answer) => PyBytes::new(py, answer).into_any(),
        None => json::to_python(py, customer.raw())?,
    };
    let created_at = match customer.created_at().map(|at| moment(py, at)).transpose() {
        // A time that Python cannot express is unreadable; it must not lose a customer that exists.
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => None,
        // What a signal's handler raises is another thing.
        other => other?,
    };
    made.call1((
        customer.id().as_str(),
        customer.wallet_id().as_str(),
        customer.email(),
        customer.first_name(),
        customer.last_name(),
        customer.phone_number(),
        customer.comment(),
        customer.external_id(),
        customer.referral_id(),
        created_at,
        how.map(How::as_str),
        raw,
    ))
}

/// An aware datetime in UTC. pyo3's own conversion panics on times before 1970, which are the server's to send.
fn moment<'py>(py: Python<'py>, at: SystemTime) -> PyResult<Bound<'py, PyAny>> {
    static EPOCH: PyOnceLock<Py<PyDateTime>> = PyOnceLock::new();
    let epoch = EPOCH.get_or_try_init(py, || {
        let utc = PyTzInfo::utc(py)?;
        PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc)).map(Bound::unbind)
    })?;
    match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => epoch.bind(py).add(delta(py, after)?),
        Err(before) => epoch.bind(py).sub(delta(py, before.duration())?),
    }
}

fn delta(py: Python<'_>, duration: Duration) -> PyResult<Bound<'_, PyDelta>> {
    let seconds = duration.as_secs();
    let (days, rest) = (i32::try_from(seconds / DAY)?, i32::try_from(seconds % DAY)?);
    PyDelta::new(py, days, rest, i32::try_from(duration.subsec_micros())?, true)
}
