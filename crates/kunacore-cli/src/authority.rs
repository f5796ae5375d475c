//! The file in which a sandbox that speaks TLS says whom to trust.
//!
//! It begins with a line that says what it is. A file that does not was written by somebody else, perhaps for a server to
//! show, and is left alone.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::output::Failure;

const MARK: &str = "# The certificate authority of a kunacore sandbox; another one replaces it at the next start.\n";

/// Writes a sandbox's authority to a file, in place of that of an earlier sandbox.
pub(crate) fn write(path: &Path, pem: &str) -> Result<(), Failure> {
    match may_replace(path) {
        Ok(true) => std::fs::write(path, format!("{MARK}{pem}")),
        Ok(false) => {
            return Err(Failure::Usage {
                message: format!("{} holds something else: no sandbox wrote it", path.display()),
                next: "The sandbox makes its own certificates; name a new file, to which it can write whom to trust."
                    .to_owned(),
            });
        }
        Err(error) => Err(error),
    }
    .map_err(|error| Failure::Usage {
        message: format!("the sandbox's certificate authority cannot be written to {}: {error}", path.display()),
        next: "Name a file in a folder that is there and can be written to.".to_owned(),
    })
}

/// Whether there is nothing at a path, or nothing to keep. What is no file, such as a pipe, keeps nothing.
fn may_replace(path: &Path) -> io::Result<bool> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() && found.len() > 0 => {}
        Ok(_) => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    }
    let mut beginning = Vec::new();
    File::open(path)?.take(MARK.len() as u64).read_to_end(&mut beginning)?;
    Ok(beginning == MARK.as_bytes())
}
