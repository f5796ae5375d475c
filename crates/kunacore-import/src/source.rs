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
use crate::error::{ImportError, column_name, path_name, printable};
use crate::format::{self, Format};
use crate::mapping::{Mapping, MappingOptions};
use crate::table::{Table, read_error};

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
    /// # Errors
    ///
    /// As for [`Files::open`] and [`Stream::from_reader`]; `-` or a pipe among other paths.
    pub fn open(paths: &[PathBuf], options: &ReadOptions) -> Result<Self, ImportError> {
        let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
        match paths {
            [path] if is_stdin(path) => Stream::from_reader(std::io::stdin(), options)
                .map_err(|error| error.in_source("standard input"))
                .map(Self::Stream),
            [path] if format::is_read_once(path) => open_path(path)
                .and_then(|pipe| Stream::from_reader(pipe, options))
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
        let paths = paths.iter().map(|path| format::tables_of(path)).collect::<Result<Vec<_>, _>>()?.concat();
        let mut may_lack = Vec::new();
        for path in paths {
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
        Ok(Self { files, options: options.clone(), schema: Arc::new(Schema::new(columns)) })
    }

    /// The columns of all files.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
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

    /// Reads the rows from the start.
    #[must_use]
    pub fn batches(&self, mapping: &Mapping) -> Batches {
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
                Ok(table)
            };
            Pending { name: Some(name), open: Box::new(open) }
        });
        Batches::new(mapping.clone(), tables.collect())
    }
}

/// An input that can be read once.
pub struct Stream(Table);

impl Stream {
    /// A table from bytes: CSV, JSON Lines or a stream of Arrow IPC, also packed with gzip or zstd.
    ///
    /// # Errors
    ///
    /// [`Unreadable`](crate::ImportErrorKind::Unreadable), also for Parquet and Arrow files, which are not read from
    /// front to back; [`Malformed`](crate::ImportErrorKind::Malformed).
    pub fn from_reader(bytes: impl Read + Send + 'static, options: &ReadOptions) -> Result<Self, ImportError> {
        Self::new(format::open_stream(Box::new(bytes), options)?)
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

    /// Reads the rows, for the only time.
    #[must_use]
    pub fn batches(self, mapping: &Mapping) -> Batches {
        Batches::new(mapping.clone(), vec![Pending { name: None, open: Box::new(move || Ok(self.0)) }])
    }
}

/// Opens a file for reading.
pub(crate) fn open_path(path: &Path) -> Result<File, ImportError> {
    File::open(path).map_err(|error| read_error(&error))
}
