//! From configuration to a connection pool.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Proxy;
use reqwest::redirect::Policy;

use crate::base_url::BaseUrl;
use crate::client::Client;
use crate::credentials::{Authorizer, Credentials};
use crate::defaults;
use crate::environment;
use crate::error::Error;
use crate::pool::Pool;
use crate::tls;

/// Configures a [`Client`]. Every default is a constant of [`defaults`](crate::defaults).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    base_url: String,
    credentials: Option<Credentials>,
    timeout: Duration,
    connect_timeout: Duration,
    deadline: Duration,
    ca_bundle: Option<PathBuf>,
    proxy: Option<crate::Secret>,
    allow_http: bool,
}

impl ClientBuilder {
    pub(crate) fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            credentials: None,
            timeout: defaults::TIMEOUT,
            connect_timeout: defaults::CONNECT_TIMEOUT,
            deadline: defaults::DEADLINE,
            ca_bundle: None,
            proxy: None,
            allow_http: false,
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
        self.timeout = timeout;
        self
    }

    /// How long connecting may take.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one call may take as a whole, a login included.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
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

    /// Checks the configuration and makes the connection pool. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): a base URL that cannot be meant, no credentials, a
    /// secret that cannot be a header, a CA bundle or proxy that cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let base = BaseUrl::parse(&self.base_url, self.allow_http)?;
        let Some(credentials) = &self.credentials else {
            return Err(Error::configuration("there are no credentials", environment::CREDENTIALS_ADVICE));
        };
        let authorizer = Authorizer::new(credentials)?;
        if [self.timeout, self.connect_timeout, self.deadline].contains(&Duration::ZERO) {
            return Err(Error::configuration(
                "a timeout or deadline is zero",
                "Give a time that a request can end in.",
            ));
        }

        let mut http = reqwest::Client::builder()
            .user_agent(concat!("kunacore/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls::config(&base, self.ca_bundle.as_deref())?)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(defaults::POOL_IDLE_TIMEOUT)
            .redirect(Policy::none())
            // Whether a request may be sent again is decided above this layer, by evidence.
            .retry(reqwest::retry::never());
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            http = http.tcp_user_timeout(defaults::TCP_USER_TIMEOUT);
        }
        if base.loopback {
            // The environment's proxy would get the api-key, and could not reach this machine's loopback anyway.
            http = http.no_proxy();
        } else if let Some(url) = &self.proxy {
            http = http.proxy(proxy(url.expose())?);
        }
        let http = http.build().map_err(|_| {
            // reqwest's text can hold the proxy's URL, and that a password.
            Error::configuration("the HTTP client cannot be set up", "Check the proxy settings of the environment.")
        })?;
        let secrets = credentials.secrets();
        Ok(Client(Arc::new(Pool { http, base, authorizer, timeout: self.timeout, deadline: self.deadline, secrets })))
    }
}

fn proxy(url: &str) -> Result<Proxy, Error> {
    let refuse = || {
        Error::configuration(
            "the proxy's URL cannot be used",
            "Give an HTTP proxy with scheme and host, such as http://proxy.example:3128.",
        )
    };
    let parsed = reqwest::Url::parse(url).map_err(|_| refuse())?;
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
        return Err(refuse());
    }
    Proxy::all(parsed).map_err(|_| refuse())
}
