//! Why a sandbox could not start, or could not read its own ledger.
//!
//! These are errors of whoever runs the sandbox; what a client of the sandbox is told is a `Refusal`.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a sandbox could not start or could not tell its ledger.
#[derive(Debug)]
#[non_exhaustive]
pub enum SandboxError {
    /// An option has a value that cannot be served; the text names the option.
    Option(String),
    /// A fault rule makes no sense; the text says which and why.
    Fault(String),
    /// The address cannot be listened on.
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The database file cannot be used as it is.
    File {
        /// The file of the `db` option.
        path: PathBuf,
        /// What is wrong with it and what to do.
        problem: String,
    },
    /// SQLite failed.
    Store(rusqlite::Error),
    /// The certificates of the `tls` option could not be made.
    Tls(String),
    /// The server's own thread or runtime could not be started, or ended early.
    Thread(String),
    /// The embedded contract cannot be used; only a broken build has this.
    Contract(String),
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(problem) | Self::Fault(problem) => f.write_str(problem),
            Self::Listen { address, source } => write!(f, "cannot listen on {address}: {source}"),
            Self::File { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::Store(source) => write!(f, "the sandbox's store failed: {source}"),
            Self::Tls(problem) => write!(f, "the sandbox's certificates could not be made: {problem}"),
            Self::Thread(problem) => write!(f, "the sandbox's thread failed: {problem}"),
            Self::Contract(problem) => write!(f, "the embedded contract is unusable: {problem}"),
        }
    }
}

impl std::error::Error for SandboxError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen { source, .. } => Some(source),
            Self::Store(source) => Some(source),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for SandboxError {
    fn from(source: rusqlite::Error) -> Self {
        Self::Store(source)
    }
}
