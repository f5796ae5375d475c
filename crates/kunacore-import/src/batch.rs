//! The rows of an input as fields of customers, batch by batch in input order.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::RecordBatch;
use kunacore::{Field, NewCustomer};

use crate::error::ImportError;
use crate::mapping::{Mapping, Origin};
use crate::place::Place;
use crate::problem::RowProblem;
use crate::table::{Block, Blocks, Request, Table};
use crate::values::Text;

/// A table that is opened when its turn comes.
pub(crate) struct Pending {
    /// The file's name; a stream has none.
    pub(crate) name: Option<Arc<str>>,
    pub(crate) open: Box<dyn FnOnce() -> Result<Table, ImportError> + Send>,
}

/// The rows of an input, some thousands at a time. After an error there are no more.
pub struct Batches {
    mapping: Arc<Mapping>,
    /// The columns to read, if not only those of the mapping.
    columns: Option<Vec<String>>,
    pending: VecDeque<Pending>,
    current: Option<Blocks>,
    /// The name of the current file.
    name: Option<Arc<str>>,
    /// Whether a place needs the file's name.
    several: bool,
    next_row: u64,
}

impl Batches {
    pub(crate) fn new(mapping: Mapping, tables: Vec<Pending>) -> Self {
        let several = tables.len() > 1;
        Self {
            mapping: Arc::new(mapping),
            columns: None,
            pending: tables.into(),
            current: None,
            name: None,
            several,
            next_row: 1,
        }
    }

    /// Reads these columns, too.
    pub(crate) fn with_columns(mut self, columns: Vec<String>) -> Self {
        self.columns = Some(columns);
        self
    }

    /// Which column fills which field.
    #[must_use]
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Whether they come from files, of which reading a batch waits for nobody; to be asked before the first is read.
    pub(crate) fn are_of_files(&self) -> bool {
        self.pending.iter().all(|pending| pending.name.is_some())
    }

    fn advance(&mut self) -> Result<Option<Batch>, ImportError> {
        loop {
            if let Some(block) = self.current.as_mut().and_then(Iterator::next) {
                let batch = Batch::new(block?, self.mapping.clone(), self.place_name(), self.next_row)?;
                self.next_row += batch.len() as u64;
                return Ok(Some(batch));
            }
            let Some(Pending { name, open }) = self.pending.pop_front() else { return Ok(None) };
            self.name = name;
            let mapped = self.mapping.columns();
            let columns = self.columns.as_deref().unwrap_or(mapped);
            let request = Request { columns, mapped, first_row: self.next_row };
            self.current = Some((open()?.start)(&request)?);
        }
    }

    fn place_name(&self) -> Option<Arc<str>> {
        self.name.clone().filter(|_| self.several)
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().map_err(|error| {
            self.current = None;
            self.pending.clear();
            let error = error.in_file(self.place_name());
            match &self.name {
                Some(name) => error.in_source(name),
                None => error,
            }
        });
        next.transpose()
    }
}

/// Some rows that follow one another.
pub struct Batch {
    mapping: Arc<Mapping>,
    /// The columns as they were read.
    columns: RecordBatch,
    /// The columns of the fields, in the order of [`Field::ALL`].
    fields: Vec<Text>,
    keys: Vec<Text>,
    file: Option<Arc<str>>,
    first_row: u64,
    lines: Option<Vec<u64>>,
    length: usize,
    trim: bool,
}

impl Batch {
    fn new(block: Block, mapping: Arc<Mapping>, file: Option<Arc<str>>, first_row: u64) -> Result<Self, ImportError> {
        let column = |name: &str| match block.batch.column_by_name(name) {
            // The types were checked when the mapping was made; only a stream that breaks its own schema comes here.
            Some(array) => Text::of(array).ok_or_else(|| {
                ImportError::malformed(
                    "a column has another type than the schema says",
                    "Look at what writes the table.",
                )
            }),
            None => Ok(Text::Nothing),
        };
        let field = |field| mapping.column(field).map_or(Ok(Text::Nothing), column);
        Ok(Self {
            fields: Field::ALL.into_iter().map(field).collect::<Result<_, _>>()?,
            keys: mapping.keys().iter().map(|name| column(name)).collect::<Result<_, _>>()?,
            length: block.batch.num_rows(),
            lines: block.lines,
            trim: block.trim,
            columns: block.batch,
            mapping,
            file,
            first_row,
        })
    }

    /// The columns as they were read; those of the mapping, and others if they were asked for.
    pub(crate) fn columns(&self) -> &RecordBatch {
        &self.columns
    }

    /// How many rows it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The rows in input order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.length).map(|index| Row { batch: self, index })
    }
}

/// One row.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    batch: &'a Batch,
    index: usize,
}

impl<'a> Row<'a> {
    /// The number of the row over the whole input; the first one is 1.
    #[must_use]
    pub fn row(&self) -> u64 {
        self.batch.first_row + self.index as u64
    }

    /// Where the row stands.
    #[must_use]
    pub fn place(&self) -> Place {
        let line = self.batch.lines.as_ref().and_then(|lines| lines.get(self.index)).copied();
        Place { row: self.row(), line, file: self.batch.file.clone() }
    }

    /// The value of a field as it would be sent. A null and a blank value are none. Values of CSV are trimmed.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&'a str> {
        let batch = self.batch;
        let (value, trim) = match batch.mapping.origin(field) {
            Origin::Constant(value) => (value.as_str(), false),
            Origin::Column(_) => (batch.fields[field as usize].get(self.index)?, batch.trim),
            Origin::Nowhere => return None,
        };
        // Nearly all begin and end with something to be seen: there is nothing to trim, and they are not blank.
        if let [b'!'..=b'~', .., b'!'..=b'~'] = value.as_bytes() {
            return Some(value);
        }
        let value = if trim { value.trim() } else { value };
        value.contains(|c: char| !c.is_whitespace()).then_some(value)
    }

    /// The key columns and their values as they are in the input; a null is the empty text.
    pub fn keys(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let Self { batch, index } = *self;
        let values = batch.keys.iter().map(move |key| key.get(index).unwrap_or_default());
        batch.mapping.keys().iter().map(String::as_str).zip(values)
    }

    /// The values of the key columns as they are in the input.
    pub(crate) fn key_values(&self) -> impl Iterator<Item = Option<&'a str>> {
        let Self { batch, index } = *self;
        batch.keys.iter().map(move |key| key.get(index))
    }

    /// What is wrong with the row by itself: what [`customer`](Self::customer) would refuse it for, at a third of the work.
    #[must_use]
    pub fn problems(&self) -> Vec<RowProblem> {
        let problems = NewCustomer::problems_of(|field| self.get(field));
        problems.iter().map(|problem| RowProblem::invalid_field(self.place(), problem)).collect()
    }

    /// The customer to create.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the row by itself.
    pub fn customer(&self) -> Result<NewCustomer, Vec<RowProblem>> {
        let mut builder = NewCustomer::builder();
        builder.extend(Field::ALL.into_iter().filter_map(|field| Some((field, self.get(field)?))));
        builder.build().map_err(|_| self.problems())
    }
}
