//! From a request to its answer: what is served where, in which order things are checked, and what is counted.
//!
//! A request below `/v2` is counted when its head arrives, then read, then judged: credentials first, content next. The
//! answer waits for the latency only after everything it tells of has been committed.

use bytes::{Bytes, BytesMut};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use uuid::Uuid;

use crate::access::Access;
use crate::answer::{self, Body};
use crate::clock::Clock;
use crate::contract::{Contract, DOCUMENT, Operation};
use crate::error::SandboxError;
use crate::ids::Ids;
use crate::ledger::{LedgerBody, Reader};
use crate::options::SandboxOptions;
use crate::refusal::Refusal;
use crate::store::{SharedStore, Store};

/// The largest body that a request may have, in bytes.
const BODY_CAP: usize = 1 << 20;

/// Everything a request may need.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) options: SandboxOptions,
    pub(crate) contract: Contract,
    pub(crate) access: Access,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) store: SharedStore,
}

impl App {
    /// Opens the store and compiles the contract.
    pub(crate) fn new(options: SandboxOptions) -> Result<Self, SandboxError> {
        let store = Store::open(options.db.as_deref(), options.unique)?;
        Ok(Self {
            contract: Contract::load()?,
            access: Access::new(options.seed),
            clock: Clock::after(store.newest()?),
            ids: Ids::new(options.seed),
            store: SharedStore::new(store),
            options,
        })
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path();
        let (result, request_id) = if path.starts_with("/v2/") {
            let operation = Operation::at(path);
            let posted = operation.filter(|_| request.method() == Method::POST);
            let number = self.store.lock().receive(posted);
            let result = self.api(operation, request, number).await;
            if !self.options.latency.is_zero() {
                tokio::time::sleep(self.options.latency).await;
            }
            (result, self.ids.request(number))
        } else {
            (self.about_itself(&request), Uuid::new_v4().to_string())
        };
        let mut response = result.unwrap_or_else(|refusal| answer::refusal(&refusal, self.options.dialect));
        answer::stamp(&mut response, &request_id, self.clock.now());
        response
    }

    /// What KunaCore serves.
    async fn api(
        &self,
        operation: Option<Operation>,
        request: Request<Incoming>,
        number: i64,
    ) -> Result<Response<Body>, Refusal> {
        let (head, body) = request.into_parts();
        let body = read(body).await?;
        let operation = operation.ok_or_else(|| Refusal::not_found("there is nothing here"))?;
        if head.method != Method::POST {
            return Err(Refusal::wrong_method("POST"));
        }
        self.operate(operation, &head.headers, &body, number)
    }

    /// What the sandbox serves about itself, to anybody.
    fn about_itself(&self, request: &Request<Incoming>) -> Result<Response<Body>, Refusal> {
        let (allowed, method) = match request.uri().path() {
            "/_sandbox/ledger" | "/_sandbox/openapi.json" => ("GET", Method::GET),
            "/_sandbox/reset" => ("POST", Method::POST),
            _ => return Err(Refusal::not_found("there is nothing here")),
        };
        if *request.method() != method {
            return Err(Refusal::wrong_method(allowed));
        }
        match request.uri().path() {
            "/_sandbox/ledger" => {
                let since = since(request.uri().query())?;
                let reader = Reader::new(self.store.clone(), since).map_err(|error| Refusal::internal(&error))?;
                Ok(answer::json(StatusCode::OK, Body::Ledger(LedgerBody::new(reader))))
            }
            "/_sandbox/reset" => {
                self.store.lock().reset().map_err(|error| Refusal::internal(&error))?;
                Ok(answer::empty(StatusCode::NO_CONTENT))
            }
            _ => Ok(answer::json(StatusCode::OK, Body::Whole(Full::from(DOCUMENT)))),
        }
    }
}

/// Reads a body. What goes beyond the cap is dropped as it comes: a client that is still sending gets to see the answer.
async fn read(mut body: Incoming) -> Result<Bytes, Refusal> {
    let mut read = BytesMut::new();
    let mut size = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::bad_request("the body ended early"))?;
        let Some(data) = frame.data_ref() else { continue };
        size = size.saturating_add(data.len());
        if size <= BODY_CAP {
            read.extend_from_slice(data);
        }
    }
    if size > BODY_CAP { Err(Refusal::too_large(BODY_CAP)) } else { Ok(read.freeze()) }
}

/// The `since` of a query such as `since=17`; 0 without one.
fn since(query: Option<&str>) -> Result<i64, Refusal> {
    let value = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("since="));
    let Some(value) = value else { return Ok(0) };
    value.parse().map_err(|_| Refusal::bad_request("since must be a whole number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_read_from_any_place_of_a_query() {
        assert_eq!(since(None).ok(), Some(0));
        assert_eq!(since(Some("x=1&since=17")).ok(), Some(17));
        assert!(since(Some("since=all")).is_err());
    }
}
