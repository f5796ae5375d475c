//! Where rows come from: Arrow data of another library, files, an iterable of Python objects, or what a run was begun with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use kunacore_import::{Control, Failure, Stream, Table, aside_of};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;

use super::asked::Asked;
use super::chunks::Chunks;

type Reader = Box<dyn RecordBatchReader + Send>;

/// Record batches of another library, taken over by the Arrow C interface without a copy; read once.
#[pyclass(frozen, module = "kunacore._kunacore")]
pub(crate) struct ArrowTable(Mutex<Option<Reader>>);

#[pymethods]
impl ArrowTable {
    /// Takes an object with `__arrow_c_stream__` or `__arrow_c_array__`.
    #[new]
    fn new(table: AnyRecordBatch) -> PyResult<Self> {
        Ok(Self(Mutex::new(Some(table.into_reader()?))))
    }
}

/// Rows that are still to be opened, which may read of them: a matter of the import's thread.
pub(super) enum Unopened {
    /// What the run was begun with.
    AsBefore,
    Arrow(Reader),
    Paths(Vec<PathBuf>),
    Chunks(Chunks),
}

impl Unopened {
    /// The table, as `super::run` describes it.
    pub(super) fn of_python(table: &Bound<'_, PyAny>, chunks: Chunks) -> PyResult<Self> {
        if table.is_none() {
            return Ok(Self::AsBefore);
        }
        if let Ok(arrow) = table.cast::<ArrowTable>() {
            let taken = arrow.get().0.lock().unwrap_or_else(PoisonError::into_inner).take();
            return taken.map(Self::Arrow).ok_or_else(|| PyRuntimeError::new_err("the table was read already"));
        }
        Ok(table.extract().map_or(Self::Chunks(chunks), Self::Paths))
    }

    pub(super) fn open(self, asked: &Asked, control: &Control) -> Result<Table, Failure> {
        match self {
            Self::AsBefore => Ok(Table::AsBefore),
            Self::Arrow(reader) => Ok(Stream::from_batches(without_index(reader, asked)).map(Table::Stream)?),
            Self::Paths(paths) => Table::open(&paths, &asked.read, asked.run(), control),
            Self::Chunks(chunks) => {
                let aside = asked.run().map_or(Path::new("."), aside_of);
                Ok(Stream::from_records(chunks, aside).map(Table::Stream)?)
            }
        }
    }
}

/// The batches without the columns that pandas makes of an index that has no name, unless they are asked for: nobody sees
/// them in the frame.
fn without_index(reader: Reader, asked: &Asked) -> Reader {
    let schema = reader.schema();
    let is_index = |name: &str| {
        let number = name.strip_prefix("__index_level_").and_then(|rest| rest.strip_suffix("__"));
        number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit())) && !asked.names(name)
    };
    let kept: Vec<usize> = (0..schema.fields().len()).filter(|at| !is_index(schema.field(*at).name())).collect();
    if kept.len() == schema.fields().len() {
        return reader;
    }
    let less: SchemaRef = Arc::new(schema.project(&kept).unwrap_or_else(|_| Schema::empty()));
    let batches = reader.map(move |batch: Result<RecordBatch, ArrowError>| batch?.project(&kept));
    Box::new(RecordBatchIterator::new(batches, less))
}
