//! What came of an import, as a dict for `_import.py`, which words it for Python.

use std::path::PathBuf;

use kunacore_import::{CheckedTable, Ended, Failure, Stop, StopKind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::waiting::Waited;
use crate::json;

/// What came of it.
pub(super) enum Outcome {
    /// Nothing was sent.
    Refused(Failure),
    /// The table was checked, and nothing was sent.
    Checked(Box<Checked>),
    /// There was nothing to do in the run in this directory.
    Finished(PathBuf),
    /// Rows may have been sent.
    Ended(Box<Ended>),
}

/// What the check of a table found.
pub(super) struct Checked {
    directory: PathBuf,
    rows: u64,
    problems: u64,
    file: Option<PathBuf>,
    /// The first problems: the row, the field, and what is wrong with it.
    first: Vec<(u64, String, String)>,
    warnings: Vec<String>,
    /// Whether the problems are the reason why nothing was sent.
    refused: bool,
}

impl Outcome {
    pub(super) fn checked(checked: &CheckedTable, refused: bool) -> Self {
        let found = checked.checked();
        let problem = |problem: &kunacore_import::RowProblem| {
            (problem.place().row(), problem.field().to_owned(), problem.reason().to_owned())
        };
        Self::Checked(Box::new(Checked {
            directory: checked.directory().to_owned(),
            rows: found.rows,
            problems: found.problems.count,
            file: checked.problems().map(ToOwned::to_owned),
            first: found.problems.first.iter().map(problem).collect(),
            warnings: found.warnings.clone(),
            refused,
        }))
    }
}

/// The dict: `kind` says which of the others are there, and `raised` is what Python code raised meanwhile, or None.
pub(super) fn to_python<'py>(py: Python<'py>, waited: Waited) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("raised", waited.raised.map(|error| error.into_value(py)))?;
    match waited.outcome {
        None => dict.set_item("kind", "lost")?,
        Some(Outcome::Refused(Failure::Interrupted)) => dict.set_item("kind", "interrupted")?,
        Some(Outcome::Refused(failure)) => {
            dict.set_item("kind", "refused")?;
            dict.set_item("message", failure.message())?;
            dict.set_item("next", failure.next())?;
        }
        Some(Outcome::Checked(checked)) => {
            let Checked { directory, rows, problems, file, first, warnings, refused } = *checked;
            dict.set_item("kind", if refused { "problems" } else { "checked" })?;
            dict.set_item("directory", directory)?;
            dict.set_item("rows", rows)?;
            dict.set_item("problems", problems)?;
            dict.set_item("file", file)?;
            dict.set_item("first", first)?;
            dict.set_item("remarks", warnings)?;
        }
        Some(Outcome::Finished(directory)) => {
            dict.set_item("kind", "finished")?;
            dict.set_item("directory", directory)?;
        }
        Some(Outcome::Ended(ended)) => {
            let Ended { directory, stop, summary, remarks, unwritten, .. } = *ended;
            dict.set_item("kind", "ended")?;
            dict.set_item("directory", directory)?;
            dict.set_item("stop", stop.map(|stop| (word(&stop), stop.message().to_owned(), stop.next().to_owned())))?;
            let summary = summary.and_then(|summary| serde_json::from_str(&summary.to_json()).ok());
            dict.set_item("summary", summary.map(|summary| json::to_python(py, &summary)).transpose()?)?;
            dict.set_item("remarks", remarks)?;
            dict.set_item("unwritten", unwritten)?;
        }
    }
    Ok(dict)
}

fn word(stop: &Stop) -> &'static str {
    match stop.kind() {
        StopKind::Interrupted => "interrupted",
        StopKind::Canary => "canary",
        _ => "other",
    }
}
