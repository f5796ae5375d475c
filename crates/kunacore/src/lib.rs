//! A client for the KunaCore customer API.
//!
//! KunaCore is a core-banking service for crypto products. A partner verifies a person and then creates a customer,
//! which also opens a wallet. There is no idempotency key: a request that is sent twice can open two wallets, and a
//! timeout says neither "created" nor "not". This client sends a creation again only after proof that it did nothing, looks up
//! what no answer tells, and says honestly what became of it; see [`Outcome`].
//!
//! ```no_run
//! use kunacore::{Client, Credentials, NewCustomer};
//!
//! # async fn example() -> Result<(), kunacore::Error> {
//! let client = Client::builder("https://kunacore.example")
//!     .credentials(Credentials::api_key("…"))
//!     .build()?;
//! let alex = NewCustomer::builder()
//!     .email("alexsmith@mail.com")
//!     .first_name("Alex")
//!     .last_name("Smith")
//!     .country("FR")
//!     .verification_document_id("FV633452")
//!     .residence_address("Champ de Mars, Paris")
//!     .build()?;
//! let customer = client.create_customer(&alex).await?;
//! println!("{}", customer.wallet_id());
//! # Ok(())
//! # }
//! ```
//!
//! # Privacy
//!
//! No error, log or `Debug` of this crate holds personal data or a secret: of what a server says, every value that was
//! submitted is replaced by its field's name (`‹email›`), however it is escaped. The ids of customers and wallets are
//! shown, and so is what a server calls a request.
//!
//! Logs are events of `tracing`; those of the libraries below, at any level, hold none of it either, with one exception: the
//! text with which an HTTP/2 server ends a connection (the debug data of a `GOAWAY`) is logged by `h2` and `hyper` at DEBUG
//! as it came. Who must be sure that no server repeats a request there keeps these two above DEBUG. Of secrets in memory,
//! see [`Secret`].
//!
//! # How it is made
//!
//! `generated` is progenitor's typed client, made from the contract; nothing in it is edited. `transport` sends what it
//! builds and keeps status, headers and body, `evidence` knows whether anything left, and `judge` turns that into a
//! [`Customer`] or an [`Error`].
//!
//! A call is a `session`: it has a deadline, its `credentials` (with the `token` of a login), and the right to `retry`.
//! Reads end there. A creation goes on: `fold` says what each attempt means for the call, `send` does it, `lookup` and
//! `matching` find out what became of a request that no answer told of, and `ensure` looks before it sends.

mod answer;
mod base_url;
mod builder;
mod call;
mod client;
mod clock;
mod connector;
mod country;
mod credentials;
mod customer;
pub mod defaults;
mod dialect;
mod duplicate;
mod ensure;
pub mod environment;
mod error;
mod evidence;
mod field;
mod filter;
mod fold;
#[doc(hidden)]
pub mod gate;
#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub, dead_code, clippy::all, clippy::unwrap_used, rustdoc::all)]
mod generated;
mod http_client;
mod judge;
mod lenient;
mod lookup;
mod matching;
mod new_customer;
mod options;
mod pool;
mod retry;
#[doc(hidden)]
pub mod rows;
#[cfg(feature = "schemars")]
mod schema;
mod secret;
mod send;
mod session;
mod stream;
mod text;
mod tls;
mod token;
mod transport;
mod turns;
mod verdict;

pub use answer::{Found, Headers};
pub use builder::ClientBuilder;
pub use call::{
    CreateCustomer, CreateCustomerDetailed, Created, CustomerDetails, CustomerDetailsDetailed, EnsureCustomer,
    EnsureCustomerDetailed, FindCustomers, FindCustomersDetailed,
};
pub use client::Client;
pub use country::{CountryCode, UnknownCountry};
pub use credentials::{CredentialParts, Credentials, Login};
pub use customer::{Customer, CustomerId, How, WalletId};
pub use duplicate::DuplicateRule;
pub use error::{Error, ErrorKind, Outcome, Problem};
pub use field::Field;
pub use filter::CustomerFilter;
pub use new_customer::{NewCustomer, NewCustomerBuilder};
pub use secret::Secret;
