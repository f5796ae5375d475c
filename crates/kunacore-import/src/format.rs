//! Which format a file or stream has, and which files of a directory are tables.
//!
//! The content tells, not the name: every format but CSV begins in its own way.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use arrow_schema::Schema;

use crate::decode::{Bytes, Peeked, TextReader, prefix, unpack};
use crate::error::{ImportError, path_name};
use crate::run::Manifest;
use crate::source::{ReadOptions, open_path};
use crate::table::{Table, read_error};
use crate::{columnar, csv, jsonl};

/// The format of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV, with any delimiter and encoding.
    Csv,
    /// JSON Lines: one object a line.
    JsonLines,
    /// Parquet.
    Parquet,
    /// Arrow IPC, as a file (Feather version 2) or a stream.
    Arrow,
}

impl Format {
    /// The format with this name: csv, jsonl, parquet or arrow.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "csv" => Self::Csv,
            "jsonl" => Self::JsonLines,
            "parquet" => Self::Parquet,
            "arrow" => Self::Arrow,
            _ => return None,
        })
    }

    /// Whether its columns have types.
    pub(crate) fn is_columnar(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }

    /// The name by which [`Self::from_name`] knows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }
}

const ARROW_FILE: &[u8] = b"ARROW1";
const ENDINGS: [&str; 10] = ["csv", "tsv", "jsonl", "ndjson", "parquet", "pq", "arrow", "arrows", "feather", "ipc"];

fn sniff(start: &[u8]) -> Result<Format, ImportError> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    match text.first() {
        _ if start.starts_with(b"PAR1") => Ok(Format::Parquet),
        _ if start.starts_with(ARROW_FILE) || start.starts_with(columnar::ARROW_STREAM) => Ok(Format::Arrow),
        _ if start.starts_with(b"PK\x03\x04") => Err(ImportError::unreadable(
            "it is an Excel workbook or another zip archive",
            "Save the sheet as “CSV UTF-8” and import that.",
        )),
        Some(b'{') => Ok(Format::JsonLines),
        Some(b'[') => Err(ImportError::unreadable(
            "it is a JSON array, not JSON Lines",
            "Write one object on each line, for example with: jq -c '.[]'.",
        )),
        _ => Ok(Format::Csv),
    }
}

/// Opens a file. Its columns may be known from an earlier reading.
pub(crate) fn open_file(path: &Path, options: &ReadOptions, known: Option<&Schema>) -> Result<Table, ImportError> {
    let open = |path: &Path| unpack(Box::new(open_path(path)?)).map_err(|error| read_error(&error));
    let (bytes, packed) = open(path)?;
    let format = options.format.map_or_else(|| sniff(prefix(&bytes)), Ok)?;
    let is_stream = format == Format::Arrow && !prefix(&bytes).starts_with(ARROW_FILE);
    match format {
        Format::Parquet | Format::Arrow if packed && !is_stream => Err(ImportError::unreadable(
            "it is a packed Parquet or Arrow file, which is not read from front to back",
            "Unpack it first.",
        )),
        Format::Parquet => columnar::open_parquet(open_path(path)?),
        Format::Arrow if is_stream => columnar::open_ipc_stream(bytes),
        Format::Arrow => {
            let path = path.to_owned();
            columnar::open_ipc_file(move || open_path(&path))
        }
        Format::JsonLines => {
            let again = || text(open(path)?.0, options);
            jsonl::open_file(text(bytes, options)?, known, again)
        }
        Format::Csv => csv::open(text(bytes, options)?, options.delimiter),
    }
}

/// Opens a stream of bytes. What can only be read from its end is first written to a file in the directory `aside`.
pub(crate) fn open_stream(bytes: Bytes, options: &ReadOptions, aside: &Path) -> Result<Table, ImportError> {
    let (bytes, _) = unpack(bytes).map_err(|error| read_error(&error))?;
    let format = options.format.map_or_else(|| sniff(prefix(&bytes)), Ok)?;
    match format {
        Format::Arrow if !prefix(&bytes).starts_with(ARROW_FILE) => columnar::open_ipc_stream(bytes),
        Format::Arrow | Format::Parquet => columnar::open_from_end(bytes, format, aside),
        Format::JsonLines => jsonl::open_stream(text(bytes, options)?),
        Format::Csv => csv::open(text(bytes, options)?, options.delimiter),
    }
}

fn text(bytes: Peeked, options: &ReadOptions) -> Result<TextReader, ImportError> {
    TextReader::new(bytes, options.encoding()?).map_err(|error| read_error(&error))
}

/// Whether the path names a pipe or a device, such as the shell's `<(…)`: what is read from it is gone.
pub(crate) fn is_read_once(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// What a path stands for.
#[derive(Default)]
pub(crate) struct Listed {
    /// The path itself, or the tables of the directory, in the order of their names.
    pub(crate) tables: Vec<PathBuf>,
    /// What else the directory holds, hidden names aside: whoever forgot an ending should know.
    pub(crate) passed_over: Vec<String>,
}

/// Looks what there is at a path.
pub(crate) fn tables_of(path: &Path) -> Result<Listed, ImportError> {
    if is_read_once(path) {
        return Err(ImportError::unreadable(
            "it is a pipe or a device, which can be read only once, and not together with files",
            "Give it alone, or give its content as a file.",
        )
        .in_source(&path_name(path)));
    }
    if !path.is_dir() {
        return Ok(Listed { tables: vec![path.to_owned()], passed_over: Vec::new() });
    }
    if Manifest::of(path).is_ok() {
        let next = format!("Go on with it by --run {} alone.", path_name(path));
        return Err(
            ImportError::unreadable("it is the directory of a run, and no table", next).in_source(&path_name(path))
        );
    }
    let failed = |error: std::io::Error| read_error(&error).in_source(&path_name(path));
    let mut listed = Listed::default();
    for entry in path.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if is_table(&path) && path.is_file() {
            listed.tables.push(path);
        } else if !is_hidden(&path) {
            listed.passed_over.extend(path.file_name().map(|name| path_name(Path::new(name))));
        }
    }
    if listed.tables.is_empty() {
        let next = format!("Files count whose names end in .{}, also with .gz or .zst.", ENDINGS.join(", ."));
        return Err(ImportError::unreadable("the directory holds no tables", next).in_source(&path_name(path)));
    }
    listed.tables.sort();
    listed.passed_over.sort();
    Ok(listed)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(['.', '_']))
}

fn is_table(path: &Path) -> bool {
    let ends = |path: &Path, endings: &[&str]| {
        path.extension().and_then(OsStr::to_str).is_some_and(|end| endings.contains(&end.to_ascii_lowercase().as_str()))
    };
    let unpacked = if ends(path, &["gz", "zst"]) { path.with_extension("") } else { path.to_owned() };
    !is_hidden(path) && ends(&unpacked, &ENDINGS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_tells_the_format() {
        assert_eq!(sniff(b"\xef\xbb\xbf {\"email\":").ok(), Some(Format::JsonLines));
        assert_eq!(sniff(b"email,{").ok(), Some(Format::Csv));
        assert_eq!(sniff(b"").ok(), Some(Format::Csv));
        assert!(sniff(b"[{}]").expect_err("refused").next().contains("jq -c '.[]'"));
        assert!(sniff(b"PK\x03\x04").expect_err("refused").message().contains("Excel"));
    }

    #[test]
    fn tables_of_a_directory_are_known_by_their_endings() {
        for name in ["a.csv", "A.CSV", "a.csv.gz", "a.jsonl.zst", "a.parquet"] {
            assert!(is_table(Path::new(name)), "{name}");
        }
        for name in ["a.txt", "a.gz", ".a.csv", "_a.parquet", "csv", "README"] {
            assert!(!is_table(Path::new(name)), "{name}");
        }
    }
}
