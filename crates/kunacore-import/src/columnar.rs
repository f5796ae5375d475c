//! Parquet, Arrow IPC and streams of Arrow record batches: tables that come in columns with types.
//!
//! Only the columns that are wanted are read. What these libraries say about a failure is not passed on: it can quote
//! values.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;

use crate::decode::{CHUNK, Peeked, prefix};
use crate::error::{ImportError, ImportErrorKind, column_name};
use crate::format::Format;
use crate::place::Place;
use crate::table::{BLOCK_ROWS, Block, Blocks, Request, Start, Table, read_error};

/// What each message of an Arrow stream begins with.
pub(crate) const ARROW_STREAM: &[u8] = &[0xff; 4];
const DAMAGED: &str = "Get the file anew from where it was written, and try again.";

/// Opens a Parquet file.
pub(crate) fn open_parquet(file: File) -> Result<Table, ImportError> {
    let unreadable = || ImportError::unreadable("it is not Parquet, or damaged", DAMAGED);
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|_| unreadable())?;
    let schema = builder.schema().clone();
    let all = schema.clone();
    let start = move |request: &Request<'_>| {
        let mask = ProjectionMask::roots(builder.parquet_schema(), indices(&all, request));
        if let Some(codec) = unknown_codec(builder.metadata(), &mask) {
            return Err(ImportError::unreadable(
                format!("its columns are packed with {codec}, which is not read"),
                "Write the file with zstd, snappy, gzip, lz4 or no compression.",
            ));
        }
        let reader = builder.with_projection(mask).with_batch_size(BLOCK_ROWS).build().map_err(|_| unreadable())?;
        Ok(blocks(reader, request.first_row, "the file is damaged", DAMAGED))
    };
    table(schema, Format::Parquet, Box::new(start))
}

/// The compression of a column that is to be read, where it is not one that was built in.
fn unknown_codec(metadata: &ParquetMetaData, mask: &ProjectionMask) -> Option<&'static str> {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns().iter().enumerate());
    columns.filter(|(leaf, _)| mask.leaf_included(*leaf)).find_map(|(_, column)| match column.compression() {
        Compression::BROTLI(_) => Some("Brotli"),
        Compression::LZO => Some("LZO"),
        _ => None,
    })
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
    table(schema, Format::Arrow, Box::new(start))
}

/// Opens Parquet or a file of Arrow IPC that came as a stream: both are read from their end, so the bytes are first written
/// to a file without a name, in this directory, of which a crash leaves nothing.
pub(crate) fn open_from_end(bytes: Peeked, format: Format, aside: &Path) -> Result<Table, ImportError> {
    let mut file = tempfile::tempfile_in(aside).map_err(|error| not_kept(&error))?;
    copy(bytes, &mut file)?;
    match format {
        Format::Parquet => open_parquet(file),
        // Every reader seeks before it reads, so it does not matter that they share a position.
        _ => open_ipc_file(move || file.try_clone().map_err(|error| read_error(&error))),
    }
}

/// Writes all bytes to a file.
pub(crate) fn copy(mut bytes: impl Read, file: &mut File) -> Result<(), ImportError> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match bytes.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(read) => file.write_all(&chunk[..read]).map_err(|error| not_kept(&error))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(read_error(&error)),
        }
    }
}

/// What it means that a stream cannot be kept while it is read.
pub(crate) fn not_kept(error: &io::Error) -> ImportError {
    ImportError::new(
        ImportErrorKind::Spool,
        format!("its copy cannot be written ({})", error.kind()),
        "Look whether the disk is full, or name a run directory elsewhere; a file needs no copy.",
    )
}

/// Opens a stream of Arrow IPC.
pub(crate) fn open_ipc_stream(bytes: Peeked) -> Result<Table, ImportError> {
    let unreadable = || ImportError::unreadable("it is not an Arrow stream, or damaged", DAMAGED);
    // Without the mark the reader takes the first bytes for a length, and may ask for gigabytes.
    if !prefix(&bytes).starts_with(ARROW_STREAM) {
        return Err(unreadable());
    }
    let reader = StreamReader::try_new(BufReader::new(bytes), None).map_err(|_| unreadable())?;
    open_batches(reader, "the Arrow stream is damaged or cut short", DAMAGED)
}

/// Opens a stream of record batches.
pub(crate) fn open_batches(
    reader: impl RecordBatchReader + Send + 'static,
    what: &'static str,
    next: &'static str,
) -> Result<Table, ImportError> {
    let schema = reader.schema();
    let start = move |request: &Request<'_>| Ok(blocks(reader, request.first_row, what, next));
    table(schema, Format::Arrow, Box::new(start))
}

fn table(schema: SchemaRef, format: Format, start: Start) -> Result<Table, ImportError> {
    let mut seen = HashSet::new();
    if let Some(twice) = schema.fields().iter().find(|column| !seen.insert(column.name())) {
        return Err(ImportError::malformed(
            format!("two columns have the name {}", column_name(twice.name())),
            "Rename or remove one of them.",
        ));
    }
    Ok(Table { schema, format, delimiter: None, may_lack_columns: false, early: None, start })
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
    let mut batches = Some(batches);
    let mut rest: Option<RecordBatch> = None;
    let mut row = first_row;
    Box::new(std::iter::from_fn(move || {
        loop {
            if let Some(batch) = rest.take() {
                let taken = batch.num_rows().min(BLOCK_ROWS);
                rest = (taken < batch.num_rows()).then(|| batch.slice(taken, batch.num_rows() - taken));
                row += taken as u64;
                return Some(Ok(Block { batch: batch.slice(0, taken), lines: None, trim: false }));
            }
            match batches.as_mut()?.next()? {
                Ok(batch) => rest = Some(batch),
                Err(_) => {
                    batches = None;
                    return Some(Err(ImportError::unreadable(what, next).at(Place { row, line: None, file: None })));
                }
            }
        }
    }))
}
