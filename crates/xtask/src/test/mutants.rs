//! The tests of the tests: builds of the core that each break one promise, of which the fault matrix, or the races, must
//! catch every one.
//!
//! A mutant is a copy of the workspace with one passage replaced. It shares the target directory, so that only our own
//! crates are built again. Its version is another one: cargo tells builds of a package in two places apart by nothing else,
//! and what a mutant built must never be taken for ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Done, Stage, target};
use crate::process::command;

/// One way to break a promise.
struct Mutant {
    what: &'static str,
    file: &'static str,
    passage: &'static str,
    replacement: &'static str,
    /// The test that must catch it, and its arguments.
    test: &'static [&'static str],
    /// What that test must say.
    says: &'static str,
}

const MUTANTS: [Mutant; 6] = [
    Mutant {
        what: "sends again after a timeout",
        file: "crates/kunacore/src/fold.rs",
        passage: "(Standing::Clean, Class::NotSent | Class::TurnedAway | Class::Throttled) => Next::Resend",
        replacement: "(_, Class::NotSent | Class::TurnedAway | Class::Throttled | Class::Lost) => Next::Resend",
        test: &["matrix", "--case", "h1 key any"],
        says: "BROKEN created twice",
    },
    Mutant {
        what: "forgets the taint at a later refusal",
        file: "crates/kunacore/src/fold.rs",
        passage: "let next = match (before, class) {",
        replacement: "let next = match (Standing::Clean, class) {",
        test: &["matrix", "--case", "h1 key trusted"],
        says: "BROKEN said to be refused, but created",
    },
    Mutant {
        what: "takes a look-up that tells nothing for absent",
        file: "crates/kunacore/src/lookup.rs",
        passage: "(_, Some(error), _) => Sighting::Inconclusive(error),",
        replacement: "(_, Some(_), _) => Sighting::Absent,",
        test: &["matrix", "--case", "h1 key any"],
        says: "BROKEN created twice",
    },
    Mutant {
        what: "believes a find that was never seen to find",
        file: "crates/kunacore/src/lookup.rs",
        passage: "Ok(false) => Sighting::Unproven,",
        replacement: "Ok(false) => Sighting::Absent,",
        test: &["matrix", "--case", "h1 key any Blind"],
        says: "BROKEN created twice",
    },
    Mutant {
        what: "does not wait until the server must be done",
        file: "crates/kunacore/src/send.rs",
        passage: "absent_twice: server_is_done && absents >= 2 && !seen",
        replacement: "absent_twice: absents >= 1",
        test: &["matrix", "--case", "h1 key any"],
        says: "BROKEN created twice",
    },
    Mutant {
        what: "reads a flag in place of a revocation",
        file: "crates/kunacore/src/evidence.rs",
        passage: "match self.0.compare_exchange(UNSENT, REVOKED, Ordering::AcqRel, Ordering::Acquire) {\n            Ok(_) => true,\n            Err(state) => state == REVOKED,\n        }",
        replacement: "self.0.load(Ordering::Acquire) == UNSENT",
        test: &["races"],
        says: "claims that nothing was sent, of customers that arrived",
    },
];

/// The line of the workspace's version, and what stands for it in a mutant.
const VERSION: &str = concat!("\nversion = \"", env!("CARGO_PKG_VERSION"), "\"\n");
const MUTANT_VERSION: &str = concat!("\nversion = \"", env!("CARGO_PKG_VERSION"), "+mutant\"\n");

/// What a copy of the workspace needs.
const PARTS: [&str; 6] = ["Cargo.toml", "Cargo.lock", "crates", "openapi", "tests", "README.md"];

pub(super) fn stages(root: &Path) -> Vec<Stage<'_>> {
    vec![("broken builds of the core are caught", Box::new(|| catch_all(root)))]
}

fn catch_all(root: &Path) -> Result<Done, String> {
    let copy = target(root).join("mutants");
    std::fs::create_dir_all(&copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    for part in PARTS {
        mirror(&root.join(part), &copy.join(part))?;
    }
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).map_err(|error| error.to_string())?;
    if !manifest.contains(VERSION) {
        return Err(format!("the workspace's version is no longer {VERSION}"));
    }
    std::fs::write(copy.join("Cargo.toml"), manifest.replacen(VERSION, MUTANT_VERSION, 1))
        .map_err(|e| e.to_string())?;
    for mutant in &MUTANTS {
        let file = copy.join(mutant.file);
        let original = std::fs::read_to_string(root.join(mutant.file)).map_err(|error| error.to_string())?;
        if original.matches(mutant.passage).count() != 1 {
            return Err(format!("the passage of the mutant that {} is not in {} once", mutant.what, mutant.file));
        }
        std::fs::write(&file, original.replace(mutant.passage, mutant.replacement)).map_err(|e| e.to_string())?;
        let caught = catch(mutant, &copy, &target(root));
        std::fs::write(&file, original).map_err(|error| error.to_string())?;
        caught?;
    }
    Ok(Done::Ran)
}

fn catch(mutant: &Mutant, copy: &Path, target: &Path) -> Result<(), String> {
    let [test, arguments @ ..] = mutant.test else { return Err("a mutant without a test".to_owned()) };
    let mut cargo = command("cargo", copy);
    cargo.args(["test", "--quiet", "--package", "kunacore-tests", "--test", test]).env("CARGO_TARGET_DIR", target);
    if !arguments.is_empty() {
        cargo.arg("--").args(arguments);
    }
    let output = output(&mut cargo)?;
    let count = output.matches(mutant.says).count();
    if count == 0 {
        return Err(format!("a build that {} was not caught by the {test} test:\n{output}", mutant.what));
    }
    println!("a build that {}: caught by the {test} test ({count} times “{}”)", mutant.what, mutant.says);
    Ok(())
}

/// All that a command prints, however it ends.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("cargo cannot be started: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

/// Makes the copy of a file or folder like the original; what is alike is not touched, so that it is not built again.
fn mirror(from: &Path, to: &Path) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{} cannot be copied: {error}", from.display());
    if from.is_dir() {
        std::fs::create_dir_all(to).map_err(told)?;
        let names = |folder: &Path| -> std::io::Result<Vec<PathBuf>> {
            std::fs::read_dir(folder)?.map(|entry| Ok(PathBuf::from(entry?.file_name()))).collect()
        };
        let wanted = names(from).map_err(told)?;
        for gone in names(to).map_err(told)?.into_iter().filter(|name| !wanted.contains(name)) {
            let gone = to.join(gone);
            if gone.is_dir() { std::fs::remove_dir_all(gone) } else { std::fs::remove_file(gone) }.map_err(told)?;
        }
        return wanted.iter().try_for_each(|name| mirror(&from.join(name), &to.join(name)));
    }
    let content = std::fs::read(from).map_err(told)?;
    if std::fs::read(to).is_ok_and(|old| old == content) {
        return Ok(());
    }
    std::fs::write(to, content).map_err(told)
}
