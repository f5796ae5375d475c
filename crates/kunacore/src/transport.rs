//! One HTTP exchange: the generated client builds the request, this module sends it and keeps what came of it.
//!
//! The generated methods call [`ClientHooks::exec`], which is implemented here: it puts the authorization in, makes the
//! body revocable, and reads status, headers and at most [`BODY_CAP`] bytes into the [`Attempt`]. The generated decoder
//! gets nothing, by [`ClientHooks::post`]: it would turn an unexpected answer into an error without status, and a created
//! customer must not be lost that way.
//!
//! Of a creation the first request is kept as a [`Form`], by which the later ones of the same client are made.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::header::HeaderMap;

use crate::credentials::Authorization;
use crate::defaults::BODY_CAP;
use crate::evidence::{self, Revocation};
use crate::gate::Operation;
use crate::generated::{self, types};
use crate::pool::Pool;
use crate::text;

/// What to ask of the server.
#[derive(Clone, Copy)]
pub(crate) enum Request<'a> {
    Login { merchant_id: &'a str, body: &'a types::LoginRequest },
    Create(&'a types::CreateCustomerRequest),
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
    let attempt =
        Attempt(Arc::new(State { authorization, form, revocation: Revocation::default(), reply: Mutex::default() }));
    let guard =
        Guard { revocation: attempt.0.revocation.clone(), warns: matches!(request, Request::Create(_)) && !paced };
    let call = async {
        if let (Request::Create(body), Some(form)) = (request, pool.create_form.get()) {
            return attempt.send_by(form, &pool.http, body).await.err();
        }
        let client = generated::Client::new_with_client(pool.base.as_str(), pool.http.clone(), attempt.clone());
        match request {
            Request::Login { merchant_id, body } => client.login(merchant_id, body).await.err(),
            Request::Create(body) => client.create_customer(body).await.err(),
            Request::Find(body) => client.find_customers(body).await.err(),
            Request::Details(body) => client.customer_details(body).await.err(),
        }
    };
    let ended = tokio::time::timeout(limit, call).await;
    let unsent = guard.finish();
    let observation = match (attempt.take_reply(), ended) {
        (Some(reply), _) => Observation::Reply(reply),
        (None, Err(_)) => {
            let cause = Cause { code: "timeout", detail: String::new(), distrusted: false };
            if unsent { Observation::NotSent(cause) } else { Observation::Lost(cause) }
        }
        (None, Ok(error)) => {
            let turned_away = error.as_ref().is_some_and(|error| evidence::turned_away(error));
            let cause = Cause::of(error);
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
    authorization: Option<Authorization>,
    /// Where to leave the request's form.
    form: Option<Arc<OnceLock<Form>>>,
    revocation: Revocation,
    /// Filled in two steps, head and body, so that a timeout in between does not lose the status.
    reply: Mutex<Option<Reply>>,
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt")
    }
}

/// A request as the generated client built it, but for what is another one each time: authorization and body. To build it
/// anew for each customer costs a good part of sending it.
pub(crate) struct Form {
    url: reqwest::Url,
    headers: HeaderMap,
}

impl Attempt {
    /// Sends a customer in this form.
    async fn send_by(
        &self,
        Form { url, headers }: &Form,
        http: &reqwest::Client,
        body: &types::CreateCustomerRequest,
    ) -> Result<(), generated::Error<()>> {
        let body = serde_json::to_vec(body).map_err(|error| generated::Error::InvalidRequest(error.to_string()))?;
        let mut request = reqwest::Request::new(reqwest::Method::POST, url.clone());
        *request.headers_mut() = headers.clone();
        self.authorize(&mut request);
        *request.body_mut() = Some(reqwest::Body::wrap(self.0.revocation.wrap(body.into())));
        let mut response = http.execute(request).await?;
        self.read(&mut response).await;
        Ok(())
    }

    fn authorize(&self, request: &mut reqwest::Request) {
        if let Some((name, value)) = &self.0.authorization {
            request.headers_mut().insert(name, value.clone());
        }
    }

    fn prepare(&self, request: &mut reqwest::Request) {
        if let Some(form) = &self.0.form {
            form.get_or_init(|| Form { url: request.url().clone(), headers: request.headers().clone() });
        }
        self.authorize(request);
        if let Some(merchant_id) = request.headers_mut().get_mut("merchant_id") {
            merchant_id.set_sensitive(true);
        }
        match request.body().and_then(reqwest::Body::as_bytes).map(Bytes::copy_from_slice) {
            Some(bytes) => *request.body_mut() = Some(reqwest::Body::wrap(self.0.revocation.wrap(bytes))),
            None => self.0.revocation.forfeit(),
        }
    }

    /// Reads the answer into the attempt as it comes, so that what came is not lost when the time is over.
    async fn read(&self, response: &mut reqwest::Response) {
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        *self.reply() = Some(Reply { status, headers, body: Body { bytes: BytesMut::new(), end: End::Cut } });
        loop {
            let chunk = response.chunk().await;
            let mut reply = self.reply();
            let Some(Reply { body, .. }) = &mut *reply else { return };
            match chunk {
                Ok(Some(chunk)) => {
                    let room = BODY_CAP - body.bytes.len();
                    body.bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    if chunk.len() > room {
                        body.end = End::TooLong;
                        return;
                    }
                }
                Ok(None) => {
                    body.end = End::Whole;
                    return;
                }
                Err(_) => return,
            }
        }
    }

    fn reply(&self) -> MutexGuard<'_, Option<Reply>> {
        self.0.reply.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_reply(&self) -> Option<Reply> {
        self.reply().take()
    }
}

impl ClientHooks<Attempt> for generated::Client {
    async fn exec(&self, mut request: reqwest::Request, _: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        self.inner.prepare(&mut request);
        let mut response = self.client.execute(request).await?;
        self.inner.read(&mut response).await;
        Ok(response)
    }

    async fn post<E>(
        &self,
        result: &reqwest::Result<reqwest::Response>,
        _: &OperationInfo,
    ) -> Result<(), generated::Error<E>> {
        // An answer has been read, and the decoder must not see it.
        if result.is_ok() { Err(generated::Error::Custom(String::new())) } else { Ok(()) }
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
    fn of(error: Option<generated::Error<()>>) -> Self {
        let (code, error) = match error {
            Some(generated::Error::CommunicationError(error)) if error.is_timeout() => ("timeout", Some(error)),
            Some(generated::Error::CommunicationError(error)) if error.is_connect() => ("connect", Some(error)),
            Some(generated::Error::CommunicationError(error)) => ("connection_lost", Some(error)),
            _ => ("connection_lost", None),
        };
        // The upper layers' words hold the URL and repeat each other; the lowest says what happened.
        let mut lowest: Option<&dyn std::error::Error> = error.as_ref().map(|error| error as _);
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
