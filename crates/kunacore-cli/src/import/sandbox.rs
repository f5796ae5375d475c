//! A sandbox for an import: in this process, with its customers in the run's directory, so that a run can be continued.

use std::path::Path;

use kunacore_sandbox::{Sandbox, SandboxOptions};

use crate::connect::Endpoint;
use crate::output::Failure;

/// The file of the sandbox's customers in a run's directory.
pub(super) const STORE: &str = "sandbox.db";

/// Starts a sandbox on a thread of its own, with its store in `db`, or in the directory of the run.
pub(super) fn start(db: Option<&Path>, directory: &Path) -> Result<Endpoint, Failure> {
    let store = match db {
        Some(db) => db.to_owned(),
        None => {
            private_directory(directory)
                .map_err(|error| Failure::usage(format!("{} cannot be made: {error}", directory.display())))?;
            directory.join(STORE)
        }
    };
    let sandbox = Sandbox::start_blocking(SandboxOptions { db: Some(store), ..SandboxOptions::default() })?;
    Ok(Endpoint::of_sandbox(sandbox))
}

/// The directory of a run, which only its owner may read.
fn private_directory(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}
