//! A call and its answer as values, so that waiting for it and awaiting it are the same call.

use std::time::Duration;

use kunacore::{Client, ClientBuilder, Created, Customer, CustomerFilter, Error, Found, How, NewCustomer};
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
    /// Whether calls give what the answer told beside.
    pub(crate) raw: bool,
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
pub(crate) struct Answer {
    result: Result<Value, Error>,
    raw: bool,
}

enum Value {
    Gained(Box<Created>),
    Known(Box<Found<Customer>>),
    Many(Found<Vec<Customer>>),
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
        let gained = |created| Value::Gained(Box::new(created));
        let result = match self {
            Self::Create(customer) => {
                let call = client.create_customer(&customer);
                let call = with!(options, call, deadline max_attempts settle reconcile trust_uniqueness);
                let call = if options.raw { call.detailed().into_future() } else { call.without_request_id() };
                call.await.map(gained)
            }
            Self::Ensure(customer, maybe_sent) => {
                let call = client.ensure_customer(&customer).maybe_sent(maybe_sent);
                let call = with!(options, call, deadline max_attempts settle trust_uniqueness);
                let call = if options.raw { call.detailed().into_future() } else { call.without_request_id() };
                call.await.map(gained)
            }
            Self::Find(filter) => {
                let call = with!(options, client.find_customers(&filter), deadline max_attempts);
                call.detailed().await.map(Value::Many)
            }
            Self::Details(id) => {
                let call = with!(options, client.customer_details(id), deadline max_attempts);
                call.detailed().await.map(|found| Value::Known(Box::new(found)))
            }
        };
        Answer { result, raw: options.raw }
    }
}

impl Answer {
    /// The ids of a customer that the call created.
    fn created(&self) -> Option<(&str, &str)> {
        match &self.result {
            Ok(Value::Gained(created)) if created.how != How::Adopted => {
                Some((created.customer.id().as_str(), created.customer.wallet_id().as_str()))
            }
            _ => None,
        }
    }

    /// Nobody gets it any more; the ids of a customer that exists are kept all the same.
    pub(crate) fn came_too_late(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(ids) = self.created() {
            py.import("kunacore._interrupted")?.call_method1("answered_too_late", ids)?;
        }
        Ok(())
    }

    /// As Python objects, or the exception of a call that failed.
    ///
    /// # Errors
    ///
    /// That exception; or what Python raises meanwhile, such as a signal's handler: then the ids are kept all the same.
    pub(crate) fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &self.result {
            Ok(value) => self.objects(py, value).map_err(|raised| self.came_too_late(py).err().unwrap_or(raised)),
            Err(error) => Err(failure::exception(py, error)),
        }
    }

    fn objects<'py>(&self, py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
        let (found, status, request_id, headers) = match value {
            Value::Gained(created) => {
                let Created { customer, how, status, request_id, headers, .. } = &**created;
                (customer::to_python(py, customer, Some(*how))?, status, request_id, headers)
            }
            Value::Known(known) => {
                let Found { value, status, request_id, headers, .. } = &**known;
                (customer::to_python(py, value, None)?, status, request_id, headers)
            }
            Value::Many(many) => {
                let Found { value, status, request_id, headers, .. } = many;
                let customers: PyResult<Vec<_>> =
                    value.iter().map(|known| customer::to_python(py, known, None)).collect();
                (customers?.into_bound_py_any(py)?, status, request_id, headers)
            }
        };
        if !self.raw {
            return Ok(found);
        }
        let headers: Vec<(&str, &[u8])> = headers.iter().collect();
        py.import("kunacore._raw")?.getattr("raw_response")?.call1((found, status, request_id, headers))
    }
}
