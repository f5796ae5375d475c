//! A KunaCore server to run against, on this machine and in this process.
//!
//! KunaCore has no public test environment, so this crate is one: it serves login, create, find and details, checks
//! every request against the contract document (never against the client's own types, so that client and server cannot
//! share a mistake), and keeps customers in SQLite, in memory or in a file. What is unknown about the real server, such
//! as the shape of its errors, is an option, so that a client can be tried against every answer it may get.
//!
//! ```
//! use kunacore_sandbox::{Sandbox, SandboxOptions};
//!
//! let sandbox = Sandbox::start_blocking(SandboxOptions::default())?;
//! println!("POST {}/v2/customer/create with api-key: {}", sandbox.url(), sandbox.api_key());
//! assert!(sandbox.ledger()?.created.is_empty());
//! sandbox.stop();
//! # Ok::<(), kunacore_sandbox::SandboxError>(())
//! ```
//!
//! It speaks HTTP/1.1 and HTTP/2; with [`SandboxOptions::tls`], both over TLS, with an authority of its own that a client
//! trusts by way of [`Sandbox::ca_pem`].
//!
//! Besides the API, `GET /_sandbox/ledger` tells what was really created (`?since=SEQ` leaves out what is known already),
//! `POST /_sandbox/reset` forgets customers and counts but leaves the fault rules, and `GET /_sandbox/openapi.json` is the
//! contract.
//!
//! What can go wrong between a client and a server goes wrong here on demand: `PUT /_sandbox/faults` takes a JSON list of
//! [`Fault`] rules in place of those before, `GET` lists them with how often each has `fired`, and `DELETE` forgets them.
//!
//! ```json
//! [
//!   {"operation": "create", "phase": "after", "effect": {"reset": {}}, "count": 2},
//!   {"operation": "find", "effect": {"status": {"code": 503, "retry_after": "2"}}, "probability": 0.1}
//! ]
//! ```
//!
//! The first rule that matches a request strikes it. A request is struck once it has been read, whether or not it would be
//! refused; the ledger counts it once, whatever happens to it.

mod access;
mod answer;
mod app;
mod clock;
mod contract;
mod error;
mod faults;
mod ids;
mod ledger;
mod limit;
mod operations;
mod options;
mod refusal;
mod sandbox;
mod server;
mod store;
mod stream;
mod tls;
mod wire;

pub use clock::FIRST_INSTANT;
pub use contract::Operation;
pub use error::SandboxError;
pub use faults::{Effect, Fault, FaultRule, Phase};
pub use ledger::{Created, Ledger, RequestCounts};
pub use options::{Dialect, FindMode, SandboxOptions, UnknownValue};
pub use sandbox::Sandbox;
