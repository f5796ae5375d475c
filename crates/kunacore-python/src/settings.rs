//! From the arguments of a Python client and the environment to the core's configuration: an argument wins.

use std::path::PathBuf;
use std::time::Duration;

use kunacore::{CredentialParts, Credentials, DuplicateRule, environment};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::{arguments, failure};

/// Where the server is.
pub(crate) fn base_url(py: Python<'_>, given: Option<String>) -> PyResult<String> {
    given.map_or_else(environment::base_url, Ok).map_err(|error| failure::exception(py, &error))
}

/// Whether plain http is permitted.
pub(crate) fn allow_http(py: Python<'_>, given: bool) -> PyResult<bool> {
    if given { Ok(true) } else { environment::allow_http().map_err(|error| failure::exception(py, &error)) }
}

/// The certificate authorities that the environment names for `requests`, where it says nothing of what all programs trust.
/// A server without TLS needs none.
pub(crate) fn ca_bundle(py: Python<'_>, base_url: &str) -> PyResult<Option<PathBuf>> {
    let named = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty());
    if named("SSL_CERT_FILE").is_some() || named("SSL_CERT_DIR").is_some() || base_url.starts_with("http://") {
        return Ok(None);
    }
    let path = named("REQUESTS_CA_BUNDLE").map(PathBuf::from);
    if path.as_ref().is_some_and(|path| !path.is_file()) {
        let next = "Let it name a PEM file, or set SSL_CERT_FILE or SSL_CERT_DIR, which go before it.";
        return Err(failure::configuration(py, "REQUESTS_CA_BUNDLE does not name a file", next));
    }
    Ok(path)
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

/// How often a request may be sent.
pub(crate) fn attempts(given: &Bound<'_, PyAny>) -> PyResult<u32> {
    match arguments::whole("max_attempts", given, u32::MAX) {
        Ok(0) => {}
        Err(error) if !error.is_instance_of::<PyTypeError>(given.py()) => {}
        result => return result,
    }
    let what = format!("max_attempts is not between 1 and {}", u32::MAX);
    Err(failure::configuration(given.py(), &what, "Give 1 to send once, or more."))
}

/// How long a server may act on a request, in seconds.
pub(crate) fn settle(py: Python<'_>, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        let what = "settle is not a finite number of seconds, 0 or more";
        failure::configuration(py, what, "Give seconds, such as 30 or 0.5.")
    })
}

/// Rules as dicts, which become JSON on their way.
pub(crate) fn duplicate_rules(given: &Bound<'_, PyAny>) -> PyResult<Vec<DuplicateRule>> {
    let py = given.py();
    let json = py.import("json")?.call_method1("dumps", (given,)).map_err(|error| {
        if error.is_instance_of::<PyTypeError>(py) || error.is_instance_of::<PyValueError>(py) {
            let what = "the duplicate rules hold something other than lists, dicts, text and whole numbers";
            let next = r#"Give a list such as [{"status": [400, 422], "code": "^EMAIL_IN_USE$"}]."#;
            failure::configuration(py, what, next)
        } else {
            error
        }
    })?;
    let json: String = json.extract()?;
    DuplicateRule::list_from_json(json.as_bytes()).map_err(|error| failure::exception(py, &error))
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
