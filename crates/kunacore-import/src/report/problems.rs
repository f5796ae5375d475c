//! The list of everything that the check of a table found wrong with its rows.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use super::csv::Csv;
use super::drafts::{Draft, Drafts};
use super::error::ReportError;
use crate::aside::{Aside, aside_of};
use crate::problem::RowProblem;
use crate::run::disk::RealDisk;

/// The name of the list.
pub(crate) const PROBLEMS: &str = "problems.csv";
const HEADER: [&str; 6] = ["row", "line", "file", "field", "code", "message"];

/// `problems.csv` in the making, while the table is checked and before there is a run directory. It is begun with the first
/// problem. Dropped before [`Self::finish`], it is removed.
pub struct ProblemFile {
    aside: PathBuf,
    begun: Option<(Aside, Csv<BufWriter<File>>)>,
}

impl ProblemFile {
    /// The list for this run directory; without one it will be named later, in the current directory.
    #[must_use]
    pub fn new(run: Option<&Path>) -> Self {
        Self { aside: run.map_or(Path::new("."), aside_of).to_owned(), begun: None }
    }

    /// Adds a problem.
    ///
    /// # Errors
    ///
    /// The file cannot be made or written.
    pub fn add(&mut self, problem: &RowProblem) -> io::Result<()> {
        let (_, csv) = match &mut self.begun {
            Some(begun) => begun,
            none => none.insert(begin(&self.aside)?),
        };
        let place = problem.place();
        csv.field(Some(&place.row().to_string()));
        csv.field(place.line().map(|line| line.to_string()).as_deref());
        csv.field(place.file());
        csv.field(Some(problem.field()));
        csv.field(Some(problem.code()));
        csv.field(Some(&format!("{} {}", problem.field(), problem.reason())));
        csv.end()
    }

    /// Gives the list its name in the run directory, durably, and tells its path. The directory is made if it is not there.
    /// Without problems there is no list, except that it replaces the one of an earlier check.
    ///
    /// # Errors
    ///
    /// The directory or the file cannot be made or written.
    pub fn finish(self, directory: &Path) -> io::Result<Option<PathBuf>> {
        let path = directory.join(PROBLEMS);
        let any = self.begun.is_some();
        let (aside, csv) = match self.begun {
            Some(begun) => begun,
            None if path.exists() => begin(&self.aside)?,
            None => return Ok(None),
        };
        drop(csv.into_output().into_inner().map_err(io::IntoInnerError::into_error)?);
        RealDisk::create(directory)?;
        aside.keep(directory, PROBLEMS)?;
        Ok(any.then_some(path))
    }
}

fn begin(aside: &Path) -> io::Result<(Aside, Csv<BufWriter<File>>)> {
    let aside = Aside::new(aside)?;
    let output = BufWriter::new(aside.writer()?);
    Ok((aside, Csv::new(output, b',', false, HEADER)?))
}

/// The list of a run whose check found nothing.
pub(super) fn none(drafts: &mut Drafts<'_>) -> Result<(), ReportError> {
    let written = Csv::new(drafts.begin(PROBLEMS)?, b',', false, HEADER).map(Csv::into_output).and_then(Draft::finish);
    written.map_err(ReportError::write(PROBLEMS))
}
