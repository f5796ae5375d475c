//! All rows in one table, in the order of the input, for programs: `results.arrow`.
//!
//! It has what the lists have, and why rows were refused, with types; and it stays when the copy of the table is removed.

use std::io;
use std::sync::Arc;

use arrow_array::builder::{StringBuilder, UInt16Builder, UInt32Builder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field as Column, Schema, SchemaRef};
use kunacore::Field;

use super::drafts::{Draft, Drafts};
use super::error::ReportError;
use super::fates::Fate;
use super::lists::{OWN, key_names};
use crate::batch::Row;
use crate::mapping::Mapping;
use crate::table::{BLOCK_ROWS, finished};

const NAME: &str = "results.arrow";

/// The texts after the key columns, with the numbers among them.
const STATE: [&str; 4] = ["state", "how", "id", "wallet_id"];
const STATUS: &str = "status_code";
const REASON: [&str; 3] = ["code", "field", "message"];
const ATTEMPTS: &str = "attempts";

/// The table in the making.
pub(super) struct Results {
    writer: FileWriter<Draft>,
    schema: SchemaRef,
    rows: UInt64Builder,
    /// The texts in the order of their columns: the external id, the keys, [`STATE`], [`REASON`].
    texts: Vec<StringBuilder>,
    status: UInt16Builder,
    attempts: UInt32Builder,
    waiting: usize,
}

impl Results {
    pub(super) fn begin(drafts: &mut Drafts<'_>, mapping: &Mapping) -> Result<Self, ReportError> {
        let own: Vec<&str> = [&OWN[..], &STATE, &[STATUS, ATTEMPTS], &REASON].concat();
        let text = |name: &str| Column::new(name, DataType::Utf8, name != "state");
        let mut columns = vec![Column::new("row", DataType::UInt64, false), text("external_id")];
        columns.extend(key_names(mapping, &own).iter().map(|name| text(name)));
        columns.extend(STATE.map(text));
        columns.push(Column::new(STATUS, DataType::UInt16, true));
        columns.extend(REASON.map(text));
        columns.push(Column::new(ATTEMPTS, DataType::UInt32, false));
        let texts = 1 + mapping.keys().len() + STATE.len() + REASON.len();
        let schema = Arc::new(Schema::new(columns));
        let writer = FileWriter::try_new(drafts.begin(NAME)?, &schema).map_err(not_written)?;
        Ok(Self {
            writer,
            schema,
            rows: UInt64Builder::new(),
            texts: std::iter::repeat_with(StringBuilder::new).take(texts).collect(),
            status: UInt16Builder::new(),
            attempts: UInt32Builder::new(),
            waiting: 0,
        })
    }

    pub(super) fn push(&mut self, row: &Row<'_>, fate: &Fate) -> Result<(), ReportError> {
        let (how, ids) = fate.created.as_ref().map(|(how, ids)| (how.name(), ids)).unzip();
        let (id, wallet_id) = ids.map(|ids| (ids.id.as_str(), ids.wallet_id.as_str())).unzip();
        let reason = [&fate.code, &fate.field, &fate.message].map(Option::as_deref);
        let texts = std::iter::once(row.get(Field::ExternalId))
            .chain(row.key_values())
            .chain([Some(fate.state.name()), how, id, wallet_id])
            .chain(reason);
        self.texts.iter_mut().zip(texts).for_each(|(column, text)| column.append_option(text));
        self.rows.append_value(row.row());
        self.status.append_option(fate.status);
        self.attempts.append_value(fate.attempts);
        self.waiting += 1;
        if self.waiting == BLOCK_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), ReportError> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut texts = self.texts.iter_mut().map(|column| finished(column, waiting));
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.rows.finish())];
        let before = self.schema.fields().len() - 3 - REASON.len();
        columns.extend(texts.by_ref().take(before));
        columns.push(Arc::new(self.status.finish()));
        columns.extend(texts);
        columns.push(Arc::new(self.attempts.finish()));
        let batch = RecordBatch::try_new(self.schema.clone(), columns);
        batch.and_then(|batch| self.writer.write(&batch)).map_err(not_written)
    }

    pub(super) fn finish(mut self) -> Result<(), ReportError> {
        if self.waiting > 0 {
            self.flush()?;
        }
        self.writer.finish().map_err(not_written)?;
        let draft = self.writer.into_inner().map_err(not_written)?;
        draft.finish().map_err(ReportError::write(NAME))
    }
}

fn not_written(error: ArrowError) -> ReportError {
    let source = match error {
        ArrowError::IoError(_, error) => error,
        _ => io::Error::other("the rows do not form a table"),
    };
    ReportError::Write { file: NAME, source }
}
