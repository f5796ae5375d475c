//! The client: a connection pool, credentials, and the three calls.

use std::fmt;
use std::sync::Arc;

use crate::builder::ClientBuilder;
use crate::call::{CreateCustomer, CustomerDetails, EnsureCustomer, FindCustomers};
use crate::customer::CustomerId;
use crate::error::Error;
use crate::filter::CustomerFilter;
use crate::new_customer::NewCustomer;
use crate::pool::Pool;

/// A client of one KunaCore server. Cheap to clone; clones share connections and token.
///
/// It belongs to the tokio runtime in which it is first used: a connection that one runtime opened cannot be driven by
/// another. [`with_own_connections`](Self::with_own_connections) makes one for another runtime.
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

    /// A client of the same server that has connections of its own, for use in another runtime; credentials, token and retry
    /// budget are shared, and calls of both take turns where those of clones do.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), when the environment's proxy settings have changed and
    /// cannot be used.
    pub fn with_own_connections(&self) -> Result<Self, Error> {
        Ok(Self(Arc::new(self.0.with_own_connections()?)))
    }

    /// Creates a customer, which opens its wallet.
    ///
    /// Success means that there is a customer with both ids, created by this call: the server's answer says so, or, where
    /// no answer could be had, a look-up shows it ([`How`](crate::How)). The request is sent again only after proof that it did
    /// nothing: its body never left, the server refused it unseen, or, after an attempt whose fate is unknown, two look-ups
    /// did not find the customer, the second of them when the server must be done
    /// ([`ClientBuilder::settle`](crate::ClientBuilder::settle)).
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] tells whether the customer may exist all the same:
    /// [`Outcome::Unknown`](crate::Outcome::Unknown) where neither answers nor look-ups could settle it; then
    /// [`ensure_customer`](Self::ensure_customer) is the next step. A customer that is refused as a duplicate is
    /// [`Outcome::Rejected`](crate::Outcome::Rejected), with the one that exists in [`Error::existing`].
    ///
    /// Dropping the call before it ends tells nothing; if the request had left, a warning is logged.
    ///
    /// ```no_run
    /// # use kunacore::{Client, NewCustomer, Outcome};
    /// # async fn example(client: Client, alex: NewCustomer) {
    /// match client.create_customer(&alex).await {
    ///     Ok(customer) => println!("wallet {}", customer.wallet_id()),
    ///     Err(error) => match error.outcome() {
    ///         Outcome::NotApplied => println!("may be sent again: {error}"),
    ///         Outcome::Rejected => println!("to be mended: {error}"),
    ///         Outcome::Unknown => println!("to be ensured: {error}"),
    ///     },
    /// }
    /// # }
    /// ```
    pub fn create_customer<'a>(&'a self, customer: &'a NewCustomer) -> CreateCustomer<'a> {
        CreateCustomer { pool: &self.0, customer, options: self.0.options }
    }

    /// The customer, whether it existed before or is created now: looks first, and creates only if it is absent.
    ///
    /// For work that may be delivered more than once, and after [`Outcome::Unknown`](crate::Outcome::Unknown). It returns a
    /// customer with this e-mail that is the same person: by the external id where both have one, else by the names.
    /// Unless [`maybe_sent(false)`](EnsureCustomer::maybe_sent) says that nobody has sent it before, an absent customer is
    /// created only after [`settle`](crate::ClientBuilder::settle) has passed and a second look-up has not found it.
    ///
    /// Calls of one client (and its clones) for the same e-mail take turns. Two *processes* that ensure the same absent
    /// customer at the same time may both find nobody and both create; where the server does not refuse e-mails that are
    /// taken, let one process at a time work on a customer.
    ///
    /// # Errors
    ///
    /// A customer with this e-mail that is another person: [`ErrorKind::Duplicate`](crate::ErrorKind::Duplicate) with the
    /// code `conflict`, and the customer in [`Error::existing`]. Look-ups that tell nothing:
    /// [`Outcome::Unknown`](crate::Outcome::Unknown), as somebody may have sent it. Else as
    /// [`create_customer`](Self::create_customer).
    pub fn ensure_customer<'a>(&'a self, customer: &'a NewCustomer) -> EnsureCustomer<'a> {
        EnsureCustomer { pool: &self.0, customer, options: self.0.options, maybe_sent: true }
    }

    /// Looks customers up. None found is an empty list, not an error.
    ///
    /// # Errors
    ///
    /// A look-up changes nothing, so its outcome is never unknown.
    pub fn find_customers<'a>(&'a self, filter: &'a CustomerFilter) -> FindCustomers<'a> {
        FindCustomers { pool: &self.0, filter, options: self.0.options }
    }

    /// Reads one customer by its id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the server knows no such id. The outcome is never
    /// unknown.
    pub fn customer_details(&self, id: impl Into<CustomerId>) -> CustomerDetails<'_> {
        CustomerDetails { pool: &self.0, id: id.into(), options: self.0.options }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.0.base.as_str()).finish_non_exhaustive()
    }
}
