//! The four operations of the API, once a request has been read.
//!
//! Each takes a body that the contract has accepted, so nothing here checks fields again.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::{EMAIL, MERCHANT_ID, PASSWORD, TOKEN_LIFE};
use crate::answer::{self, Body};
use crate::app::App;
use crate::contract::Operation;
use crate::refusal::Refusal;
use crate::store::{Filters, NewCustomer, Search};

/// A request that has been read and is still to be judged.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) operation: Operation,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Its number among all requests below `/v2`.
    pub(crate) number: i64,
}

#[derive(Deserialize)]
struct LoginRequest {
    token: String,
    password: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoginData {
    access_token: String,
    expires_in: i64,
}

#[derive(Deserialize)]
struct DetailsRequest {
    id: String,
}

impl App {
    /// Does what a request asks for, if its credentials and its content allow it. Copy 0 is the one that the client sent.
    pub(crate) fn operate(&self, call: &Call, copy: i64) -> Result<Response<Body>, Refusal> {
        let Call { operation, headers, body, number } = call;
        if *operation != Operation::Login {
            self.access.check(headers, self.clock.now() / 1000)?;
        }
        let rules = self.contract.of(*operation);
        rules.check_headers(headers)?;
        let body = rules.read(headers.get(CONTENT_TYPE), body)?;
        match operation {
            Operation::Login => self.login(headers, typed(body)?),
            Operation::Create => self.create(&typed(body)?, *number, copy),
            Operation::Find => self.find(typed(body)?),
            Operation::Details => self.details(&typed(body)?),
        }
    }

    fn login(&self, headers: &HeaderMap, request: LoginRequest) -> Result<Response<Body>, Refusal> {
        let merchant = headers.get("merchant_id").is_some_and(|id| id == MERCHANT_ID);
        if !merchant || request.token != EMAIL || request.password != PASSWORD {
            return Err(Refusal::unauthorized("the login is wrong"));
        }
        let access_token = self.access.issue(self.clock.now() / 1000).map_err(|error| Refusal::internal(&error))?;
        answer::data(StatusCode::OK, LoginData { access_token, expires_in: TOKEN_LIFE })
    }

    fn create(&self, new: &NewCustomer, number: i64, copy: i64) -> Result<Response<Body>, Refusal> {
        let created = {
            let mut store = self.store.lock();
            // Read under the lock, so that creations are as old as their order says.
            let now = self.clock.now();
            store.create(new, self.ids, now, (number, copy)).map_err(|error| Refusal::internal(&error))?
        };
        let Some(customer) = created else {
            let status = StatusCode::from_u16(self.options.duplicate_status).unwrap_or(StatusCode::CONFLICT);
            return Err(Refusal::duplicate(status, &new.email));
        };
        answer::data(StatusCode::CREATED, customer)
    }

    fn find(&self, filters: Filters) -> Result<Response<Body>, Refusal> {
        let delay = i64::try_from(self.options.find_delay.as_millis()).unwrap_or(i64::MAX);
        let visible = self.clock.now().saturating_sub(delay);
        let search = Search::new(filters, self.options.find, visible, self.options.page_size)?;
        let found = self.store.lock().find(&search).map_err(|error| Refusal::internal(&error))?;
        answer::data(StatusCode::OK, found)
    }

    fn details(&self, request: &DetailsRequest) -> Result<Response<Body>, Refusal> {
        let found = self.store.lock().details(&request.id).map_err(|error| Refusal::internal(&error))?;
        answer::data(StatusCode::OK, found.ok_or_else(|| Refusal::not_found("no customer has this id"))?)
    }
}

/// A body that the contract has accepted, as its type.
fn typed<T: DeserializeOwned>(body: Value) -> Result<T, Refusal> {
    // Serde's own text would repeat values.
    serde_json::from_value(body).map_err(|_| Refusal::bad_request("the body cannot be read"))
}
