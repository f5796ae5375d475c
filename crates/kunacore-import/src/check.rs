//! The check of the whole input, before the first request.

use std::io;

use kunacore::Field;

use crate::ahead::read_ahead;
use crate::batch::{Batch, Batches};
use crate::duplicates::Duplicates;
use crate::error::{ImportError, ImportErrorKind};
use crate::fingerprint::{Fingerprint, Hasher};
use crate::place::Places;
use crate::problem::RowProblem;

/// How many problems are kept to be shown.
pub const SHOWN_PROBLEMS: usize = 20;

/// What the check of an input found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Checked {
    /// How many rows there are.
    pub rows: u64,
    /// The hash of their content.
    pub fingerprint: Fingerprint,
    /// What is wrong with rows.
    pub problems: Problems,
    /// What a person should know; holds no values.
    pub warnings: Vec<String>,
    /// The sums of the input's parts, to see while it is sent that it has not changed.
    pub(crate) sums: Vec<u32>,
    /// Every row whose e-mail an earlier one has, with the first that has it.
    pub(crate) repeated: Vec<(u64, u64)>,
}

/// What is wrong with rows: how much, and the first of it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Problems {
    /// How many problems there are; a row can have several.
    pub count: u64,
    /// The first [`SHOWN_PROBLEMS`]; the receiver got all.
    pub first: Vec<RowProblem>,
}

/// Reads the whole input and checks every row. Problems of rows do not stop it: `sink` receives them all, first those of
/// single rows in input order, then e-mails that stand in an earlier row too (trimmed, in lower case).
///
/// It keeps 16 bytes for each row, and nothing else that grows with the input, except where line breaks in values part the
/// lines from the rows.
///
/// # Errors
///
/// Whatever stops the reading; [`Sink`](ImportErrorKind::Sink) when the receiver fails.
pub fn check(batches: Batches, sink: impl FnMut(&RowProblem) -> io::Result<()>) -> Result<Checked, ImportError> {
    check_and_tell(batches, sink, |_| true)
}

/// The same, telling after each batch how many rows were read; `false` ends it there.
pub(crate) fn check_and_tell(
    batches: Batches,
    mut sink: impl FnMut(&RowProblem) -> io::Result<()>,
    mut tell: impl FnMut(u64) -> bool,
) -> Result<Checked, ImportError> {
    let warnings = batches.mapping().warnings().to_vec();
    let mut problems = Problems::default();
    let mut report = |problem: RowProblem| {
        sink(&problem).map_err(|error| {
            ImportError::new(
                ImportErrorKind::Sink,
                format!("the list of problems cannot be written ({})", error.kind()),
                "Look whether the disk is full.",
            )
        })?;
        problems.count += 1;
        if problems.first.len() < SHOWN_PROBLEMS {
            problems.first.push(problem);
        }
        Ok(())
    };
    let mut hasher = Hasher::new(batches.mapping());
    let mut duplicates = Duplicates::new();
    let mut places = Places::default();
    let mut rows = 0;
    let mut look_through = |batches: &mut dyn Iterator<Item = Result<Batch, ImportError>>| -> Result<(), ImportError> {
        for batch in batches {
            for row in batch?.rows() {
                rows = row.row();
                places.push(&row.place());
                hasher.push(&row);
                if let Some(email) = row.get(Field::Email) {
                    duplicates.push(rows, email);
                }
                row.problems().into_iter().try_for_each(&mut report)?;
            }
            if !tell(rows) {
                break;
            }
        }
        Ok(())
    };
    // A stream may let its reader wait; the check of one is over as soon as it was told to stop.
    match batches.are_of_files() {
        true => read_ahead(batches, look_through)?,
        false => look_through(&mut { batches })?,
    }
    let repeated = duplicates.find();
    for (later, first) in &repeated {
        report(RowProblem::duplicate(places.find(*later), places.find(*first)))?;
    }
    let (fingerprint, sums) = hasher.finish();
    Ok(Checked { rows, fingerprint, problems, warnings, sums, repeated })
}
