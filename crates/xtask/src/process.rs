//! Running other programs, and stopping those that were started.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A command in a folder, in an environment that does not say where a KunaCore server is, and in which this machine is
/// reached without a proxy: what is tested must not depend on whoever runs the tests.
pub(crate) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KUNACORE_")) {
        command.env_remove(name);
    }
    for name in ["NO_PROXY", "no_proxy"] {
        let before = std::env::var(name).map(|hosts| hosts + ",").unwrap_or_default();
        command.env(name, before + "127.0.0.1,localhost");
    }
    command
}

/// Runs a command with its output on ours.
///
/// # Errors
///
/// It cannot be started, or does not end with status 0.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{} cannot be started: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed: {status}", shown(command))) }
}

/// Runs a command and returns what it prints on stdout.
///
/// # Errors
///
/// It cannot be started, or does not end with status 0; its stderr is in the text.
pub(crate) fn capture(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{} cannot be started: {error}", shown(command)))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} failed: {}\n{text}{stderr}", shown(command), output.status))
}

/// The command's words, for a message.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// A server in a process of its own, which ends when this is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    /// Starts a program that prints `listening on URL`.
    ///
    /// # Errors
    ///
    /// It cannot be started, or does not say where it listens.
    pub(crate) fn start(command: &mut Command) -> Result<Self, String> {
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", shown(command)))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(|error| error.to_string())?;
        }
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        // Made before the check, so that a server that says something else is ended too.
        let server = Self { process, url: url.unwrap_or_default() };
        if server.url.is_empty() {
            return Err(format!("{} does not say where it listens", shown(command)));
        }
        Ok(server)
    }

    /// A sandbox of this `kunacore` command.
    ///
    /// # Errors
    ///
    /// As [`Server::start`].
    pub(crate) fn sandbox(kunacore: &Path) -> Result<Self, String> {
        Self::start(command(kunacore, Path::new(".")).args(["-q", "sandbox"]))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
