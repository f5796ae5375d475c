//! The promises of the reports, on runs whose journals are written as an import writes them.

mod crash;
mod problems;
mod rejected;
mod rules;
mod states;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::{Summary, write};
use crate::check::check;
use crate::input::Input;
use crate::mapping::{Extra, MappingOptions};
use crate::pacing::Requests;
use crate::rules::Rules;
use crate::run::{Asked, End, How, Ids, Manifest, RowResult, Run};
use crate::source::ReadOptions;

const HEADER: &str = "email,first_name,last_name,country,verification_document_id,residence_address";

/// A table and the directory of its run.
struct Place {
    directory: TempDir,
    files: Vec<PathBuf>,
    read: ReadOptions,
    options: MappingOptions,
}

impl Place {
    /// The tables as files of these names.
    fn new(tables: &[(&str, &[u8])]) -> Self {
        let directory = tempfile::tempdir().expect("directory");
        let files = tables.iter().map(|(name, bytes)| {
            let path = directory.path().join(name);
            fs::write(&path, bytes).expect("written");
            path
        });
        let files = files.collect();
        let options = MappingOptions { extra: Extra::Ignore, ..Default::default() };
        Self { directory, files, read: ReadOptions::default(), options }
    }

    /// A table of so many customers.
    fn of(rows: u32) -> Self {
        let rows: String = (1..=rows).map(|row| format!("a{row}@mail.com,Alex,Smith,FR,D{row},Paris\n")).collect();
        Self::new(&[("customers.csv", format!("{HEADER}\n{rows}").as_bytes())])
    }

    fn keys(mut self, keys: &[&str]) -> Self {
        self.options.keys = keys.iter().map(|key| (*key).to_owned()).collect();
        self
    }

    fn run(&self) -> PathBuf {
        self.directory.path().join("run")
    }

    fn input(&self) -> Input {
        Input::files(&self.files, &self.read, &self.options).expect("paths")
    }

    fn manifest(&self) -> Manifest {
        let (files, mapping) = self.input().open(self.directory.path()).expect("opened");
        let fingerprint = check(files.batches(&mapping), |_| Ok(())).expect("checked").fingerprint;
        manifest(self.input(), &fingerprint.to_string())
    }

    /// Begins the run and announces rows.
    fn begin(&self, announced: u32) -> Run {
        let mut run = Run::create(&self.run(), self.manifest()).expect("created");
        run.announce(announced).expect("announced");
        run
    }

    /// Goes on with the run.
    fn reopen(&self, announced: u32) -> Run {
        let mut run = Run::open(&self.run(), &self.manifest().asked).expect("opened").run;
        run.announce(announced).expect("announced");
        run
    }

    /// Ends the process's part and writes the reports.
    fn report(&self, mut run: Run) -> Summary {
        run.stop().expect("stopped");
        write(&mut run, &self.run(), requests(), TOOK, false).expect("written")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.run().join(name)).expect("read")
    }
}

fn manifest(input: Input, fingerprint: &str) -> Manifest {
    let asked = Asked {
        fingerprint: fingerprint.to_owned(),
        mapping: BTreeMap::new(),
        base_url: "https://kunacore.example".to_owned(),
        sandbox: false,
    };
    Manifest::new("kunacore 0.1.0", "2026-01-01T00:00:00Z", asked, Rules::default(), input)
}

const TOOK: Duration = Duration::from_micros(1_234_567);

fn requests() -> Requests {
    Requests { create: 7, find: 2, ..Requests::default() }
}

/// The names in a directory that are not the run's own.
fn names(run: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("entry").file_name().into_string().expect("a name");
    let own = ["journal.jsonl", "key", "lock", "manifest.json", "sent_upto"];
    let mut names: Vec<String> = fs::read_dir(run).expect("read").map(name).collect();
    names.retain(|name| !own.contains(&name.as_str()));
    names.sort();
    names
}

fn result(run: &Run, row: u32, end: End) -> RowResult {
    RowResult {
        row,
        tag: run.tag(&format!("a{row}@mail.com")),
        end,
        status: None,
        code: None,
        field: None,
        message: None,
        attempts: 1,
        found: None,
        sent_at: None,
    }
}

fn created(run: &Run, row: u32, how: How) -> RowResult {
    result(run, row, End::Created { how, id: format!("c-{row}"), wallet_id: format!("w-{row}") })
}

fn rejected(run: &Run, row: u32) -> RowResult {
    RowResult {
        status: Some(422),
        code: Some("INVALID".to_owned()),
        field: Some("country".to_owned()),
        message: Some("it is not \"served\", yet".to_owned()),
        ..result(run, row, End::Rejected)
    }
}

fn unresolved(run: &Run, row: u32) -> RowResult {
    result(run, row, End::Unresolved { never_post: false })
}

fn ids(row: u32) -> Ids {
    Ids { id: format!("c-{row}"), wallet_id: format!("w-{row}") }
}
