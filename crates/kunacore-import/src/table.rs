//! One table, of whatever format: its columns, and then its rows as blocks of Arrow columns.

use std::io;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field as Column, Schema, SchemaRef};

use crate::decode::NotText;
use crate::error::ImportError;
use crate::format::Format;

/// How many rows a block holds at most.
pub(crate) const BLOCK_ROWS: usize = 8192;
/// After how many bytes of text a block ends, however few rows it has.
const BLOCK_BYTES: usize = 32 * 1024 * 1024;
/// The longest record of a text file; a longer one is a quote that was never closed, or no table at all.
pub(crate) const RECORD_BYTES: usize = 16 * 1024 * 1024;

/// Some rows of a table.
pub(crate) struct Block {
    pub(crate) batch: RecordBatch,
    /// The line of each row, in a format with lines.
    pub(crate) lines: Option<Vec<u64>>,
    /// Whether blanks around a value are the format's, not the value's.
    pub(crate) trim: bool,
}

pub(crate) type Blocks = Box<dyn Iterator<Item = Result<Block, ImportError>> + Send>;

/// What to read of a table.
pub(crate) struct Request<'a> {
    /// The columns; a table whose rows may lack columns leaves out those it does not have.
    pub(crate) columns: &'a [String],
    /// Those of them that fill fields or are keys; of the others only the text matters.
    pub(crate) mapped: &'a [String],
    /// The number of the table's first row over the whole input.
    pub(crate) first_row: u64,
}

/// A table that was opened and can be read once.
pub(crate) struct Table {
    pub(crate) schema: SchemaRef,
    pub(crate) format: Format,
    /// What stands between the fields, in CSV.
    pub(crate) delimiter: Option<u8>,
    /// Whether the rows have names of their own, so that one table may lack a column that the next one has.
    pub(crate) may_lack_columns: bool,
    /// Why not even the first row can be read.
    pub(crate) early: Option<ImportError>,
    pub(crate) start: Start,
}

/// Starts reading the rows.
pub(crate) type Start = Box<dyn FnOnce(&Request<'_>) -> Result<Blocks, ImportError> + Send>;

/// Collects a block of text columns.
pub(crate) struct BlockBuilder {
    schema: SchemaRef,
    columns: Vec<StringBuilder>,
    lines: Vec<u64>,
    bytes: usize,
}

impl BlockBuilder {
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let columns: Vec<Column> = names.into_iter().map(|name| Column::new(name, DataType::Utf8, true)).collect();
        let builders = columns.iter().map(|_| StringBuilder::new()).collect();
        Self { schema: Arc::new(Schema::new(columns)), columns: builders, lines: Vec::new(), bytes: 0 }
    }

    /// Adds a row; the values are in the order of the columns.
    pub(crate) fn push<'a>(&mut self, line: u64, values: impl IntoIterator<Item = Option<&'a str>>) {
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.append_option(value);
            self.bytes += value.map_or(0, str::len);
        }
        self.lines.push(line);
    }

    pub(crate) fn rows(&self) -> usize {
        self.lines.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows() >= BLOCK_ROWS || self.bytes >= BLOCK_BYTES
    }

    /// What was collected; the builder is empty again.
    pub(crate) fn finish(&mut self, trim: bool) -> Result<Block, ImportError> {
        let rows = self.rows();
        let columns = self.columns.iter_mut().map(|column| finished(column, rows)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
            .map_err(|_| ImportError::malformed("the rows do not form a table", "Please report this as a bug."))?;
        self.bytes = 0;
        let next = Vec::with_capacity(rows);
        Ok(Block { batch, lines: Some(std::mem::replace(&mut self.lines, next)), trim })
    }
}

/// The column that was collected, of so many rows. The next one is much like it, and a little longer at most: it need not grow
/// to its size step by step.
pub(crate) fn finished(column: &mut StringBuilder, rows: usize) -> ArrayRef {
    let bytes = column.values_slice().len();
    let next = StringBuilder::with_capacity(rows, bytes + bytes / 8);
    Arc::new(std::mem::replace(column, next).finish())
}

/// What a failure to read means. Its text is the operating system's or the unpacker's and holds no value.
pub(crate) fn read_error(error: &io::Error) -> ImportError {
    if let Some(bad) = error.get_ref().and_then(|inner| inner.downcast_ref::<NotText>()) {
        let next = match bad.is_utf8 {
            true => "Leave out --encoding.",
            false => {
                "Give the encoding that the file was written in, such as --encoding windows-1251, or save it as UTF-8."
            }
        };
        return ImportError::unreadable(bad.to_string(), next);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            ImportError::unreadable("the packed file is cut short", "Get the whole file and try again.")
        }
        _ => ImportError::unreadable(
            format!("it cannot be read ({})", error.kind()),
            "Look whether the file exists, may be read and is whole.",
        ),
    }
}
