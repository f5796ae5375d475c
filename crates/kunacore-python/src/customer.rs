//! From a core customer to `kunacore.Customer`.

use std::time::{Duration, SystemTime};

use kunacore::{Customer, How};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDelta, PyDict, PyTzInfo};

use crate::json;

const DAY: u64 = 24 * 60 * 60;

/// The Python object; `how` is known only of a customer that was created or ensured.
pub(crate) fn to_python<'py>(py: Python<'py>, customer: &Customer, how: Option<How>) -> PyResult<Bound<'py, PyAny>> {
    let fields = PyDict::new(py);
    fields.set_item("id", customer.id().as_str())?;
    fields.set_item("wallet_id", customer.wallet_id().as_str())?;
    fields.set_item("email", customer.email())?;
    fields.set_item("first_name", customer.first_name())?;
    fields.set_item("last_name", customer.last_name())?;
    fields.set_item("phone_number", customer.phone_number())?;
    fields.set_item("comment", customer.comment())?;
    fields.set_item("external_id", customer.external_id())?;
    fields.set_item("referral_id", customer.referral_id())?;
    // A time that Python cannot express is unreadable; it must not lose a customer that exists.
    fields.set_item("created_at", customer.created_at().and_then(|at| moment(py, at).ok()))?;
    fields.set_item("how", how.map(How::as_str))?;
    fields.set_item("raw", json::to_python(py, customer.raw())?)?;
    py.import("kunacore._customer")?.getattr("Customer")?.call((), Some(&fields))
}

/// An aware datetime in UTC. pyo3's own conversion panics on times before 1970, which are the server's to send.
fn moment<'py>(py: Python<'py>, at: SystemTime) -> PyResult<Bound<'py, PyAny>> {
    let utc = PyTzInfo::utc(py)?;
    let epoch = PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc))?;
    match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => epoch.add(delta(py, after)?),
        Err(before) => epoch.sub(delta(py, before.duration())?),
    }
}

fn delta(py: Python<'_>, duration: Duration) -> PyResult<Bound<'_, PyDelta>> {
    let seconds = duration.as_secs();
    let (days, rest) = (i32::try_from(seconds / DAY)?, i32::try_from(seconds % DAY)?);
    PyDelta::new(py, days, rest, i32::try_from(duration.subsec_micros())?, true)
}
