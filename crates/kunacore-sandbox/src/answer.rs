//! An answer on its way out: status, body, and the two headers that every answer has.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, DATE, HeaderName, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::Full;
use serde::Serialize;

use crate::clock;
use crate::faults::CutBody;
use crate::ledger::LedgerBody;
use crate::options::Dialect;
use crate::refusal::Refusal;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A body that is at hand, one that is still being read, or one that breaks off.
#[derive(Debug)]
pub(crate) enum Body {
    /// All of it.
    Whole(Full<Bytes>),
    /// The ledger.
    Ledger(LedgerBody),
    /// The beginning of one.
    Cut(CutBody),
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Ledger(body) => Pin::new(body).poll_frame(context),
            Self::Cut(body) => body.next(),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(body) if body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Ledger(_) => SizeHint::default(),
            Self::Cut(body) => SizeHint::with_exact(body.promised()),
        }
    }
}

/// What the API puts around every success.
#[derive(Serialize)]
struct Envelope<T> {
    data: T,
}

/// A success of the API.
pub(crate) fn data<T: Serialize>(status: StatusCode, data: T) -> Result<Response<Body>, Refusal> {
    let body = serde_json::to_vec(&Envelope { data }).map_err(|error| Refusal::internal(&error))?;
    Ok(json(status, Body::Whole(Full::from(body))))
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// An answer that has a status only.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Whole(Full::default()));
    *response.status_mut() = status;
    response
}

/// A refusal, in a dialect.
pub(crate) fn refusal(refusal: &Refusal, dialect: Dialect) -> Response<Body> {
    let mut response = empty(refusal.status());
    if let Some((media_type, body)) = refusal.render(dialect) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        *response.body_mut() = Body::Whole(Full::new(body));
    }
    if let Some(allowed) = refusal.allowed() {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    }
    // A rule's value was refused if it could not be sent.
    if let Some(value) = refusal.retry_after().and_then(|value| HeaderValue::from_str(value).ok()) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

/// Adds what every answer has: the request's id, and the time by the sandbox's clock (Unix milliseconds).
pub(crate) fn stamp(response: &mut Response<Body>, request_id: &str, now: i64) {
    let date = clock::http_date(now);
    for (name, value) in [(X_REQUEST_ID, request_id), (DATE, date.as_str())] {
        // Both are plain ASCII by construction, so neither is ever left out.
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
}
