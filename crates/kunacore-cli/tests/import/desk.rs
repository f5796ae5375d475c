//! A desk to work at: a directory, a sandbox, and the command.

use std::collections::{BTreeMap, HashSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use kunacore_sandbox::{Created, Effect, Fault, Operation, Phase, RequestCounts, Sandbox, SandboxOptions};
use serde_json::Value;

use crate::table;

/// What an import and a `--settle` of the tests wait for a server that is done with a request.
const SETTLE: &str = "50ms";

/// A directory, a sandbox, and the command, which runs in the one and talks to the other.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
    pub(crate) sandbox: Sandbox,
}

/// What a command has said and how it ended.
pub(crate) struct Done {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(SandboxOptions::default())
    }

    pub(crate) fn with(options: SandboxOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, sandbox: Sandbox::start_blocking(options).unwrap() }
    }

    /// One with `customers.csv`, which has so many good rows.
    pub(crate) fn of(rows: usize) -> Self {
        let desk = Self::new();
        desk.write("customers.csv", table::csv(1..=rows));
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// What is in the directory, sorted; hidden names, too.
    pub(crate) fn names(&self, directory: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(directory)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The command, which knows no server.
    pub(crate) fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kunacore"));
        command.args(arguments).env_clear().current_dir(self.folder.path()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// `kunacore import` with these arguments and the sandbox for a server.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_at(self.sandbox.url(), arguments)
    }

    /// `kunacore import` with another server.
    pub(crate) fn command_at(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = self.bare(&[&["import", "--settle", SETTLE], arguments].concat());
        command.env("KUNACORE_BASE_URL", url).env("KUNACORE_API_KEY", self.sandbox.api_key());
        command
    }

    /// Imports, and looks that nothing personal was said.
    pub(crate) fn import(&self, arguments: &[&str]) -> Done {
        ended(self.command(arguments).output().unwrap())
    }

    /// Imports and expects the status.
    pub(crate) fn expect(&self, status: i32, arguments: &[&str]) -> Done {
        self.import(arguments).expect(status)
    }

    /// Imports what is given on standard input.
    pub(crate) fn feed(&self, bytes: &[u8], arguments: &[&str]) -> Done {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let bytes = bytes.to_owned();
        // What is refused early is not read to its end.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&bytes)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        ended(output)
    }

    /// `kunacore report`
    pub(crate) fn report(&self, arguments: &[&str]) -> Done {
        ended(self.bare(&[&["report"], arguments].concat()).output().unwrap())
    }

    /// A command line as it was printed, in a shell that finds the program.
    pub(crate) fn shell(&self, line: &str) -> Done {
        let bin = Path::new(env!("CARGO_BIN_EXE_kunacore")).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).env("PATH", path).current_dir(self.folder.path()).stdin(Stdio::null());
        shell.env("KUNACORE_BASE_URL", self.sandbox.url()).env("KUNACORE_API_KEY", self.sandbox.api_key());
        ended(shell.output().unwrap())
    }

    /// Waits until the sandbox has created so many customers.
    pub(crate) fn wait_for_customers(&self, count: usize) {
        wait(|| self.created().len() >= count);
    }

    pub(crate) fn created(&self) -> Vec<Created> {
        self.sandbox.ledger().unwrap().created
    }

    pub(crate) fn requests(&self) -> RequestCounts {
        self.sandbox.ledger().unwrap().requests
    }

    pub(crate) fn creates(&self) -> i64 {
        self.requests().create
    }

    /// The rows of a report, by the names of the columns.
    pub(crate) fn rows(&self, report: &str) -> Vec<BTreeMap<String, String>> {
        table::read_csv(&self.read(report))
    }

    pub(crate) fn summary(&self, run: &str) -> Value {
        json(&self.read(&format!("{run}/summary.json")))
    }

    /// Looks that every row has its own wallet in `created.csv`, that the server has no other, and none twice.
    pub(crate) fn everyone_has_one_wallet(&self, run: &str, rows: usize) {
        let created = self.created();
        let emails: HashSet<_> = created.iter().map(|customer| customer.email.to_lowercase()).collect();
        assert_eq!((emails.len(), created.len()), (rows, rows), "no customer twice, and none too many");
        let at_server: HashSet<_> = created.iter().map(|customer| customer.wallet_id.clone()).collect();
        let told: Vec<_> = self.rows(&format!("{run}/created.csv"));
        let wallets: HashSet<_> = told.iter().map(|row| row["wallet_id"].clone()).collect();
        assert_eq!((told.len(), wallets), (rows, at_server), "every row has its wallet");
    }
}

impl Done {
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }

    /// Looks that stderr says all of this.
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "“{word}” is not said:\n{}\n{}", self.out, self.err);
        }
        self
    }

    /// The summary of `--json`.
    pub(crate) fn json(&self) -> Value {
        json(&self.out)
    }

    /// The command that is printed after these words.
    pub(crate) fn printed_command(&self, after: &str) -> String {
        let line = self.err.split(after).nth(1).unwrap_or_else(|| panic!("no “{after}”: {}", self.err));
        line.lines().next().unwrap().trim().to_owned()
    }
}

/// What a process has said. Nothing of it may be personal.
pub(crate) fn ended(output: Output) -> Done {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let done = Done { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    for value in table::PERSONAL {
        assert!(!done.err.contains(value) && !done.out.contains(value), "{value}:\n{}\n{}", done.out, done.err);
    }
    assert!(!done.err.contains("panicked"), "{}", done.err);
    done
}

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Waits until something is so.
pub(crate) fn wait(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "it never was so");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal to a process, such as INT.
pub(crate) fn signal(process: &Child, name: &str) {
    // The shell's own `kill`: not every machine has the program.
    let script = format!("kill -{name} {}", process.id());
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
}

/// A creation that is answered with this status instead of being carried out.
pub(crate) fn refused_with(code: u16) -> Fault {
    Fault::new(Operation::Create, Phase::Before, Effect::Status { code, retry_after: None })
}

/// As often as this.
pub(crate) fn times(count: u64, fault: Fault) -> Fault {
    Fault { count: Some(count), ..fault }
}

/// A look-up that works once, for a run to learn the server's time, and then no more.
pub(crate) fn blind() -> [Fault; 2] {
    let works = Fault::new(Operation::Find, Phase::Before, Effect::Delay { ms: 0 });
    let fails = Fault::new(Operation::Find, Phase::Before, Effect::Status { code: 500, retry_after: None });
    [times(1, works), fails]
}
