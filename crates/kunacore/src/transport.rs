//! One HTTP exchange: the generated client builds the request, this module sends it and keeps what came of it.
//!
//! The generated methods call [`ClientHooks::exec`], which is implemented here: it puts the authorization in, makes the
//! body revocable, has it sent, and reads status, headers and at most [`BODY_CAP`] bytes into the [`Attempt`]. The generated
//! decoder gets nothing, by [`ClientHooks::post`]: it would turn an unexpected answer into an error without status, and a
//! created customer must not be lost that way.
//!
//! Of a creation the first request is kept as a [`Form`], by which the later ones of the same client are made.

use std::borrow::Cow;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::{HOST, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, Uri};
use progenitor_client::{ClientHooks, OperationInfo};

use crate::connector::AGENT;
use crate::credentials::Authorization;
use crate::defaults::BODY_CAP;
use crate::evidence::{self, Revocation};
use crate::gate::Operation;
use crate::generated::{self, types};
use crate::http_client::{AnswerBody, Failure, HttpClient};
use crate::new_customer::NewCustomer;
use crate::pool::Pool;
use crate::text;

/// What to ask of the server.
#[derive(Clone, Copy)]
pub(crate) enum Request<'a> {
    Login { merchant_id: &'a str, body: &'a types::LoginRequest },
    Create(&'a NewCustomer),
    Find(&'a types::FindCustomersRequest),
    Details(&'a types::CustomerDetailsRequest),
}

impl Request<'_> {
    pub(crate) fn operation(self) -> Operation {
        match self {
            Self::Login { .. } => Operation::Login,
            Self::Create(_) => Operation::Create,
            Self::Find(_) => Operation::Find,
            Self::Details(_) => Operation::Details,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Login { .. } => "login",
            Self::Create(_) => "create_customer",
            Self::Find(_) => "find_customers",
            Self::Details(_) => "customer_details",
        }
    }
}

/// An answer, as far as it could be read.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// The body of an answer: what came of it, and whether that is all. A body that breaks off may hold a whole customer.
#[derive(Clone)]
pub(crate) struct Body {
    pub(crate) bytes: BytesMut,
    pub(crate) end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Whole,
    /// It is longer than [`BODY_CAP`].
    TooLong,
    /// It broke off, or did not end in time.
    Cut,
}

/// What became of one attempt.
pub(crate) enum Observation {
    Reply(Reply),
    /// It is proved that no byte of the body left.
    NotSent(Cause),
    /// The server itself says that it did not act on the request, which may have left.
    TurnedAway(Cause),
    /// The request may have reached the server, and no answer came.
    Lost(Cause),
}

/// Why there was no answer.
pub(crate) struct Cause {
    pub(crate) code: &'static str,
    /// The lowest layer's words, such as "Connection refused"; empty when the time was simply over.
    pub(crate) detail: String,
    /// The server's certificate was not accepted.
    pub(crate) distrusted: bool,
}

/// Sends one request and waits for its answer, at most for `limit`.
///
/// `resend` is how often the call has sent the same request before. Of a `paced` request somebody keeps books, so that it is
/// told of at DEBUG only, and not at all when it is dropped.
pub(crate) async fn exchange(
    pool: &Pool,
    authorization: Option<Authorization>,
    limit: Duration,
    request: Request<'_>,
    resend: u32,
    paced: bool,
) -> Observation {
    let start = Instant::now();
    let form = matches!(request, Request::Create(_)).then(|| pool.create_form.clone());
    let attempt = Attempt(Arc::new(State {
        http: pool.http.clone(),
        authorization,
        form,
        revocation: Revocation::default(),
        came: Mutex::default(),
    }));
    let guard =
        Guard { revocation: attempt.0.revocation.clone(), warns: matches!(request, Request::Create(_)) && !paced };
    let ended = {
        // In place: a future that is handed on is copied, and this one holds a request.
        let call = pin!(async {
            match (request, pool.create_form.get()) {
                (Request::Create(customer), Some(form)) => attempt.send(form, customer.body().clone()).await,
                // On the heap, since nearly all requests are creations: each is a third of the size.
                _ => Box::pin(attempt.send_as_generated(pool, request)).await,
            }
        });
        tokio::time::timeout(limit, call).await
    };
    let unsent = guard.finish();
    let observation = match (attempt.take(), ended) {
        (Came { reply: Some(reply), .. }, _) => Observation::Reply(reply),
        (_, Err(_)) => {
            let cause = Cause { code: "timeout", detail: String::new(), distrusted: false };
            if unsent { Observation::NotSent(cause) } else { Observation::Lost(cause) }
        }
        (Came { failure, .. }, Ok(())) => {
            let turned_away = failure.as_ref().is_some_and(|failure| evidence::turned_away(failure.error()));
            let cause = Cause::of(failure.as_ref());
            match (unsent, turned_away) {
                (true, _) => Observation::NotSent(cause),
                (false, true) => Observation::TurnedAway(cause),
                (false, false) => Observation::Lost(cause),
            }
        }
    };
    tell(request, resend, &observation, start.elapsed(), paced);
    observation
}

/// The event of an attempt, with OpenTelemetry's names; no header, no body.
fn tell(request: Request<'_>, resend: u32, observation: &Observation, took: Duration, paced: bool) {
    let (status, error) = match observation {
        // By convention the status is the type of an error that came with one.
        Observation::Reply(Reply { status, .. }) => {
            (Some(*status), (*status >= 400).then(|| status.to_string().into()))
        }
        Observation::NotSent(cause) | Observation::TurnedAway(cause) | Observation::Lost(cause) => {
            (None, Some(Cow::Borrowed(cause.code)))
        }
    };
    macro_rules! attempt {
        ($level:ident) => {
            tracing::$level!(
                operation = request.name(),
                http.request.method = "POST",
                http.request.resend_count = (resend > 0).then_some(resend),
                http.response.status_code = status,
                error.r#type = error.as_deref(),
                milliseconds = took.as_millis(),
                "attempt"
            )
        };
    }
    if paced { attempt!(debug) } else { attempt!(info) }
}

/// One attempt, as the generated client carries it to the hooks.
#[derive(Clone)]
pub(crate) struct Attempt(Arc<State>);

struct State {
    http: Arc<HttpClient>,
    authorization: Option<Authorization>,
    /// Where to leave the request's form.
    form: Option<Arc<OnceLock<Form>>>,
    revocation: Revocation,
    came: Mutex<Came>,
}

/// What came of an attempt.
#[derive(Default)]
struct Came {
    /// Filled in two steps, head and body, so that a timeout in between does not lose the status.
    reply: Option<Reply>,
    failure: Option<Failure>,
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt")
    }
}

/// A request as the generated client built it, but for what is another one each time: authorization and body. To build it
/// anew for each customer costs a good part of sending it.
pub(crate) struct Form {
    uri: Uri,
    /// With a place for the authorization, whose value is not kept here.
    headers: HeaderMap,
}

impl Form {
    /// That of a request which the generated client built.
    fn of(request: &mut reqwest::Request, authorization: Option<&Authorization>, http: &HttpClient) -> Option<Self> {
        let uri: Uri = request.url().as_str().parse().ok()?;
        let mut headers = std::mem::take(request.headers_mut());
        if let Some(merchant_id) = headers.get_mut("merchant_id") {
            merchant_id.set_sensitive(true);
        }
        if let Some((name, _)) = authorization {
            headers.insert(name, HeaderValue::from_static(""));
        }
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        if let Some(host) = http.host_header(&uri) {
            headers.insert(HOST, host);
        }
        Some(Self { uri, headers })
    }
}

impl Attempt {
    /// Has the generated client build the request, and send it by way of its hooks. What came of it is with the attempt; a
    /// request that could not be built was not sent.
    async fn send_as_generated(&self, pool: &Pool, request: Request<'_>) {
        let client = generated::Client::new_with_client(pool.base.as_str(), pool.http.reqwest.clone(), self.clone());
        match request {
            Request::Login { merchant_id, body } => drop(client.login(merchant_id, body).await),
            Request::Create(customer) => drop(client.create_customer(customer.request()).await),
            Request::Find(body) => drop(client.find_customers(body).await),
            Request::Details(body) => drop(client.customer_details(body).await),
        }
    }

    /// Sends a request, and keeps what comes of it.
    async fn send(&self, Form { uri, headers }: &Form, body: Bytes) {
        let mut request = http::Request::new(self.0.revocation.wrap(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers.clone();
        if let Some((name, value)) = &self.0.authorization {
            request.headers_mut().insert(name, value.clone());
        }
        match self.0.http.send(request).await {
            Ok(response) => self.read(response).await,
            Err(failure) => self.came().failure = Some(failure),
        }
    }

    /// Reads the answer into the attempt as it comes, so that what came is not lost when the time is over.
    async fn read(&self, response: http::Response<AnswerBody>) {
        let (head, mut rest) = response.into_parts();
        let (status, headers) = (head.status.as_u16(), head.headers);
        self.came().reply = Some(Reply { status, headers, body: Body { bytes: BytesMut::new(), end: End::Cut } });
        loop {
            let chunk = rest.chunk().await;
            let mut came = self.came();
            let Some(Reply { body, .. }) = &mut came.reply else { return };
            match chunk {
                Some(Ok(chunk)) => {
                    let room = BODY_CAP - body.bytes.len();
                    body.bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    if chunk.len() > room {
                        body.end = End::TooLong;
                        return;
                    }
                }
                None => {
                    body.end = End::Whole;
                    return;
                }
                Some(Err(())) => return,
            }
        }
    }

    fn came(&self) -> MutexGuard<'_, Came> {
        self.0.came.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Came {
        std::mem::take(&mut *self.came())
    }
}

impl ClientHooks<Attempt> for generated::Client {
    /// Sends what the generated client has built. Its decoder gets an empty answer, which it does not see.
    async fn exec(&self, mut request: reqwest::Request, _: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        let attempt = &self.inner;
        let body = request.body().and_then(reqwest::Body::as_bytes).map(Bytes::copy_from_slice);
        let form = Form::of(&mut request, attempt.0.authorization.as_ref(), &attempt.0.http);
        if let (Some(form), Some(body)) = (form, body) {
            match &attempt.0.form {
                Some(kept) => attempt.send(kept.get_or_init(|| form), body).await,
                None => attempt.send(&form, body).await,
            }
        }
        Ok(reqwest::Response::from(http::Response::new("")))
    }

    async fn post<E>(
        &self,
        _: &reqwest::Result<reqwest::Response>,
        _: &OperationInfo,
    ) -> Result<(), generated::Error<E>> {
        Err(generated::Error::Custom(String::new()))
    }
}

/// Revokes the request when the attempt ends in any way, also when the caller drops it.
struct Guard {
    revocation: Revocation,
    /// Whether it tells when it is dropped after the request has left.
    warns: bool,
}

impl Guard {
    /// Whether it is proved that nothing was sent.
    fn finish(mut self) -> bool {
        self.warns = false;
        self.revocation.revoke()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.revocation.revoke() && self.warns {
            evidence::warn_of_dropped_call();
        }
    }
}

impl Cause {
    fn of(failure: Option<&Failure>) -> Self {
        let code = match failure {
            Some(failure) if failure.is_timeout() => "timeout",
            Some(failure) if failure.is_connect() => "connect",
            _ => "connection_lost",
        };
        // The upper layers' words hold the URL and repeat each other; the lowest says what happened.
        let mut lowest = failure.map(Failure::error);
        while let Some(deeper) = lowest.and_then(|error| error.source()) {
            lowest = Some(deeper);
        }
        let detail = lowest.map(evidence::words).unwrap_or_default();
        let distrusted = lowest.is_some_and(is_distrust);
        Self { code, detail: text::printable(&detail, text::MESSAGE_CHARS), distrusted }
    }
}

/// Whether a certificate was not accepted. The TLS layers wrap that into an I/O error, and that into another.
fn is_distrust(error: &(dyn std::error::Error + 'static)) -> bool {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(wrapped) => is_distrust(wrapped),
        None => matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))),
    }
}
