//! CSV as people have it: `,`, `;` or tab, quoted line breaks, CRLF; and every record with the line it begins on.
//!
//! csv-core reads the fields. Lines are counted here: it is fed record by record, so that the line of a record's first
//! byte is known also after CRLF and blank lines. As it finds a meaning for everything, the quotation marks are followed
//! here too: one that is out of place would make one row of several, and customers would be lost in silence.

use std::collections::HashSet;
use std::io::{self, BufRead};
use std::sync::Arc;

use arrow_schema::{DataType, Field as Column, Schema};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use kunacore::Field;

use crate::decode::TextReader;
use crate::error::{ImportError, column_name, looks_like_a_value};
use crate::format::Format;
use crate::place::Place;
use crate::table::{Block, BlockBuilder, RECORD_BYTES, Request, Table, read_error};

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Opens a table: finds the delimiter and reads the header.
pub(crate) fn open(mut text: TextReader, delimiter: Option<u8>) -> Result<Table, ImportError> {
    let delimiter = match delimiter {
        Some(delimiter) => delimiter,
        None => detect(text.fill_buf().map_err(|error| read_error(&error))?),
    };
    let mut records = Records::new(text, delimiter);
    let header = match records.next().map_err(|failure| failure.into_error(None))? {
        Some(_) => header(&records)?,
        None => {
            return Err(ImportError::malformed("it is empty", "Give a file that begins with a line of column names."));
        }
    };
    let columns: Vec<Column> = header.iter().map(|name| Column::new(name, DataType::Utf8, true)).collect();
    let start = move |request: &Request<'_>| {
        let wanted: Vec<usize> = (0..header.len()).filter(|index| request.columns.contains(&header[*index])).collect();
        let builder = BlockBuilder::new(wanted.iter().map(|index| header[*index].as_str()));
        let rows = Rows { records, width: header.len(), wanted, builder, next_row: request.first_row, ended: false };
        Ok(Box::new(rows) as _)
    };
    Ok(Table {
        schema: Arc::new(Schema::new(columns)),
        format: Format::Csv,
        delimiter: Some(delimiter),
        may_lack_columns: false,
        early: None,
        start: Box::new(start),
    })
}

/// The delimiter that makes most sense of the first record: by the fields it names, then by how many there are.
fn detect(start: &[u8]) -> u8 {
    let score = |delimiter: &u8| {
        let mut record = Record::default();
        let mut core = ReaderBuilder::new().delimiter(*delimiter).build();
        // A header that ends with the text, or does not end here, still has columns enough to tell.
        if let (_, ReadRecordResult::InputEmpty) = record.feed(&mut core, start) {
            record.feed(&mut core, &[]);
        }
        let named = record.fields().filter(|name| Field::from_name(name.trim()).is_some()).count();
        (named, record.fields().count())
    };
    // Of equals the last one wins, and that is to be the comma.
    DELIMITERS.into_iter().rev().max_by_key(score).unwrap_or(b',')
}

/// The names of the columns.
fn header(records: &Records) -> Result<Vec<String>, ImportError> {
    let names: Vec<&str> = records.record.fields().map(str::trim).collect();
    if names.iter().any(|name| looks_like_a_value(name)) && !names.iter().any(|name| Field::from_name(name).is_some()) {
        return Err(ImportError::malformed(
            "the first line holds values, not names of columns",
            "Put a line with the names of the columns above it, such as email,first_name,last_name.",
        ));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = names.iter().find(|name| !name.is_empty() && !seen.insert(**name)) {
        return Err(ImportError::malformed(
            format!("two columns have the name {}", column_name(twice)),
            "Rename or remove one of them.",
        ));
    }
    // A column without a name is what pandas writes for its index and spreadsheets for a stray delimiter.
    let name = |(index, name): (usize, &&str)| match *name {
        "" => format!("(column {})", index + 1),
        name => name.to_owned(),
    };
    Ok(names.iter().enumerate().map(name).collect())
}

/// The data records as blocks.
struct Rows {
    records: Records,
    width: usize,
    wanted: Vec<usize>,
    builder: BlockBuilder,
    next_row: u64,
    ended: bool,
}

impl Rows {
    fn block(&mut self) -> Result<Option<Block>, ImportError> {
        while !self.builder.is_full() {
            let row = self.next_row;
            let Some(line) = self.records.next().map_err(|failure| failure.into_error(Some(row)))? else {
                self.ended = true;
                break;
            };
            let record = &self.records.record;
            let width = record.fields;
            if width != self.width {
                let problem = format!("it has {width} fields and the header has {}", self.width);
                let next = "Mend the row; a value that holds the delimiter or a line break must stand in quotes.";
                return Err(ImportError::malformed(problem, next).at(Place { row, line: Some(line), file: None }));
            }
            self.builder.push(line, self.wanted.iter().map(|index| record.field(*index)));
            self.next_row += 1;
        }
        if self.builder.rows() == 0 { Ok(None) } else { self.builder.finish(true).map(Some) }
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

/// One record's fields.
#[derive(Default)]
struct Record {
    bytes: Vec<u8>,
    length: usize,
    ends: Vec<usize>,
    fields: usize,
}

impl Record {
    fn clear(&mut self) {
        self.length = 0;
        self.fields = 0;
    }

    /// Reads from the input: how much it took, and whether the record, or all of it, ended.
    fn feed(&mut self, core: &mut Reader, input: &[u8]) -> (usize, ReadRecordResult) {
        let mut taken = 0;
        loop {
            let (result, read, written, ends) =
                core.read_record(&input[taken..], &mut self.bytes[self.length..], &mut self.ends[self.fields..]);
            taken += read;
            self.length += written;
            self.fields += ends;
            match result {
                ReadRecordResult::OutputFull => self.bytes.resize(2 * self.bytes.len() + 256, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len() + 16, 0),
                _ => return (taken, result),
            }
        }
    }

    fn field(&self, index: usize) -> Option<&str> {
        let end = *self.ends[..self.fields].get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        // The text came as UTF-8, and the delimiter and quotes that were taken out are ASCII.
        std::str::from_utf8(self.bytes.get(start..end)?).ok()
    }

    fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.fields).map(|index| self.field(index).unwrap_or_default())
    }
}

/// Where in a field the reading is, as far as quotation marks go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Start,
    Unquoted,
    Open,
    Closed,
    /// Blanks after the closing mark, which are trimmed as all others are.
    Blank,
}

impl Quotes {
    /// After another byte; `None` when it may not follow a closing mark.
    fn after(self, byte: u8, delimiter: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Open, b'"') => Self::Closed,
            (Self::Open, _) | (Self::Closed, b'"') => Self::Open,
            (_, b'\r' | b'\n') => Self::Start,
            (_, byte) if byte == delimiter => Self::Start,
            (Self::Start, b'"') => Self::Open,
            (Self::Start | Self::Unquoted, _) => Self::Unquoted,
            (Self::Closed | Self::Blank, b' ' | b'\t') => Self::Blank,
            (Self::Closed | Self::Blank, _) => return None,
        })
    }

    /// The same after many bytes. From one mark to the next nothing changes but at the last byte before it, so only these are
    /// looked at, and those after a closing mark.
    fn after_all(mut self, mut bytes: &[u8], delimiter: u8) -> Option<Self> {
        while let Some((first, rest)) = bytes.split_first() {
            let ahead = match self {
                Self::Closed | Self::Blank => 0,
                Self::Start | Self::Unquoted | Self::Open => {
                    bytes.iter().position(|byte| *byte == b'"').unwrap_or(bytes.len())
                }
            };
            let (skipped, marked) = bytes.split_at(ahead);
            (self, bytes) = match skipped.last() {
                Some(_) if self == Self::Open => (self, marked),
                Some(last) => (Self::Unquoted.after(*last, delimiter)?, marked),
                None => (self.after(*first, delimiter)?, rest),
            };
        }
        Some(self)
    }
}

/// The records one by one.
struct Records {
    text: TextReader,
    delimiter: u8,
    core: Reader,
    record: Record,
    /// The line of the next byte.
    line: u64,
}

/// Why there is no next record.
enum Failure {
    Read(u64, io::Error),
    TooLong(u64),
    OpenQuote(u64),
    TextAfterQuote(u64),
}

impl Failure {
    /// The error for the row; without one it is the header.
    fn into_error(self, row: Option<u64>) -> ImportError {
        let quote_next = "Look for a quotation mark that is opened on this line and never closed.";
        let (line, error) = match self {
            Self::Read(line, error) => (line, read_error(&error)),
            Self::TooLong(line) => (line, ImportError::malformed("it is longer than 16 MiB", quote_next)),
            Self::OpenQuote(line) => (line, ImportError::malformed("a quotation mark is never closed", quote_next)),
            Self::TextAfterQuote(line) => {
                let next = "Write a quotation mark inside a value twice; or one that is opened here is never closed.";
                (line, ImportError::malformed("text stands after a closing quotation mark", next))
            }
        };
        match row {
            Some(row) => error.at(Place { row, line: Some(line), file: None }),
            None => error,
        }
    }
}

impl Records {
    fn new(text: TextReader, delimiter: u8) -> Self {
        let core = ReaderBuilder::new().delimiter(delimiter).build();
        Self { text, delimiter, core, record: Record::default(), line: 1 }
    }

    /// Reads the next record into `self.record` and gives its line.
    fn next(&mut self) -> Result<Option<u64>, Failure> {
        if !self.skip_line_ends()? {
            return Ok(None);
        }
        self.record.clear();
        let line = self.line;
        let mut quotes = Quotes::Start;
        loop {
            let input = self.text.fill_buf().map_err(|error| Failure::Read(line, error))?;
            let at_end = input.is_empty();
            let (taken, result) = self.record.feed(&mut self.core, input);
            let read = &input[..taken];
            match quotes.after_all(read, self.delimiter) {
                Some(after) => quotes = after,
                None => return Err(Failure::TextAfterQuote(line)),
            }
            self.line += line_ends(read);
            self.text.consume(taken);
            match result {
                // Without the closing mark the rest of the file is one value, or the file was cut short in it.
                ReadRecordResult::Record if at_end && quotes == Quotes::Open => return Err(Failure::OpenQuote(line)),
                ReadRecordResult::Record => return Ok(Some(line)),
                ReadRecordResult::End => return Ok(None),
                _ if self.record.length > RECORD_BYTES => return Err(Failure::TooLong(line)),
                _ => {}
            }
        }
    }

    /// Skips what ends the last record and blank lines; false at the end of the text.
    fn skip_line_ends(&mut self) -> Result<bool, Failure> {
        loop {
            let line = self.line;
            let input = self.text.fill_buf().map_err(|error| Failure::Read(line, error))?;
            let skipped = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let (more, at_end) = (skipped < input.len(), input.is_empty());
            self.line += line_ends(&input[..skipped]);
            self.text.consume(skipped);
            if more || at_end {
                return Ok(more);
            }
        }
    }
}

fn line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_of_many_bytes_are_followed_as_those_of_one_byte_after_the_other() {
        let mut random = fastrand::Rng::with_seed(7);
        for number in 0..20_000 {
            let text: Vec<u8> = (0..random.usize(..12)).map(|_| b"\",\n\r a"[random.usize(..6)]).collect();
            for start in [Quotes::Start, Quotes::Unquoted, Quotes::Open, Quotes::Closed, Quotes::Blank] {
                let one_by_one = text.iter().try_fold(start, |quotes, byte| quotes.after(*byte, b','));
                let at_once = start.after_all(&text, b',');
                assert!(one_by_one == at_once, "{number}: {:?}", String::from_utf8_lossy(&text));
            }
        }
    }
}
