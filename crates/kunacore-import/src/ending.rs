//! The end of an import: the reports are written, and it is told what remains.

use std::path::PathBuf;
use std::time::Duration;

use crate::crash;
use crate::engine::{Closed, Over, Stop, StopKind};
use crate::pacing::Requests;
use crate::report::{self, Summary};
use crate::run::{Manifest, RunError};

/// How an import ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// The run's directory.
    pub directory: PathBuf,
    /// Why it stopped before its last row, if it did.
    pub stop: Option<Stop>,
    /// What the run was begun with; `None` if the run is lost to this process.
    pub manifest: Option<Manifest>,
    /// What became of the rows, and what was sent. `None` if the reports could not be written.
    pub summary: Option<Summary>,
    /// What a person should know beside.
    pub remarks: Vec<String>,
    /// Results that could not be made durable, as lines of JSON: the last resort, to be shown to the user.
    pub unwritten: Vec<String>,
}

/// What is known of an import when nothing is sent any more.
pub(crate) struct Ending {
    pub(crate) directory: PathBuf,
    pub(crate) canary: Option<u32>,
    pub(crate) keep_input: bool,
}

impl Ending {
    /// Writes the reports, while the run's lock is held.
    pub(crate) fn write(self, over: Over, requests: Requests, took: Duration) -> Ended {
        let Over { sent, books } = over;
        let mut ended = Ended {
            directory: self.directory.clone(),
            stop: sent.stop,
            manifest: books.as_ref().map(|books| books.run.manifest().clone()),
            summary: None,
            remarks: sent.remarks,
            unwritten: Vec::new(),
        };
        match books {
            Some(Closed { mut run, broken: None, remarks, .. }) => {
                ended.remarks.extend(remarks);
                crash::point("before_reports");
                match report::write(&mut run, &self.directory, requests, took, self.keep_input) {
                    Ok(summary) => {
                        ended.stop = self.stop(ended.stop, &summary);
                        ended.summary = Some(summary);
                    }
                    Err(error) => {
                        let what = format!("The reports cannot be written: {error}");
                        let next = "Nothing is lost: mend the cause, and write them with kunacore report.";
                        let failed = Stop::new(StopKind::Directory, what, next);
                        match ended.stop {
                            // Why it stopped on its own is worth more than why that is in no report.
                            Some(ref stop) if !asked_for(stop) => {
                                ended.remarks.push(format!("{} {}", failed.message(), failed.next()));
                            }
                            _ => ended.stop = Some(failed),
                        }
                    }
                }
            }
            Some(Closed { broken: Some(error), unwritten, .. }) => {
                ended.stop = Some(broken(&error));
                ended.unwritten = unwritten.iter().map(crate::run::RowResult::to_json).collect();
            }
            None => {}
        }
        ended
    }

    /// The reason for a stop, if there is still one when it is known what is left.
    fn stop(&self, stop: Option<Stop>, summary: &Summary) -> Option<Stop> {
        match (stop, self.canary) {
            (Some(stop), _) if summary.unsent == 0 && summary.unresolved == 0 && asked_for(&stop) => None,
            (None, Some(canary)) if summary.unsent > 0 => {
                let sent = if canary == 1 { "1 new row was".to_owned() } else { format!("{canary} new rows were") };
                let what = format!("{sent} sent, as asked for; the others are unsent.");
                Some(Stop::new(StopKind::Canary, what, "Look at the reports; then continue without --canary."))
            }
            (stop, _) => stop,
        }
    }
}

/// Whether it stopped because somebody wanted it.
fn asked_for(stop: &Stop) -> bool {
    matches!(stop.kind, StopKind::Interrupted | StopKind::Canary)
}

fn broken(error: &RunError) -> Stop {
    Stop::new(StopKind::Directory, format!("{error}"), "")
}
