//! Who we are to the server: an api-key, an access token, or a login whose token `token` keeps.

use std::fmt;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::error::Error;
use crate::secret::Secret;
use crate::token::Tokens;

/// The name of the api-key header (documented; never `x-api-key`).
const API_KEY: HeaderName = HeaderName::from_static("api-key");

/// One way to authenticate. `Debug` shows which, and nothing else.
#[derive(Clone)]
pub struct Credentials(Kind);

#[derive(Clone)]
enum Kind {
    ApiKey(Secret),
    AccessToken(Secret),
    Login(Login),
}

/// A partner's e-mail, password and merchant id, to be exchanged for an access token (documented).
#[derive(Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Login {
    pub email: Secret,
    pub password: Secret,
    pub merchant_id: Secret,
}

impl Credentials {
    /// A key that goes into the `api-key` header.
    #[must_use]
    pub fn api_key(key: impl Into<Secret>) -> Self {
        Self(Kind::ApiKey(key.into()))
    }

    /// A token that was got from a login elsewhere; it goes into the `Authorization` header.
    #[must_use]
    pub fn access_token(token: impl Into<Secret>) -> Self {
        Self(Kind::AccessToken(token.into()))
    }
}

impl Credentials {
    /// Every part of them, by the name that takes its place in texts.
    pub(crate) fn secrets(&self) -> Vec<(&'static str, Secret)> {
        match &self.0 {
            Kind::ApiKey(key) => vec![("api_key", key.clone())],
            Kind::AccessToken(token) => vec![("access_token", token.clone())],
            Kind::Login(Login { email, password, merchant_id }) => vec![
                ("login_email", email.clone()),
                ("password", password.clone()),
                ("merchant_id", merchant_id.clone()),
            ],
        }
    }
}

/// Credentials whose parts come one by one, as from variables or keyword arguments.
#[derive(Clone, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct CredentialParts {
    pub api_key: Option<Secret>,
    pub access_token: Option<Secret>,
    pub email: Option<Secret>,
    pub password: Option<Secret>,
    pub merchant_id: Option<Secret>,
}

impl CredentialParts {
    /// The one kind of credentials that was given; `None` when no part was. `login` is what the caller calls the parts of a
    /// login, for the text of an error: e-mail, password, merchant id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): parts of two kinds, or half a login.
    pub fn choose(self, login: [&str; 3]) -> Result<Option<Credentials>, Error> {
        let Self { api_key, access_token, email, password, merchant_id } = self;
        let kinds: Vec<&str> = [
            (api_key.is_some(), "an api-key"),
            (access_token.is_some(), "an access token"),
            (email.is_some() || password.is_some() || merchant_id.is_some(), "a login"),
        ]
        .into_iter()
        .filter_map(|(given, kind)| given.then_some(kind))
        .collect();
        if kinds.len() > 1 {
            let what = format!("there are {} kinds of credentials: {}", kinds.len(), kinds.join(" and "));
            return Err(Error::configuration(what, "Give one kind only."));
        }
        Ok(Some(match (api_key, access_token, email, password, merchant_id) {
            (Some(key), ..) => Credentials::api_key(key),
            (_, Some(token), ..) => Credentials::access_token(token),
            (_, _, Some(email), Some(password), Some(merchant_id)) => Login { email, password, merchant_id }.into(),
            (_, _, None, None, None) => return Ok(None),
            (_, _, email, password, merchant_id) => {
                let given = [email.is_some(), password.is_some(), merchant_id.is_some()];
                let missing: Vec<&str> =
                    login.into_iter().zip(given).filter_map(|(name, is)| (!is).then_some(name)).collect();
                let what = format!("the login is incomplete: {} missing", missing.join(" and "));
                let [email, password, merchant_id] = login;
                return Err(Error::configuration(
                    what,
                    format!("A login needs {email}, {password} and {merchant_id}."),
                ));
            }
        }))
    }
}

impl fmt::Debug for CredentialParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialParts(…)")
    }
}

impl From<Login> for Credentials {
    fn from(login: Login) -> Self {
        Self(Kind::Login(login))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::ApiKey(_) => "Credentials(api-key)",
            Kind::AccessToken(_) => "Credentials(access token)",
            Kind::Login(_) => "Credentials(login)",
        })
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

/// The header that authenticates a request. Its value is marked as sensitive, so that no `Debug` shows it.
pub(crate) type Authorization = (HeaderName, HeaderValue);

/// Credentials in the form in which requests need them.
pub(crate) enum Authorizer {
    Fixed(Authorization),
    Login(Tokens),
}

impl Authorizer {
    /// Checks the credentials.
    pub(crate) fn new(credentials: &Credentials) -> Result<Self, Error> {
        Ok(match &credentials.0 {
            Kind::ApiKey(key) => Self::Fixed((API_KEY, header_value("the api-key", key.expose())?)),
            Kind::AccessToken(token) => Self::Fixed(bearer(token)?),
            Kind::Login(login) => {
                for (what, value) in [("e-mail", &login.email), ("password", &login.password)] {
                    if value.expose().trim().is_empty() {
                        return Err(refuse(format!("the login's {what} is empty")));
                    }
                }
                header_value("the login's merchant id", login.merchant_id.expose())?;
                Self::Login(Tokens::new(login.clone()))
            }
        })
    }

    /// After the server has refused these credentials: whether a new token may help.
    pub(crate) async fn renew(&self, refused: &Authorization) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Login(tokens) => tokens.renew(refused).await,
        }
    }
}

/// The header for an access token.
pub(crate) fn bearer(token: &Secret) -> Result<Authorization, Error> {
    header_value("the access token", token.expose())?;
    // Whole from the start: text that grows leaves copies behind.
    let value = Secret::from(["Bearer ", token.expose()].concat());
    Ok((AUTHORIZATION, header_value("the access token", value.expose())?))
}

fn header_value(what: &str, text: &str) -> Result<HeaderValue, Error> {
    if text.trim().is_empty() {
        return Err(refuse(format!("{what} is empty")));
    }
    let visible = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    match HeaderValue::from_str(text) {
        Ok(mut value) if visible => {
            value.set_sensitive(true);
            Ok(value)
        }
        _ => Err(refuse(format!("{what} holds a line break or another character that cannot be sent in a header"))),
    }
}

fn refuse(what: String) -> Error {
    Error::configuration(what, "Check where it comes from: a variable that is not set, a file with more than one line?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(password: &str) -> Login {
        Login { email: "partner@example.com".into(), password: password.into(), merchant_id: "m".into() }
    }

    #[test]
    fn debug_shows_the_kind_only() {
        assert_eq!(format!("{:?}", Credentials::api_key("hunter2")), "Credentials(api-key)");
        assert_eq!(format!("{:?}", Credentials::from(login("hunter2"))), "Credentials(login)");
        assert_eq!(format!("{:?}", login("hunter2")), "Login(…)");
    }

    #[test]
    fn what_cannot_be_a_header_is_refused_without_being_shown() {
        for credentials in [
            Credentials::api_key(""),
            Credentials::api_key("hunter2\n"),
            Credentials::access_token("hunter2\u{e9}"),
            login(" ").into(),
        ] {
            let error = Authorizer::new(&credentials).err().expect("refused").to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn header_values_are_sensitive() {
        let (name, value) = bearer(&"hunter2".into()).expect("valid");
        assert_eq!(format!("{name} {value:?}"), "authorization Sensitive");
    }
}
