//! From a core customer to `kunacore.Customer`.

use std::ops::Range;
use std::time::SystemTime;

use kunacore::{Customer, How};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

use crate::json;

/// From the year 1 to the end of 9999.
const EXPRESSIBLE: Range<i64> = -62_135_596_800_000_000..253_402_300_800_000_000;

/// The Python object; `how` is known only of a customer that was created or ensured.
pub(crate) fn to_python<'py>(py: Python<'py>, customer: &Customer, how: Option<How>) -> PyResult<Bound<'py, PyAny>> {
    static MADE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let made = MADE.import(py, "kunacore._customer", "made")?;
    // Few ask for it, so Python reads it when somebody does.
    let raw = match customer.raw_answer() {
        Some(answer) => PyBytes::new(py, answer).into_any(),
        None => json::to_python(py, customer.raw())?,
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
        customer.created_at().and_then(microseconds),
        how.map(How::as_str),
        raw,
    ))
}

/// Microseconds since 1970, of which Python makes a `datetime` for those who ask. `None` of a time that it cannot express,
/// which must not lose a customer that exists.
fn microseconds(at: SystemTime) -> Option<i64> {
    let since = match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).ok()?,
        Err(before) => -i64::try_from(before.duration().as_micros()).ok()?,
    };
    EXPRESSIBLE.contains(&since).then_some(since)
}
