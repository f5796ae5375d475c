//! `cargo xtask profile import | python`: where the instructions of an import, or of a call of Python, go.

use std::path::Path;
use std::process::Command;

use super::lab::{API_KEY, Lab, is_there};
use crate::process::{capture, run};

/// So many that starting counts little.
const ROWS: u64 = 20_000;
const CALLS: u64 = 3_000;
/// How many lines of the listing are shown.
const SHOWN: usize = 45;

/// Runs it under callgrind, prints the functions that take most, and names the files with all of it.
///
/// # Errors
///
/// There is no valgrind, something cannot be built or started, or it is not known what to profile.
pub(crate) fn profile(root: &Path, what: &str) -> Result<(), String> {
    if !is_there("valgrind") {
        return Err("valgrind is not installed; Debian has it as the package valgrind".to_owned());
    }
    let lab = Lab::new(root)?;
    let server = lab.server(0)?;
    let out = lab.folder().join(format!("profile-{what}.callgrind"));
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", out.display()));
    match what {
        "import" => {
            let table = lab.table(ROWS)?;
            let folder = lab.folder().join("profile-run");
            let _ = std::fs::remove_dir_all(&folder);
            valgrind.arg(&lab.kunacore).arg("import").arg(&table.0).args(["-q", "--run"]).arg(&folder);
            valgrind.env("KUNACORE_BASE_URL", &server.url).env("KUNACORE_API_KEY", API_KEY);
            run(&mut valgrind)?;
        }
        "python" => {
            let bodies = lab.bodies(2 * CALLS)?;
            valgrind.arg(lab.interpreter()).arg(lab.script("one.py")).args(["kunacore", &server.url]);
            run(valgrind.arg(&bodies.0).arg(CALLS.to_string()))?;
        }
        _ => return Err(format!("`{what}` cannot be profiled; import and python can")),
    }
    let listing = capture(Command::new("callgrind_annotate").arg("--inclusive=no").arg(&out))?;
    let text = out.with_extension("txt");
    std::fs::write(&text, &listing).map_err(|error| format!("{} cannot be written: {error}", text.display()))?;
    listing.lines().skip_while(|line| !line.contains("file:function")).take(SHOWN).for_each(|line| println!("{line}"));
    println!("\nall of it: {}; callgrind_annotate and KCachegrind read {}", text.display(), out.display());
    Ok(())
}
