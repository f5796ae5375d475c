//! JSON Lines: one object a line. Its columns are the keys of all its records.
//!
//! No record tells what the others have, so a file is looked through once before it is read, and so are the records of a
//! program. Of a stream only the first records can be looked at; a key or a kind of value that comes later is an error, never
//! a value left out in silence.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use arrow_schema::{DataType, Field as Column, Fields, Schema};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::columnar::{copy, not_kept};
use crate::decode::TextReader;
use crate::error::{ImportError, column_name};
use crate::format::Format;
use crate::place::Place;
use crate::table::{BLOCK_ROWS, Block, BlockBuilder, RECORD_BYTES, Request, Table, read_error};
use crate::values::JSON_INTEGERS;

/// How much of a stream is looked at to find its columns, if the first rows are not less.
const LOOK_AHEAD: usize = 4 * 1024 * 1024;

type Text = Box<dyn BufRead + Send>;

/// Opens a stream: its first records tell the columns.
pub(crate) fn open_stream(mut text: TextReader) -> Result<Table, ImportError> {
    let mut ahead = Vec::new();
    let mut whole = 0;
    for _ in 0..BLOCK_ROWS {
        match text.by_ref().take(RECORD_BYTES as u64).read_until(b'\n', &mut ahead) {
            Err(error) if whole == 0 => return Err(read_error(&error)),
            // The failure comes again when the rows are read, and then with its row.
            Err(_) | Ok(0) => break,
            Ok(_) => whole = ahead.len(),
        }
        if whole >= LOOK_AHEAD {
            break;
        }
    }
    let (columns, early) = scan(Box::new(Cursor::new(ahead[..whole].to_vec())));
    Ok(table(columns, early, Box::new(Cursor::new(ahead).chain(text)), false))
}

/// Opens a file: `again` is the same text, to be looked through, unless the columns are known from an earlier reading.
pub(crate) fn open_file(
    text: TextReader,
    known: Option<&Schema>,
    again: impl FnOnce() -> Result<TextReader, ImportError>,
) -> Result<Table, ImportError> {
    let (columns, early) = match known {
        Some(schema) => (schema.fields().iter().map(|column| Column::clone(column)).collect(), None),
        None => scan(Box::new(again()?)),
    };
    Ok(table(columns, early, Box::new(text), true))
}

/// Opens the records of a program, which are UTF-8. They are looked through like a file: first they are written to one without
/// a name, in this directory, of which a crash leaves nothing.
pub(crate) fn open_records(bytes: impl Read, aside: &Path) -> Result<Table, ImportError> {
    let mut file = tempfile::tempfile_in(aside).map_err(|error| not_kept(&error))?;
    copy(bytes, &mut file)?;
    file.rewind().map_err(|error| read_error(&error))?;
    let (columns, early) = scan(Box::new(BufReader::new(file.try_clone().map_err(|error| read_error(&error))?)));
    // Both are one file with one position, and the first has read it to its end.
    file.rewind().map_err(|error| read_error(&error))?;
    Ok(table(columns, early, Box::new(BufReader::new(file)), true))
}

fn table(columns: Vec<Column>, early: Option<ImportError>, text: Text, all_seen: bool) -> Table {
    let schema = Arc::new(Schema::new(columns));
    let all = schema.clone();
    let start = move |request: &Request<'_>| {
        let wanted = all.fields().iter().filter(|column| request.columns.contains(column.name()));
        let columns: Vec<Column> = wanted.map(|column| Column::clone(column)).collect();
        let rows = Rows {
            lines: Lines { text, buffer: Vec::new(), line: 0 },
            slots: columns.iter().enumerate().map(|(slot, column)| (column.name().clone(), slot)).collect(),
            shapes: columns
                .iter()
                .map(|column| request.mapped.contains(column.name()).then(|| Shape::of_column(column)))
                .collect(),
            builder: BlockBuilder::new(columns.iter().map(|column| column.name().as_str())),
            all,
            all_seen,
            next_row: request.first_row,
            ended: false,
        };
        Ok(Box::new(rows) as _)
    };
    let format = Format::JsonLines;
    Table { schema, format, delimiter: None, may_lack_columns: true, early, start: Box::new(start) }
}

/// The columns of all records up to the first that cannot be read. Reading the rows meets that one again and says where
/// it is; only when it is the first of all, it is given here, as there is no table then.
fn scan(text: Text) -> (Vec<Column>, Option<ImportError>) {
    let mut columns: Vec<(String, Shape)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut lines = Lines { text, buffer: Vec::new(), line: 0 };
    let mut row = 1;
    let failure = loop {
        match lines.next() {
            Ok(Some(Record(pairs))) => {
                for (name, value) in pairs {
                    let index = *places.entry(name).or_insert_with_key(|name| {
                        columns.push((name.clone(), Shape::Nothing));
                        columns.len() - 1
                    });
                    columns[index].1 = columns[index].1.max(Shape::of(&value));
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(error.at(Place { row, line: Some(lines.line), file: None })),
        }
        row += 1;
    };
    let columns = columns.into_iter().map(|(name, shape)| shape.column(&name)).collect();
    (columns, failure.filter(|_| row == 1))
}

/// What the values of a column are; of several kinds the last one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Nothing,
    Text,
    Integers,
    Booleans,
    Floats,
    Nested,
}

impl Shape {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::String(_) => Self::Text,
            Value::Number(number) if number.is_i64() || number.is_u64() => Self::Integers,
            Value::Number(_) => Self::Floats,
            Value::Bool(_) => Self::Booleans,
            Value::Array(_) | Value::Object(_) => Self::Nested,
        }
    }

    fn column(self, name: &str) -> Column {
        let data_type = match self {
            Self::Nothing => DataType::Null,
            Self::Text | Self::Integers => DataType::Utf8,
            Self::Booleans => DataType::Boolean,
            Self::Floats => DataType::Float64,
            Self::Nested => DataType::Struct(Fields::empty()),
        };
        let column = Column::new(name, data_type, true);
        match self {
            Self::Integers => column.with_metadata(HashMap::from([(JSON_INTEGERS.to_owned(), String::new())])),
            _ => column,
        }
    }

    fn of_column(column: &Column) -> Self {
        match column.data_type() {
            DataType::Null => Self::Nothing,
            DataType::Utf8 if column.metadata().contains_key(JSON_INTEGERS) => Self::Integers,
            DataType::Utf8 => Self::Text,
            DataType::Boolean => Self::Booleans,
            DataType::Float64 => Self::Floats,
            _ => Self::Nested,
        }
    }
}

/// The records as blocks.
struct Rows {
    lines: Lines,
    /// The place of each wanted column in a row.
    slots: HashMap<String, usize>,
    /// What its values are, if they are for a field or a key.
    shapes: Vec<Option<Shape>>,
    builder: BlockBuilder,
    all: Arc<Schema>,
    all_seen: bool,
    next_row: u64,
    ended: bool,
}

impl Rows {
    fn block(&mut self) -> Result<Option<Block>, ImportError> {
        let mut values: Vec<Option<String>> = Vec::new();
        while !self.builder.is_full() {
            let record = self.lines.next().and_then(|record| match record {
                Some(record) => self.values(record, &mut values).map(Some),
                None => Ok(None),
            });
            let place = || Place { row: self.next_row, line: Some(self.lines.line), file: None };
            let Some(()) = record.map_err(|error| error.at(place()))? else {
                self.ended = true;
                break;
            };
            self.builder.push(self.lines.line, values.iter().map(Option::as_deref));
            self.next_row += 1;
        }
        if self.builder.rows() == 0 { Ok(None) } else { self.builder.finish(false).map(Some) }
    }

    fn values(&self, Record(pairs): Record, values: &mut Vec<Option<String>>) -> Result<(), ImportError> {
        values.clear();
        values.resize(self.shapes.len(), None);
        for (name, value) in pairs {
            let Some(slot) = self.slots.get(&name) else {
                if self.all.column_with_name(&name).is_none() {
                    return Err(
                        self.late(format!("it has a column {} that the first records do not have", column_name(&name)))
                    );
                }
                continue;
            };
            if self.shapes[*slot].is_some_and(|shape| Shape::of(&value) > shape) {
                let what = "holds another kind of value than in the first records";
                return Err(self.late(format!("the column {} {what}", column_name(&name))));
            }
            values[*slot] = match value {
                Value::Null => None,
                Value::String(text) => Some(text),
                // Only numbers can be for a field; the others are for reports.
                other => Some(other.to_string()),
            };
        }
        Ok(())
    }

    fn late(&self, what: String) -> ImportError {
        let next = if self.all_seen {
            "The file was changed while it was read: try again when nothing writes to it."
        } else {
            "Save the stream as a file and import that: a file is looked through before it is read."
        };
        ImportError::malformed(what, next)
    }
}

impl Iterator for Rows {
    type Item = Result<Block, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let block = self.block();
        self.ended |= block.is_err();
        block.transpose()
    }
}

/// The records one by one.
struct Lines {
    text: Text,
    buffer: Vec<u8>,
    /// The line that was read last.
    line: u64,
}

impl Lines {
    fn next(&mut self) -> Result<Option<Record>, ImportError> {
        loop {
            self.buffer.clear();
            self.line += 1;
            let read = self.text.by_ref().take(RECORD_BYTES as u64).read_until(b'\n', &mut self.buffer);
            match read {
                Ok(0) => return Ok(None),
                Ok(RECORD_BYTES) => {
                    let next = "JSON Lines has one record on each line; look whether the file is another kind of JSON.";
                    return Err(ImportError::malformed("it is longer than 16 MiB", next));
                }
                Ok(_) if self.buffer.trim_ascii().is_empty() => {}
                Ok(_) => return parse(&self.buffer).map(Some),
                Err(error) => return Err(read_error(&error)),
            }
        }
    }
}

fn parse(line: &[u8]) -> Result<Record, ImportError> {
    let next = "Each line must be one JSON object whose keys are names of columns.";
    let record: Record = serde_json::from_slice(line).map_err(|error| {
        // The parser's own message can quote the text, so only its place is passed on.
        let what = if error.is_data() {
            "it is not a JSON object".to_owned()
        } else {
            format!("it is not JSON (at column {})", error.column())
        };
        ImportError::malformed(what, next)
    })?;
    let Record(pairs) = &record;
    let twice = |(index, (name, _)): (usize, &(String, Value))| pairs[..index].iter().any(|(other, _)| other == name);
    match pairs.iter().enumerate().find(|pair| twice(*pair)) {
        Some((_, (name, _))) => {
            Err(ImportError::malformed(format!("it has the key {} twice", column_name(name)), "Remove one of them."))
        }
        None => Ok(record),
    }
}

/// The keys and values of one object as they stand, so that a key that comes twice is seen.
struct Record(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Record;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Record(pairs))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}
