//! From configuration to a connection pool.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::base_url::BaseUrl;
use crate::client::Client;
use crate::connector::Connector;
use crate::credentials::{Authorizer, Credentials};
use crate::defaults;
use crate::duplicate::DuplicateRule;
use crate::environment;
use crate::error::Error;
use crate::lookup::Calibration;
use crate::options::Options;
use crate::pool::{Pool, Shared};
use crate::retry::Budget;
use crate::tls;
use crate::turns::Turns;

/// Configures a [`Client`]. Every default is a constant of [`defaults`](crate::defaults).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    /// It may hold a password until `build` has refused that.
    base_url: crate::Secret,
    credentials: Option<Credentials>,
    connect_timeout: Duration,
    options: Options,
    duplicate_rules: Option<Vec<DuplicateRule>>,
    ca_bundle: Option<PathBuf>,
    proxy: Option<crate::Secret>,
    allow_http: bool,
    http2_prior_knowledge: bool,
}

impl ClientBuilder {
    pub(crate) fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: crate::Secret::from(base_url.into()),
            credentials: None,
            connect_timeout: defaults::CONNECT_TIMEOUT,
            options: Options::default(),
            duplicate_rules: None,
            ca_bundle: None,
            proxy: None,
            allow_http: false,
            http2_prior_knowledge: false,
        }
    }

    /// Takes base URL, credentials and the permission of plain http from the environment; the variables are listed at
    /// [`environment`](crate::environment).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the variable that is missing or wrong.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Self::new(environment::base_url()?)
            .credentials(environment::credentials()?)
            .allow_http(environment::allow_http()?))
    }

    /// Who we are to the server. Required.
    pub fn credentials(mut self, credentials: impl Into<Credentials>) -> Self {
        self.credentials = Some(credentials.into());
        self
    }

    /// How long one attempt may take, from connecting to the last byte of the answer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// How long connecting may take.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one call may take as a whole: logins, pauses and look-ups included.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = deadline;
        self
    }

    /// How often the request of one call is sent at most; 1 never sends again, unless a token that was refused is renewed.
    ///
    /// A creation is sent again only after proof that the server did not act, or that the customer does not exist.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.options.max_attempts = attempts;
        self
    }

    /// The longest that the server may act on a request, and show what it did in a look-up, after we gave the request up.
    /// The longer of [`timeout`](Self::timeout) and [`defaults::SETTLE`](crate::defaults::SETTLE) unless it is set.
    ///
    /// The promise that no customer is created twice rests on it where the server does not refuse e-mails that are taken:
    /// after an attempt whose fate is unknown, nothing is sent again before this time has passed and two look-ups, the
    /// second of them after it, have not found the customer.
    pub fn settle(mut self, settle: Duration) -> Self {
        self.options.settle = Some(settle);
        self
    }

    /// The most that the first pause before another attempt may be; each later one doubles, with full jitter.
    pub fn pause(mut self, pause: Duration) -> Self {
        self.options.pause = pause;
        self
    }

    /// Whether a creation whose fate is unknown is looked up, and one that was refused as a duplicate is given the customer
    /// that exists. On by default; without it such calls end at once.
    pub fn reconcile(mut self, reconcile: bool) -> Self {
        self.options.reconcile = reconcile;
        self
    }

    /// The word of the caller that this server refuses e-mails that are taken, always. Then a creation whose fate is
    /// unknown is sent again without waiting for [`settle`](Self::settle): the server would refuse a second customer. Off
    /// by default: it is documented, but nobody here has seen it.
    pub fn trust_uniqueness(mut self, trust: bool) -> Self {
        self.options.trust_uniqueness = trust;
        self
    }

    /// How a refusal is known to mean "this e-mail is taken", in place of [`DuplicateRule::defaults`].
    pub fn duplicate_rules(mut self, rules: impl IntoIterator<Item = DuplicateRule>) -> Self {
        self.duplicate_rules = Some(rules.into_iter().collect());
        self
    }

    /// A PEM file with the certificate authorities to trust, instead of the system's. Without it, those that
    /// `SSL_CERT_FILE` or `SSL_CERT_DIR` name, else the system's, are trusted.
    pub fn ca_bundle(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_bundle = Some(path.into());
        self
    }

    /// An HTTP proxy, such as `http://proxy.example:3128`, instead of the environment's (`HTTPS_PROXY` and its like).
    /// A server on this machine is always reached directly.
    pub fn proxy(mut self, url: impl Into<crate::Secret>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Permits `http://` to a host that is not this machine, with a warning in the log.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Speaks HTTP/2 from the first byte, without asking whether the server can: the way to have it without TLS. Off by
    /// default, when a server behind TLS is asked, and any other is spoken to in HTTP/1.1.
    pub fn http2_prior_knowledge(mut self, known: bool) -> Self {
        self.http2_prior_knowledge = known;
        self
    }

    /// Checks the configuration and makes the connection pool. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): a base URL that cannot be meant, no credentials, a
    /// secret that cannot be a header, a CA bundle or proxy that cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let base = BaseUrl::parse(self.base_url.expose(), self.allow_http)?;
        let Some(credentials) = &self.credentials else {
            return Err(Error::configuration("there are no credentials", environment::CREDENTIALS_ADVICE));
        };
        let authorizer = Authorizer::new(credentials)?;
        if [self.options.timeout, self.connect_timeout, self.options.deadline].contains(&Duration::ZERO) {
            return Err(Error::configuration(
                "a timeout or deadline is zero",
                "Give a time that a request can end in.",
            ));
        }
        if self.options.max_attempts == 0 {
            return Err(Error::configuration("there may be no attempt", "Set max_attempts to 1 or more."));
        }
        let duplicate_rules = match self.duplicate_rules {
            Some(rules) => rules,
            None => DuplicateRule::defaults()?,
        };
        let mut tls = tls::config(&base, self.ca_bundle.as_deref())?;
        if self.http2_prior_knowledge {
            // A server that cannot speak it ends the handshake, instead of getting frames that it takes for HTTP/1.1.
            tls.alpn_protocols = vec![b"h2".to_vec()];
        }

        let connector = Connector {
            server: base.uri()?,
            tls: Arc::new(tls),
            connect_timeout: self.connect_timeout,
            http2_prior_knowledge: self.http2_prior_knowledge,
            loopback: base.loopback,
            proxy: self.proxy,
        };
        let secrets = credentials.secrets();
        let shared = Shared {
            connector,
            base,
            create_form: Arc::default(),
            authorizer,
            options: self.options,
            duplicate_rules,
            budget: Budget::new(),
            calibration: Calibration::default(),
            turns: Turns::default(),
            secrets,
        };
        Ok(Client(Arc::new(Pool::new(Arc::new(shared))?)))
    }
}
