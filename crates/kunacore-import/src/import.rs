//! An import from start to end: the input is checked, the run's directory is begun or gone on with, rows are sent, and the
//! reports are written.
//!
//! The same calls start a run and continue it, until nothing is left.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::check::{Checked, check_and_tell};
use crate::crash;
use crate::ending::{Ended, Ending};
use crate::engine::{self, Announcing, Board, Books, Control, Known, Over, Plan, Progress, Sending, Wish, total};
use crate::error::ImportError;
use crate::failure::Failure;
use crate::input::{Input, SPOOLED};
use crate::mapping::{Mapping, MappingOptions};
use crate::opened::{Opened, open};
use crate::options::{Existing, ImportOptions, Invalid, Server, Table};
use crate::pacing::{Pacer, Pacing, Pause, Requests};
use crate::report::{self, ProblemFile};
use crate::rules::{KnownPath, Rules};
use crate::run::{Asked, KnownRun, Manifest, RowState, Run, RunError, SameId, refuse_foreign};
use crate::siblings::{self, Sibling, UNNAMED};
use crate::source::{Files, ReadOptions};
use crate::spool::Spool;

/// How much longer than an attempt may take what is in flight is settled when an import stops.
const DRAIN: Duration = Duration::from_secs(10);
/// The least time between two looks of whoever watches.
const LOOK: Duration = Duration::from_millis(100);

/// An input that was read and checked. Nothing was sent.
pub struct CheckedTable {
    checked: Checked,
    /// `None` of a stream, of which there is a copy.
    files: Option<Files>,
    mapping: Mapping,
    input: Input,
    spool: Option<Spool>,
    directory: PathBuf,
    /// The rules of the run that is in the directory, if one is.
    before: Option<Rules>,
    options: ImportOptions,
    problems: Option<PathBuf>,
}

impl CheckedTable {
    /// Reads the whole input and checks it. `look_on` is told how far it is, at most ten times a second.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] if it cannot be read or mapped, or is empty; [`Failure::Interrupted`] if `control` stops it;
    /// [`Failure::Run`] if it is to be what a run was begun with, and there is none; [`Failure::System`] if the copy of a
    /// stream, or the list of problems, cannot be written. Problems of rows are no error here.
    pub fn check(
        table: Table,
        read: &ReadOptions,
        mapping: &MappingOptions,
        options: ImportOptions,
        control: &Control,
        look_on: &mut dyn FnMut(&Progress),
    ) -> Result<Self, Failure> {
        let Opened { input, batches, again, spool } = open(table, read, mapping, &options)?;
        let mapping = batches.mapping().clone();
        let mut problems = ProblemFile::new(options.run.as_deref());
        let (board, mut looked) = (Board::default(), Instant::now());
        let tell = |rows| {
            board.checked(rows);
            if looked.elapsed() >= LOOK {
                looked = Instant::now();
                look_on(&board.progress());
            }
            control.wish() == Wish::GoOn
        };
        let checked = check_and_tell(batches, |problem| problems.add(problem), tell);
        let mut checked = checked.map_err(|error| unless_stopped(error, control))?;
        // Also after the last row: whoever fills a pipe may have been stopped by the same Ctrl-C.
        if control.wish() != Wish::GoOn {
            return Err(Failure::Interrupted);
        }
        if checked.rows == 0 {
            return Err(ImportError::malformed("the table has no rows", "Look whether it is the right one.").into());
        }
        if u32::try_from(checked.rows).is_err() {
            let what = format!("it has {} rows, and an import takes at most {}", checked.rows, u32::MAX);
            return Err(ImportError::malformed(what, "Part it into several.").into());
        }
        let default = || PathBuf::from(format!("{UNNAMED}{}", checked.fingerprint.short()));
        let directory = options.run.clone().unwrap_or_else(default);
        // The list of problems would replace a file of that name, whoever it belongs to.
        refuse_foreign(&directory).map_err(Failure::of_run(&directory))?;
        let before = match Manifest::of(&directory) {
            Ok(begun) if begun.asked.fingerprint != checked.fingerprint.to_string() => {
                let differences = begun.asked.other_mapping(&mapping.described());
                let error =
                    if differences.is_empty() { RunError::OtherTable } else { RunError::Different(differences) };
                return Err(Failure::of_run(&directory)(error));
            }
            Ok(begun) => Some(begun.rules),
            // Whether a run can be begun here, or why it cannot be gone on with, is told when it is opened.
            Err(_) => None,
        };
        let problems = problems.finish(&directory).map_err(Failure::System)?;
        let files = again.map(|(files, _)| files);
        checked.warnings.extend(files.as_ref().and_then(Files::remark));
        Ok(Self { checked, files, mapping, input, spool, directory, before, options, problems })
    }

    /// What the check found.
    #[must_use]
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// Where the run is, or would be.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where all problems are listed, if there are any.
    #[must_use]
    pub fn problems(&self) -> Option<&Path> {
        self.problems.as_deref()
    }

    /// Whether its rows may be sent as they are, or without those that may not.
    ///
    /// # Errors
    ///
    /// [`Failure::Problems`] if there are rows that cannot be sent and are not to be rejected.
    pub fn refuse_problems(&self) -> Result<(), Failure> {
        let before = self.before.as_ref().map(|before| before.invalid);
        let invalid = self.options.invalid.or(before).unwrap_or_default();
        if self.checked.problems.count > 0 && invalid == Invalid::Stop {
            return Err(Failure::Problems { count: self.checked.problems.count, file: self.problems.clone() });
        }
        Ok(())
    }

    /// Begins the run, or goes on with it. Nothing is sent yet. `tool` is the program and its version.
    ///
    /// # Errors
    ///
    /// [`Failure::Problems`] if rows cannot be sent as they are and are not to be rejected; [`Failure::Run`] if the directory
    /// belongs to another input, mapping or server, is in use, or cannot keep a run, or if a known run cannot be used;
    /// [`Failure::Sibling`] if rows of the same file were sent from a run that this one does not know; [`Failure::NotOpen`] for
    /// a row that cannot be accepted.
    pub fn open(self, server: Server, tool: &str) -> Result<Import, Failure> {
        self.refuse_problems()?;
        let Self { checked, files, mapping, input, spool, directory, options, .. } = self;
        let asked = Asked {
            fingerprint: checked.fingerprint.to_string(),
            mapping: mapping.described(),
            base_url: server.base_url.clone(),
            sandbox: server.sandbox,
        };
        let opened = match Run::open(&directory, &asked) {
            Err(RunError::NoRun) => None,
            opened => Some(opened.map_err(Failure::of_run(&directory))?),
        };
        let run = opened.as_ref().map(|opened| &opened.run);
        let before = run.map(|run| run.manifest().rules.clone()).unwrap_or_default();
        let sent_upto = run.map_or(0, Run::sent_upto);
        let mut rules =
            before.asked(&options, server.client.settle(), sent_upto).map_err(Failure::of_run(&directory))?;
        let is_itself = |path: &Path| std::path::absolute(&directory).is_ok_and(|directory| directory == path);
        if rules.known.iter().any(|known| is_itself(&known.run)) {
            return Err(Failure::of_run(&directory)(RunError::KnownItself));
        }
        let is_done = |run: &Run| total(&run.counts()) == checked.rows && run.counts().unresolved == 0;
        let known = match run {
            Some(run) if is_done(run) => Vec::new(),
            _ => rules.known.iter_mut().map(|path| known(path, &asked)).collect::<Result<_, _>>()?,
        };
        // A sandbox of our own has customers of this run only; and whoever names a directory, or says what is known, knows
        // what was there before.
        let may_repeat = run.is_none() && options.run.is_none() && !server.sandbox;
        if may_repeat
            && rules.known.is_empty()
            && rules.existing == Existing::Reject
            && let Some(Sibling { directory, same_table }) = siblings::find(&input, &asked)
        {
            return Err(Failure::Sibling { directory, same_table });
        }
        let mut remarks = Vec::new();
        let mut run = match opened {
            Some(opened) => {
                remarks.extend(crash_remark(opened.cut));
                remarks.extend(SameId::remarks(&opened.same_ids));
                remarks.extend(opened.more_same_ids.then(|| "There are more such rows.".to_owned()));
                opened.run
            }
            None => {
                let began = jiff::Timestamp::now().to_string();
                let manifest = Manifest::new(tool, &began, asked, rules.clone(), input.clone());
                Run::create(&directory, manifest).map_err(Failure::of_run(&directory))?
            }
        };
        // Before anything is announced: whoever goes on with the run needs them.
        run.note_rules(&rules).map_err(Failure::of_run(&directory))?;
        let was_copied = run.manifest().input.is_spooled() && directory.join(SPOOLED).exists();
        if let Some(spool) = spool {
            // Before anything is announced: a run is never without its table.
            crash::point("before_spool_is_kept");
            spool.keep(&directory)?;
            crash::point("after_spool_is_kept");
        }
        // The reports are made from the table where it is now; of a table that was copied, from the copy.
        if input.is_spooled() || !was_copied {
            run.note_input(&input).map_err(Failure::of_run(&directory))?;
        }
        let files = match files {
            Some(files) => files,
            None => input.open(&directory)?.0,
        };
        let began = tokio::time::Instant::now();
        for known in known.iter().filter(|known| known.run.untagged() > 0) {
            remarks.push(untagged_remark(known.run.untagged()));
        }
        let open =
            |row: &u32| matches!(run.state(*row), RowState::Unresolved { .. } | RowState::Rejected { conflict: true });
        if let Some(row) = options.accept.keys().find(|row| !open(row)) {
            return Err(Failure::NotOpen { row: *row });
        }
        Ok(Import { server, run, known, checked, files, mapping, directory, rules, options, remarks, began })
    }
}

/// An import that can begin, or go on. Its directory is locked until it is dropped.
pub struct Import {
    server: Server,
    run: Run,
    known: Vec<Known>,
    checked: Checked,
    files: Files,
    mapping: Mapping,
    directory: PathBuf,
    rules: Rules,
    options: ImportOptions,
    remarks: Vec<String>,
    /// Since when the directory is ours.
    began: tokio::time::Instant,
}

impl Import {
    /// The run's directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// How many rows the input has.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.checked.rows
    }

    /// How many rows have a durable result already.
    #[must_use]
    pub fn done(&self) -> u64 {
        total(&self.run.counts())
    }

    /// What a person should know before rows are sent.
    pub fn remarks(&self) -> impl Iterator<Item = &str> {
        self.remarks.iter().chain(&self.checked.warnings).map(String::as_str)
    }

    /// Sends what is left, and writes the reports. `look_on` is told on this thread how far it is, ten times a second.
    ///
    /// Whatever happens to rows is in the reports; an error of the directory is a stop.
    ///
    /// # Errors
    ///
    /// [`Failure::System`] if the system gives no threads; nothing was sent.
    pub fn send(self, control: &Control, look_on: &mut dyn FnMut(&Progress)) -> Result<Ended, Failure> {
        let Self { server, mut run, known, checked, files, mapping, directory, rules, options, began, .. } = self;
        let rows = u32::try_from(checked.rows).unwrap_or(u32::MAX);
        let started = Instant::now();
        let before = run.counts();
        let goes_on = total(&before) > 0 || run.sent_upto() > 0;
        let pacer = Pacer::new(Pacing {
            rate: options.rate,
            concurrency: options.concurrency,
            start_with_one: goes_on && options.concurrency.is_none(),
            ..Pacing::default()
        });
        let board = Arc::new(Board::default());
        board.begins(checked.rows, before);
        let plan = Plan { rows, sums: checked.sums, repeated: repeated(&checked.repeated) };
        let nothing_left = total(&before) == checked.rows && before.unresolved == 0 && options.accept.is_empty();
        // What the process did that ended the run is told again.
        let told = if nothing_left { report::told(&mut run) } else { None };
        if !nothing_left {
            run.expect(rows);
        }
        let books = Books {
            run,
            known,
            accept: options.accept.clone(),
            // A canary, and a rate, leave few rows in doubt.
            announcing: Announcing::new(rows, options.canary.is_some() || options.rate.is_some()),
            canary: options.canary,
            began,
            board: board.clone(),
            remarks: Vec::new(),
        };
        let sending = Sending {
            client: server.client.clone(),
            pacer: pacer.clone(),
            rules: rules.of_rows(),
            max_identical_rejections: options.max_identical_rejections,
            drain: server.client.timeout().saturating_add(DRAIN),
            control: control.clone(),
            board: board.clone(),
        };
        let mut look = || look_on(&progress(&board, &pacer));
        let over = if nothing_left {
            Over::at_once(books.run)
        } else {
            engine::send(files.batches(&mapping), &plan, books, sending, &mut look).map_err(Failure::System)?
        };
        board.reports();
        look_on(&progress(&board, &pacer));
        let (requests, took) = told.unwrap_or_else(|| (requests(&pacer, over.sent.probes), started.elapsed()));
        let ending = Ending { directory, canary: options.canary, keep_input: options.keep_input };
        Ok(ending.write(over, requests, took))
    }
}

/// Opens a known run, and notes how much it knows if this is the first time.
fn known(path: &mut KnownPath, asked: &Asked) -> Result<Known, Failure> {
    let run = KnownRun::open(&path.run).and_then(|known| known.at_server(asked)).map_err(Failure::of_run(&path.run))?;
    let seen = *path.seen.get_or_insert(run.journal_length());
    Ok(Known { run, after: path.after, seen })
}

/// A table that cannot be read any more because the import is to stop is none that is at fault.
pub(crate) fn unless_stopped(error: ImportError, control: &Control) -> Failure {
    if control.wish() == Wish::GoOn { error.into() } else { Failure::Interrupted }
}

/// What is to be seen of an import now.
fn progress(board: &Board, pacer: &Pacer) -> Progress {
    let status = pacer.status();
    let now = tokio::time::Instant::now();
    let wait = |pause: &Pause| pause.until.map(|until| until.saturating_duration_since(now));
    let pause = status.pause.map(|pause| (pause.why.words(), wait(&pause)));
    Progress { in_flight: status.in_flight, limit: status.limit, pause, ..board.progress() }
}

/// The requests so far; logins and the like are not told.
fn requests(pacer: &Pacer, probes: u64) -> Requests {
    let mut sent = pacer.status().requests;
    sent.find += probes;
    sent
}

/// Rows are at most [`u32::MAX`], as was checked.
fn repeated(pairs: &[(u64, u64)]) -> HashMap<u32, u32> {
    pairs.iter().filter_map(|(later, first)| Some((u32::try_from(*later).ok()?, u32::try_from(*first).ok()?))).collect()
}

fn crash_remark(cut: u64) -> Option<String> {
    let what = "The last process was killed while it wrote to the journal";
    (cut > 0).then(|| format!("{what}; {cut} bytes of an unfinished record were cut off. What was durable is there."))
}

fn untagged_remark(rows: u32) -> String {
    format!(
        "A known run has {rows} rows that may have been sent and left no record, so every row is looked up before it is sent; \
         continue that run to its end first, and this one is faster."
    )
}
