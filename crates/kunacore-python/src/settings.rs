//! From the arguments of a Python client and the environment to the core's configuration: an argument wins.

use std::time::Duration;

use kunacore::{Credentials, Login, environment};
use pyo3::prelude::*;

use crate::failure;

/// The credentials that a client may be given; one kind of them, or none.
pub(crate) struct Given {
    pub(crate) api_key: Option<String>,
    pub(crate) access_token: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) merchant_id: Option<String>,
}

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
pub(crate) fn credentials(py: Python<'_>, given: Given) -> PyResult<Credentials> {
    let Given { api_key, access_token, email, password, merchant_id } = given;
    let kinds: Vec<&str> = [
        (api_key.is_some(), "api_key"),
        (access_token.is_some(), "access_token"),
        (email.is_some() || password.is_some() || merchant_id.is_some(), "a login"),
    ]
    .into_iter()
    .filter_map(|(is_given, kind)| is_given.then_some(kind))
    .collect();
    if kinds.len() > 1 {
        let what = format!("{} kinds of credentials are given: {}", kinds.len(), kinds.join(" and "));
        return Err(failure::configuration(py, &what, "Give one kind only."));
    }
    match (api_key, access_token, email, password, merchant_id) {
        (Some(key), ..) => Ok(Credentials::api_key(key)),
        (_, Some(token), ..) => Ok(Credentials::access_token(token)),
        (_, _, Some(email), Some(password), Some(merchant_id)) => {
            Ok(Login { email: email.into(), password: password.into(), merchant_id: merchant_id.into() }.into())
        }
        (_, _, None, None, None) => environment::credentials().map_err(|error| failure::exception(py, &error)),
        (_, _, email, password, merchant_id) => {
            let missing: Vec<&str> = [("email", email), ("password", password), ("merchant_id", merchant_id)]
                .into_iter()
                .filter_map(|(name, value)| value.is_none().then_some(name))
                .collect();
            let what = format!("the login is incomplete: {} not given", missing.join(" and "));
            Err(failure::configuration(py, &what, "A login needs email, password and merchant_id."))
        }
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
