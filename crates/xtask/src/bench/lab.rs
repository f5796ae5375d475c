//! The programs that are measured, built and installed, with the tables that they take.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::measured::Measured;
use crate::process::{Server, capture, command, run};
use crate::test::{Environment, Symbols, target};

/// How many requests every program that sends many at once has under way, unless its name says otherwise.
pub(super) const IN_FLIGHT: usize = 64;
/// From how many processors on the server gets one of its own.
const ENOUGH: usize = 4;
/// A folder in memory, where a sync costs nothing.
const MEMORY: &str = "/dev/shm";
const CLIENTS: &str = "crates/xtask/src/bench/clients";

/// Where everything is.
pub(super) struct Lab {
    pub(super) root: PathBuf,
    environment: Environment,
    bench: PathBuf,
    pub(super) kunacore: PathBuf,
    /// The processors of the clients and of the server, as `taskset` takes them, where there are enough.
    pinned: Option<[String; 2]>,
}

/// A file that is removed when this is dropped.
pub(super) struct Scratch(pub(super) PathBuf);

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
        let environment = Environment { root: root.to_owned(), folder: folder(root) };
        environment.install(&["-r", &format!("{CLIENTS}/requirements.txt")])?;
        let build = ["build", "--quiet", "--release", "-p", "kunacore-bench", "-p", "kunacore-cli", "--bins"];
        run(command("cargo", root).args(build))?;
        environment.install_wheel("release", Symbols::Kept)?;
        let generated = environment.folder.join("generated/kuna_core_customer_api_client");
        let mut generate = environment.module("openapi_python_client", &["generate", "--overwrite", "--meta", "none"]);
        generate.args(["--path", "openapi/kunacore.yaml", "--output-path"]).arg(generated);
        capture(generate.env("PATH", environment.path()?))?;
        let built = target(root).join("release");
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let pinned = (processors >= ENOUGH && is_there("taskset"))
            .then(|| [format!("0-{}", processors - 2), (processors - 1).to_string()]);
        let (bench, kunacore) = (built.join("kunacore-bench"), built.join("kunacore"));
        Ok(Self { root: root.to_owned(), environment, bench, kunacore, pinned })
    }

    /// A folder of this bench's own.
    pub(super) fn folder(&self) -> &Path {
        &self.environment.folder
    }

    /// A folder whose files are in memory, where the system has one.
    pub(super) fn memory(&self) -> Option<&'static Path> {
        Some(Path::new(MEMORY)).filter(|folder| folder.is_dir())
    }

    /// Whether clients and server have processors of their own.
    pub(super) fn is_pinned(&self) -> bool {
        self.pinned.is_some()
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
        run(command(self.interpreter(), &self.root).args(["-c", script]).args([&table.0, &parquet.0]))?;
        Ok(parquet)
    }

    /// A server that takes so many milliseconds for its one answer.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub(super) fn server(&self, milliseconds: u64) -> Result<Server, String> {
        Server::start(self.on(1, &self.bench).args(["serve-rows", &milliseconds.to_string()]))
    }

    /// A program on the processors of the clients (0) or of the server (1).
    fn on(&self, side: usize, program: impl AsRef<Path>) -> Command {
        match &self.pinned {
            Some(pinned) => {
                let mut taskset = command("taskset", &self.root);
                taskset.args(["--cpu-list", &pinned[side]]).arg(program.as_ref());
                taskset
            }
            None => command(program.as_ref(), &self.root),
        }
    }

    /// The Python in which all clients are installed.
    pub(super) fn interpreter(&self) -> PathBuf {
        self.environment.bin("python")
    }

    pub(super) fn python(&self) -> Command {
        let mut python = self.on(0, self.interpreter());
        python.env("PYTHONPATH", self.folder().join("generated"));
        python
    }

    /// `kunacore import` of a table, with its run below this folder.
    pub(super) fn import(
        &self,
        server: &Server,
        table: &Scratch,
        folder: &Path,
        rows: u64,
        in_flight: usize,
    ) -> Result<Measured, String> {
        let mut import = self.on(0, &self.kunacore);
        import.arg("import").arg(&table.0).args(["--concurrency", &in_flight.to_string(), "-q", "--json", "--run"]);
        self.in_a_run(import, server, folder, rows)
    }

    /// `create_customers` of a table that polars or pandas has in memory before.
    pub(super) fn create_customers(
        &self,
        library: &str,
        server: &Server,
        parquet: &Scratch,
        rows: u64,
    ) -> Result<Measured, String> {
        let mut python = self.python();
        python.arg(self.script("table.py")).arg(library).arg(&parquet.0).arg(IN_FLIGHT.to_string());
        self.in_a_run(python, server, self.folder(), rows)
    }

    /// Runs a program that takes the folder of a run as its last argument, and removes that.
    fn in_a_run(&self, mut program: Command, server: &Server, folder: &Path, rows: u64) -> Result<Measured, String> {
        let folder = folder.join(format!("kunacore-bench-run-{}", std::process::id()));
        program.arg(&folder).env("KUNACORE_BASE_URL", &server.url).env("KUNACORE_API_KEY", API_KEY);
        let measured = Measured::of(&self.root, &program, Some(rows));
        let removed = std::fs::remove_dir_all(&folder);
        let measured = measured?;
        removed.map_err(|error| format!("{} cannot be removed: {error}", folder.display()))?;
        Ok(measured)
    }

    /// A Rust client of `kunacore-bench`.
    pub(super) fn rust(
        &self,
        client: &str,
        server: &Server,
        bodies: &Scratch,
        rows: u64,
        in_flight: usize,
    ) -> Result<Measured, String> {
        let mut program = self.on(0, &self.bench);
        program.args(["many", client, &server.url]).arg(&bodies.0).arg(in_flight.to_string());
        Measured::of(&self.root, &program, Some(rows))
    }

    /// A Python client that creates so many customers one after the other, after some that are not timed.
    pub(super) fn one(&self, client: &str, server: &Server, bodies: &Scratch, rows: u64) -> Result<Measured, String> {
        let mut python = self.python();
        python.arg(self.script("one.py")).args([client, &server.url]).arg(&bodies.0).arg(rows.to_string());
        Measured::of(&self.root, &python, Some(rows))
    }

    /// A Python client that creates the first so many customers, so many at once.
    pub(super) fn many(
        &self,
        client: &str,
        server: &Server,
        bodies: &Scratch,
        rows: u64,
        in_flight: usize,
    ) -> Result<Measured, String> {
        let mut python = self.python();
        python.arg(self.script("many.py")).args([client, &server.url]).arg(&bodies.0);
        python.args([rows.to_string(), in_flight.to_string()]);
        Measured::of(&self.root, &python, Some(rows))
    }

    /// wrk for so many seconds, with the same request all over.
    pub(super) fn wrk(&self, server: &Server, seconds: u32, in_flight: usize) -> Result<Measured, String> {
        let mut wrk = self.on(0, "wrk");
        wrk.args(["-t1", "-c", &in_flight.to_string(), "-d", &seconds.to_string(), "-s"]);
        wrk.arg(self.script("post.lua")).arg(format!("{}/v2/customer/create", server.url));
        Measured::of(&self.root, &wrk, None)
    }

    pub(super) fn script(&self, name: &str) -> PathBuf {
        self.root.join(CLIENTS).join(name)
    }
}

pub(super) const API_KEY: &str = "a key of the length that keys have";

/// Where all is that the bench makes.
pub(super) fn folder(root: &Path) -> PathBuf {
    target(root).join("bench")
}

/// Whether there is such a program.
pub(super) fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
