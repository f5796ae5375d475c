//! The programs that are measured, built and installed, with the tables that they take.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::measured::Measured;
use crate::process::{Server, command, run};
use crate::test::{Environment, target};

/// How many requests every program that sends many at once has under way, unless its name says otherwise.
pub(super) const IN_FLIGHT: &str = "64";

/// A folder in memory, where a sync costs nothing.
const MEMORY: &str = "/dev/shm";

/// Where everything is.
pub(super) struct Lab {
    root: PathBuf,
    environment: Environment,
    bench: PathBuf,
    kunacore: PathBuf,
}

/// A file that is removed when this is dropped.
pub(super) struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // It stays where the next run overwrites it.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Lab {
    /// Builds and installs everything.
    ///
    /// # Errors
    ///
    /// That fails.
    pub(super) fn new(root: &Path) -> Result<Self, String> {
        let environment = Environment { root: root.to_owned(), folder: target(root).join("xtask/bench") };
        environment.install(&["-r", "crates/xtask/src/bench/import/requirements.txt"])?;
        let build = ["build", "--quiet", "--release", "-p", "kunacore-bench", "-p", "kunacore-cli", "--bins"];
        run(command("cargo", root).args(build))?;
        environment.install_wheel("release")?;
        let built = target(root).join("release");
        let kunacore = built.join("kunacore");
        Ok(Self { root: root.to_owned(), environment, bench: built.join("kunacore-bench"), kunacore })
    }

    /// A folder of this bench's own.
    pub(super) fn folder(&self) -> &Path {
        &self.environment.folder
    }

    /// A folder whose files are in memory, where the system has one.
    pub(super) fn memory(&self) -> Option<&'static Path> {
        Some(Path::new(MEMORY)).filter(|folder| folder.is_dir())
    }

    /// A table of so many rows, as CSV.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn table(&self, rows: u64) -> Result<Scratch, String> {
        self.written("table", rows, "csv")
    }

    /// The bodies of the requests that create the same customers, one a line.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn bodies(&self, rows: u64) -> Result<Scratch, String> {
        self.written("bodies", rows, "jsonl")
    }

    fn written(&self, what: &str, rows: u64, extension: &str) -> Result<Scratch, String> {
        let path = self.folder().join(format!("{rows}.{extension}"));
        let file = File::create(&path).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        let scratch = Scratch(path);
        run(command(&self.bench, &self.root).args([what, &rows.to_string()]).stdout(file))?;
        Ok(scratch)
    }

    /// The same table as Parquet.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn parquet(&self, table: &Scratch) -> Result<Scratch, String> {
        let parquet = Scratch(table.0.with_extension("parquet"));
        let script = "import sys, polars; polars.read_csv(sys.argv[1], infer_schema=False).write_parquet(sys.argv[2])";
        run(self.python().args(["-c", script]).args([&table.0, &parquet.0]))?;
        Ok(parquet)
    }

    /// A server that takes so many milliseconds for its one answer.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub(super) fn server(&self, milliseconds: u64) -> Result<Server, String> {
        Server::start(command(&self.bench, &self.root).args(["serve-rows", &milliseconds.to_string()]))
    }

    fn python(&self) -> Command {
        command(self.environment.bin("python"), &self.root)
    }

    /// `kunacore import` of a table, with its run below this folder.
    pub(super) fn import(
        &self,
        server: &Server,
        table: &Scratch,
        folder: &Path,
        rows: u64,
    ) -> Result<Measured, String> {
        let mut import = command(&self.kunacore, &self.root);
        import.arg("import").arg(&table.0).args(["--concurrency", IN_FLIGHT, "-q", "--json", "--run"]);
        self.in_a_run(import, server, folder, rows)
    }

    /// `create_customers` of a table that is in memory before.
    pub(super) fn create_customers(&self, server: &Server, parquet: &Scratch, rows: u64) -> Result<Measured, String> {
        let mut python = self.python();
        python.arg(self.script("create_customers.py")).arg(&parquet.0).arg(IN_FLIGHT);
        self.in_a_run(python, server, self.folder(), rows)
    }

    /// Runs a program that takes the folder of a run as its last argument, and removes that.
    fn in_a_run(&self, mut program: Command, server: &Server, folder: &Path, rows: u64) -> Result<Measured, String> {
        let folder = folder.join(format!("kunacore-bench-run-{}", std::process::id()));
        program
            .arg(&folder)
            .env("KUNACORE_BASE_URL", &server.url)
            .env("KUNACORE_API_KEY", "a key of the length that keys have");
        let measured = Measured::of(&self.root, &program, Some(rows));
        let removed = std::fs::remove_dir_all(&folder);
        let measured = measured?;
        removed.map_err(|error| format!("{} cannot be removed: {error}", folder.display()))?;
        Ok(measured)
    }

    /// Bare reqwest.
    pub(super) fn bare(&self, server: &Server, bodies: &Scratch, rows: u64) -> Result<Measured, String> {
        let mut bare = command(&self.bench, &self.root);
        bare.args(["many", &server.url]).arg(&bodies.0).arg(IN_FLIGHT);
        Measured::of(&self.root, &bare, Some(rows))
    }

    /// A Python client that sends the first so many bodies.
    pub(super) fn client(
        &self,
        script: &str,
        server: &Server,
        bodies: &Scratch,
        rows: u64,
        in_flight: &str,
    ) -> Result<Measured, String> {
        let mut python = self.python();
        python.arg(self.script(script)).arg(create(server)).arg(&bodies.0).args([&rows.to_string(), in_flight]);
        Measured::of(&self.root, &python, Some(rows))
    }

    /// wrk for so many seconds, with the same request all over.
    pub(super) fn wrk(&self, server: &Server, seconds: &str) -> Result<Measured, String> {
        let mut wrk = command("wrk", &self.root);
        wrk.args(["-t1", "-c", IN_FLIGHT, "-d", seconds, "-s"]).arg(self.script("post.lua")).arg(create(server));
        Measured::of(&self.root, &wrk, None)
    }

    /// Whether there is wrk.
    pub(super) fn has_wrk(&self) -> bool {
        Command::new("wrk").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    }

    fn script(&self, name: &str) -> PathBuf {
        self.root.join("crates/xtask/src/bench/import").join(name)
    }
}

/// Where a server creates customers.
fn create(server: &Server) -> String {
    format!("{}/v2/customer/create", server.url)
}
