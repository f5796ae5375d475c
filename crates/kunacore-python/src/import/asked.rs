//! What is asked of an import: from a dict of Python values, whose types and ranges `_import.py` has checked.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use kunacore::Field;
use kunacore_import::{Existing, Extra, ImportOptions, Invalid, MappingOptions, ReadOptions};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// How a table is read, mapped and sent.
pub(super) struct Asked {
    pub(super) options: ImportOptions,
    pub(super) read: ReadOptions,
    pub(super) mapping: MappingOptions,
    /// Whether it is only checked.
    pub(super) check: bool,
}

/// The dict as it comes.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Given {
    run: Option<PathBuf>,
    columns: Vec<(String, String)>,
    set: Vec<(String, String)>,
    ignore_extra: bool,
    key: Vec<String>,
    known: Vec<PathBuf>,
    adopt: Option<bool>,
    reject_invalid: Option<bool>,
    encoding: Option<String>,
    keep_input: bool,
    check: bool,
    canary: Option<u32>,
    rate: Option<f64>,
    concurrency: Option<usize>,
    accept: HashMap<u32, String>,
    max_identical_rejections: u32,
}

impl Asked {
    pub(super) fn new(given: &Bound<'_, PyDict>) -> PyResult<Self> {
        let given: Given = given.extract()?;
        let named = |name: &str| {
            Field::from_name(name).ok_or_else(|| {
                let fields = Field::ALL.map(Field::name).join(", ");
                PyValueError::new_err(format!("there is no field “{name}”; the fields are: {fields}"))
            })
        };
        let map = given.columns.into_iter().map(|(column, field)| Ok((column, named(&field)?)));
        let set = given.set.into_iter().map(|(field, value)| Ok((named(&field)?, value)));
        let mapping = MappingOptions {
            map: map.collect::<PyResult<_>>()?,
            set: set.collect::<PyResult<_>>()?,
            keys: given.key,
            extra: if given.ignore_extra { Extra::Ignore } else { Extra::Error },
        };
        let options = ImportOptions {
            run: given.run,
            invalid: given.reject_invalid.map(|reject| if reject { Invalid::Reject } else { Invalid::Stop }),
            existing: given.adopt.map(|adopt| if adopt { Existing::Adopt } else { Existing::Reject }),
            known: given.known,
            accept: given.accept,
            keep_input: given.keep_input,
            canary: given.canary,
            rate: given.rate,
            concurrency: given.concurrency,
            max_identical_rejections: given.max_identical_rejections,
        };
        Ok(Self {
            options,
            read: ReadOptions { encoding: given.encoding, ..ReadOptions::default() },
            mapping,
            check: given.check,
        })
    }

    /// The directory of the run, where it is known.
    pub(super) fn run(&self) -> Option<&Path> {
        self.options.run.as_deref()
    }

    /// Whether a column is named in the options.
    pub(super) fn names(&self, column: &str) -> bool {
        self.mapping.map.iter().any(|(name, _)| name == column) || self.mapping.keys.iter().any(|name| name == column)
    }
}
