//! The client: a connection pool, credentials, and the three calls.

use std::fmt;
use std::sync::Arc;

use crate::builder::ClientBuilder;
use crate::call::{CreateCustomer, CustomerDetails, FindCustomers};
use crate::customer::CustomerId;
use crate::error::Error;
use crate::filter::CustomerFilter;
use crate::new_customer::NewCustomer;
use crate::pool::Pool;

/// A client of one KunaCore server. Cheap to clone; clones share connections and token.
///
/// It belongs to the tokio runtime in which it is first used: a connection that one runtime opened cannot be driven by
/// another.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Pool>);

impl Client {
    /// Starts a client of the server at `base_url`, for example `https://kunacore.example`.
    pub fn builder(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url)
    }

    /// A client configured from the environment; see [`ClientBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the variable that is missing or wrong.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// Creates a customer, which opens its wallet.
    ///
    /// The request is sent once. Success means that the server confirmed the customer with both ids.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] tells whether the customer may exist all the same:
    /// [`Outcome::Unknown`](crate::Outcome::Unknown) after a timeout, a broken connection, a 5xx, or an answer that
    /// cannot be read. Dropping the call before it ends tells nothing either; if the request had left, a warning is
    /// logged.
    ///
    /// ```no_run
    /// # use kunacore::{Client, NewCustomer, Outcome};
    /// # async fn example(client: Client, alex: NewCustomer) {
    /// match client.create_customer(&alex).await {
    ///     Ok(customer) => println!("wallet {}", customer.wallet_id()),
    ///     Err(error) => match error.outcome() {
    ///         Outcome::NotApplied => println!("may be sent again: {error}"),
    ///         Outcome::Rejected => println!("to be mended: {error}"),
    ///         Outcome::Unknown => println!("to be looked up: {error}"),
    ///     },
    /// }
    /// # }
    /// ```
    pub fn create_customer<'a>(&'a self, customer: &'a NewCustomer) -> CreateCustomer<'a> {
        CreateCustomer { pool: &self.0, customer, deadline: self.0.deadline }
    }

    /// Looks customers up. None found is an empty list, not an error.
    ///
    /// # Errors
    ///
    /// A look-up changes nothing, so its outcome is never unknown.
    pub fn find_customers<'a>(&'a self, filter: &'a CustomerFilter) -> FindCustomers<'a> {
        FindCustomers { pool: &self.0, filter, deadline: self.0.deadline }
    }

    /// Reads one customer by its id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the server knows no such id. The outcome is never
    /// unknown.
    pub fn customer_details(&self, id: impl Into<CustomerId>) -> CustomerDetails<'_> {
        CustomerDetails { pool: &self.0, id: id.into(), deadline: self.0.deadline }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.0.base.as_str()).finish_non_exhaustive()
    }
}
