//! Tables in memory and on disk for the tests.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchIterator, StringArray};
use kunacore::Field;
use kunacore_import::{Batches, Checked, Files, ImportError, MappingOptions, ReadOptions, Stream, check};
use tempfile::TempDir;

/// A header with the required fields.
pub(crate) const HEADER: &str = "email,first_name,last_name,country,verification_document_id,residence_address";

/// The values of a row: field by field, then the keys.
pub(crate) type Values = Vec<Option<String>>;

/// A row of the required fields with this e-mail and first name.
pub(crate) fn customer(email: &str, first_name: &str) -> [String; 6] {
    [email, first_name, "Smith", "FR", "FV633452", "Champ de Mars, Paris"].map(ToOwned::to_owned)
}

/// Writes a file into the directory.
pub(crate) fn file(directory: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    path
}

/// A stream of these bytes.
pub(crate) fn stream(bytes: impl Into<Vec<u8>>, options: &ReadOptions) -> Result<Stream, ImportError> {
    Stream::from_reader(Cursor::new(bytes.into()), options, &std::env::temp_dir())
}

/// The rows of CSV or whatever the bytes are.
pub(crate) fn batches(bytes: impl Into<Vec<u8>>, options: &MappingOptions) -> Result<Batches, ImportError> {
    let stream = stream(bytes, &ReadOptions::default())?;
    let mapping = stream.map(options)?;
    Ok(stream.batches(&mapping))
}

/// The rows of files.
pub(crate) fn files(paths: &[PathBuf], read: &ReadOptions, options: &MappingOptions) -> Result<Batches, ImportError> {
    let files = Files::open(paths, read)?;
    let mapping = files.map(options)?;
    Ok(files.batches(&mapping))
}

/// The rows of record batches.
pub(crate) fn arrow(record_batches: Vec<RecordBatch>, options: &MappingOptions) -> Result<Batches, ImportError> {
    let schema = record_batches[0].schema();
    let stream = Stream::from_batches(RecordBatchIterator::new(record_batches.into_iter().map(Ok), schema))?;
    let mapping = stream.map(options)?;
    Ok(stream.batches(&mapping))
}

/// All values of all rows.
pub(crate) fn values(batches: Batches) -> Result<Vec<Values>, ImportError> {
    let mut all = Vec::new();
    for batch in batches {
        for row in batch?.rows() {
            assert_eq!(row.row(), all.len() as u64 + 1);
            let fields = Field::ALL.into_iter().map(|field| row.get(field).map(ToOwned::to_owned));
            all.push(fields.chain(row.keys().map(|(_, value)| Some(value.to_owned()))).collect());
        }
    }
    Ok(all)
}

/// One field of all rows.
pub(crate) fn column(batches: Batches, field: Field) -> Result<Vec<Option<String>>, ImportError> {
    Ok(values(batches)?.into_iter().map(|mut row| row.swap_remove(field as usize)).collect())
}

/// Checks and lists all problems as text.
pub(crate) fn checked(batches: Batches) -> Result<(Checked, Vec<String>), ImportError> {
    let mut problems = Vec::new();
    let checked = check(batches, |problem| {
        problems.push(problem.to_string());
        Ok(())
    })?;
    Ok((checked, problems))
}

/// The fingerprint as text.
pub(crate) fn fingerprint(batches: Batches) -> String {
    checked(batches).expect("checked").0.fingerprint.to_string()
}

/// The error of what must fail.
pub(crate) fn refused<T>(result: Result<T, ImportError>) -> ImportError {
    match result {
        Ok(_) => panic!("accepted"),
        Err(error) => error,
    }
}

/// Rows of the required fields as a record batch of plain text.
pub(crate) fn record_batch(rows: &[[String; 6]]) -> RecordBatch {
    let names = HEADER.split(',');
    RecordBatch::try_from_iter(names.enumerate().map(|(index, name)| {
        let values: StringArray = rows.iter().map(|row| Some(row[index].clone())).collect();
        (name, Arc::new(values) as ArrayRef)
    }))
    .expect("a batch")
}

/// Rows of the required fields as CSV.
pub(crate) fn csv(rows: &[[String; 6]]) -> String {
    let quoted = |row: &[String; 6]| row.each_ref().map(|value| format!("\"{value}\"")).join(",");
    let lines: Vec<String> = rows.iter().map(quoted).collect();
    format!("{HEADER}\n{}\n", lines.join("\n"))
}
