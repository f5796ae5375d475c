//! How a request leaves: by hyper's own client where the server is reached directly, by reqwest where a proxy stands between.
//!
//! What reqwest adds to hyper's client (redirects, retries, a time limit of its own) is never used here, and costs a third of
//! a request. What it knows of proxies is used, and not written once more.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, Uri};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_service::Service;

use crate::defaults;
use crate::evidence::RevocableBody;
use crate::stream::Quiet;

/// What reqwest keeps connections alive by, which nobody has to set: probes after so long, so far apart, so many.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_PROBES: u32 = 3;

type BoxError = Box<dyn StdError + Send + Sync>;
type Direct = legacy::Client<InTime<HttpsConnector<HttpConnector>>, RevocableBody>;

/// A set of connections, which belongs to one runtime.
pub(crate) struct HttpClient {
    /// Builds the requests of the generated client, and sends them where there is a proxy.
    pub(crate) reqwest: reqwest::Client,
    direct: Option<Direct>,
    /// Whether direct connections without TLS speak HTTP/1.1.
    plain_is_http1: bool,
}

/// How direct connections are made.
pub(crate) struct Directly {
    pub(crate) tls: Arc<rustls::ClientConfig>,
    pub(crate) connect_timeout: Duration,
    pub(crate) http2_only: bool,
}

/// The body of an answer, as it comes.
pub(crate) enum AnswerBody {
    Direct(Incoming),
    Proxied(reqwest::Body),
}

/// Why there is no answer.
pub(crate) enum Failure {
    Direct(legacy::Error),
    Proxied(reqwest::Error),
}

impl HttpClient {
    /// Requests leave directly, or by reqwest, without connections yet.
    pub(crate) fn new(reqwest: reqwest::Client, directly: Option<Directly>) -> Self {
        let plain_is_http1 = directly.as_ref().is_some_and(|directly| !directly.http2_only);
        Self { reqwest, direct: directly.map(Directly::client), plain_is_http1 }
    }

    /// The header that hyper would make anew for each request to this address, where it is sure to want one: HTTP/2 has its own
    /// way to say it, and with TLS only the connection tells which it speaks.
    pub(crate) fn host_header(&self, uri: &Uri) -> Option<HeaderValue> {
        if self.plain_is_http1 { plain_host(uri) } else { None }
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(&self, request: Request<RevocableBody>) -> Result<Response<AnswerBody>, Failure> {
        match &self.direct {
            Some(direct) => {
                let response = direct.request(request).await.map_err(Failure::Direct)?;
                Ok(response.map(AnswerBody::Direct))
            }
            None => {
                let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap));
                let request = request.map_err(Failure::Proxied)?;
                let response = Box::pin(self.reqwest.execute(request)).await.map_err(Failure::Proxied)?;
                Ok(Response::from(response).map(AnswerBody::Proxied))
            }
        }
    }
}

impl Directly {
    fn client(self) -> Direct {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(self.connect_timeout));
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_keepalive_retries(Some(KEEPALIVE_PROBES));
        #[cfg(any(target_os = "linux", target_os = "android"))]
        tcp.set_tcp_user_timeout(Some(defaults::TCP_USER_TIMEOUT));
        let connector = InTime { inner: HttpsConnector::from((tcp, self.tls)), limit: self.connect_timeout };
        legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(defaults::POOL_IDLE_TIMEOUT)
            .http2_only(self.http2_only)
            .build(connector)
    }
}

impl AnswerBody {
    /// The next bytes; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Option<Result<Bytes, ()>> {
        loop {
            let frame = poll_fn(|context| match self {
                Self::Direct(body) => Pin::new(body).poll_frame(context).map_err(drop),
                Self::Proxied(body) => Pin::new(body).poll_frame(context).map_err(drop),
            });
            match frame.await? {
                // Trailers say nothing that is asked for.
                Ok(frame) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Some(Ok(bytes));
                    }
                }
                Err(()) => return Some(Err(())),
            }
        }
    }
}

impl Failure {
    pub(crate) fn error(&self) -> &(dyn StdError + 'static) {
        match self {
            Self::Direct(error) => error,
            Self::Proxied(error) => error,
        }
    }

    /// No connection was made.
    pub(crate) fn is_connect(&self) -> bool {
        match self {
            Self::Direct(error) => error.is_connect(),
            Self::Proxied(error) => error.is_connect(),
        }
    }

    /// A time was over: ours, or the system's.
    pub(crate) fn is_timeout(&self) -> bool {
        match self {
            Self::Direct(error) => std::iter::successors(error.source(), |error| (*error).source())
                .filter_map(|error| error.downcast_ref::<io::Error>())
                .any(|error| error.kind() == io::ErrorKind::TimedOut),
            Self::Proxied(error) => error.is_timeout(),
        }
    }
}

/// A connector that must be done in time: what it wraps limits the time of TCP alone, and of each address by itself.
#[derive(Clone)]
struct InTime<C> {
    inner: C,
    limit: Duration,
}

impl<C> Service<Uri> for InTime<C>
where
    C: Service<Uri, Error = BoxError>,
    C::Future: Send + 'static,
{
    type Response = Quiet<C::Response>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let (connecting, limit) = (self.inner.call(server), self.limit);
        Box::pin(async move {
            let connected = tokio::time::timeout(limit, connecting).await;
            connected.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into())).map(Quiet)
        })
    }
}

/// What the header `Host` says of an address without TLS, as hyper would write it.
fn plain_host(uri: &Uri) -> Option<HeaderValue> {
    if uri.scheme() != Some(&Scheme::HTTP) {
        return None;
    }
    let host = uri.host()?;
    let host = match uri.port_u16() {
        None | Some(80) => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    };
    HeaderValue::try_from(host).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_url::BaseUrl;
    use crate::connector::Connector;
    use crate::secret::Secret;
    use crate::tls;

    #[test]
    fn a_host_is_said_with_its_port_unless_it_is_the_usual_one() {
        for (uri, expected) in [
            ("http://localhost:8080/v2/x", Some("localhost:8080")),
            ("http://[::1]:8080/", Some("[::1]:8080")),
            ("http://kunacore.example:80/", Some("kunacore.example")),
            ("http://kunacore.example/", Some("kunacore.example")),
            ("https://kunacore.example:8443/", None),
            ("/v2/x", None),
        ] {
            let host = plain_host(&uri.parse().expect("an address"));
            assert_eq!(host.as_ref().and_then(|host| host.to_str().ok()), expected, "{uri}");
        }
    }

    #[test]
    fn no_host_is_said_beforehand_where_http2_is_spoken_or_a_proxy_asked() {
        let uri = Uri::from_static("http://kunacore.example/v2/x");
        let base = &BaseUrl::parse("http://kunacore.example", true).expect("a URL");
        let says_host = |http2_prior_knowledge, proxy: Option<&str>| {
            let connector = Connector {
                server: uri.clone(),
                tls: Arc::new(tls::config(base, None).expect("TLS")),
                connect_timeout: Duration::from_secs(1),
                http2_prior_knowledge,
                // Whatever proxy the environment names is not for this machine.
                loopback: proxy.is_none(),
                proxy: proxy.map(Secret::from),
            };
            connector.http().expect("a client").host_header(&uri).is_some()
        };
        assert!(says_host(false, None));
        assert!(!says_host(true, None));
        assert!(!says_host(false, Some("http://proxy.example:3128")));
    }
}
