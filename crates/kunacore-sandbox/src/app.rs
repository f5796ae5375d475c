//! From a request to its answer: what is served where, in which order things are checked, and what is counted.
//!
//! A request below `/v2` is counted, and held against the limit, when its head arrives, then read, then struck by a fault or
//! judged: credentials first, content next. The answer waits for the latency only after everything it tells of has been
//! committed.

use std::sync::Arc;

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
use crate::faults::{self, Faults, Outcome};
use crate::ids::Ids;
use crate::ledger::{LedgerBody, Reader};
use crate::limit::Limit;
use crate::operations::Call;
use crate::options::{Dialect, SandboxOptions};
use crate::refusal::Refusal;
use crate::store::{SharedStore, Store};
use crate::wire::{Ended, Line};

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
    pub(crate) faults: Faults,
    limit: Option<Limit>,
}

impl App {
    /// Opens the store and compiles the contract.
    pub(crate) fn new(options: SandboxOptions) -> Result<Self, SandboxError> {
        let store = Store::open(options.db.as_deref(), options.unique)?;
        Ok(Self {
            faults: Faults::new(options.seed),
            limit: options.limit.map(Limit::new),
            contract: Contract::load()?,
            access: Access::new(options.seed),
            clock: Clock::after(store.newest()?),
            ids: Ids::new(options.seed),
            store: SharedStore::new(store),
            options,
        })
    }

    /// Answers one request, unless a fault ends its line.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        line: &Arc<Line>,
    ) -> Result<Response<Body>, Ended> {
        let path = request.uri().path();
        let mut dialect = self.options.dialect;
        let (result, request_id) = if path.starts_with("/v2/") {
            let operation = Operation::at(path);
            let posted = operation.filter(|_| request.method() == Method::POST);
            let number = self.store.lock().receive(posted);
            let result = self.api(operation, request, number, line).await?;
            if !self.options.latency.is_zero() {
                tokio::time::sleep(self.options.latency).await;
            }
            (result, self.ids.request(number))
        } else {
            if path.starts_with("/_sandbox/") {
                // Here the sandbox speaks for itself, and has to be understood whatever KunaCore may sound like.
                dialect = Dialect::default();
            }
            (self.about_itself(request).await, Uuid::new_v4().to_string())
        };
        let mut response = result.unwrap_or_else(|refusal| answer::refusal(&refusal, dialect));
        answer::stamp(&mut response, &request_id, self.clock.now());
        Ok(response)
    }

    /// What KunaCore serves.
    async fn api(
        self: &Arc<Self>,
        operation: Option<Operation>,
        request: Request<Incoming>,
        number: i64,
        line: &Arc<Line>,
    ) -> Outcome {
        let admitted = self.limit.as_ref().map_or(Ok(()), Limit::admit);
        match read_call(operation, request, number, admitted).await {
            Err(refusal) => Ok(Err(refusal)),
            Ok(call) => match self.faults.strike(call.operation) {
                None => Ok(self.operate(&call, 0)),
                Some(struck) => self.suffer(struck, call, line).await,
            },
        }
    }

    /// What the sandbox serves about itself, to anybody.
    async fn about_itself(&self, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
        let (head, body) = request.into_parts();
        let path = head.uri.path();
        let allowed = match path {
            "/_sandbox/ledger" | "/_sandbox/openapi.json" => "GET",
            "/_sandbox/reset" => "POST",
            "/_sandbox/faults" => "GET, PUT, DELETE",
            _ => return Err(Refusal::not_found("there is nothing here")),
        };
        if !allowed.split(", ").any(|method| head.method == method) {
            return Err(Refusal::wrong_method(allowed));
        }
        match path {
            "/_sandbox/ledger" => {
                let since = since(head.uri.query())?;
                let reader = Reader::new(self.store.clone(), since).map_err(|error| Refusal::internal(&error))?;
                Ok(answer::json(StatusCode::OK, Body::Ledger(LedgerBody::new(reader))))
            }
            "/_sandbox/reset" => {
                self.store.lock().reset().map_err(|error| Refusal::internal(&error))?;
                Ok(answer::empty(StatusCode::NO_CONTENT))
            }
            "/_sandbox/faults" => self.about_faults(&head.method, read(body).await?),
            _ => Ok(answer::json(StatusCode::OK, Body::Whole(Full::from(DOCUMENT)))),
        }
    }

    fn about_faults(&self, method: &Method, body: Bytes) -> Result<Response<Body>, Refusal> {
        if method == Method::GET {
            let rules = serde_json::to_vec(&self.faults.list()).map_err(|error| Refusal::internal(&error))?;
            return Ok(answer::json(StatusCode::OK, Body::Whole(Full::from(rules))));
        }
        if method == Method::DELETE {
            self.faults.clear();
        } else {
            faults::read(&body).and_then(|rules| self.faults.set(&rules)).map_err(Refusal::bad_request)?;
        }
        Ok(answer::empty(StatusCode::NO_CONTENT))
    }
}

/// Reads a request, if it was admitted (or refused until so many seconds later), and if there is something to be asked.
async fn read_call(
    operation: Option<Operation>,
    request: Request<Incoming>,
    number: i64,
    admitted: Result<(), u64>,
) -> Result<Call, Refusal> {
    let (head, body) = request.into_parts();
    // Refused or not, it is read to its end: a client that is still sending gets to see the answer.
    let body = read(body).await;
    admitted.map_err(Refusal::limited)?;
    let body = body?;
    let operation = operation.ok_or_else(|| Refusal::not_found("there is nothing here"))?;
    if head.method != Method::POST {
        return Err(Refusal::wrong_method("POST"));
    }
    Ok(Call { operation, headers: head.headers, body, number })
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
