//! A call and its answer as values, so that waiting for it and awaiting it are the same call.

use std::time::Duration;

use kunacore::{Client, ClientBuilder, Customer, CustomerFilter, Error, How, NewCustomer};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::{customer, failure};

/// What to ask of the server.
pub(crate) enum Call {
    Create(NewCustomer),
    /// And whether somebody may have sent it before.
    Ensure(NewCustomer, bool),
    Find(CustomerFilter),
    Details(String),
}

/// What `with_options` sets for calls in place of what the client has; None leaves it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) deadline: Option<Duration>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) settle: Option<Duration>,
    pub(crate) reconcile: Option<bool>,
    pub(crate) trust_uniqueness: Option<bool>,
}

/// Applies those that a call knows.
macro_rules! with {
    ($options:ident, $call:expr, $($name:ident)*) => {{
        let mut call = $call;
        $(if let Some(value) = $options.$name {
            call = call.$name(value);
        })*
        call
    }};
}

impl Options {
    /// Sets them for all calls of a client.
    pub(crate) fn of_client(self, client: ClientBuilder) -> ClientBuilder {
        with!(self, client, deadline max_attempts settle reconcile trust_uniqueness)
    }
}

/// What came of it. Becomes Python objects, or an exception, once it is with a thread that holds the GIL.
pub(crate) struct Answer(Result<Found, Error>);

enum Found {
    Gained(Box<Customer>, How),
    Known(Box<Customer>),
    Many(Vec<Customer>),
}

impl Call {
    /// The name of a call that may create a customer.
    pub(crate) fn creates(&self) -> Option<&'static str> {
        match self {
            Self::Create(_) => Some("create_customer"),
            Self::Ensure(..) => Some("ensure_customer"),
            Self::Find(_) | Self::Details(_) => None,
        }
    }

    /// Makes the call.
    pub(crate) async fn run(self, client: Client, options: Options) -> Answer {
        let gained = |created: kunacore::Created| Found::Gained(Box::new(created.customer), created.how);
        Answer(match self {
            Self::Create(customer) => {
                let call = client.create_customer(&customer);
                let call = with!(options, call, deadline max_attempts settle reconcile trust_uniqueness);
                call.detailed().await.map(gained)
            }
            Self::Ensure(customer, maybe_sent) => {
                let call = client.ensure_customer(&customer).maybe_sent(maybe_sent);
                let call = with!(options, call, deadline max_attempts settle trust_uniqueness);
                call.detailed().await.map(gained)
            }
            Self::Find(filter) => {
                with!(options, client.find_customers(&filter), deadline max_attempts).await.map(Found::Many)
            }
            Self::Details(id) => {
                let call = with!(options, client.customer_details(id), deadline max_attempts);
                call.await.map(|customer| Found::Known(Box::new(customer)))
            }
        })
    }
}

impl Answer {
    /// The ids of a customer that the call created.
    pub(crate) fn created(&self) -> Option<(&str, &str)> {
        match &self.0 {
            Ok(Found::Gained(customer, how)) if *how != How::Adopted => {
                Some((customer.id().as_str(), customer.wallet_id().as_str()))
            }
            _ => None,
        }
    }
}

impl<'py> IntoPyObject<'py> for Answer {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.0 {
            Ok(Found::Gained(gained, how)) => customer::to_python(py, &gained, Some(how)),
            Ok(Found::Known(known)) => customer::to_python(py, &known, None),
            Ok(Found::Many(customers)) => {
                let found: PyResult<Vec<_>> =
                    customers.iter().map(|known| customer::to_python(py, known, None)).collect();
                found?.into_bound_py_any(py)
            }
            Err(error) => Err(failure::exception(py, &error)),
        }
    }
}
