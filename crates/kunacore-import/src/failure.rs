//! Why an import did not begin, or not go on. Nothing was sent in this process when one of these is told.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{ImportError, path_name};
use crate::run::RunError;

/// Why an import did not begin. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The input cannot be read, or is no table of customers.
    Input(ImportError),
    /// The run's directory cannot be used.
    Run {
        /// The directory.
        directory: PathBuf,
        /// Why.
        error: RunError,
    },
    /// Rows cannot be sent as they are.
    Problems {
        /// How many problems there are.
        count: u64,
        /// Where they are all listed.
        file: Option<PathBuf>,
    },
    /// No table was named, and no directory of a run that could be continued.
    NothingNamed,
    /// The run would be a new one, though rows of the same file were sent from another.
    Sibling {
        /// That run's directory.
        directory: PathBuf,
        /// Whether the file is as it was then.
        same_table: bool,
    },
    /// A row that was to be accepted is not open.
    NotOpen {
        /// The row.
        row: u32,
    },
    /// It was stopped while the input was checked.
    Interrupted,
    /// The system gives no threads, or a file cannot be written.
    System(std::io::Error),
}

impl Failure {
    /// For `map_err`: a directory that cannot be used.
    pub(crate) fn of_run(directory: &Path) -> impl FnOnce(RunError) -> Self {
        let directory = directory.to_owned();
        move |error| Self::Run { directory, error }
    }

    /// What happened, as a sentence.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Input(error) => error.message(),
            Self::Run { directory, error } => format!("{}: {error}.", path_name(directory)),
            Self::Problems { count, file } => {
                let found = if *count == 1 { "1 problem was".to_owned() } else { format!("{count} problems were") };
                let listed = file.as_ref().map(|file| format!("; {} has the whole list", path_name(file)));
                format!("{found} found in the rows{}.", listed.unwrap_or_default())
            }
            Self::NothingNamed => "No table is named, and no directory of a run.".to_owned(),
            Self::Sibling { directory, same_table } => {
                let then = if *same_table { "as it is now" } else { "as it was then" };
                format!("Rows of this file, {then}, were sent from the run {}.", path_name(directory))
            }
            Self::NotOpen { row } => {
                format!("Row {row} is neither unresolved nor a conflict, so there is nothing to accept.")
            }
            Self::Interrupted => "The import was interrupted while the input was checked.".to_owned(),
            Self::System(error) => format!("The system does not give what an import needs: {error}."),
        }
    }

    /// What to do next, as a sentence; empty where the message says it.
    #[must_use]
    pub fn next(&self) -> Cow<'_, str> {
        let words = match self {
            Self::Input(error) => error.next(),
            Self::Run { directory, error: RunError::OtherTable } => {
                return format!("Another run that knows this one: --known {} --run NEW.", path_name(directory)).into();
            }
            Self::Run { .. } => "",
            Self::Problems { .. } => "Mend the rows; or reject them and send the others with --invalid reject.",
            Self::NothingNamed => {
                "Name a file, a directory, or - for standard input; or a run to continue with --run DIR."
            }
            Self::Sibling { directory, same_table: true } => {
                return format!("Continue that run with --run {}.", path_name(directory)).into();
            }
            Self::Sibling { directory, .. } => {
                return format!(
                    "So that nobody is created twice, let this run know that one with --known {}, or look everybody up \
                     first with --existing adopt. Where the two tables have nobody in common, name a directory with --run \
                     DIR.",
                    path_name(directory)
                )
                .into();
            }
            Self::NotOpen { .. } => "Look at unresolved.csv and rejected.csv for the rows that are open.",
            Self::Interrupted => "Give the same command again.",
            Self::System(_) => "Free what is missing (threads, disk space), and try again.",
        };
        words.into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let next = if self.next().is_empty() { String::new() } else { format!(" {}", self.next()) };
        write!(f, "{} Nothing was sent.{next}", self.message())
    }
}

impl std::error::Error for Failure {}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Self::Input(error)
    }
}
