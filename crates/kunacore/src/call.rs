//! The calls as values: each is configured by its methods and runs when it is awaited.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::credentials::{self, Authorization, Authorizer};
use crate::customer::{Customer, CustomerId, How};
use crate::error::{Error, ErrorKind, Parts};
use crate::field::Field;
use crate::filter::CustomerFilter;
use crate::generated::types;
use crate::judge::{self, Facts, Read};
use crate::new_customer::NewCustomer;
use crate::pool::Pool;
use crate::secret::Secret;
use crate::transport::{self, Observation, Request};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A created customer and how the call went.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Created {
    /// The customer.
    pub customer: Customer,
    /// How it came to be in our hands.
    pub how: How,
    /// How many times the request was attempted.
    pub attempts: u32,
    /// The HTTP status of the answer.
    pub status: u16,
    /// What the server calls the request.
    pub request_id: Option<String>,
}

macro_rules! call_options {
    () => {
        /// How long this call may take as a whole, a login included.
        pub fn deadline(mut self, deadline: Duration) -> Self {
            self.deadline = deadline;
            self
        }
    };
}

/// Creates a customer when awaited; see [`Client::create_customer`](crate::Client::create_customer).
#[must_use = "nothing is sent until the call is awaited"]
pub struct CreateCustomer<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) customer: &'a NewCustomer,
    pub(crate) deadline: Duration,
}

impl<'a> CreateCustomer<'a> {
    call_options!();

    /// Gives the status, the request id and the number of attempts beside the customer.
    pub fn detailed(self) -> CreateCustomerDetailed<'a> {
        CreateCustomerDetailed(self)
    }

    async fn run(self) -> Result<Created, Error> {
        let Self { pool, customer, deadline } = self;
        let call = Exchange::start(pool, deadline);
        let (observation, authorization) = call.send(Request::Create(customer.request())).await?;
        let sent = Field::ALL.into_iter().filter_map(|field| Some((field.name(), customer.get(field)?)));
        let hide = || pool.scrubber(Some(&authorization), sent);
        let (customer, Facts { status, request_id, .. }) =
            judge::creation(observation, customer.email(), hide).map_err(|error| error.with_attempts(1))?;
        Ok(Created { customer, how: How::Created, attempts: 1, status, request_id })
    }
}

impl<'a> IntoFuture for CreateCustomer<'a> {
    type Output = Result<Customer, Error>;
    type IntoFuture = BoxFuture<'a, Customer>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.run().await?.customer) })
    }
}

/// Creates a customer when awaited, and tells how the call went; see [`CreateCustomer::detailed`].
#[must_use = "nothing is sent until the call is awaited"]
pub struct CreateCustomerDetailed<'a>(CreateCustomer<'a>);

impl<'a> IntoFuture for CreateCustomerDetailed<'a> {
    type Output = Result<Created, Error>;
    type IntoFuture = BoxFuture<'a, Created>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.run())
    }
}

/// Looks customers up when awaited; see [`Client::find_customers`](crate::Client::find_customers).
#[must_use = "nothing is sent until the call is awaited"]
pub struct FindCustomers<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) filter: &'a CustomerFilter,
    pub(crate) deadline: Duration,
}

impl FindCustomers<'_> {
    call_options!();

    async fn run(self) -> Result<Vec<Customer>, Error> {
        let call = Exchange::start(self.pool, self.deadline);
        let (observation, authorization) = call.send(Request::Find(self.filter.request())).await?;
        let hide = || self.pool.scrubber(Some(&authorization), self.filter.texts());
        let customers = judge::reading(Read::Find, observation, hide, |data| match data {
            Value::Array(hits) => hits.into_iter().map(Customer::read).collect(),
            _ => None,
        });
        Ok(customers.map_err(|error| error.with_attempts(1))?.0)
    }
}

impl<'a> IntoFuture for FindCustomers<'a> {
    type Output = Result<Vec<Customer>, Error>;
    type IntoFuture = BoxFuture<'a, Vec<Customer>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Reads one customer when awaited; see [`Client::customer_details`](crate::Client::customer_details).
#[must_use = "nothing is sent until the call is awaited"]
pub struct CustomerDetails<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) id: CustomerId,
    pub(crate) deadline: Duration,
}

impl CustomerDetails<'_> {
    call_options!();

    async fn run(self) -> Result<Customer, Error> {
        let body = types::CustomerDetailsRequest { id: self.id.as_str().to_owned() };
        let call = Exchange::start(self.pool, self.deadline);
        let (observation, authorization) = call.send(Request::Details(&body)).await?;
        let hide = || self.pool.scrubber(Some(&authorization), [("id", self.id.as_str())]);
        let customer = judge::reading(Read::Details, observation, hide, Customer::read);
        Ok(customer.map_err(|error| error.with_attempts(1))?.0)
    }
}

impl<'a> IntoFuture for CustomerDetails<'a> {
    type Output = Result<Customer, Error>;
    type IntoFuture = BoxFuture<'a, Customer>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The exchanges of one call, which share its deadline.
struct Exchange<'a> {
    pool: &'a Pool,
    deadline: Option<Instant>,
}

impl<'a> Exchange<'a> {
    fn start(pool: &'a Pool, deadline: Duration) -> Self {
        // A deadline too far away to be told is none.
        Self { pool, deadline: Instant::now().checked_add(deadline) }
    }

    /// What is left for an attempt.
    fn limit(&self) -> Duration {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        self.pool.timeout.min(left.unwrap_or(Duration::MAX))
    }

    /// Sends a request with the credentials in it, after a login where one is needed.
    async fn send(&self, request: Request<'_>) -> Result<(Observation, Authorization), Error> {
        let authorization = self.authorization().await?;
        let limit = self.limit();
        if limit.is_zero() {
            return Err(deadline_passed());
        }
        let observation = self.exchange(Some(authorization.clone()), limit, request).await;
        if matches!(&observation, Observation::Reply(reply) if reply.status == 401) {
            self.pool.authorizer.forget(&authorization);
        }
        Ok((observation, authorization))
    }

    async fn authorization(&self) -> Result<Authorization, Error> {
        let (login, token) = match &self.pool.authorizer {
            Authorizer::Fixed(authorization) => return Ok(authorization.clone()),
            Authorizer::Login { login, token } => (login, token),
        };
        let Ok(mut token) = tokio::time::timeout(self.limit(), token.lock()).await else {
            return Err(deadline_passed());
        };
        if let Some(known) = &*token {
            return Ok(known.clone());
        }
        let (merchant_id, body) = (
            login.merchant_id.expose(),
            types::LoginRequest {
                token: login.email.expose().to_owned(),
                password: login.password.expose().to_owned(),
            },
        );
        let observation = self.exchange(None, self.limit(), Request::Login { merchant_id, body: &body }).await;
        let hide = || self.pool.scrubber(None, []);
        let answer = judge::reading(Read::Login, observation, hide, |data| {
            // A token that cannot be a header is as good as none.
            credentials::bearer(&Secret::from(data.get("accessToken")?.as_str()?)).ok()
        });
        let fresh = answer?.0;
        *token = Some(fresh.clone());
        Ok(fresh)
    }

    async fn exchange(&self, with: Option<Authorization>, limit: Duration, request: Request<'_>) -> Observation {
        transport::exchange(&self.pool.http, self.pool.base.as_str(), with, limit, request).await
    }
}

fn deadline_passed() -> Error {
    let what = "the deadline of the call passed before its request was sent";
    Parts::new(ErrorKind::Unavailable, what, "Nothing was sent.", "Try again, with a longer deadline.")
        .code("timeout")
        .into()
}
