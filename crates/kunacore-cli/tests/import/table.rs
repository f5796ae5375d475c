//! Tables of customers, in every format; and the reading of reports.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};

/// The columns that every customer needs.
pub(crate) const HEADER: &str = "email,first_name,last_name,country,verification_document_id,residence_address";
/// What the rows hold that nothing may say; names of columns are none of it.
pub(crate) const PERSONAL: [&str; 5] = ["example.com", "alexsmith", "Smith", "FV633452", "Champ de Mars"];

/// The e-mail of a customer.
pub(crate) fn email(number: usize) -> String {
    format!("customer-{number}@example.com")
}

/// The row of a customer.
pub(crate) fn row(number: usize) -> String {
    format!("{},Alex,Smith,FR,FV633452,Champ de Mars {number}", email(number))
}

/// A table of these customers.
pub(crate) fn csv(numbers: RangeInclusive<usize>) -> String {
    of(numbers.map(row))
}

/// A table of these rows.
pub(crate) fn of(rows: impl IntoIterator<Item = String>) -> String {
    let mut text = format!("{HEADER}\n");
    rows.into_iter().for_each(|row| writeln!(text, "{row}").unwrap());
    text
}

/// The same customers as JSON Lines.
pub(crate) fn jsonl(numbers: RangeInclusive<usize>) -> String {
    let values = |number| {
        let row = row(number);
        let pairs = HEADER.split(',').zip(row.split(','));
        serde_json::Value::Object(pairs.map(|(name, value)| (name.to_owned(), value.into())).collect()).to_string()
    };
    numbers.map(|number| values(number) + "\n").collect()
}

/// The same customers as Arrow columns.
pub(crate) fn batch(numbers: RangeInclusive<usize>) -> RecordBatch {
    let rows: Vec<String> = numbers.map(row).collect();
    let column =
        |index| -> ArrayRef { Arc::new(rows.iter().map(|row| row.split(',').nth(index)).collect::<StringArray>()) };
    let names: Vec<&str> = HEADER.split(',').collect();
    let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), (0..names.len()).map(column).collect()).unwrap()
}

/// A batch with one more column.
pub(crate) fn with_column(batch: &RecordBatch, name: &str, values: ArrayRef) -> RecordBatch {
    let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(name, values.data_type().clone(), true)));
    let columns = batch.columns().iter().cloned().chain([values]).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

pub(crate) fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

pub(crate) fn arrow(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

/// The records of CSV, by the names of their columns.
pub(crate) fn read_csv(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut records = vec![vec![String::new()]];
    let (mut quoted, mut characters) = (false, text.chars().peekable());
    while let Some(c) = characters.next() {
        let record = records.last_mut().unwrap();
        match c {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => record.last_mut().unwrap().push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(String::new()),
            '\n' if !quoted => records.push(vec![String::new()]),
            c => record.last_mut().unwrap().push(c),
        }
    }
    records.pop();
    let header = records.remove(0);
    let by_name = |record: Vec<String>| header.iter().cloned().zip(record).collect();
    records.into_iter().map(by_name).collect()
}
