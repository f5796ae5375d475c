//! What the answers tell of the server and of the mapping, seen as they come: so many alike in a row end an import. The
//! pacer hears of it at once, so that no more leave than are on their way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kunacore::gate::Judged;

use super::row::{Reason, Sign, Stopping};
use super::stop::{Stop, StopKind};
use crate::pacing::Pacer;

/// After how many answers in a row that say "created" and cannot be read an import stops.
const UNREAD: u32 = 5;

/// Reads the signs.
pub(super) struct Signs {
    pacer: Arc<Pacer>,
    /// How many rejections in a row for the same reason end the import; 0 for no limit.
    max_identical_rejections: u32,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    rejections: Option<(Reason, u32)>,
    unread: u32,
    stop: Option<Stop>,
}

impl Signs {
    pub(super) fn new(pacer: Arc<Pacer>, max_identical_rejections: u32) -> Self {
        Self { pacer, max_identical_rejections, seen: Mutex::default() }
    }

    /// Why nothing more shall be sent, if the signs say so.
    pub(super) fn stop(&self) -> Option<Stop> {
        self.seen().stop.clone()
    }

    /// A row has ended.
    pub(super) fn note(&self, sign: &Sign) {
        let mut seen = self.seen();
        match sign {
            Sign::Good => seen.rejections = None,
            Sign::Rejected(reason) => {
                let times = match seen.rejections.take() {
                    Some((same, times)) if same == *reason => times + 1,
                    _ => 1,
                };
                if times == self.max_identical_rejections {
                    self.halt(&mut seen, same_rejection(reason, times));
                }
                seen.rejections = Some((reason.clone(), times));
            }
            Sign::Refused(Stopping { what, next }) => {
                self.halt(&mut seen, Stop::new(StopKind::Refused, what.clone(), next.clone()));
            }
            Sign::Other => {}
        }
    }

    /// A creation was answered, or not.
    pub(super) fn judged(&self, judged: Judged) {
        let mut seen = self.seen();
        match judged {
            Judged::Created | Judged::Refused => seen.unread = 0,
            Judged::Unread => {
                seen.unread += 1;
                if seen.unread == UNREAD {
                    let what =
                        format!("{UNREAD} answers in a row say that a customer was created, and cannot be read.");
                    let next =
                        "Find out what answers in the server's place; then continue the run, which looks them up.";
                    self.halt(&mut seen, Stop::new(StopKind::Refused, what, next));
                }
            }
            Judged::Unclear => {}
        }
    }

    /// Nothing more leaves from here on. The first reason stays.
    fn halt(&self, seen: &mut Seen, stop: Stop) {
        seen.stop.get_or_insert(stop);
        self.pacer.drain();
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn same_rejection(Reason { status, code }: &Reason, times: u32) -> Stop {
    let status = status.map(|status| format!(" with status {status}")).unwrap_or_default();
    let code = code.as_ref().map(|code| format!(" and code {code}")).unwrap_or_default();
    let what = format!("{times} rows in a row were rejected{status}{code}, so the mapping looks wrong.");
    let next = "Look at rejected.csv: is a column in the wrong field? If all is as it should be, continue the run with a \
                higher --max-identical-rejections, or 0 for no limit.";
    Stop::new(StopKind::SameRejection, what, next)
}
