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
    let mut stale = String::new();
    for (path, wanted) in [(CLIENT, &generated.client), (SANDBOX_CONTRACT, &generated.sandbox_contract)] {
        let present = read(&root.join(path)).unwrap_or_default();
        if &present == wanted {
            println!("{path} is up to date");
        } else if check {
            let diff = TextDiff::from_lines(&present, wanted);
            stale += &diff
                .unified_diff()
                .context_radius(3)
                .header(&format!("{path} (committed)"), &format!("{path} (from {CONTRACT})"))
                .to_string();
        } else {
            std::fs::write(root.join(path), wanted).map_err(|error| format!("cannot write {path}: {error}"))?;
            println!("{path} written");
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("{stale}\nThe files above differ from what the contract gives. Run `cargo xtask generate` and commit."))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
