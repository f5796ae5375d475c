//! The copy of a table that can be read only once: made while the table is checked, so that its rows can be sent afterwards,
//! and by a later process, and stand in the reports.
//!
//! It holds all columns, with their types, as Arrow IPC; what was text in CSV or JSON Lines is text. Arrow's file format has
//! one dictionary for a column, and a stream may bring a new one with each batch: such a table is kept in the stream format
//! instead, which is read as well.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field as Column, Schema, SchemaRef};

use crate::aside::Aside;
use crate::batch::Batches;
use crate::columnar::not_kept;
use crate::crash;
use crate::error::{ImportError, ImportErrorKind};
use crate::format::Format;
use crate::input::{Input, SPOOLED};
use crate::mapping::{Mapping, MappingOptions};
use crate::source::{ReadOptions, Stream};
use crate::table::{Block, Blocks, Request, Table};

/// The copy of a table that can be read only once. Dropped before [`Self::keep`], it is removed.
pub struct Spool {
    aside: Aside,
    /// How the table is read again: its format and its delimiter.
    read: ReadOptions,
    whole: Arc<AtomicBool>,
}

impl Spool {
    /// Begins a copy in the directory `aside`, which [`aside_of`](crate::aside_of) tells. Reading the rows to their end makes
    /// it, a block at a time.
    ///
    /// # Errors
    ///
    /// [`Spool`](crate::ImportErrorKind::Spool) if the copy cannot be written; the reading of rows fails in the same way.
    pub fn begin(stream: Stream, mapping: &Mapping, aside: &Path) -> Result<(Self, Batches), ImportError> {
        let aside = Aside::new(aside).map_err(|error| not_kept(&error))?;
        let Table { schema, format, delimiter, start, .. } = stream.into_table();
        let kept = kept_schema(&schema, format);
        let writer = Writer::new(aside.writer().map_err(|error| not_kept(&error))?, &kept);
        let mut writer = writer.map_err(not_written)?;
        let whole = Arc::new(AtomicBool::new(false));
        let read = ReadOptions { format: Some(format), encoding: None, delimiter };
        let spool = Self { aside, read, whole: whole.clone() };
        let columns: Vec<String> = schema.fields().iter().map(|column| column.name().clone()).collect();
        let start = move |request: &Request<'_>| -> Result<Blocks, ImportError> {
            let mut blocks = start(&Request { columns: &columns, ..*request })?;
            let mut ended = false;
            Ok(Box::new(std::iter::from_fn(move || {
                if ended {
                    return None;
                }
                let block = match blocks.next() {
                    Some(block) => block.and_then(|block| writer.write(block)).map(Some),
                    None => writer.finish().map(|()| None),
                };
                ended = !matches!(block, Ok(Some(_)));
                whole.store(matches!(block, Ok(None)), Ordering::Release);
                block.transpose()
            })))
        };
        let table = Table { schema, format, delimiter, may_lack_columns: false, early: None, start: Box::new(start) };
        Ok((spool, table.batches(mapping)))
    }

    /// What the manifest of the run remembers of the table.
    #[must_use]
    pub fn input(&self, mapping: &MappingOptions) -> Input {
        Input::spooled(&self.read, mapping)
    }

    /// Gives the copy its name in the run directory, durably; what has the name is replaced. The caller holds the run's lock.
    ///
    /// # Errors
    ///
    /// [`Spool`](crate::ImportErrorKind::Spool), also while not all rows were read.
    pub fn keep(self, run: &Path) -> Result<(), ImportError> {
        if !self.whole.load(Ordering::Acquire) {
            return Err(ImportError::new(
                ImportErrorKind::Spool,
                "the copy of the table is not whole, as not all rows were read",
                "Please report this as a bug.",
            ));
        }
        self.aside.keep(run, SPOOLED).map_err(|error| not_kept(&error))
    }
}

/// The columns as they are kept: what comes as text is text, whatever kind of text it is.
fn kept_schema(schema: &SchemaRef, format: Format) -> SchemaRef {
    if format.is_columnar() {
        return schema.clone();
    }
    let text = |column: &Arc<Column>| Column::clone(column).with_data_type(DataType::Utf8);
    Arc::new(Schema::new(schema.fields().iter().map(text).collect::<Vec<_>>()))
}

enum Form {
    File(FileWriter<BufWriter<File>>),
    Stream(StreamWriter<BufWriter<File>>),
}

struct Writer {
    schema: SchemaRef,
    form: Form,
    file: File,
}

impl Writer {
    fn new(file: File, schema: &SchemaRef) -> Result<Self, ArrowError> {
        let output = BufWriter::new(file.try_clone()?);
        let form = match schema.fields().iter().any(|column| has_dictionary(column.data_type())) {
            true => Form::Stream(StreamWriter::try_new(output, schema)?),
            false => Form::File(FileWriter::try_new(output, schema)?),
        };
        Ok(Self { schema: schema.clone(), form, file })
    }

    /// Writes the block and gives it back.
    fn write(&mut self, block: Block) -> Result<Block, ImportError> {
        let columns = self.schema.fields().iter().map(|column| block.batch.column_by_name(column.name()).map(compact));
        let options = RecordBatchOptions::new().with_row_count(Some(block.batch.num_rows()));
        let batch = columns
            .collect::<Option<Vec<_>>>()
            .and_then(|columns| RecordBatch::try_new_with_options(self.schema.clone(), columns, &options).ok());
        let batch = batch.ok_or_else(|| {
            ImportError::malformed("a column has another type than the schema says", "Look at what writes the table.")
        })?;
        let written = match &mut self.form {
            Form::File(writer) => writer.write(&batch),
            Form::Stream(writer) => writer.write(&batch),
        };
        written.map_err(not_written)?;
        crash::point("spooling");
        Ok(block)
    }

    fn finish(&mut self) -> Result<(), ImportError> {
        let finished = match &mut self.form {
            Form::File(writer) => writer.finish().and_then(|()| Ok(writer.get_mut().flush()?)),
            Form::Stream(writer) => writer.finish().and_then(|()| Ok(writer.get_mut().flush()?)),
        };
        finished.and_then(|()| Ok(crash::fsync().and_then(|()| self.file.sync_all())?)).map_err(not_written)
    }
}

/// The column without what other rows of its views refer to, which would be written with every block.
fn compact(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Utf8View => Arc::new(column.as_string_view().gc()),
        DataType::BinaryView => Arc::new(column.as_binary_view().gc()),
        _ => column.clone(),
    }
}

fn has_dictionary(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(..) => true,
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _)
        | DataType::RunEndEncoded(_, item) => has_dictionary(item.data_type()),
        DataType::Struct(items) => items.iter().any(|item| has_dictionary(item.data_type())),
        DataType::Union(items, _) => items.iter().any(|(_, item)| has_dictionary(item.data_type())),
        _ => false,
    }
}

/// What the writer says is not passed on: it can quote values.
fn not_written(error: ArrowError) -> ImportError {
    match error {
        ArrowError::IoError(_, error) => not_kept(&error),
        _ => ImportError::new(
            ImportErrorKind::Spool,
            "a column has a type of which no copy can be made",
            "Give the table as a file, or without that column.",
        ),
    }
}
