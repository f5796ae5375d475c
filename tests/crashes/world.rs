//! A server that survives every kill, a table, and the directory of a run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kunacore::{Client, Credentials, NewCustomer};
use kunacore_sandbox::{Ledger, Sandbox, SandboxOptions};
use tempfile::TempDir;

use crate::command::Import;

/// The seed of the sandboxes, so that a customer has the same ids in each.
const SEED: u64 = 7;
/// How long the server may act on a request that was given up.
const SETTLE: &str = "300ms";
/// How much older everything is for whoever goes on with a run: longer than what a look-up takes for just now.
const NIGHT: Duration = Duration::from_secs(8 * 3600);
/// The row whose customer was there before, where the server refuses that.
pub(crate) const EXISTING: u32 = 7;
/// The row that is no customer.
const INVALID: u32 = 11;
/// The row with the e-mail of another.
const REPEATED: u32 = 13;

/// What a world is like.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    /// Whether the server refuses e-mails that are taken.
    pub(crate) unique: bool,
    /// How many rows the table has.
    pub(crate) rows: u32,
    /// Whether the table comes from a pipe, and can be read only once.
    pub(crate) piped: bool,
    /// Whether customers that were there before are adopted.
    pub(crate) adopt: bool,
}

/// A server, a table, and a directory for a run.
pub(crate) struct World {
    pub(crate) kind: Kind,
    pub(crate) sandbox: Sandbox,
    directory: TempDir,
    run: PathBuf,
    /// How many creations were there before the import.
    pub(crate) earlier: usize,
    /// What else the command is told.
    arguments: Vec<String>,
}

impl World {
    /// A server that somebody uses.
    pub(crate) fn new(kind: Kind) -> Self {
        let mut world = Self::empty(kind);
        // Somebody whom look-ups find, so that one that finds nobody can be believed.
        world.create("somebody@example.com");
        if kind.unique {
            world.create(&email(EXISTING));
        }
        world.pass_time();
        world.earlier = world.ledger().created.len();
        world
    }

    /// A server without customers.
    pub(crate) fn empty(kind: Kind) -> Self {
        let options = SandboxOptions {
            unique: kind.unique,
            seed: Some(SEED),
            latency: Duration::from_millis(3),
            ..SandboxOptions::default()
        };
        let sandbox = Sandbox::start_blocking(options).unwrap();
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("customers.csv"), table(kind.rows)).unwrap();
        let run = directory.path().join("run");
        Self { kind, sandbox, run, directory, earlier: 0, arguments: Vec::new() }
    }

    /// The same with the run in another place.
    pub(crate) fn with_run(self, run: PathBuf) -> Self {
        Self { run, ..self }
    }

    /// The same with more arguments for the command.
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// The run's directory.
    pub(crate) fn run(&self) -> &Path {
        &self.run
    }

    /// Where other directories can be made.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.sandbox.ledger().unwrap()
    }

    /// How many creations were asked for.
    pub(crate) fn creates(&self) -> i64 {
        // The ledger without its rows cannot be had, and these are few.
        self.ledger().requests.create
    }

    /// The same command each time: it begins the run, or goes on with it.
    pub(crate) fn import(&self) -> Import {
        self.import_to(&self.run)
    }

    /// The command with the run in another directory.
    pub(crate) fn import_to(&self, run: &Path) -> Import {
        let table = self.directory.path().join("customers.csv");
        let import = Import::new(self.sandbox.url(), self.sandbox.api_key()).run(run).arguments([
            "--timeout",
            "2s",
            "--max-identical-rejections",
            "0",
            "--json",
        ]);
        // A run goes on by the rules that it was begun with.
        let import = if run.join("manifest.json").exists() {
            import
        } else {
            import
                .arguments(["--settle", SETTLE, "--invalid", "reject"])
                .arguments(self.kind.adopt.then_some(["--existing", "adopt"]).into_iter().flatten())
                .arguments(self.arguments.iter().map(String::as_str))
        };
        // A run that has its copy goes on without the pipe, and with the columns that it was begun with.
        if self.kind.piped && run.join("input.arrow").exists() {
            return import;
        }
        let import = import.arguments(["--key", "customer_no"]);
        if self.kind.piped { import.table_from(&table) } else { import.table(&table) }
    }

    /// Lets a night pass between two processes.
    pub(crate) fn pass_time(&self) {
        self.sandbox.advance(NIGHT);
    }

    /// Creates a customer, as another system would.
    pub(crate) fn create(&self, email: &str) {
        let customer = NewCustomer::builder()
            .email(email)
            .first_name("Alex")
            .last_name("Smith")
            .country("FR")
            .verification_document_id("FV633452")
            .residence_address("Champ de Mars, Paris")
            .build()
            .unwrap();
        let credentials = Credentials::api_key(self.sandbox.api_key());
        let client = Client::builder(self.sandbox.url()).credentials(credentials).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { client.create_customer(&customer).await.unwrap() });
    }

    /// The row that sends an e-mail.
    pub(crate) fn row_of(&self, email: &str) -> Option<u32> {
        let number: u32 = email.to_lowercase().strip_prefix("alex")?.split_once('@')?.0.parse().ok()?;
        (1..=self.kind.rows).contains(&number).then_some(number)
    }
}

/// The e-mail of a row; some are in a spelling that the server may store otherwise.
fn email(row: u32) -> String {
    match row {
        REPEATED => email(5),
        row if row % 10 == 0 => format!("Alex{row}@Example.com"),
        row => format!("alex{row}@example.com"),
    }
}

fn table(rows: u32) -> String {
    let mut csv =
        "customer_no,email,first_name,last_name,country,verification_document_id,residence_address,external_id\n"
            .to_owned();
    for row in 1..=rows {
        let country = if row == INVALID { "Atlantis" } else { "FR" };
        let _ =
            writeln!(csv, "{row},{},Alex,Smith,{country},FV{row:06},\"Champ de Mars, Paris\",ext-{row}", email(row));
    }
    csv
}
