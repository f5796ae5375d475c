//! What can be asked of an import: the table, the server, and how to go about it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use kunacore::Client;
use serde::{Deserialize, Serialize};

use crate::aside::aside_of;
use crate::engine::Control;
use crate::failure::Failure;
use crate::import::unless_stopped;
use crate::source::{ReadOptions, Source, Stream};

/// What becomes of rows that cannot be sent as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Invalid {
    /// Nothing is sent.
    #[default]
    Stop,
    /// They are rejected, and the others are sent.
    Reject,
}

/// What becomes of rows whose customer was there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Existing {
    /// They are rejected as duplicates, with the ids of the customer that exists.
    #[default]
    Reject,
    /// That customer is the row's, if it is the same person. Each row is looked up before it is sent.
    Adopt,
}

/// Where rows come from.
pub enum Table {
    /// Files, which can be read again.
    Files(Vec<PathBuf>),
    /// Something that can be read once; it is kept in the run's directory until all is done.
    Stream(Stream),
    /// What the run in the directory was begun with.
    AsBefore,
}

impl Table {
    /// A table as a command names it: files and directories; or `-` for standard input, or a pipe, alone. `run` is the
    /// directory of the run, where it is known. A pipe is not waited for any longer when `control` stops the import.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] as for [`Source::open`]; [`Failure::Interrupted`] if `control` stops it.
    pub fn open(paths: &[PathBuf], read: &ReadOptions, run: Option<&Path>, control: &Control) -> Result<Self, Failure> {
        let aside = run.map_or(Path::new("."), aside_of);
        match Source::open_watched(paths, read, aside, control).map_err(|error| unless_stopped(error, control))? {
            Source::Stream(stream) => Ok(Self::Stream(stream)),
            Source::Files(_) => Ok(Self::Files(paths.to_vec())),
        }
    }
}

/// What is asked of an import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The run's directory; without it `./kunacore-run-` and the first twelve digits of the input's fingerprint.
    pub run: Option<PathBuf>,
    /// What becomes of rows that cannot be sent as they are; `None` for what the run was begun with, and in a new one for the
    /// default.
    pub invalid: Option<Invalid>,
    /// What becomes of rows whose customer was there before; `None` likewise.
    pub existing: Option<Existing>,
    /// Earlier runs: what they created is not sent again, and what they left in doubt is looked up first. Those that the run
    /// was begun with are known beside these.
    pub known: Vec<PathBuf>,
    /// The user's word: the id of the customer that belongs to an unresolved row or a conflict.
    pub accept: HashMap<u32, String>,
    /// Whether to keep the copy of an input that can be read once, when all is done.
    pub keep_input: bool,
    /// After how many rows to stop.
    pub canary: Option<u32>,
    /// How many requests a second to send at most.
    pub rate: Option<f64>,
    /// How many requests may be on their way at once; without it as many as the server likes, up to 64.
    pub concurrency: Option<usize>,
    /// How many rejections in a row for the same reason stop the import; 0 for no limit.
    pub max_identical_rejections: u32,
}

/// The default of [`ImportOptions::max_identical_rejections`].
pub const MAX_IDENTICAL_REJECTIONS: u32 = 100;

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            run: None,
            invalid: None,
            existing: None,
            known: Vec::new(),
            accept: HashMap::new(),
            keep_input: false,
            canary: None,
            rate: None,
            concurrency: None,
            max_identical_rejections: MAX_IDENTICAL_REJECTIONS,
        }
    }
}

/// The server that rows are sent to.
#[derive(Clone, Debug)]
pub struct Server {
    /// A client of it that is used for nothing else.
    pub client: Client,
    /// Its base URL, which a run is bound to.
    pub base_url: String,
    /// Whether it is a sandbox inside this process, which has another port each time.
    pub sandbox: bool,
}
