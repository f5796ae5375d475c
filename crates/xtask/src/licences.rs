//! The licence texts of what is linked into the Python package: `python/THIRD_PARTY_LICENSES.txt`.
//!
//! Most licences demand that their text and the names of the holders go wherever the software goes, and MPL-2.0 that it
//! is told where the source is. So wheel and sdist carry this file. Which crates are linked is cargo's answer for the
//! platform that the wheel is made for; neither build scripts nor procedural macros are part of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::generate::{Derived, settle};
use crate::process::{capture, command};

const FILE: &str = "python/THIRD_PARTY_LICENSES.txt";
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// How the names of files with licence texts begin, in capitals.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "UNLICENSE", "COPYING", "COPYRIGHT", "NOTICE"];

/// Zstandard is to be had under either of two licences; it is taken under the other, of `zstd/LICENSE`.
const NOT_TAKEN: (&str, &str) = ("zstd-sys", "zstd/COPYING");

const HEAD: &str = "\
Third-party software in the Python package kunacore

The extension module is linked from the crates below, each with its version, its licence as an SPDX expression, and
where its source is. Their licence texts follow. Two more things are part of it: Rust's standard library, under MIT or
Apache-2.0, whose texts are among them; and SQLite, by way of libsqlite3-sys, which is in the public domain.

";

/// A crate, with the texts that lie in its source.
#[derive(Clone)]
struct Package {
    name: String,
    version: String,
    licence: String,
    source: String,
    texts: Vec<String>,
}

/// Writes the file, or with `check` only compares it.
///
/// # Errors
///
/// Cargo does not tell what is linked; a crate has no licence text and none stands in for it; the file cannot be
/// written; with `check`, a unified diff of a stale file.
pub(crate) fn run(root: &Path, check: bool) -> Result<(), String> {
    let known = packages(root)?;
    let names = linked(root)?;
    let linked = known.iter().filter(|package| names.contains(&(package.name.clone(), package.version.clone())));
    let linked = linked.map(|package| with_text(package, &known)).collect::<Result<Vec<_>, _>>()?;
    let wanted = render(&linked);
    settle(root, check, &[Derived { path: FILE, wanted: &wanted, from: "the crates that are linked" }])
}

/// Names and versions of what is linked, our own crates included.
fn linked(root: &Path) -> Result<BTreeSet<(String, String)>, String> {
    let tree = capture(
        command("cargo", root)
            .args(["tree", "--locked", "--package", "kunacore-python", "--edges", "normal,no-proc-macro"])
            .args(["--target", PLATFORM, "--prefix", "none", "--format", "{p}"]),
    )?;
    let read = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    };
    tree.lines().map(|line| read(line).ok_or_else(|| format!("cargo tree says `{line}`"))).collect()
}

/// All crates of the lock file that are not ours, sorted.
fn packages(root: &Path) -> Result<Vec<Package>, String> {
    let metadata = capture(command("cargo", root).args([
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        PLATFORM,
    ]))?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let mut packages = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten().filter(|package| !package["source"].is_null())
    {
        let word = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let manifest = PathBuf::from(word("manifest_path"));
        let folder = manifest.parent().unwrap_or(Path::new("."));
        let mut files = Vec::new();
        find(folder, folder, &mut files).map_err(|error| format!("{}: {error}", folder.display()))?;
        files.retain(|file| (word("name").as_str(), file.as_path()) != (NOT_TAKEN.0, Path::new(NOT_TAKEN.1)));
        files.sort();
        let texts = files.iter().map(|file| std::fs::read(folder.join(file)).map(|bytes| plain(&bytes)));
        packages.push(Package {
            name: word("name"),
            version: word("version"),
            // An older way to write it.
            licence: word("license").replace(" / ", " OR ").replace('/', " OR "),
            source: word("repository"),
            texts: texts.collect::<Result<_, _>>().map_err(|error| format!("{}: {error}", folder.display()))?,
        });
    }
    packages.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    Ok(packages)
}

/// The files of licence texts in a folder and those below it, relative to `top`.
fn find(top: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            find(top, &entry.path(), found)?;
        } else if NAMES.iter().any(|start| name.starts_with(start)) && !name.ends_with(".RS") {
            found.extend(entry.path().strip_prefix(top).map(Path::to_owned));
        }
    }
    Ok(())
}

/// A text without what differs between editors: line ends, and white space that is not seen.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// The crate, with the plain text of each of its licences if it brings none of its own: that of the first crate that is
/// under this licence alone, without whom it names as the holder.
fn with_text(package: &Package, known: &[Package]) -> Result<Package, String> {
    let mut package = package.clone();
    if !package.texts.is_empty() {
        return Ok(package);
    }
    for licence in package.licence.split(" OR ") {
        let standard = known.iter().find(|other| other.licence == licence && other.texts.len() == 1);
        let Some(text) = standard.and_then(|standard| standard.texts.first()) else {
            return Err(format!("{} brings no licence text, and no other crate has that of {licence}", package.name));
        };
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("Copyright")).collect();
        package.texts.push(lines.join("\n"));
    }
    Ok(package)
}

/// The whole file: the crates, then each text once, under those whose it is. Texts that differ only in how their lines
/// are broken are one.
fn render(packages: &[Package]) -> String {
    let mut texts: BTreeMap<String, (BTreeSet<String>, &str)> = BTreeMap::new();
    let mut file = HEAD.to_owned();
    for package in packages {
        let Package { name, version, licence, source, .. } = package;
        let title = format!("{name} {version} ({licence})");
        file += format!("{title} {source}").trim_end();
        file.push('\n');
        for text in &package.texts {
            let words: Vec<&str> = text.split_whitespace().collect();
            texts.entry(words.join(" ")).or_insert((BTreeSet::new(), text)).0.insert(title.clone());
        }
    }
    let mut texts: Vec<_> = texts.into_values().collect();
    texts.sort();
    for (titles, text) in texts {
        let titles: Vec<String> = titles.into_iter().collect();
        file += &format!("\n{}\n{}\n\n{text}\n", "=".repeat(80), titles.join("\n"));
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, licence: &str, texts: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.to_owned(),
            source: format!("https://{name}.example"),
            texts: texts.iter().map(|text| plain(text.as_bytes())).collect(),
        }
    }

    #[test]
    fn a_text_stands_once_under_all_crates_whose_it_is() {
        let text = "Permission is granted.";
        let file = render(&[
            package("one", "MIT", &[text]),
            package("three", "ISC", &["Another."]),
            package("two", "MIT", &["\u{feff}Permission \r\nis granted. \r\n", text]),
        ]);
        let (list, texts) = file.split_once("\n\n====").expect("a list, then texts");
        assert!(list.ends_with(
            "one 1.0.0 (MIT) https://one.example\nthree 1.0.0 (ISC) https://three.example\n\
             two 1.0.0 (MIT) https://two.example"
        ));
        assert!(texts.contains("one 1.0.0 (MIT)\ntwo 1.0.0 (MIT)\n\nPermission is granted.\n"), "{texts}");
        assert_eq!(texts.matches(text).count(), 1);
    }

    #[test]
    fn a_crate_without_a_text_is_given_that_of_its_licences_without_another_ones_name() {
        let known = [
            package("mit", "MIT", &["MIT License\n\nCopyright Alex Smith\n\nPermission is granted."]),
            package("mixed", "Apache-2.0 AND ISC", &["Mixed."]),
            package("apache", "Apache-2.0", &["Apache License"]),
        ];
        let given = with_text(&package("bare", "MIT OR Apache-2.0", &[]), &known).expect("texts");
        assert_eq!(given.texts, ["MIT License\n\n\nPermission is granted.", "Apache License"]);
        let own = with_text(&package("own", "MIT", &["Mine."]), &known).expect("texts");
        assert_eq!(own.texts, ["Mine."]);
        let error = with_text(&package("bare", "Zlib", &[]), &known).err().expect("no text");
        assert_eq!(error, "bare brings no licence text, and no other crate has that of Zlib");
    }

    #[test]
    fn texts_are_found_below_and_by_any_case_but_not_in_hidden_folders_or_code() {
        let folder = tempfile::tempdir().expect("a folder");
        for path in ["License-mit.txt", "src/deep/COPYING", ".github/LICENSE", "src/license.rs", "README.md"] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, "text").expect("written");
        }
        let mut found = Vec::new();
        find(folder.path(), folder.path(), &mut found).expect("readable");
        found.sort();
        assert_eq!(found, [Path::new("License-mit.txt"), Path::new("src/deep/COPYING")]);
    }
}
