//! From the arguments of a Python call to what the core takes. No message repeats a value.

use std::fmt::Display;

use kunacore::{CustomerFilter, Field, NewCustomer};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use serde_json::{Map, Value};

use crate::failure;

/// A customer from its fields by name; None stands for a field that is not set.
///
/// One with a value of the wrong type goes through the core's JSON reader, which reports that together with every other
/// problem.
pub(crate) fn customer(fields: &Bound<'_, PyDict>) -> PyResult<NewCustomer> {
    let mut builder = NewCustomer::builder();
    for (name, value) in fields {
        if value.is_none() {
            continue;
        }
        let field = name.cast::<PyString>().ok().and_then(|name| Field::from_name(name.to_str().ok()?));
        match (field, value.cast::<PyString>().ok().and_then(|text| text.to_str().ok())) {
            (Some(field), Some(text)) => builder.extend([(field, text)]),
            _ => return odd_customer(fields),
        }
    }
    builder.build().map_err(|error| failure::exception(fields.py(), &error))
}

fn odd_customer(fields: &Bound<'_, PyDict>) -> PyResult<NewCustomer> {
    let mut object = Map::new();
    for (name, value) in fields {
        let value = match value.extract::<String>() {
            Ok(text) => Value::String(text),
            Err(_) if value.is_none() => Value::Null,
            // Any value that is not text will do: the reader refuses it by its type.
            Err(_) => Value::Bool(false),
        };
        object.insert(name.extract()?, value);
    }
    let json = Value::Object(object).to_string();
    NewCustomer::from_json(json.as_bytes()).map_err(|error| failure::exception(fields.py(), &error))
}

/// Filters by name; None stands for a filter that is not set.
pub(crate) fn filter(filters: &Bound<'_, PyDict>) -> PyResult<CustomerFilter> {
    let mut filter = CustomerFilter::new();
    for (name, value) in filters {
        if value.is_none() {
            continue;
        }
        let name: String = name.extract()?;
        filter = match name.as_str() {
            "email" => filter.email(text(&name, &value)?),
            "wallet_id" => filter.wallet_id(text(&name, &value)?),
            "phone_number" => filter.phone_number(text(&name, &value)?),
            "full_name" => filter.full_name(text(&name, &value)?),
            "comment" => filter.comment(text(&name, &value)?),
            "external_id" => filter.external_id(text(&name, &value)?),
            "referral_id" => filter.referral_id(text(&name, &value)?),
            "created_from" => filter.created_from(text(&name, &value)?),
            "created_to" => filter.created_to(text(&name, &value)?),
            "take" => filter.take(whole(&name, &value, u32::MAX)?),
            "skip" => filter.skip(whole(&name, &value, u32::MAX)?),
            _ => return Err(PyTypeError::new_err(format!("{name} is not a filter"))),
        };
    }
    Ok(filter)
}

/// An argument that must be text.
pub(crate) fn text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    match value.extract() {
        Ok(text) => Ok(text),
        Err(_) if value.is_instance_of::<PyString>() => {
            Err(PyValueError::new_err(format!("{name} holds characters that cannot be encoded as UTF-8")))
        }
        Err(_) => Err(PyTypeError::new_err(format!("{name} must be text, not {}", value.get_type().name()?))),
    }
}

/// An argument that must be a whole number of type `T`, which goes up to `most`.
pub(crate) fn whole<'py, T>(name: &str, value: &Bound<'py, PyAny>, most: T) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr> + Display,
{
    value.extract().map_err(|error: PyErr| {
        if error.is_instance_of::<PyTypeError>(value.py()) {
            PyTypeError::new_err(format!("{name} must be a whole number"))
        } else {
            PyValueError::new_err(format!("{name} must be between 0 and {most}"))
        }
    })
}
