//! What became of the rows of a run, read from its reports: as Arrow data for other libraries, or as Python objects.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt16Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchIterator, RecordBatchReader, UInt64Array};
use arrow_schema::{ArrowError, DataType, Field as Column, Schema};
use arrow_select::filter::filter_record_batch;
use kunacore_import::{ImportError, read_table};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::failure;

pub(crate) type Reader = Box<dyn RecordBatchReader + Send>;

/// All rows, or those in one state: which report has them depends on it.
pub(crate) fn read(run: &Path, state: Option<&str>, typed: bool) -> Result<Reader, ImportError> {
    let with_types = run.join("rejected.parquet");
    match state {
        Some("rejected") if typed && with_types.exists() => read_table(&with_types),
        Some("rejected") => read_table(&run.join("rejected.csv")),
        Some("unresolved") => Ok(numbered(read_table(&run.join("unresolved.csv"))?)),
        state => {
            let all = read_table(&run.join("results.arrow"))?;
            Ok(match state {
                Some(state) => in_state(all, state.to_owned()),
                None => all,
            })
        }
    }
}

/// The first rows, or all of them, as dicts.
pub(crate) fn dicts<'py>(
    py: Python<'py>,
    run: &Path,
    state: Option<&str>,
    limit: Option<usize>,
) -> PyResult<Bound<'py, PyList>> {
    let rows = PyList::empty(py);
    for batch in read(run, state, false).map_err(|error| unreadable(py, &error))? {
        let batch = batch.map_err(|error| ended_early(py, &error))?;
        for row in 0..batch.num_rows() {
            if limit.is_some_and(|limit| rows.len() >= limit) {
                return Ok(rows);
            }
            let dict = PyDict::new(py);
            for (column, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
                dict.set_item(column.name(), value(py, array, row)?)?;
            }
            rows.append(dict)?;
        }
    }
    Ok(rows)
}

/// The exception for reports that cannot be read.
pub(crate) fn unreadable(py: Python<'_>, error: &ImportError) -> PyErr {
    let next = "If the directory is a run, kunacore.open_run(…) writes its reports anew where they are missing.";
    failure::of_configuration(py, &format!("{} {next}", error.message()))
}

fn ended_early(py: Python<'_>, error: &ArrowError) -> PyErr {
    let ours = match error {
        ArrowError::ExternalError(inner) => inner.downcast_ref(),
        _ => None,
    };
    match ours {
        Some(error) => unreadable(py, error),
        None => failure::of_configuration(py, "a report cannot be read to its end, so it is damaged."),
    }
}

fn in_state(all: Reader, state: String) -> Reader {
    let schema = all.schema();
    let batches = all.map(move |batch| {
        let batch = batch?;
        let states = batch.column_by_name("state").and_then(|states| states.as_string_opt::<i32>());
        let states = states.ok_or_else(|| ArrowError::SchemaError("there is no column “state”".to_owned()))?;
        let wanted: BooleanArray = states.iter().map(|other| Some(other == Some(state.as_str()))).collect();
        filter_record_batch(&batch, &wanted)
    });
    Box::new(RecordBatchIterator::new(batches, schema))
}

/// With the first column, which is the number of the row, as a number.
fn numbered(texts: Reader) -> Reader {
    let mut columns: Vec<_> = texts.schema().fields().iter().cloned().collect();
    if let Some(first) = columns.first_mut() {
        *first = Arc::new(Column::new(first.name(), DataType::UInt64, false));
    }
    let schema = Arc::new(Schema::new(columns));
    let with = schema.clone();
    let batches = texts.map(move |batch| {
        let mut columns = batch?.columns().to_vec();
        if let Some(first) = columns.first_mut() {
            *first = numbers(first)?;
        }
        RecordBatch::try_new(with.clone(), columns)
    });
    Box::new(RecordBatchIterator::new(batches, schema))
}

fn numbers(texts: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let wrong = || ArrowError::ParseError("the number of a row is no number".to_owned());
    let texts = texts.as_string_opt::<i32>().ok_or_else(wrong)?;
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok()).ok_or_else(wrong);
    let numbers = texts.iter().map(number).collect::<Result<Vec<u64>, _>>()?;
    Ok(Arc::new(UInt64Array::from(numbers)))
}

/// A value of one of the types that reports have.
fn value<'py>(py: Python<'py>, array: &ArrayRef, row: usize) -> PyResult<Bound<'py, PyAny>> {
    if array.is_null(row) {
        return Ok(py.None().into_bound(py));
    }
    match array.data_type() {
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).into_bound_py_any(py),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).into_bound_py_any(py),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).into_bound_py_any(py),
        DataType::Utf8 => array.as_string::<i32>().value(row).into_bound_py_any(py),
        _ => Ok(py.None().into_bound(py)),
    }
}

/// Writes the reports of a run anew, if they are missing or older than its journal: a killed process leaves them so.
pub(crate) fn refresh(py: Python<'_>, run: &Path) -> PyResult<()> {
    let changed = |name: &str| run.join(name).metadata().and_then(|file| file.modified()).ok();
    let newest = match (changed("results.arrow"), changed("journal.jsonl")) {
        (Some(reports), Some(journal)) => journal <= reports,
        (reports, None) => reports.is_some(),
        (None, Some(_)) => false,
    };
    if newest {
        return Ok(());
    }
    py.detach(|| kunacore_import::report::rewrite(run))
        .map(|_| ())
        .map_err(|error| failure::of_configuration(py, &format!("{}: {error}.", run.display())))
}
