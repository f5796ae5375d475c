//! Why the reports of a run were not written: what happened, what that means, what to do next.

use std::fmt;
use std::io;

use crate::error::ImportError;
use crate::run::RunError;

/// Why the reports of a run were not written. Those that were there before are still there.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReportError {
    /// The run cannot be read, or another process is at it.
    Run(RunError),
    /// Its table cannot be read.
    Input(ImportError),
    /// The table is not the one that was sent: ids would stand beside the wrong customers.
    Changed,
    /// The copy of a table that could be read only once is gone, though rows are not settled.
    NoInput,
    /// A file cannot be written.
    Write {
        /// Its name in the directory.
        file: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
}

impl ReportError {
    /// For `map_err`: a failure of one file.
    pub(super) fn write(file: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { file, source }
    }
}

impl From<RunError> for ReportError {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(error) => write!(f, "the reports were not written: {error}"),
            Self::Input(error) => write!(
                f,
                "the reports were not written, as they are made from the table, too: {} {} Nothing is lost: the run has all \
                 results in its journal.",
                error.message(),
                error.next()
            ),
            Self::Changed => f.write_str(
                "the reports were not written: the table is not what it was when the run began, so that ids would stand \
                 beside the wrong customers; restore the table as it was, and write the reports again",
            ),
            Self::NoInput => f.write_str(
                "the reports were not written: the run's copy of its table, input.arrow, is missing; give the same table \
                 to the import again, with this run directory",
            ),
            Self::Write { file, source } => write!(
                f,
                "{file}: writing the report failed ({source}); the run has all results in its journal: mend the cause, then \
                 write the reports again"
            ),
        }
    }
}

impl std::error::Error for ReportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Run(error) => Some(error),
            Self::Input(error) => Some(error),
            Self::Write { source, .. } => Some(source),
            Self::Changed | Self::NoInput => None,
        }
    }
}
