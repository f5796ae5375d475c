//! A sandbox, a table, and imports of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kunacore::{Client, Credentials};
use kunacore_import::{
    CheckedTable, Control, Ended, ImportOptions, MappingOptions, Progress, ReadOptions, Server, Table,
};
use kunacore_sandbox::{Ledger, Sandbox, SandboxOptions};
use tempfile::TempDir;

/// How long the server may act on a request that was given up.
const SETTLE: Duration = Duration::from_millis(150);

/// A server, a table, and a directory for a run.
pub(crate) struct World {
    sandbox: std::rc::Rc<Sandbox>,
    table: PathBuf,
    directory: TempDir,
}

impl World {
    pub(crate) fn new(options: SandboxOptions, rows: u32) -> Self {
        let sandbox = Sandbox::start_blocking(options).expect("a sandbox");
        Self::on(sandbox.into(), &table(rows))
    }

    fn on(sandbox: std::rc::Rc<Sandbox>, csv: &str) -> Self {
        let directory = TempDir::new().expect("a directory");
        let table = directory.path().join("customers.csv");
        std::fs::write(&table, csv).expect("written");
        Self { sandbox, table, directory }
    }

    /// The same server and table with another run.
    pub(crate) fn beside(&self) -> Self {
        Self::on(self.sandbox.clone(), &std::fs::read_to_string(&self.table).expect("a table"))
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.directory.path().join("run")
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.sandbox.ledger().expect("a ledger")
    }

    pub(crate) fn faults(&self, json: &str) {
        self.sandbox.set_faults(&serde_json::from_str::<Vec<_>>(json).expect("faults")).expect("set");
    }

    pub(crate) fn clear_faults(&self) {
        self.sandbox.clear_faults();
    }

    pub(crate) fn import(&self, options: ImportOptions) -> Ended {
        self.import_watched(options, &Control::new(), &mut |_| {})
    }

    pub(crate) fn import_watched(
        &self,
        options: ImportOptions,
        control: &Control,
        look_on: &mut dyn FnMut(&Progress),
    ) -> Ended {
        let client = Client::builder(self.sandbox.url())
            .credentials(Credentials::api_key(self.sandbox.api_key()))
            .settle(SETTLE)
            .build()
            .expect("a client");
        let server = Server { client, base_url: self.sandbox.url().to_owned(), sandbox: false };
        let options = ImportOptions { run: Some(self.run()), ..options };
        let table = Table::Files(vec![self.table.clone()]);
        let (read, mapping) = (ReadOptions::default(), MappingOptions::default());
        let checked = CheckedTable::check(table, &read, &mapping, options, control, &mut |_| {}).expect("checked");
        checked.open(server, "tests").expect("opened").send(control, look_on).expect("threads")
    }

    /// The lines of a report.
    pub(crate) fn report(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(Path::join(&self.run(), name)).expect("a report");
        text.lines().map(str::to_owned).collect()
    }
}

/// A table of so many customers.
fn table(rows: u32) -> String {
    let mut csv =
        "email,first_name,last_name,country,verification_document_id,residence_address,external_id\n".to_owned();
    for row in 1..=rows {
        let _ = writeln!(csv, "alex{row}@example.com,Alex,Smith,FR,FV{row:06},\"Champ de Mars, Paris\",ext-{row}");
    }
    csv
}
