//! The calls as values: each is configured by its methods and runs when it is awaited.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;
use tracing::Instrument as _;

use crate::answer::{Found, Headers};
use crate::clock::{self, Instant};
use crate::customer::{Customer, CustomerId, How};
use crate::error::Error;
use crate::field::Field;
use crate::filter::CustomerFilter;
use crate::fold::Class;
use crate::gate::Judged;
use crate::generated::types;
use crate::judge::{self, Facts, Read};
use crate::lookup::{self, Sighting};
use crate::new_customer::NewCustomer;
use crate::options::Options;
use crate::pool::Pool;
use crate::send::{Attempt, Creation, Gained, Server};
use crate::session::{Sent, Session};
use crate::transport::Request;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A customer that was created, or ensured, and how the call went.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Created {
    /// The customer.
    pub customer: Customer,
    /// How it came to be in our hands.
    pub how: How,
    /// How many times the create request was sent; 0 when the customer was found before.
    pub attempts: u32,
    /// The HTTP status of the answer that showed the customer: a look-up's, unless `how` is [`How::Created`].
    pub status: u16,
    /// What the server calls the request of that answer.
    pub request_id: Option<String>,
    /// The headers of that answer.
    pub headers: Headers,
}

macro_rules! call_options {
    () => {
        /// How long this call may take as a whole: logins, pauses and look-ups included.
        pub fn deadline(mut self, deadline: Duration) -> Self {
            self.options.deadline = deadline;
            self
        }

        /// How often this call's request is sent at most; at least once.
        pub fn max_attempts(mut self, attempts: u32) -> Self {
            self.options.max_attempts = attempts.max(1);
            self
        }
    };
}

macro_rules! creation_options {
    () => {
        call_options!();

        /// For this call, what [`ClientBuilder::settle`](crate::ClientBuilder::settle) sets for all.
        pub fn settle(mut self, settle: Duration) -> Self {
            self.options.settle = Some(settle);
            self
        }

        /// For this call, what [`ClientBuilder::trust_uniqueness`](crate::ClientBuilder::trust_uniqueness) sets for all.
        pub fn trust_uniqueness(mut self, trust: bool) -> Self {
            self.options.trust_uniqueness = trust;
            self
        }
    };
}

macro_rules! into_future {
    ($call:ident, $output:ty, |$this:ident| $run:expr) => {
        impl<'a> IntoFuture for $call<'a> {
            type Output = Result<$output, Error>;
            type IntoFuture = BoxFuture<'a, $output>;

            fn into_future(self) -> Self::IntoFuture {
                let $this = self;
                Box::pin(async move { $run })
            }
        }
    };
}

/// Creates a customer when awaited; see [`Client::create_customer`](crate::Client::create_customer).
#[must_use = "nothing is sent until the call is awaited"]
pub struct CreateCustomer<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) customer: &'a NewCustomer,
    pub(crate) options: Options,
}

impl<'a> CreateCustomer<'a> {
    creation_options!();

    /// For this call, what [`ClientBuilder::reconcile`](crate::ClientBuilder::reconcile) sets for all.
    pub fn reconcile(mut self, reconcile: bool) -> Self {
        self.options.reconcile = reconcile;
        self
    }

    /// Gives the status, the request id, the headers and the number of attempts beside the customer.
    pub fn detailed(self) -> CreateCustomerDetailed<'a> {
        CreateCustomerDetailed(self)
    }

    /// How the call went, but for the request id: to look through that for what was sent costs more than to read all else.
    #[doc(hidden)]
    pub fn without_request_id(self) -> BoxFuture<'a, Created> {
        Box::pin(self.run(false))
    }

    async fn run(self, detailed: bool) -> Result<Created, Error> {
        let Self { pool, customer, options } = self;
        let wire = Wire::start(pool, customer, options, detailed);
        let call = async {
            let gained = wire.creation().run(wire.session.retry()).await?;
            Ok(wire.remember(gained))
        };
        call.instrument(span("create_customer", pool)).await
    }
}

into_future!(CreateCustomer, Customer, |call| Ok(call.run(false).await?.customer));

/// Creates a customer when awaited, and tells how the call went; see [`CreateCustomer::detailed`].
#[must_use = "nothing is sent until the call is awaited"]
pub struct CreateCustomerDetailed<'a>(CreateCustomer<'a>);

into_future!(CreateCustomerDetailed, Created, |call| call.0.run(true).await);

/// Looks a customer up, and creates it if it is absent, when awaited; see
/// [`Client::ensure_customer`](crate::Client::ensure_customer).
#[must_use = "nothing is sent until the call is awaited"]
pub struct EnsureCustomer<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) customer: &'a NewCustomer,
    pub(crate) options: Options,
    pub(crate) maybe_sent: bool,
}

impl<'a> EnsureCustomer<'a> {
    creation_options!();

    /// Whether somebody may have sent this customer before: true unless it is set. `false` is the caller's word that
    /// nobody did, as for a first delivery; then a customer that is absent is created without waiting for
    /// [`settle`](Self::settle).
    pub fn maybe_sent(mut self, maybe: bool) -> Self {
        self.maybe_sent = maybe;
        self
    }

    /// Gives the status, the request id, the headers and the number of attempts beside the customer.
    pub fn detailed(self) -> EnsureCustomerDetailed<'a> {
        EnsureCustomerDetailed(self)
    }

    /// As [`CreateCustomer::without_request_id`].
    #[doc(hidden)]
    pub fn without_request_id(self) -> BoxFuture<'a, Created> {
        Box::pin(self.run(false))
    }

    async fn run(self, detailed: bool) -> Result<Created, Error> {
        let Self { pool, customer, options, maybe_sent } = self;
        let wire = Wire::start(pool, customer, Options { reconcile: true, ..options }, detailed);
        let call = async {
            let turn = tokio::time::timeout(wire.session.deadline.left(), pool.turns.take(customer.email()));
            let Ok(_turn) = turn.await else { return Err(Error::busy()) };
            let gained = wire.creation().ensure(maybe_sent, wire.session.retry()).await?;
            Ok(wire.remember(gained))
        };
        call.instrument(span("ensure_customer", pool)).await
    }
}

into_future!(EnsureCustomer, Customer, |call| Ok(call.run(false).await?.customer));

/// Ensures a customer when awaited, and tells how the call went; see [`EnsureCustomer::detailed`].
#[must_use = "nothing is sent until the call is awaited"]
pub struct EnsureCustomerDetailed<'a>(EnsureCustomer<'a>);

into_future!(EnsureCustomerDetailed, Created, |call| call.0.run(true).await);

/// Looks customers up when awaited; see [`Client::find_customers`](crate::Client::find_customers).
#[must_use = "nothing is sent until the call is awaited"]
pub struct FindCustomers<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) filter: &'a CustomerFilter,
    pub(crate) options: Options,
}

impl<'a> FindCustomers<'a> {
    call_options!();

    /// Gives the status, the request id and the headers beside the customers.
    pub fn detailed(self) -> FindCustomersDetailed<'a> {
        FindCustomersDetailed(self)
    }

    async fn run(self) -> Result<Found<Vec<Customer>>, Error> {
        let session = Session::start(self.pool, self.options);
        let request = Request::Find(self.filter.request());
        let values = self.filter.texts();
        let customers = session.read(Read::Find, request, &values, |data| match data {
            Value::Array(hits) => hits.into_iter().map(Customer::read).collect(),
            _ => None,
        });
        Ok(found(customers.instrument(span("find_customers", self.pool)).await?))
    }
}

into_future!(FindCustomers, Vec<Customer>, |call| Ok(call.run().await?.value));

/// Looks customers up when awaited, and tells what the answer told beside; see [`FindCustomers::detailed`].
#[must_use = "nothing is sent until the call is awaited"]
pub struct FindCustomersDetailed<'a>(FindCustomers<'a>);

into_future!(FindCustomersDetailed, Found<Vec<Customer>>, |call| call.0.run().await);

/// Reads one customer when awaited; see [`Client::customer_details`](crate::Client::customer_details).
#[must_use = "nothing is sent until the call is awaited"]
pub struct CustomerDetails<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) id: CustomerId,
    pub(crate) options: Options,
}

impl<'a> CustomerDetails<'a> {
    call_options!();

    /// Gives the status, the request id and the headers beside the customer.
    pub fn detailed(self) -> CustomerDetailsDetailed<'a> {
        CustomerDetailsDetailed(self)
    }

    async fn run(self) -> Result<Found<Customer>, Error> {
        let session = Session::start(self.pool, self.options);
        let body = types::CustomerDetailsRequest { id: self.id.as_str().to_owned() };
        let values = [("id", self.id.as_str())];
        let customer = session.read(Read::Details, Request::Details(&body), &values, Customer::read);
        Ok(found(customer.instrument(span("customer_details", self.pool)).await?))
    }
}

into_future!(CustomerDetails, Customer, |call| Ok(call.run().await?.value));

/// Reads one customer when awaited, and tells what the answer told beside; see [`CustomerDetails::detailed`].
#[must_use = "nothing is sent until the call is awaited"]
pub struct CustomerDetailsDetailed<'a>(CustomerDetails<'a>);

into_future!(CustomerDetailsDetailed, Found<Customer>, |call| call.0.run().await);

fn found<T>((value, facts): (T, Facts)) -> Found<T> {
    Found { value, status: facts.status, request_id: facts.request_id, headers: Headers(facts.headers) }
}

/// One span a call; the events of its attempts lie in it.
fn span(name: &'static str, pool: &Pool) -> tracing::Span {
    tracing::info_span!("kunacore", otel.name = name, otel.kind = "client", server.address = pool.base.host())
}

/// The real server, for one creation.
pub(crate) struct Wire<'a> {
    pub(crate) session: Session<'a>,
    pub(crate) customer: &'a NewCustomer,
    /// Whether anybody is told the request id.
    pub(crate) detailed: bool,
}

impl<'a> Wire<'a> {
    fn start(pool: &'a Pool, customer: &'a NewCustomer, options: Options, detailed: bool) -> Self {
        Self { session: Session::start(pool, options), customer, detailed }
    }

    pub(crate) fn creation(&self) -> Creation<'_, Self> {
        let Session { options, deadline, .. } = self.session;
        Creation { server: self, customer: self.customer, options, deadline, paced: self.session.gate.is_some() }
    }

    pub(crate) fn remember(&self, gained: Gained) -> Created {
        self.session.pool.calibration.knows(self.customer.email(), gained.customer.id());
        let Gained { customer, how, attempts, status, request_id, headers } = gained;
        // Unless it was looked through for what was sent, nobody may see it.
        let request_id = request_id.filter(|_| self.detailed);
        Created { customer, how, attempts, status, request_id, headers }
    }
}

impl Server for Wire<'_> {
    async fn create(&self, before: u32) -> Attempt {
        let Sent { times, observation } = self.session.send(Request::Create(self.customer), before).await;
        let (observation, authorization) = match observation {
            Ok(sent) => sent,
            // No token, or no time. Nothing was sent now; asking again would be the login's business.
            Err(error) => return Attempt { times, result: Err((Class::Refused, error)) },
        };
        let pool = self.session.pool;
        let sent = Field::ALL.into_iter().filter_map(|field| Some((field.name(), self.customer.get(field)?)));
        let hide = || pool.scrubber(authorization.as_ref(), sent.clone());
        let mut result = judge::creation(observation, self.customer.email(), &pool.duplicate_rules, hide);
        if let Some(gate) = self.session.gate {
            gate.judged(match &result {
                Ok(_) => Judged::Created,
                Err((Class::Sealed, error)) if error.status().is_some_and(|status| status < 300) => Judged::Unread,
                Err((Class::Refused | Class::Contested, _)) => Judged::Refused,
                Err(_) => Judged::Unclear,
            });
        }
        if self.detailed {
            result = result.map(|(customer, facts)| (customer, facts.hiding(|id| hide().finds(id))));
        }
        Attempt { times, result }
    }

    async fn look_up(&self) -> Sighting {
        // On the heap, since few calls ever look: each call is a third of the size.
        Box::pin(lookup::look_up(&self.session, self.customer.email())).await
    }

    async fn sleep_until(&self, then: Instant) -> bool {
        let sleep = clock::sleep_until(then);
        let Some(gate) = self.session.gate else {
            sleep.await;
            return true;
        };
        tokio::select! {
            () = sleep => true,
            () = gate.closing() => false,
        }
    }
}
