//! From the arguments of a Python client and the environment to the core's configuration: an argument wins.

use std::time::Duration;

use kunacore::{CredentialParts, Credentials, environment};
use pyo3::prelude::*;

use crate::failure;

/// Where the server is.
pub(crate) fn base_url(py: Python<'_>, given: Option<String>) -> PyResult<String> {
    given.map_or_else(environment::base_url, Ok).map_err(|error| failure::exception(py, &error))
}

/// Whether plain http is permitted.
pub(crate) fn allow_http(py: Python<'_>, given: bool) -> PyResult<bool> {
    if given { Ok(true) } else { environment::allow_http().map_err(|error| failure::exception(py, &error)) }
}

/// The credentials. As soon as one argument is given, the environment's are not looked at: half of a login must not
/// be completed by another account's other half.
pub(crate) fn credentials(py: Python<'_>, given: CredentialParts) -> PyResult<Credentials> {
    match given.choose(["email", "password", "merchant_id"]) {
        Ok(Some(credentials)) => Ok(credentials),
        Ok(None) => environment::credentials().map_err(|error| failure::exception(py, &error)),
        Err(error) => Err(failure::exception(py, &error)),
    }
}

/// A time limit in seconds.
pub(crate) fn limit(py: Python<'_>, name: &str, seconds: f64) -> PyResult<Duration> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(limit) if !limit.is_zero() => Ok(limit),
        _ => Err(failure::configuration(
            py,
            &format!("{name} is not a positive, finite number of seconds"),
            "Give seconds, such as 30 or 0.5.",
        )),
    }
}
