//! Configuration from the environment, the same for Rust, the command line and Python.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `KUNACORE_BASE_URL` | where the server is |
//! | `KUNACORE_API_KEY` | an api-key, or |
//! | `KUNACORE_ACCESS_TOKEN` | an access token, or |
//! | `KUNACORE_EMAIL`, `KUNACORE_PASSWORD`, `KUNACORE_MERCHANT_ID` | a login |
//! | `KUNACORE_ALLOW_HTTP=1` | permits `http://` to a host that is not this machine |
//!
//! Each variable of the credentials can also be given as `…_FILE`, the path of a file that holds it. A variable that is
//! set to nothing counts as not set.

use zeroize::Zeroizing;

use crate::credentials::{CredentialParts, Credentials};
use crate::error::Error;
use crate::secret::Secret;

pub(crate) const CREDENTIALS_ADVICE: &str = "Give one kind: an api-key (KUNACORE_API_KEY), an access token \
    (KUNACORE_ACCESS_TOKEN), or a login (KUNACORE_EMAIL, KUNACORE_PASSWORD and KUNACORE_MERCHANT_ID).";

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// `KUNACORE_BASE_URL`.
///
/// # Errors
///
/// It is not set.
pub fn base_url() -> Result<String, Error> {
    variable("KUNACORE_BASE_URL").ok_or_else(|| {
        Error::configuration(
            "there is no base URL",
            "Set KUNACORE_BASE_URL to where the server is, such as https://kunacore.example; no host is published.",
        )
    })
}

/// The one kind of credentials that the environment holds.
///
/// # Errors
///
/// There are none or two kinds, a login is incomplete, or a file cannot be read.
pub fn credentials() -> Result<Credentials, Error> {
    credentials_from(&variable)
}

/// Whether `KUNACORE_ALLOW_HTTP` permits plain http.
///
/// # Errors
///
/// It is neither `1` nor `0`.
pub fn allow_http() -> Result<bool, Error> {
    match variable("KUNACORE_ALLOW_HTTP").as_deref() {
        None | Some("0") => Ok(false),
        Some("1") => Ok(true),
        Some(_) => Err(Error::configuration("KUNACORE_ALLOW_HTTP is neither 1 nor 0", "Set it to 1 to permit http.")),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn credentials_from(lookup: Lookup<'_>) -> Result<Credentials, Error> {
    let parts = CredentialParts {
        api_key: secret("KUNACORE_API_KEY", lookup)?,
        access_token: secret("KUNACORE_ACCESS_TOKEN", lookup)?,
        email: secret("KUNACORE_EMAIL", lookup)?,
        password: secret("KUNACORE_PASSWORD", lookup)?,
        merchant_id: secret("KUNACORE_MERCHANT_ID", lookup)?,
    };
    parts
        .choose(["KUNACORE_EMAIL", "KUNACORE_PASSWORD", "KUNACORE_MERCHANT_ID"])?
        .ok_or_else(|| Error::configuration("there are no credentials", CREDENTIALS_ADVICE))
}

/// A secret from `NAME`, or from the file that `NAME_FILE` names; the line break at its end does not count.
fn secret(name: &str, lookup: Lookup<'_>) -> Result<Option<Secret>, Error> {
    let file = lookup(&format!("{name}_FILE"));
    match (lookup(name), file) {
        (Some(_), Some(_)) => {
            Err(Error::configuration(format!("both {name} and {name}_FILE are set"), "Unset one of them."))
        }
        (Some(value), None) => Ok(Some(value.into())),
        (None, Some(path)) => match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Zeroizing::new(text).trim_end_matches(['\r', '\n']).into())),
            Err(error) => Err(Error::configuration(
                format!("the file {path} that {name}_FILE names cannot be read: {error}"),
                "Check the path and its permissions.",
            )),
        },
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(variables: &[(&str, &str)]) -> Result<String, String> {
        let lookup = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        credentials_from(&lookup).map(|found| format!("{found:?}")).map_err(|error| error.message())
    }

    #[test]
    fn each_kind_is_recognised() {
        assert_eq!(credentials(&[("KUNACORE_API_KEY", "k")]).as_deref(), Ok("Credentials(api-key)"));
        assert_eq!(credentials(&[("KUNACORE_ACCESS_TOKEN", "t")]).as_deref(), Ok("Credentials(access token)"));
        let login = [("KUNACORE_EMAIL", "e"), ("KUNACORE_PASSWORD", "p"), ("KUNACORE_MERCHANT_ID", "m")];
        assert_eq!(credentials(&login).as_deref(), Ok("Credentials(login)"));
    }

    #[test]
    fn none_two_kinds_and_half_a_login_are_refused_by_name() {
        let refused = |variables: &[(&str, &str)]| credentials(variables).expect_err("refused");
        assert!(refused(&[]).contains("there are no credentials"));
        assert!(
            refused(&[("KUNACORE_API_KEY", "k"), ("KUNACORE_PASSWORD", "p")])
                .contains("2 kinds of credentials: an api-key and a login")
        );
        assert!(refused(&[("KUNACORE_EMAIL", "e")]).contains("KUNACORE_PASSWORD and KUNACORE_MERCHANT_ID missing"));
    }

    #[test]
    fn a_secret_can_lie_in_a_file() {
        let path = std::env::temp_dir().join(format!("kunacore-secret-{}", std::process::id()));
        std::fs::write(&path, "k\n").unwrap();
        let file = path.to_str().unwrap();
        assert_eq!(credentials(&[("KUNACORE_API_KEY_FILE", file)]).as_deref(), Ok("Credentials(api-key)"));
        assert!(
            credentials(&[("KUNACORE_API_KEY_FILE", file), ("KUNACORE_API_KEY", "k")]).unwrap_err().contains("both")
        );
        std::fs::remove_file(&path).unwrap();
        assert!(credentials(&[("KUNACORE_API_KEY_FILE", file)]).unwrap_err().contains("cannot be read"));
    }
}
