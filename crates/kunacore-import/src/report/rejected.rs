//! The rejected rows as they were, with the reasons: mended, they are the table of a new run, which knows the columns of the
//! reasons and does not read them.
//!
//! Text is as it was in the table. What else a column holds is shown as text in CSV; where the table had types, there is a
//! Parquet file that keeps them.

use std::io;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, UInt64Array, new_null_array};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field as Column, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::csv::Csv;
use super::drafts::{Draft, Drafts};
use super::error::ReportError;
use super::fates::Fate;
use crate::mapping::REPORT_COLUMNS;
use crate::source::Files;
use crate::values::{Kind, Text};

const CSV: &str = "rejected.csv";
const PARQUET: &str = "rejected.parquet";
/// How many rows Parquet gathers in memory.
const GROUP_ROWS: usize = 1 << 16;

/// The reports in the making.
pub(super) struct RejectedRows {
    /// The table's columns, except those of an earlier report.
    columns: Vec<Column>,
    csv: Csv<Draft>,
    parquet: Option<Typed>,
}

/// The report with types.
struct Typed {
    writer: ArrowWriter<Draft>,
    schema: SchemaRef,
}

impl RejectedRows {
    pub(super) fn begin(drafts: &mut Drafts<'_>, files: &Files) -> Result<Self, ReportError> {
        let columns = files.schema().fields().iter().filter(|column| !REPORT_COLUMNS.contains(&column.name().as_str()));
        let columns: Vec<Column> = columns.map(|column| Column::clone(column)).collect();
        let header = columns.iter().map(|column| column.name().as_str()).chain(REPORT_COLUMNS);
        // CSV itself cannot tell an empty text from none.
        let mark_empty = files.is_columnar();
        let csv =
            Csv::new(drafts.begin(CSV)?, files.delimiter(), mark_empty, header).map_err(ReportError::write(CSV))?;
        let parquet = if files.is_columnar() { Some(Typed::begin(drafts, &columns, files)?) } else { None };
        Ok(Self { columns, csv, parquet })
    }

    /// Adds rows of a batch by their indices in it.
    pub(super) fn push(&mut self, batch: &RecordBatch, rows: &[(usize, Fate)]) -> Result<(), ReportError> {
        if rows.is_empty() {
            return Ok(());
        }
        let indices: UInt64Array = rows.iter().map(|(index, _)| *index as u64).collect();
        let take = |column: &Column| match batch.column_by_name(column.name()) {
            Some(array) => arrow_select::take::take(array, &indices, None).ok(),
            None => None,
        };
        let taken = self.columns.iter().map(|column| {
            // A table whose rows have names of their own may lack a column.
            take(column).unwrap_or_else(|| new_null_array(column.data_type(), rows.len()))
        });
        let taken: Vec<ArrayRef> = taken.collect();
        let texts: Vec<Text> = self.columns.iter().zip(&taken).map(|(column, array)| text(column, array)).collect();
        for (at, (_, fate)) in rows.iter().enumerate() {
            texts.iter().for_each(|column| self.csv.field(column.get(at)));
            reasons(fate).into_iter().for_each(|value| self.csv.field(value));
            self.csv.end().map_err(ReportError::write(CSV))?;
        }
        match &mut self.parquet {
            Some(parquet) => parquet.push(&taken, &texts, rows),
            None => Ok(()),
        }
    }

    pub(super) fn finish(self) -> Result<(), ReportError> {
        self.csv.into_output().finish().map_err(ReportError::write(CSV))?;
        self.parquet.map_or(Ok(()), Typed::finish)
    }
}

/// In the order of [`REPORT_COLUMNS`].
fn reasons(fate: &Fate) -> [Option<&str>; 5] {
    let (id, wallet_id) = &fate.found;
    [&fate.code, &fate.field, &fate.message, id, wallet_id].map(Option::as_deref)
}

/// The column's values as text.
fn text(column: &Column, array: &ArrayRef) -> Text {
    let plain = match Kind::of(column) {
        Kind::Refused(..) => None,
        _ => Text::of(array),
    };
    plain.unwrap_or_else(|| shown(array))
}

/// The values of a column that is not sent, as people write them; what has no such form is left out.
fn shown(array: &ArrayRef) -> Text {
    // The names of time zones are not known here, so such times are shown in UTC.
    let array = match array.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let utc = DataType::Timestamp(*unit, Some("+00:00".into()));
            arrow_cast::cast(array, &utc).unwrap_or_else(|_| array.clone())
        }
        _ => array.clone(),
    };
    let Ok(formatter) = ArrayFormatter::try_new(&array, &FormatOptions::new().with_display_error(false)) else {
        return Text::Nothing;
    };
    let value = |row| if array.is_null(row) { None } else { formatter.value(row).try_to_string().ok() };
    Text::Utf8((0..array.len()).map(value).collect())
}

impl Typed {
    fn begin(drafts: &mut Drafts<'_>, columns: &[Column], files: &Files) -> Result<Self, ReportError> {
        let typed = |column: &Column| {
            let as_it_is = files.has_one_type(column) && has_parquet(column);
            // One of several files may have nulls where the first has none.
            if as_it_is { column.clone().with_nullable(true) } else { Column::new(column.name(), DataType::Utf8, true) }
        };
        let reasons = REPORT_COLUMNS.map(|name| Column::new(name, DataType::Utf8, true));
        let schema = Arc::new(Schema::new(columns.iter().map(typed).chain(reasons).collect::<Vec<_>>()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        let writer = ArrowWriter::try_new(drafts.begin(PARQUET)?, schema.clone(), Some(properties));
        Ok(Self { writer: writer.map_err(not_written)?, schema })
    }

    fn push(&mut self, taken: &[ArrayRef], texts: &[Text], rows: &[(usize, Fate)]) -> Result<(), ReportError> {
        let as_text = |text: &Text| (0..rows.len()).map(|at| text.get(at)).collect::<StringArray>();
        let kept = self.schema.fields().iter().zip(taken).zip(texts).map(|((column, array), text)| {
            if column.data_type() == array.data_type() { array.clone() } else { Arc::new(as_text(text)) as ArrayRef }
        });
        let reason = |at: usize| rows.iter().map(|(_, fate)| reasons(fate)[at]).collect::<StringArray>();
        let reasons = (0..REPORT_COLUMNS.len()).map(|at| Arc::new(reason(at)) as ArrayRef);
        let batch = RecordBatch::try_new(self.schema.clone(), kept.chain(reasons).collect());
        let written = batch.map_err(ParquetError::from).and_then(|batch| self.writer.write(&batch));
        written.map_err(not_written)
    }

    fn finish(self) -> Result<(), ReportError> {
        let draft = self.writer.into_inner().map_err(not_written)?;
        draft.finish().map_err(ReportError::write(PARQUET))
    }
}

/// Whether such a column can be written as Parquet: not every type that has a name there can.
fn has_parquet(column: &Column) -> bool {
    let schema = Arc::new(Schema::new(vec![column.clone().with_nullable(true)]));
    let written = || {
        let mut writer = ArrowWriter::try_new(io::sink(), schema.clone(), None)?;
        writer.write(&RecordBatch::try_new(schema.clone(), vec![new_null_array(column.data_type(), 1)])?)?;
        writer.close()
    };
    written().is_ok()
}

/// What the writer says is not passed on, except the operating system's word: it can quote values.
fn not_written(error: ParquetError) -> ReportError {
    let source = match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(_) => io::Error::other("the rows cannot be written as Parquet"),
        },
        _ => io::Error::other("the rows cannot be written as Parquet"),
    };
    ReportError::Write { file: PARQUET, source }
}
