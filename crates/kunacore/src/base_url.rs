//! Where the server is: which base URLs are accepted, and which hosts are this machine.

use std::net::IpAddr;

use reqwest::Url;

use crate::error::Error;

/// What to do about one that cannot be used.
const EXAMPLE: &str = "Give scheme and host, such as https://kunacore.example; the client adds the paths.";

/// A checked base URL without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    text: String,
    host: String,
    pub(crate) https: bool,
    pub(crate) loopback: bool,
}

impl BaseUrl {
    /// Accepts `https://` anywhere, `http://` on this machine, and elsewhere only with `allow_http`.
    pub(crate) fn parse(text: &str, allow_http: bool) -> Result<Self, Error> {
        // The text itself may hold a password, so it is never repeated.
        let refuse = |reason: &str| Err(Error::configuration(format!("the base URL {reason}"), EXAMPLE));

        let Ok(url) = Url::parse(text.trim()) else {
            return refuse("is not a URL");
        };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("must begin with https:// (or http:// on this machine)");
        }
        // The parser mends `https:host` and `https:///host`; what was typed is more likely a mistake.
        if !text.trim()[url.scheme().len()..].starts_with("://") || text.contains(":///") {
            return refuse("must have :// and a host after its scheme");
        }
        let Some(host) = url.host_str().map(str::to_owned) else {
            return refuse("has no host");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("holds a user name or password, which would end up in logs");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("has a query or a fragment");
        }
        if url.path().split('/').any(|part| part.eq_ignore_ascii_case("v2")) {
            return refuse("contains /v2, which the client adds itself");
        }
        let loopback = is_loopback(&host);
        let https = url.scheme() == "https";
        if !https && !loopback && !allow_http {
            return Err(Error::configuration(
                format!(
                    "the base URL is http:// to {host}, which is not this machine: keys and customers would travel unencrypted"
                ),
                "Use https://, or allow it for this host with allow_http (KUNACORE_ALLOW_HTTP=1).",
            ));
        }
        if !https && !loopback {
            tracing::warn!(
                server.address = host.as_str(),
                "plain http is allowed for this host: requests are not encrypted"
            );
        }
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), host, https, loopback })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The same for the HTTP layers.
    ///
    /// # Errors
    ///
    /// They cannot take it.
    pub(crate) fn uri(&self) -> Result<http::Uri, Error> {
        self.text.parse().map_err(|_| Error::configuration("the base URL cannot be used in a request", EXAMPLE))
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        BaseUrl::parse(text, false).map(|url| url.as_str().to_owned()).map_err(|error| error.message())
    }

    #[test]
    fn a_host_or_a_prefix_is_accepted_and_a_trailing_slash_goes() {
        assert_eq!(parse("https://kunacore.example").as_deref(), Ok("https://kunacore.example"));
        assert_eq!(parse(" https://kunacore.example:8443/core/ ").as_deref(), Ok("https://kunacore.example:8443/core"));
        assert_eq!(parse("http://127.0.0.1:8080").as_deref(), Ok("http://127.0.0.1:8080"));
        assert_eq!(parse("http://[::1]:8080").as_deref(), Ok("http://[::1]:8080"));
        assert_eq!(parse("http://localhost:8080/").as_deref(), Ok("http://localhost:8080"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", "is not a URL"),
            ("kunacore.example", "is not a URL"),
            ("htps://kunacore.example", "must begin with https://"),
            ("https:/kunacore.example", "must have ://"),
            ("https:///kunacore.example", "must have ://"),
            ("https://user:hunter2@kunacore.example", "holds a user name or password"),
            ("https://kunacore.example?x=1", "has a query"),
            ("https://kunacore.example#x", "has a query or a fragment"),
            ("https://kunacore.example/v2/customer/create", "contains /v2"),
            ("https://kunacore.example/V2/", "contains /v2"),
            ("http://kunacore.example", "is http:// to kunacore.example, which is not this machine"),
            ("http://localhost.example.com", "not this machine"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
            assert!(!error.contains("hunter2"));
        }
    }

    #[test]
    fn http_to_another_host_needs_permission() {
        assert!(BaseUrl::parse("http://kunacore.example", true).is_ok());
    }
}
