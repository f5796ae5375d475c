//! The reports of a run: what became of every row, derived from the run's journal and its table.
//!
//! ```text
//! RUN/
//!   created.csv       row, external_id, the key columns, id, wallet_id, how
//!   rejected.csv      the table's rows as they are, and why they were refused: mended, the table of a new run
//!   rejected.parquet  the same with the table's types, if it came with types
//!   unresolved.csv    row, external_id, the key columns, reason, candidate_id, candidate_wallet_id, first_sent_at
//!   unsent.csv        row, external_id, the key columns
//!   results.arrow     all rows in one table
//!   summary.json      how many there are of each
//!   problems.csv      what the check of the table found, by [`ProblemFile`]
//! ```
//!
//! Every row is in exactly one of the four states. Its last record in the journal says which; a row without one that may have
//! been sent is unresolved, with the reason `interrupted`.
//!
//! Reports are never added to: they are written anew, each under a temporary name, made durable, and renamed together at the
//! end, after the table was seen to be the one of the run. So whoever reads them sees whole ones, and the same journal and
//! table give the same bytes.
//!
//! They are beside the run's own files and hold what the table holds. Only their owner may read them.

mod csv;
mod drafts;
mod error;
mod fates;
mod lists;
mod problems;
mod rejected;
mod results;
mod summary;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use crate::ahead::read_ahead;
use crate::batch::Batch;
use crate::crash;
use crate::error::ImportError;
use crate::fingerprint::Hasher;
use crate::input::SPOOLED;
use crate::mapping::Mapping;
use crate::pacing::Requests;
use crate::run::disk::{Disk, Hold, LOCK, RealDisk};
use crate::run::sent;
use crate::run::{Manifest, Run, RunError, lock_error, no_run, no_run_at};
use crate::source::Files;

pub use error::ReportError;
pub(crate) use problems::PROBLEMS;
pub use problems::ProblemFile;
pub use summary::Summary;

use drafts::Drafts;
use fates::{Fate, Fates, State};
use lists::Lists;
use rejected::RejectedRows;
use results::Results;

/// What [`rewrite`] did.
#[derive(Clone, Debug, PartialEq)]
pub enum Rewritten {
    /// The reports were written anew.
    Written(Summary),
    /// They were left as they are: all rows are settled, and the copy of the table was removed when they were written.
    Kept(Summary),
}

/// Writes the reports of a run, in its directory `dir`, by the one who holds it. What counts is what its files say, so it comes
/// after [`Run::stop`], or after a failure. `requests` and `took` say what this process did, for the summary.
///
/// The copy of a table that could be read only once is removed when no row is left that something could become of, unless
/// `keep_input`.
///
/// # Errors
///
/// The journal or the table cannot be read, the table is another one, or a report cannot be written. The reports that were
/// there before are still there then. Nothing else is lost: they can be written again.
pub fn write(
    run: &mut Run,
    dir: &Path,
    requests: Requests,
    took: Duration,
    keep_input: bool,
) -> Result<Summary, ReportError> {
    let manifest = run.manifest().clone();
    let summary = derive(run.disk(), dir, &manifest, requests, took)?;
    if manifest.input.is_spooled() && summary.is_done() && !keep_input {
        crash::point("before_copy_is_removed");
        let removed = run.disk().remove(SPOOLED).and_then(|()| run.disk().sync_names());
        removed.map_err(ReportError::write(SPOOLED))?;
    }
    Ok(summary)
}

/// Writes the reports of a run that no process is at.
///
/// # Errors
///
/// [`RunError::InUse`] while a process is at it, [`RunError::NoRun`]; or as for [`write()`].
pub fn rewrite(dir: &Path) -> Result<Rewritten, ReportError> {
    let mut disk = RealDisk::at(dir);
    rewrite_on(&mut disk, dir)
}

/// The summary of a run whose copy of its table was removed because all is done; `None` of every other run, which may have
/// something to be done. Nothing is locked or written.
#[must_use]
pub fn finished(dir: &Path) -> Option<Summary> {
    let mut disk = RealDisk::at(dir);
    let is_gone = Manifest::read(&mut disk).ok()?.input.is_spooled() && !dir.join(SPOOLED).exists();
    summary::read(&mut disk).filter(|summary| is_gone && summary.is_settled())
}

/// What the summary of a run tells of the last process that did something.
pub(crate) fn told(run: &mut Run) -> Option<(Requests, Duration)> {
    summary::read(run.disk()).map(|summary| (summary.requests, summary.took()))
}

fn rewrite_on(disk: &mut dyn Disk, dir: &Path) -> Result<Rewritten, ReportError> {
    // Before the lock, which would make a file in a directory that is no run.
    let names = disk.names().map_err(|_| no_run_at(dir, disk))?;
    if !names.iter().any(|name| name == LOCK || name == sent::NAME) {
        return Err(no_run(disk).into());
    }
    disk.lock(Hold::Alone).map_err(lock_error)?;
    let manifest = match Manifest::read(disk) {
        Err(RunError::NoRun) => return Err(no_run(disk).into()),
        manifest => manifest?,
    };
    let before = summary::read(disk);
    if manifest.input.is_spooled() && !names.iter().any(|name| name == SPOOLED) {
        return match before {
            Some(summary) if summary.is_settled() => Ok(Rewritten::Kept(summary)),
            _ => Err(ReportError::NoInput),
        };
    }
    let (requests, took) = before.map(|before| (before.requests, before.took())).unwrap_or_default();
    derive(disk, dir, &manifest, requests, took).map(Rewritten::Written)
}

fn derive(
    disk: &mut dyn Disk,
    dir: &Path,
    manifest: &Manifest,
    requests: Requests,
    took: Duration,
) -> Result<Summary, ReportError> {
    let mut fates = Fates::read(disk)?;
    let names = disk.names().map_err(ReportError::write("."))?;
    let was_checked_clean = !names.iter().any(|name| name == PROBLEMS);
    let (files, mapping) = manifest.input.open(dir).map_err(ReportError::Input)?;
    let mut drafts = Drafts::new(disk);
    let written = fill(&mut drafts, &mut fates, &files, &mapping, &manifest.asked.fingerprint);
    let written = written.and_then(|counted| {
        if was_checked_clean {
            problems::none(&mut drafts)?;
        }
        let summary = counted.with(dir, requests, took);
        summary.write(drafts.begin(summary::NAME)?).map_err(ReportError::write(summary::NAME))?;
        Ok(summary)
    });
    match written {
        Ok(summary) => drafts.publish().map(|()| summary),
        Err(error) => {
            drafts.discard();
            Err(error)
        }
    }
}

/// Writes all reports but the summary, under their temporary names.
fn fill(
    drafts: &mut Drafts<'_>,
    fates: &mut Fates,
    files: &Files,
    mapping: &Mapping,
    fingerprint: &str,
) -> Result<Summary, ReportError> {
    let mut lists = Lists::begin(drafts, mapping)?;
    let mut rejected = RejectedRows::begin(drafts, files)?;
    let mut results = Results::begin(drafts, mapping)?;
    let mut counted = Summary::default();
    let mut hasher = Hasher::new(mapping);
    let mut hash = |batch: &Result<Batch, ImportError>| {
        batch.iter().flat_map(Batch::rows).for_each(|row| hasher.push(&row));
    };
    // Most runs have no rejected row, and then only the columns that were sent need be read.
    let batches = if fates.any_rejected() { files.all_columns(mapping) } else { files.batches(mapping) };
    // To hash the rows is the reader's work, too: what is done with their fates takes longer than to read them.
    read_ahead(batches.inspect(&mut hash), |batches| -> Result<(), ReportError> {
        for batch in batches {
            let batch = batch.map_err(ReportError::Input)?;
            let mut refused: Vec<(usize, Fate)> = Vec::new();
            for (index, row) in batch.rows().enumerate() {
                let fate = fates.of(row.row())?;
                counted.count(&fate);
                lists.push(&row, &fate)?;
                results.push(&row, &fate)?;
                if fate.state == State::Rejected {
                    refused.push((index, fate));
                }
            }
            rejected.push(batch.columns(), &refused)?;
        }
        Ok(())
    })?;
    if hasher.finish().0.to_string() != fingerprint {
        return Err(ReportError::Changed);
    }
    lists.finish()?;
    rejected.finish()?;
    results.finish()?;
    Ok(counted)
}
