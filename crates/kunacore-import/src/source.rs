//! Where tables come from: files, which can be read again, and streams, which are gone once they are read.
//!
//! The two are different types, and reading takes a stream away: nothing can check a stream and then send what is left
//! of it, which would be nothing.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatchReader;
use arrow_schema::{DataType, Field as Column, Schema, SchemaRef};
use encoding_rs::Encoding;

use crate::batch::{Batches, Pending};
use crate::columnar;
use crate::engine::Control;
use crate::error::{ImportError, column_name, path_name, printable};
use crate::format::{self, Format};
use crate::jsonl;
use crate::mapping::{Mapping, MappingOptions};
use crate::table::{Block, Request, Table, read_error};
use crate::watched::Watched;

/// How to read files and byte streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The format; without it the content tells.
    pub format: Option<Format>,
    /// The encoding of CSV and JSON Lines by its WHATWG label, such as `windows-1251`; without it UTF-8. A byte order
    /// mark outdoes it.
    pub encoding: Option<String>,
    /// What stands between the fields of CSV; without it the header tells.
    pub delimiter: Option<u8>,
}

impl ReadOptions {
    pub(crate) fn encoding(&self) -> Result<Option<&'static Encoding>, ImportError> {
        let Some(label) = &self.encoding else { return Ok(None) };
        let encoding = Encoding::for_label(label.as_bytes()).ok_or_else(|| {
            ImportError::mapping(
                format!("there is no encoding named “{}”", printable(label, 64)),
                "Give a WHATWG label, such as windows-1251, windows-1252, utf-16le or gb18030.",
            )
        })?;
        Ok(Some(encoding))
    }
}

/// An input as the command line names it.
pub enum Source {
    /// Files, which can be read again.
    Files(Files),
    /// Standard input or a pipe, which can be read once.
    Stream(Stream),
}

impl Source {
    /// Opens files and directories, or standard input when the only path is `-`, or a pipe when that is the only path.
    ///
    /// `aside` is a directory as for [`Stream::from_reader`].
    ///
    /// # Errors
    ///
    /// As for [`Files::open`] and [`Stream::from_reader`]; `-` or a pipe among other paths.
    pub fn open(paths: &[PathBuf], options: &ReadOptions, aside: &Path) -> Result<Self, ImportError> {
        Self::open_watched(paths, options, aside, &Control::new())
    }

    /// The same; a pipe is given up when `control` stops the import.
    pub(crate) fn open_watched(
        paths: &[PathBuf],
        options: &ReadOptions,
        aside: &Path,
        control: &Control,
    ) -> Result<Self, ImportError> {
        let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
        match paths {
            [path] if is_stdin(path) => watched(std::io::stdin(), control)
                .and_then(|pipe| Stream::from_reader(pipe, options, aside))
                .map_err(|error| error.in_source("standard input"))
                .map(Self::Stream),
            [path] if format::is_read_once(path) => open_path(path)
                .and_then(|pipe| watched(pipe, control))
                .and_then(|pipe| Stream::from_reader(pipe, options, aside))
                .map_err(|error| error.in_source(&path_name(path)))
                .map(Self::Stream),
            paths if paths.iter().any(is_stdin) => Err(ImportError::mapping(
                "standard input (-) is named together with other files",
                "Give it alone, or give its content as a file.",
            )),
            paths => Files::open(paths, options).map(Self::Files),
        }
    }
}

/// One or more files, read as one table in the order in which they were named.
pub struct Files {
    files: Vec<OneFile>,
    options: ReadOptions,
    schema: SchemaRef,
    /// What stands between the fields, where it is CSV.
    delimiter: Option<u8>,
    /// Whether all files have columns with types.
    columnar: bool,
    /// Whether it is the copy of CSV, in which blanks around a value are not the value's.
    trim: bool,
    /// What stands in the directories beside the tables.
    passed_over: Vec<String>,
}

struct OneFile {
    path: PathBuf,
    name: Arc<str>,
    schema: SchemaRef,
}

impl Files {
    /// Opens files and directories and reads their columns. A directory stands for the tables in it, in the order of their
    /// names: those that end in csv, tsv, jsonl, ndjson, parquet, pq, arrow, arrows, feather or ipc, also packed (gz,
    /// zst), and do not begin with `.` or `_`. All files must have the same columns, in any order; only a file of JSON
    /// Lines may lack some.
    ///
    /// # Errors
    ///
    /// [`Unreadable`](crate::ImportErrorKind::Unreadable) and [`Malformed`](crate::ImportErrorKind::Malformed), naming the
    /// file; [`Mapping`](crate::ImportErrorKind::Mapping) for an encoding that does not exist.
    pub fn open(paths: &[PathBuf], options: &ReadOptions) -> Result<Self, ImportError> {
        options.encoding()?;
        let mut files = Vec::new();
        let mut columns: Vec<Column> = Vec::new();
        let listed = paths.iter().map(|path| format::tables_of(path)).collect::<Result<Vec<_>, _>>()?;
        let passed_over = listed.iter().flat_map(|listed| listed.passed_over.clone()).collect();
        let mut may_lack = Vec::new();
        let (mut delimiter, mut columnar) = (None, true);
        for path in listed.into_iter().flat_map(|listed| listed.tables) {
            let name: Arc<str> = path_name(&path).into();
            let table = format::open_file(&path, options, None).map_err(|error| error.in_source(&name))?;
            // A later file has no number for its first row yet; reading it finds the same error again.
            if let (Some(error), []) = (table.early, &files[..]) {
                return Err(error.in_source(&name));
            }
            for column in table.schema.fields() {
                match columns.iter_mut().find(|known| known.name() == column.name()) {
                    Some(known) if *known.data_type() == DataType::Null => *known = Column::clone(column),
                    Some(_) => {}
                    None => columns.push(Column::clone(column)),
                }
            }
            may_lack.push(table.may_lack_columns);
            delimiter = delimiter.or(table.delimiter);
            columnar &= table.format.is_columnar();
            files.push(OneFile { path, name, schema: table.schema });
        }
        if files.is_empty() {
            return Err(ImportError::unreadable(
                "no file is named",
                "Name a file, a directory, or - for standard input.",
            ));
        }
        for (file, _) in files.iter().zip(may_lack).filter(|(_, may_lack)| !may_lack) {
            if let Some(lacking) = columns.iter().find(|column| file.schema.column_with_name(column.name()).is_none()) {
                return Err(ImportError::malformed(
                    format!("it lacks the column {}, which another of the files has", column_name(lacking.name())),
                    "Import files with different columns one after the other.",
                )
                .in_source(&file.name));
            }
        }
        let schema = Arc::new(Schema::new(columns));
        Ok(Self { files, options: options.clone(), schema, delimiter, columnar, trim: false, passed_over })
    }

    /// Opens the copy of a table that was read with these options.
    pub(crate) fn open_copy(path: &Path, original: &ReadOptions) -> Result<Self, ImportError> {
        let copy = Self::open(&[path.to_owned()], &ReadOptions::default())?;
        let format = original.format.unwrap_or(Format::Arrow);
        let (columnar, trim) = (format.is_columnar(), format == Format::Csv);
        Ok(Self { delimiter: original.delimiter, columnar, trim, ..copy })
    }

    /// What stands between the fields of the first CSV file, or would in one that has these rows.
    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter.unwrap_or(b',')
    }

    /// Whether the table came, in all its files, as columns with types.
    pub(crate) fn is_columnar(&self) -> bool {
        self.columnar
    }

    /// Whether the column has one type in all files.
    pub(crate) fn has_one_type(&self, column: &Column) -> bool {
        let types = self.files.iter().map(|file| file.schema.column_with_name(column.name()));
        types.flatten().all(|(_, other)| other.data_type() == column.data_type())
    }

    /// The columns of all files.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What a person should know of what is read, and what is not.
    pub(crate) fn remark(&self) -> Option<String> {
        let [first, more @ ..] = &self.passed_over[..] else { return None };
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        let tables =
            if self.files.len() == 1 { "1 table is".to_owned() } else { format!("{} tables are", self.files.len()) };
        Some(format!(
            "{tables} read; {first}{more} in the same place are not: their names do not say that they are tables."
        ))
    }

    /// The paths, with directories resolved.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// Finds the column of each field, and checks the types of each file.
    ///
    /// # Errors
    ///
    /// As for [`Mapping::resolve`].
    pub fn map(&self, options: &MappingOptions) -> Result<Mapping, ImportError> {
        let resolved = Mapping::resolve(&self.schema, options);
        let first = &self.files[0];
        let resolved =
            if self.files.len() == 1 { resolved.map_err(|error| error.in_source(&first.name)) } else { resolved };
        self.files.iter().try_fold(resolved?, |mapping, file| {
            mapping.with_types_of(&file.schema).map_err(|error| error.in_source(&file.name))
        })
    }

    /// Reads the rows from the start, with all columns.
    pub(crate) fn all_columns(&self, mapping: &Mapping) -> Batches {
        self.batches(mapping).with_columns(self.schema.fields().iter().map(|column| column.name().clone()).collect())
    }

    /// Reads the rows from the start.
    #[must_use]
    pub fn batches(&self, mapping: &Mapping) -> Batches {
        let trim = self.trim;
        let tables = self.files.iter().map(|file| {
            let (path, name, schema, options) =
                (file.path.clone(), file.name.clone(), file.schema.clone(), self.options.clone());
            let open = move || -> Result<Table, ImportError> {
                let table = format::open_file(&path, &options, Some(&schema))?;
                if table.schema.fields() != schema.fields() {
                    return Err(ImportError::unreadable(
                        "its columns have changed since it was opened",
                        "Try again when nothing writes to the file.",
                    ));
                }
                Ok(if trim { trimmed(table) } else { table })
            };
            Pending { name: Some(name), open: Box::new(open) }
        });
        Batches::new(mapping.clone(), tables.collect())
    }
}

/// An input that can be read once.
pub struct Stream(Table);

impl Stream {
    /// A table from bytes in any format, also packed with gzip or zstd.
    ///
    /// Parquet and files of Arrow IPC are read from their end, so all of their bytes are read at once, into a file without
    /// a name in the directory `aside`. Let it be on the disk of the run.
    ///
    /// # Errors
    ///
    /// [`Unreadable`](crate::ImportErrorKind::Unreadable) and [`Malformed`](crate::ImportErrorKind::Malformed);
    /// [`Spool`](crate::ImportErrorKind::Spool) if that file cannot be written.
    pub fn from_reader(
        bytes: impl Read + Send + 'static,
        options: &ReadOptions,
        aside: &Path,
    ) -> Result<Self, ImportError> {
        Self::new(format::open_stream(Box::new(bytes), options, aside)?)
    }

    /// A table from the records of a program, as JSON Lines in UTF-8. A record may have columns that no earlier one has, as in
    /// a file: all of them are first written to a file without a name in the directory `aside`, and looked through.
    ///
    /// # Errors
    ///
    /// [`Unreadable`](crate::ImportErrorKind::Unreadable) and [`Malformed`](crate::ImportErrorKind::Malformed);
    /// [`Spool`](crate::ImportErrorKind::Spool) if that file cannot be written.
    pub fn from_records(bytes: impl Read, aside: &Path) -> Result<Self, ImportError> {
        Self::new(jsonl::open_records(bytes, aside)?)
    }

    /// A table that comes as Arrow record batches.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ImportErrorKind::Malformed) for two columns of one name.
    pub fn from_batches(batches: impl RecordBatchReader + Send + 'static) -> Result<Self, ImportError> {
        let what = "the stream of record batches failed; its own message may hold values and is not shown";
        Self::new(columnar::open_batches(batches, what, "Look at what makes the stream.")?)
    }

    fn new(mut table: Table) -> Result<Self, ImportError> {
        match table.early.take() {
            Some(error) => Err(error),
            None => Ok(Self(table)),
        }
    }

    /// The columns.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// Finds the column of each field.
    ///
    /// # Errors
    ///
    /// As for [`Mapping::resolve`].
    pub fn map(&self, options: &MappingOptions) -> Result<Mapping, ImportError> {
        Mapping::resolve(&self.0.schema, options)
    }

    /// Reads the rows, for the only time. [`Spool::begin`](crate::Spool::begin) keeps a copy of them.
    #[must_use]
    pub fn batches(self, mapping: &Mapping) -> Batches {
        self.into_table().batches(mapping)
    }

    pub(crate) fn into_table(self) -> Table {
        self.0
    }
}

impl Table {
    /// The rows of this table alone.
    pub(crate) fn batches(self, mapping: &Mapping) -> Batches {
        Batches::new(mapping.clone(), vec![Pending { name: None, open: Box::new(move || Ok(self)) }])
    }
}

/// The table, with blanks around a value taken for the format's.
fn trimmed(table: Table) -> Table {
    let Table { start, .. } = table;
    let start = move |request: &Request<'_>| {
        let blocks = start(request)?;
        Ok(Box::new(blocks.map(|block| Ok(Block { trim: true, ..block? }))) as _)
    };
    Table { start: Box::new(start), ..table }
}

fn watched(pipe: impl Read + Send + 'static, control: &Control) -> Result<Watched, ImportError> {
    Watched::new(pipe, control).map_err(|error| read_error(&error))
}

/// Opens a file for reading.
pub(crate) fn open_path(path: &Path) -> Result<File, ImportError> {
    File::open(path).map_err(|error| read_error(&error))
}
