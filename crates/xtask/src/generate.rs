//! `cargo xtask generate`: writes what is derived from the contract, or with `--check` tells what is stale.

use std::path::Path;

use kunacore_codegen::{CLIENT, CONTRACT, SANDBOX_CONTRACT};
use similar::TextDiff;

/// Writes the derived files, or with `check` only compares them.
///
/// # Errors
///
/// The contract cannot be read or generated from; a file cannot be written; with `check`, a unified diff of every stale
/// file.
pub(crate) fn run(root: &Path, check: bool) -> Result<(), String> {
    let contract = read(&root.join(CONTRACT))?;
    let generated = kunacore_codegen::generate(&contract)?;
    settle(
        root,
        check,
        &[
            Derived { path: CLIENT, wanted: &generated.client, from: CONTRACT },
            Derived { path: SANDBOX_CONTRACT, wanted: &generated.sandbox_contract, from: CONTRACT },
        ],
    )
}

/// A file that is derived from something else.
pub(crate) struct Derived<'a> {
    /// From the root of the workspace.
    pub(crate) path: &'a str,
    pub(crate) wanted: &'a str,
    /// What it is derived from, for the diff.
    pub(crate) from: &'a str,
}

/// Writes derived files that are stale, or with `check` only compares them.
///
/// # Errors
///
/// A file cannot be written; with `check`, a unified diff of every stale file.
pub(crate) fn settle(root: &Path, check: bool, files: &[Derived<'_>]) -> Result<(), String> {
    let mut stale = String::new();
    for Derived { path, wanted, from } in files {
        let present = read(&root.join(path)).unwrap_or_default();
        if &present == wanted {
            println!("{path} is up to date");
        } else if check {
            let diff = TextDiff::from_lines(present.as_str(), *wanted);
            stale += &diff
                .unified_diff()
                .context_radius(3)
                .header(&format!("{path} (committed)"), &format!("{path} (from {from})"))
                .to_string();
        } else {
            std::fs::write(root.join(path), wanted).map_err(|error| format!("cannot write {path}: {error}"))?;
            println!("{path} written");
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{stale}\nThe files above differ from what they are derived from. Run `cargo xtask generate` and commit."
    ))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with the contract and what was generated from it.
    fn generated() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let contract = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(CONTRACT)).expect("the contract");
        for path in [CONTRACT, CLIENT, SANDBOX_CONTRACT] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, &contract).expect("written");
        }
        run(folder.path(), false).expect("generated");
        run(folder.path(), true).expect("up to date");
        folder
    }

    fn replace(folder: &tempfile::TempDir, path: &str, old: &str, new: &str) {
        let path = folder.path().join(path);
        let text = read(&path).expect("readable");
        assert!(text.contains(old));
        std::fs::write(path, text.replace(old, new)).expect("written");
    }

    #[test]
    fn a_changed_contract_is_noticed_with_a_diff_of_both_files() {
        let folder = generated();
        replace(&folder, CONTRACT, "        itn:\n", "        taxNumber:\n");
        let diff = run(folder.path(), true).expect_err("stale");
        for part in
            ["-        pub itn", "+        pub tax_number", "+          \"taxNumber\"", CLIENT, SANDBOX_CONTRACT]
        {
            assert!(diff.contains(part), "{part}: {diff}");
        }
        assert!(diff.contains("--- ") && diff.contains("+++ ") && diff.contains("@@ "), "{diff}");
    }

    #[test]
    fn a_hand_edited_client_is_noticed() {
        let folder = generated();
        replace(&folder, CLIENT, "/v2/customer/create", "/v3/customer/create");
        let diff = run(folder.path(), true).expect_err("stale");
        assert!(diff.contains("/v3/customer/create"), "{diff}");
    }

    #[test]
    fn a_hand_edited_copy_of_the_contract_is_noticed() {
        let folder = generated();
        replace(&folder, SANDBOX_CONTRACT, "documented", "certain");
        assert!(run(folder.path(), true).is_err());
    }
}
