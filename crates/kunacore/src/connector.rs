//! How a client's connections are made. A set of them belongs to one runtime; whoever has several makes several.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Proxy;
use reqwest::redirect::Policy;
use rustls::ClientConfig;

use crate::defaults;
use crate::error::Error;
use crate::http_client::{Directly, HttpClient};
use crate::secret::Secret;

/// What the client calls itself, to the server and to a proxy.
pub(crate) const AGENT: &str = concat!("kunacore/", env!("CARGO_PKG_VERSION"));

pub(crate) struct Connector {
    pub(crate) server: Uri,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) connect_timeout: Duration,
    pub(crate) http2_prior_knowledge: bool,
    /// Whether the server is on this machine.
    pub(crate) loopback: bool,
    pub(crate) proxy: Option<Secret>,
}

impl Connector {
    /// A set without connections yet.
    pub(crate) fn http(&self) -> Result<HttpClient, Error> {
        let directly = (!self.is_proxied()).then(|| Directly {
            tls: self.tls.clone(),
            connect_timeout: self.connect_timeout,
            http2_only: self.http2_prior_knowledge,
        });
        Ok(HttpClient::new(self.reqwest()?, directly))
    }

    /// Whether a proxy stands before the server: the one that was named, or one of the environment's. The latter, which
    /// would get the api-key, could not reach this machine's loopback anyway.
    fn is_proxied(&self) -> bool {
        !self.loopback && (self.proxy.is_some() || Matcher::from_system().intercept(&self.server).is_some())
    }

    fn reqwest(&self) -> Result<reqwest::Client, Error> {
        let mut http = reqwest::Client::builder()
            // Requests have it already; a proxy that is asked for a tunnel gets it from here.
            .user_agent(AGENT)
            .tls_backend_preconfigured((*self.tls).clone())
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(defaults::POOL_IDLE_TIMEOUT)
            .redirect(Policy::none())
            // Whether a request may be sent again is decided above this layer, by evidence.
            .retry(reqwest::retry::never());
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            http = http.tcp_user_timeout(defaults::TCP_USER_TIMEOUT);
        }
        if self.http2_prior_knowledge {
            http = http.http2_prior_knowledge();
        }
        if self.loopback {
            http = http.no_proxy();
        } else if let Some(url) = &self.proxy {
            http = http.proxy(proxy(url.expose())?);
        }
        http.build().map_err(|_| {
            // reqwest's text can hold the proxy's URL, and that a password.
            Error::configuration("the HTTP client cannot be set up", "Check the proxy settings of the environment.")
        })
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
