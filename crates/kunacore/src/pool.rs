//! What the calls of a client share: connections, credentials, the retry budget, and the limits that were set.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::base_url::BaseUrl;
use crate::connector::Connector;
use crate::credentials::{Authorization, Authorizer};
use crate::duplicate::DuplicateRule;
use crate::error::Error;
use crate::http_client::HttpClient;
use crate::lookup::Calibration;
use crate::options::Options;
use crate::retry::Budget;
use crate::secret::Secret;
use crate::text::Scrubber;
use crate::transport::Form;
use crate::turns::Turns;

pub(crate) struct Pool {
    pub(crate) http: Arc<HttpClient>,
    shared: Arc<Shared>,
}

/// All but the connections, which belong to one runtime.
pub(crate) struct Shared {
    /// How connections are made.
    pub(crate) connector: Connector,
    pub(crate) base: BaseUrl,
    /// How a creation is asked for; there once the first was.
    pub(crate) create_form: Arc<OnceLock<Form>>,
    pub(crate) authorizer: Authorizer,
    /// What calls may do unless they are told otherwise.
    pub(crate) options: Options,
    pub(crate) duplicate_rules: Vec<DuplicateRule>,
    pub(crate) budget: Budget,
    pub(crate) calibration: Calibration,
    /// Calls that look first take turns.
    pub(crate) turns: Turns,
    /// What no error may repeat, whatever the call was.
    pub(crate) secrets: Vec<(&'static str, Secret)>,
}

impl Pool {
    /// A pool without connections yet.
    pub(crate) fn new(shared: Arc<Shared>) -> Result<Self, Error> {
        Ok(Self { http: Arc::new(shared.connector.http()?), shared })
    }

    /// The same with connections of its own.
    pub(crate) fn with_own_connections(&self) -> Result<Self, Error> {
        Self::new(self.shared.clone())
    }
}

impl Deref for Pool {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Shared {
    /// Hides the credentials, the header that authorized the call, and the values that it sent.
    pub(crate) fn scrubber<'a>(
        &'a self,
        authorization: Option<&'a Authorization>,
        sent: impl IntoIterator<Item = (&'static str, &'a str)>,
    ) -> Scrubber {
        let mut scrubber = Scrubber::default();
        // A token that a login fetched is not among the secrets that were configured.
        if let Some(token) = authorization.and_then(|(_, value)| value.to_str().ok()?.strip_prefix("Bearer ")) {
            scrubber.hide("access_token", token);
        }
        let secrets = self.secrets.iter().map(|(name, secret)| (*name, secret.expose()));
        for (name, value) in sent.into_iter().chain(secrets) {
            scrubber.hide(name, value);
        }
        scrubber
    }
}
