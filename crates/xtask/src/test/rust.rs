//! The Rust half: format, generated files, lints, tests, documentation, and what a package of the core holds.

use std::path::Path;

use super::{Done, Stage};
use crate::process::{capture, command, run};
use crate::{generate, licences};

pub(super) fn stages(root: &Path) -> Vec<Stage<'_>> {
    let cargo = move |words: &'static str| {
        let run_it = move || {
            run(command("cargo", root).args(words.split(' ')))?;
            Ok(Done::Ran)
        };
        Box::new(run_it) as Box<dyn Fn() -> Result<Done, String>>
    };
    vec![
        ("format", cargo("fmt --all --check")),
        ("generated code is up to date", Box::new(|| generate::run(root, true).map(|()| Done::Ran))),
        ("third parties' licences are up to date", Box::new(|| licences::run(root, true).map(|()| Done::Ran))),
        ("clippy", cargo("clippy --quiet --workspace --all-targets --all-features -- -D warnings")),
        ("rust tests", cargo("test --quiet --workspace --all-features")),
        ("rust documentation", Box::new(|| documentation(root))),
        ("the core's package and dependencies", Box::new(|| package(root))),
    ]
}

fn documentation(root: &Path) -> Result<Done, String> {
    let mut cargo = command("cargo", root);
    run(cargo.args(["doc", "--quiet", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Done::Ran)
}

/// The core builds from its own files alone, and a service that depends on it builds no generator, server or database.
fn package(root: &Path) -> Result<Done, String> {
    let list = capture(command("cargo", root).args(["package", "--list", "--allow-dirty", "--package", "kunacore"]))?;
    for file in ["src/generated.rs", "src/lib.rs", "Cargo.toml"] {
        if !list.lines().any(|line| line == file) {
            return Err(format!("the core's package lacks {file}:\n{list}"));
        }
    }
    run(command("cargo", root).args(["package", "--quiet", "--allow-dirty", "--package", "kunacore"]))?;

    let tree = command("cargo", root)
        .args(["tree", "--package", "kunacore", "--edges", "normal", "--prefix", "none", "--all-features"])
        .output()
        .map_err(|error| error.to_string())?;
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    if !tree.contains("progenitor-client") {
        return Err(format!("the core's dependencies cannot be read:\n{tree}"));
    }
    let unwanted = |name: &str| {
        ["progenitor", "progenitor-impl", "typify", "axum", "rusqlite", "libsqlite3-sys", "openapiv3"].contains(&name)
            || name.starts_with("arrow")
    };
    match tree.lines().filter_map(|line| line.split(' ').next()).find(|name| unwanted(name)) {
        Some(name) => Err(format!("the core depends on {name}")),
        None => Ok(Done::Ran),
    }
}
