//! The README's snippets, as they stand: Rust in a crate outside the workspace, Python and shell against a sandbox.

use std::path::Path;

use super::python::Environment;
use super::{Done, Stage};
use crate::process::{Server, command, run};

pub(super) fn stages(environment: &Environment) -> Vec<Stage<'_>> {
    vec![
        ("README: Rust", Box::new(|| rust(environment))),
        ("README: Python", Box::new(|| python(environment))),
        ("README: command line", Box::new(|| shell(environment))),
    ]
}

/// The code blocks of a language, in order.
fn snippets(environment: &Environment, language: &str) -> Result<Vec<String>, String> {
    let readme = std::fs::read_to_string(environment.root.join("README.md")).map_err(|error| error.to_string())?;
    let fence = format!("```{language}\n");
    let found: Vec<String> =
        readme.split(&fence).skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect();
    if found.is_empty() { Err(format!("the README has no {language} snippet")) } else { Ok(found) }
}

fn sandbox(environment: &Environment) -> Result<Server, String> {
    Server::sandbox(&environment.bin("kunacore"))
}

fn rust(environment: &Environment) -> Result<Done, String> {
    let folder = environment.folder.join("readme-rust");
    let core = environment.root.join("crates/kunacore");
    // Cargo takes the nearest workspace above for a crate's own, unless the crate is one itself.
    let manifest = format!(
        "[package]\nname = \"readme\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         kunacore = {{ path = {core:?} }}\ntokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n\
         [profile.dev]\nopt-level = 1\ndebug = false\n",
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    // The workspace's own versions, profile and target directory, so that what is built already is not built again.
    std::fs::copy(environment.root.join("Cargo.lock"), folder.join("Cargo.lock")).map_err(|error| error.to_string())?;
    for snippet in snippets(environment, "rust")? {
        write(&folder.join("src/main.rs"), &snippet)?;
        let sandbox = sandbox(environment)?;
        run(command("cargo", &folder)
            .args(["run", "--quiet"])
            .env("CARGO_TARGET_DIR", super::python::target(&environment.root))
            .env("KUNACORE_BASE_URL", &sandbox.url)
            .env("KUNACORE_API_KEY", "sandbox-api-key"))?;
    }
    Ok(Done::Ran)
}

/// The snippets run in an empty folder, as some make files there.
fn python(environment: &Environment) -> Result<Done, String> {
    let folder = environment.folder.join("readme-python");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for snippet in snippets(environment, "python")? {
        let sandbox = sandbox(environment)?;
        run(command(environment.bin("python"), &folder)
            .args(["-c", &snippet])
            .env("KUNACORE_BASE_URL", &sandbox.url)
            .env("KUNACORE_API_KEY", "sandbox-api-key"))?;
    }
    Ok(Done::Ran)
}

/// The commands run in an empty folder, with the wheel's `kunacore` first in the path.
fn shell(environment: &Environment) -> Result<Done, String> {
    let folder = environment.folder.join("readme-shell");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for snippet in snippets(environment, "sh")? {
        let sandbox = sandbox(environment)?;
        run(command("sh", &folder)
            .args(["-ec", &snippet])
            .env("PATH", environment.path()?)
            .env("KUNACORE_BASE_URL", &sandbox.url)
            .env("KUNACORE_API_KEY", "sandbox-api-key"))?;
    }
    Ok(Done::Ran)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))
}
