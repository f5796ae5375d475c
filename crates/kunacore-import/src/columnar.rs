//! Parquet, Arrow IPC and streams of Arrow record batches: tables that come in columns with types.
//!
//! Only the columns that are wanted are read. What these libraries say about a failure is not passed on: it can quote
//! values.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::error::{ImportError, column_name};
use crate::place::Place;
use crate::table::{BLOCK_ROWS, Block, Blocks, Request, Start, Table};

const DAMAGED: &str = "Get the file anew from where it was written, and try again.";

/// Opens a Parquet file.
pub(crate) fn open_parquet(file: File) -> Result<Table, ImportError> {
    let unreadable = || ImportError::unreadable("it is not Parquet, or damaged", DAMAGED);
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|_| unreadable())?;
    let schema = builder.schema().clone();
    let all = schema.clone();
    let start = move |request: &Request<'_>| {
        let mask = ProjectionMask::roots(builder.parquet_schema(), indices(&all, request));
        let reader = builder.with_projection(mask).with_batch_size(BLOCK_ROWS).build().map_err(|_| unreadable())?;
        Ok(blocks(reader, request.first_row, "the file is damaged", DAMAGED))
    };
    table(schema, Box::new(start))
}

/// Opens a file of Arrow IPC, also known as Feather version 2.
pub(crate) fn open_ipc_file(
    open: impl Fn() -> Result<File, ImportError> + Send + 'static,
) -> Result<Table, ImportError> {
    let reader = move |columns: Option<Vec<usize>>| {
        FileReader::try_new_buffered(open()?, columns)
            .map_err(|_| ImportError::unreadable("it is not an Arrow file, or damaged", DAMAGED))
    };
    let schema = reader(None)?.schema();
    let all = schema.clone();
    let start = move |request: &Request<'_>| {
        let reader = reader(Some(indices(&all, request)))?;
        Ok(blocks(reader, request.first_row, "the file is damaged", DAMAGED))
    };
    table(schema, Box::new(start))
}

/// Opens a stream of Arrow IPC.
pub(crate) fn open_ipc_stream(bytes: impl Read + Send + 'static) -> Result<Table, ImportError> {
    let reader = StreamReader::try_new(BufReader::new(bytes), None)
        .map_err(|_| ImportError::unreadable("it is not an Arrow stream, or damaged", DAMAGED))?;
    open_batches(reader, "the Arrow stream is damaged or cut short", DAMAGED)
}

/// Opens a stream of record batches.
pub(crate) fn open_batches(
    reader: impl RecordBatchReader + Send + 'static,
    what: &'static str,
    next: &'static str,
) -> Result<Table, ImportError> {
    let schema = reader.schema();
    table(schema, Box::new(move |request: &Request<'_>| Ok(blocks(reader, request.first_row, what, next))))
}

fn table(schema: SchemaRef, start: Start) -> Result<Table, ImportError> {
    let mut seen = HashSet::new();
    if let Some(twice) = schema.fields().iter().find(|column| !seen.insert(column.name())) {
        return Err(ImportError::malformed(
            format!("two columns have the name {}", column_name(twice.name())),
            "Rename or remove one of them.",
        ));
    }
    Ok(Table { schema, may_lack_columns: false, early: None, start })
}

fn indices(schema: &Schema, request: &Request<'_>) -> Vec<usize> {
    let columns = schema.fields().iter().enumerate();
    columns.filter(|(_, column)| request.columns.contains(column.name())).map(|(index, _)| index).collect()
}

fn blocks(
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'static,
    first_row: u64,
    what: &'static str,
    next: &'static str,
) -> Blocks {
    let mut row = first_row;
    let mut ended = false;
    Box::new(batches.map_while(move |batch| {
        if ended {
            return None;
        }
        Some(match batch {
            Ok(batch) => {
                row += batch.num_rows() as u64;
                Ok(Block { batch, lines: None, trim: false })
            }
            Err(_) => {
                ended = true;
                Err(ImportError::unreadable(what, next).at(Place { row, line: None, file: None }))
            }
        })
    }))
}
