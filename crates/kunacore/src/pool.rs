//! What the calls of a client share: connections, credentials, and the limits that were set.

use std::time::Duration;

use crate::base_url::BaseUrl;
use crate::credentials::Authorizer;
use crate::secret::Secret;
use crate::text::Scrubber;

pub(crate) struct Pool {
    pub(crate) http: reqwest::Client,
    pub(crate) base: BaseUrl,
    pub(crate) authorizer: Authorizer,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    /// What no error may repeat, whatever the call was.
    pub(crate) secrets: Vec<(&'static str, Secret)>,
}

impl Pool {
    /// Hides the credentials, and the values that a call sends.
    pub(crate) fn scrubber<'a>(&'a self, sent: impl IntoIterator<Item = (&'static str, &'a str)>) -> Scrubber {
        let mut scrubber = Scrubber::default();
        let secrets = self.secrets.iter().map(|(name, secret)| (*name, secret.expose()));
        for (name, value) in sent.into_iter().chain(secrets) {
            scrubber.hide(name, value);
        }
        scrubber
    }
}
