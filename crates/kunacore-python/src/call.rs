//! A call and its answer as values, so that waiting for it and awaiting it are the same call.

use kunacore::{Client, Customer, CustomerFilter, Error, How, NewCustomer};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::{customer, failure};

/// What to ask of the server.
pub(crate) enum Call {
    Create(NewCustomer),
    Find(CustomerFilter),
    Details(String),
}

/// What came of it. Becomes Python objects, or an exception, once it is with a thread that holds the GIL.
pub(crate) struct Answer(Result<Found, Error>);

enum Found {
    Created(Box<Customer>, How),
    Known(Box<Customer>),
    Many(Vec<Customer>),
}

impl Call {
    /// Makes the call.
    pub(crate) async fn run(self, client: Client) -> Answer {
        Answer(match self {
            Self::Create(customer) => client
                .create_customer(&customer)
                .detailed()
                .await
                .map(|created| Found::Created(Box::new(created.customer), created.how)),
            Self::Find(filter) => client.find_customers(&filter).await.map(Found::Many),
            Self::Details(id) => client.customer_details(id).await.map(|customer| Found::Known(Box::new(customer))),
        })
    }
}

impl Answer {
    /// The ids of a customer that the call created.
    pub(crate) fn created(&self) -> Option<(&str, &str)> {
        match &self.0 {
            Ok(Found::Created(customer, _)) => Some((customer.id().as_str(), customer.wallet_id().as_str())),
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
            Ok(Found::Created(created, how)) => customer::to_python(py, &created, Some(how)),
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
