//! A table as it is, with all its columns and without a mapping: for reports that are read again.

use std::path::Path;

use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::ArrowError;

use crate::error::{ImportError, path_name};
use crate::format;
use crate::source::ReadOptions;
use crate::table::Request;

/// Reads a file as [`Files::open`](crate::Files::open) does, a block at a time. Columns of text formats are text.
///
/// # Errors
///
/// [`Unreadable`](crate::ImportErrorKind::Unreadable) and [`Malformed`](crate::ImportErrorKind::Malformed), naming the file;
/// the reader's errors hold such an [`ImportError`].
pub fn read_table(path: &Path) -> Result<Box<dyn RecordBatchReader + Send>, ImportError> {
    let name = path_name(path);
    let open = || {
        let table = format::open_file(path, &ReadOptions::default(), None)?;
        if let Some(error) = table.early {
            return Err(error);
        }
        let columns: Vec<String> = table.schema.fields().iter().map(|column| column.name().clone()).collect();
        let blocks = (table.start)(&Request { columns: &columns, mapped: &[], first_row: 1 })?;
        Ok((table.schema, blocks))
    };
    let (schema, blocks) = open().map_err(|error: ImportError| error.in_source(&name))?;
    let batches = blocks.map(move |block| -> Result<RecordBatch, ArrowError> {
        let block = block.map_err(|error| ArrowError::ExternalError(Box::new(error.in_source(&name))))?;
        Ok(block.batch)
    });
    Ok(Box::new(RecordBatchIterator::new(batches, schema)))
}
