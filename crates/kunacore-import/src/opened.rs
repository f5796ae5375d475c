//! The table of an import, opened to be checked: files are remembered by where they are, and of what can be read only once a
//! copy is made on the way.

use std::path::Path;

use crate::aside::aside_of;
use crate::batch::Batches;
use crate::failure::Failure;
use crate::input::Input;
use crate::mapping::{Mapping, MappingOptions};
use crate::options::{ImportOptions, Table};
use crate::run::Manifest;
use crate::source::{Files, ReadOptions};
use crate::spool::Spool;

/// A table that is open, to be checked.
pub(crate) struct Opened {
    pub(crate) input: Input,
    pub(crate) batches: Batches,
    /// What can be read again; without it there is a copy.
    pub(crate) again: Option<(Files, Mapping)>,
    pub(crate) spool: Option<Spool>,
}

/// Opens the table.
pub(crate) fn open(
    table: Table,
    read: &ReadOptions,
    mapping: &MappingOptions,
    options: &ImportOptions,
) -> Result<Opened, Failure> {
    let input = match table {
        Table::Files(paths) => Input::files(&paths, read, mapping)?,
        Table::Stream(stream) => {
            let resolved = stream.map(mapping)?;
            let aside = options.run.as_deref().map_or(Path::new("."), aside_of);
            let (spool, batches) = Spool::begin(stream, &resolved, aside)?;
            return Ok(Opened { input: spool.input(mapping), batches, again: None, spool: Some(spool) });
        }
        Table::AsBefore => {
            let directory = options.run.as_deref().ok_or(Failure::NothingNamed)?;
            let manifest = Manifest::of(directory);
            manifest.map_err(Failure::of_run(directory))?.input
        }
    };
    let (files, mapping) = input.open(options.run.as_deref().unwrap_or(Path::new(".")))?;
    Ok(Opened { input, batches: files.batches(&mapping), again: Some((files, mapping)), spool: None })
}
