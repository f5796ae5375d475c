//! The Python half: a virtual environment, the contract's validity, wheel and sdist, tests, lints, types, documentation.
//!
//! Wheel and sdist are built with the profile and target directory of the Rust tests, so that nothing is built twice.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Done, Stage};
use crate::process::{capture, command, run};

/// The virtual environment of the tests, below the target directory.
pub(crate) struct Environment {
    pub(crate) root: PathBuf,
    pub(crate) folder: PathBuf,
}

impl Environment {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), folder: target(root).join("xtask") }
    }

    /// A program of the environment.
    pub(crate) fn bin(&self, name: &str) -> PathBuf {
        self.folder.join("venv/bin").join(name)
    }

    /// The search path with the environment's programs first.
    pub(crate) fn path(&self) -> Result<OsString, String> {
        let before = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.folder.join("venv/bin")).chain(std::env::split_paths(&before));
        std::env::join_paths(folders).map_err(|error| error.to_string())
    }

    /// `python -m MODULE` of the environment, in the workspace's folder.
    pub(crate) fn module(&self, module: &str, arguments: &[&str]) -> Command {
        let mut python = command(self.bin("python"), &self.root);
        python.args(["-m", module]).args(arguments).env("CARGO_TARGET_DIR", target(&self.root));
        python
    }

    /// Installs packages, with pip's words for them. The environment is made when it is not there.
    ///
    /// # Errors
    ///
    /// It cannot be made, or pip fails.
    pub(crate) fn install(&self, packages: &[&str]) -> Result<(), String> {
        if !self.bin("python").exists() {
            run(Command::new("python3").args(["-m", "venv"]).arg(self.folder.join("venv")))?;
        }
        run(self.module("pip", &["install", "--quiet", "--disable-pip-version-check"]).args(packages))
    }

    /// Builds the workspace's wheel with a profile of cargo's, installs it and returns its path.
    ///
    /// # Errors
    ///
    /// It cannot be built or installed.
    pub(crate) fn install_wheel(&self, profile: &str, symbols: Symbols) -> Result<PathBuf, String> {
        let built = build(self, &self.root.join("python"), profile, symbols, "wheel")?;
        self.install(&["--no-deps", "--force-reinstall", &built.to_string_lossy()])?;
        Ok(built)
    }
}

/// Whether a wheel has the names of its functions, for a profile.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Symbols {
    Kept,
    Stripped,
}

/// Where cargo builds.
pub(crate) fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

pub(super) fn stages(environment: &Environment) -> Vec<Stage<'_>> {
    vec![
        ("python environment", Box::new(|| prepare(environment))),
        (
            "the contract is valid OpenAPI",
            Box::new(|| module(environment, "openapi_spec_validator", &["openapi/kunacore.yaml"])),
        ),
        ("wheel", Box::new(|| wheel(environment))),
        ("python tests", Box::new(|| module(environment, "pytest", &["-q", "python/tests"]))),
        ("python lints and types", Box::new(|| lint(environment))),
        ("python documentation", Box::new(|| documentation(environment))),
        ("sdist", Box::new(|| sdist(environment))),
    ]
}

fn module(environment: &Environment, name: &str, arguments: &[&str]) -> Result<Done, String> {
    run(&mut environment.module(name, arguments))?;
    Ok(Done::Ran)
}

fn prepare(environment: &Environment) -> Result<Done, String> {
    let old = "import sys; sys.exit(sys.version_info < (3, 11))";
    if !Command::new("python3").args(["-c", old]).status().is_ok_and(|status| status.success()) {
        return Err("python3 is missing or older than 3.11".to_owned());
    }
    environment.install(&["-r", "python/requirements-dev.txt", "-r", "tests/foreign/requirements.txt"])?;
    Ok(Done::Ran)
}

fn wheel(environment: &Environment) -> Result<Done, String> {
    let built = environment.install_wheel("dev", Symbols::Stripped)?;
    let size = std::fs::metadata(&built).map_err(|error| error.to_string())?.len();
    println!("{}: {:.1} MB (the tests' profile)", file_name(&built), size as f64 / 1e6);
    Ok(Done::Ran)
}

/// Builds a wheel from a folder with a `pyproject.toml` and returns its path.
fn build(
    environment: &Environment,
    project: &Path,
    profile: &str,
    symbols: Symbols,
    to: &str,
) -> Result<PathBuf, String> {
    let folder = environment.folder.join(to);
    let _ = std::fs::remove_dir_all(&folder);
    let mut maturin = environment.module("maturin", &["build", "--quiet", "--profile", profile]);
    // Said either way, as the project says it for those who build it by themselves.
    maturin.arg(format!("--strip={}", symbols == Symbols::Stripped));
    run(maturin.arg("--out").arg(&folder).current_dir(project))?;
    the_only_file(&folder)
}

fn lint(environment: &Environment) -> Result<Done, String> {
    run(&mut environment.module("ruff", &["check", "--quiet", "python"]))?;
    run(&mut environment.module("ruff", &["format", "--quiet", "--check", "python"]))?;
    run(&mut environment
        .module("mypy", &["--strict", "--config-file", "python/pyproject.toml", "python/kunacore", "python/tests"]))?;
    let interpreter = environment.bin("python");
    run(environment.module("basedpyright", &["--project", "python", "--pythonpath"]).arg(interpreter))?;
    run(&mut environment.module("mypy.stubtest", &["kunacore._kunacore"]))?;
    Ok(Done::Ran)
}

/// Builds the documentation site into the target directory; a link that leads nowhere is an error. Its code blocks are run
/// by the Python tests.
fn documentation(environment: &Environment) -> Result<Done, String> {
    let site = target(&environment.root).join("docs");
    let arguments = ["build", "--quiet", "--strict", "--config-file", "python/mkdocs.yml", "--site-dir"];
    // The theme otherwise speaks of other programs on every run.
    run(environment.module("mkdocs", &arguments).arg(site).env("NO_MKDOCS_2_WARNING", "1"))?;
    Ok(Done::Ran)
}

/// The sdist, unpacked away from this checkout, has the licences, builds, installs and creates a customer.
fn sdist(environment: &Environment) -> Result<Done, String> {
    let folder = environment.folder.join("sdist");
    let _ = std::fs::remove_dir_all(&folder);
    let mut maturin = environment.module("maturin", &["sdist", "--out"]);
    run(maturin.arg(&folder).current_dir(environment.root.join("python")))?;
    let archive = the_only_file(&folder)?;
    let away = std::env::temp_dir().join(format!("kunacore-sdist-{}", std::process::id()));
    std::fs::create_dir_all(&away).map_err(|error| error.to_string())?;
    let result = build_away(environment, &archive, &away);
    std::fs::remove_dir_all(&away).map_err(|error| error.to_string())?;
    result
}

fn build_away(environment: &Environment, archive: &Path, away: &Path) -> Result<Done, String> {
    run(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(away).arg("--strip-components=1"))?;
    let project = if away.join("pyproject.toml").exists() { away.to_owned() } else { away.join("python") };
    for file in ["LICENSE-APACHE", "LICENSE-MIT", "THIRD_PARTY_LICENSES.txt"] {
        if !project.join(file).is_file() {
            return Err(format!("the sdist lacks {file}"));
        }
    }
    let wheel = build(environment, &project, "dev", Symbols::Stripped, "wheel-of-sdist")?;
    let venv = away.join("venv");
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let python = venv.join("bin/python");
    run(command(&python, &venv).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).arg(wheel))?;
    let script = "import kunacore; sb = kunacore.sandbox(); print(kunacore.Client(base_url=sb.url, api_key=sb.api_key)\
                  .create_customer(email='alexsmith@mail.com', first_name='Alex', last_name='Smith', country='FR', \
                  verification_document_id='FV633452', residence_address='Champ de Mars, Paris').wallet_id)";
    let wallet = capture(command(&python, &venv).args(["-c", script]))?;
    if wallet.trim().is_empty() { Err("the sdist's wheel prints no wallet id".to_owned()) } else { Ok(Done::Ran) }
}

fn the_only_file(folder: &Path) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    match files.as_slice() {
        [file] => Ok(file.clone()),
        _ => Err(format!("{} holds {} files, not one", folder.display(), files.len())),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
