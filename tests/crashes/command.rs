//! The command, as a process of its own: this program again.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The variable that makes this program the command.
const IS_COMMAND: &str = "KUNACORE_CRASHES_COMMAND";
/// At which point the command is killed, and at the how manieth passing of it.
const CRASH_AT: &str = "KUNACORE_CRASH_AT";
/// From which point on, and the how manieth passing of it, every fsync fails.
const FSYNC_FAILS_AT: &str = "KUNACORE_FSYNC_FAILS_AT";
/// Longer than any import of these tests takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Whether this process is to be the command.
pub(crate) fn is_asked_for() -> bool {
    std::env::var_os(IS_COMMAND).is_some()
}

/// Has the reports of a run written anew.
pub(crate) fn report(run: &Path) -> Exit {
    let mut command = command();
    command.arg("report").arg(run);
    Import { command }.finish()
}

fn command() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env(IS_COMMAND, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// An import that is to be started.
pub(crate) struct Import {
    command: Command,
}

/// How a process ended.
pub(crate) struct Exit {
    /// Its status; `None` if it was killed.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Import {
    /// An import by this server.
    pub(crate) fn new(base_url: &str, api_key: &str) -> Self {
        let mut command = command();
        command.env("KUNACORE_BASE_URL", base_url).env("KUNACORE_API_KEY", api_key).arg("import");
        Self { command }
    }

    pub(crate) fn arguments<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn run(mut self, directory: &Path) -> Self {
        self.command.arg("--run").arg(directory);
        self
    }

    pub(crate) fn table(mut self, table: &Path) -> Self {
        self.command.arg(table);
        self
    }

    /// The table comes from a pipe.
    pub(crate) fn table_from(mut self, table: &Path) -> Self {
        self.command.arg("-").stdin(std::fs::File::open(table).unwrap());
        self
    }

    /// Kills it at a point, such as `row_starts:3`.
    pub(crate) fn crash_at(mut self, point: &str) -> Self {
        self.command.env(CRASH_AT, point);
        self
    }

    /// Lets every fsync fail from a point on.
    pub(crate) fn fail_fsyncs_at(mut self, point: &str) -> Self {
        self.command.env(FSYNC_FAILS_AT, point);
        self
    }

    pub(crate) fn start(mut self) -> Running {
        let mut child = self.command.spawn().unwrap();
        let stdout = drain(child.stdout.take().unwrap());
        let stderr = drain(child.stderr.take().unwrap());
        Running { child, stdout, stderr }
    }

    pub(crate) fn finish(self) -> Exit {
        self.start().wait()
    }
}

/// An import that was started.
pub(crate) struct Running {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

impl Running {
    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(mut self) -> Exit {
        // One that has ended meanwhile needs no kill.
        let _ = self.child.kill();
        self.wait()
    }

    /// Asks it to stop in order.
    pub(crate) fn ask_to_stop(&mut self) {
        // It is not waited for yet, so its number is still its own.
        if self.is_alive() {
            let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        }
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) fn terminate(mut self) -> Exit {
        self.ask_to_stop();
        self.wait()
    }

    /// Waits for its end; one that hangs is killed, which its text then tells.
    pub(crate) fn wait(mut self) -> Exit {
        let start = Instant::now();
        let mut hangs = false;
        while self.is_alive() {
            if start.elapsed() > PATIENCE {
                hangs = true;
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let status = self.child.wait().unwrap().code();
        let mut stderr = self.stderr.join().unwrap();
        if hangs {
            stderr += "(it did not end and was killed)";
        }
        Exit { status, stdout: self.stdout.join().unwrap(), stderr }
    }
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
