//! Where the table of a run is and how it is read, as its manifest remembers it: to go on with the run, and to write its
//! reports, without being told again.
//!
//! What the table holds is compared elsewhere: here it does not matter whether it was moved and named anew.

use std::fmt;
use std::path::{Path, PathBuf};

use kunacore::Field;
use serde::{Deserialize, Serialize};

use crate::error::{ImportError, path_name};
use crate::format::Format;
use crate::mapping::{Extra, Mapping, MappingOptions};
use crate::source::{Files, ReadOptions};

/// The name, in the run directory, of the copy of a table that could be read only once.
pub(crate) const SPOOLED: &str = "input.arrow";

/// Where the table of a run is and how it is read.
///
/// It holds the values that were set for all rows, so `Debug` does not show it whole.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Input {
    place: Place,
    read: ReadOptions,
    mapping: MappingOptions,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Files and directories, as absolute paths.
    Files(Vec<PathBuf>),
    /// In the run directory.
    Spooled,
}

impl Input {
    /// A table in files and directories, which are named as for [`Files::open`].
    ///
    /// # Errors
    ///
    /// [`Unreadable`](crate::ImportErrorKind::Unreadable) for a path that a manifest cannot hold, or where the current
    /// directory is gone.
    pub fn files(paths: &[PathBuf], read: &ReadOptions, mapping: &MappingOptions) -> Result<Self, ImportError> {
        let absolute = |path: &PathBuf| match std::path::absolute(path) {
            Ok(path) if path.to_str().is_some() => Ok(path),
            Ok(_) => Err(ImportError::unreadable(
                "its path is not Unicode text, so that a run cannot remember it",
                "Rename the file, or give its content on standard input.",
            )
            .in_source(&path_name(path))),
            Err(error) => Err(ImportError::unreadable(
                format!("its absolute path cannot be told ({})", error.kind()),
                "Give an absolute path.",
            )
            .in_source(&path_name(path))),
        };
        let paths = paths.iter().map(absolute).collect::<Result<_, _>>()?;
        Ok(Self { place: Place::Files(paths), read: read.clone(), mapping: mapping.clone() })
    }

    /// A table that could be read only once, in this format and with this delimiter, and whose copy is in the run directory.
    pub(crate) fn spooled(read: &ReadOptions, mapping: &MappingOptions) -> Self {
        Self { place: Place::Spooled, read: read.clone(), mapping: mapping.clone() }
    }

    /// Whether the table is a copy in the run directory.
    #[must_use]
    pub fn is_spooled(&self) -> bool {
        self.place == Place::Spooled
    }

    /// The files and directories, as absolute paths; none of a table that could be read only once.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        match &self.place {
            Place::Files(paths) => paths,
            Place::Spooled => &[],
        }
    }

    /// How the table is read, or was when it was copied.
    #[must_use]
    pub fn read_options(&self) -> &ReadOptions {
        &self.read
    }

    /// What the names of its columns do not say.
    #[must_use]
    pub fn mapping_options(&self) -> &MappingOptions {
        &self.mapping
    }

    /// Opens the table of the run in this directory.
    ///
    /// # Errors
    ///
    /// As for [`Files::open`] and [`Files::map`].
    pub fn open(&self, run: &Path) -> Result<(Files, Mapping), ImportError> {
        let files = match &self.place {
            Place::Files(paths) => Files::open(paths, &self.read)?,
            Place::Spooled => Files::open_copy(&run.join(SPOOLED), &self.read)?,
        };
        let mapping = files.map(&self.mapping)?;
        Ok((files, mapping))
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("place", &self.place).field("read", &self.read).finish_non_exhaustive()
    }
}

/// How the manifest has it. What says nothing is left out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Absent of a table that could be read only once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<Vec<PathBuf>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encoding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delimiter: Option<char>,
    /// Columns and their fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    map: Vec<(String, String)>,
    /// Fields and their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    set: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keys: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ignore_extra: bool,
}

impl From<Input> for Written {
    fn from(Input { place, read, mapping }: Input) -> Self {
        Self {
            files: match place {
                Place::Files(paths) => Some(paths),
                Place::Spooled => None,
            },
            format: read.format.map(|format| format.name().to_owned()),
            encoding: read.encoding,
            delimiter: read.delimiter.map(char::from),
            map: mapping.map.into_iter().map(|(column, field)| (column, field.name().to_owned())).collect(),
            set: mapping.set.into_iter().map(|(field, value)| (field.name().to_owned(), value)).collect(),
            keys: mapping.keys,
            ignore_extra: mapping.extra == Extra::Ignore,
        }
    }
}

impl TryFrom<Written> for Input {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let field = |name: &str| Field::from_name(name).ok_or("there is no such field");
        let map = written.map.into_iter().map(|(column, name)| Ok::<_, Self::Error>((column, field(&name)?)));
        let set = written.set.into_iter().map(|(name, value)| Ok::<_, Self::Error>((field(&name)?, value)));
        let format = written.format.map(|name| Format::from_name(&name).ok_or("there is no such format"));
        let delimiter = written.delimiter.map(|c| u8::try_from(c).map_err(|_| "a delimiter is one byte"));
        Ok(Self {
            place: written.files.map_or(Place::Spooled, Place::Files),
            read: ReadOptions {
                format: format.transpose()?,
                encoding: written.encoding,
                delimiter: delimiter.transpose()?,
            },
            mapping: MappingOptions {
                map: map.collect::<Result<_, _>>()?,
                set: set.collect::<Result<_, _>>()?,
                keys: written.keys,
                extra: if written.ignore_extra { Extra::Ignore } else { Extra::Error },
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> MappingOptions {
        MappingOptions {
            map: vec![("E-mail".into(), Field::Email)],
            set: vec![(Field::Country, "UA".into())],
            keys: vec!["№".into()],
            extra: Extra::Ignore,
        }
    }

    #[test]
    fn what_was_written_is_read_again_and_nothing_else_is() {
        let read = ReadOptions {
            format: Some(Format::Csv),
            encoding: Some("windows-1251".to_owned()),
            delimiter: Some(b'\t'),
        };
        let plain = (&ReadOptions::default(), &MappingOptions::default());
        let files = Input::files(&["a.csv".into(), "/b.csv".into()], &read, &options()).expect("paths");
        for input in [files, Input::spooled(&read, &options()), Input::spooled(plain.0, plain.1)] {
            let json = serde_json::to_string(&input).expect("JSON");
            assert_eq!(serde_json::from_str::<Input>(&json).expect("read"), input, "{json}");
        }
        for other in [r#"{"file":[]}"#, r#"{"format":"xml"}"#, r#"{"map":[["A","nobody"]]}"#, r#"{"delimiter":"→"}"#]
        {
            assert!(serde_json::from_str::<Input>(other).is_err(), "{other}");
        }
    }

    #[test]
    fn the_table_is_found_from_another_directory_and_by_its_options() {
        let input = Input::files(&["customers.csv".into()], &ReadOptions::default(), &options()).expect("paths");
        let Place::Files(paths) = &input.place else { panic!("no files") };
        assert!(paths[0].is_absolute() && paths[0].ends_with("customers.csv"));
        let directory = tempfile::TempDir::new().expect("directory");
        let path = directory.path().join("customers.csv");
        let header = "№;E-mail;first_name;last_name;verification_document_id;residence_address;balance";
        std::fs::write(&path, format!("{header}\n")).expect("written");
        let input = Input::files(&[path], &ReadOptions::default(), &options()).expect("paths");
        let (_, mapping) = input.open(directory.path()).expect("opened");
        assert_eq!((mapping.column(Field::Email), mapping.keys()), (Some("E-mail"), &["№".to_owned()][..]));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_json_cannot_hold_is_refused_at_once() {
        use std::os::unix::ffi::OsStrExt;
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(b"/\xff.csv"));
        let error = Input::files(&[path], &ReadOptions::default(), &options()).expect_err("refused");
        assert!(error.message().contains("not Unicode"), "{error}");
    }

    #[test]
    fn debug_shows_no_value_that_was_set() {
        let input = Input::spooled(&ReadOptions::default(), &options());
        assert!(!format!("{input:?}").contains("UA"));
    }
}
