//! The rules by which a run sends its rows. Its manifest remembers them: whoever goes on with a run need not name them again,
//! and one that were forgotten could create customers twice.

use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

use kunacore::rows::RowRules;
use serde::{Deserialize, Serialize};

use crate::options::{Existing, ImportOptions, Invalid};
use crate::run::RunError;

/// What a run is sent by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// What becomes of rows whose customer was there before.
    pub existing: Existing,
    /// What becomes of rows that cannot be sent as they are.
    pub invalid: Invalid,
    /// Earlier runs. They are never forgotten: what one of them created must not be sent.
    pub known: Vec<KnownPath>,
    /// How long the server is given to be done with a request, in milliseconds, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle: Option<u64>,
}

/// A run that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownPath {
    /// Its directory, as an absolute path.
    pub run: PathBuf,
    /// Rows after this one were not sent without its knowledge; those before may have been.
    pub after: u32,
    /// How long its journal was when rows were first sent with its knowledge, in bytes: what it learned later, they were sent
    /// without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
}

impl Rules {
    /// What is asked now; and what is not, as it was before. Rows up to `sent_upto` may have been sent. `settle` is what the client was asked for.
    ///
    /// # Errors
    ///
    /// [`RunError::Path`] for the path of a known run that the manifest cannot hold.
    pub(crate) fn asked(
        self,
        options: &ImportOptions,
        settle: Option<Duration>,
        sent_upto: u32,
    ) -> Result<Self, RunError> {
        let settle = settle.map(|settle| u64::try_from(settle.as_millis()).unwrap_or(u64::MAX)).or(self.settle);
        let mut known = self.known;
        for path in &options.known {
            let run = kept(path)?;
            if known.iter().all(|known| known.run != run) {
                known.push(KnownPath { run, after: sent_upto, seen: None });
            }
        }
        Ok(Self {
            existing: options.existing.unwrap_or(self.existing),
            invalid: options.invalid.unwrap_or(self.invalid),
            known,
            settle,
        })
    }

    /// What the core is told of a row.
    pub(crate) fn of_rows(&self) -> RowRules {
        RowRules { adopt: self.existing == Existing::Adopt, settle: self.settle.map(Duration::from_millis) }
    }
}

/// The path from wherever the run is continued.
fn kept(path: &Path) -> Result<PathBuf, RunError> {
    absolute(path).ok().filter(|path| path.to_str().is_some()).ok_or(RunError::Path)
}
