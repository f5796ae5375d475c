//! The rows that may leave: the sender adds them, its tasks take one after the other.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{BLOCK_ROWS, Job};

/// A queue of rows, by which tasks call the sender, too.
#[derive(Default)]
pub(super) struct Jobs {
    waiting: Mutex<VecDeque<Job>>,
    call: Notify,
}

impl Jobs {
    pub(super) fn add(&self, jobs: impl IntoIterator<Item = Job>) {
        self.waiting().extend(jobs);
    }

    /// The next row. The sender is called when it is time to ask for more.
    pub(super) fn next(&self) -> Option<Job> {
        let (job, left) = {
            let mut waiting = self.waiting();
            (waiting.pop_front(), waiting.len())
        };
        // Not when there was none: who asks in vain would call for ever.
        if job.is_some() && left % BLOCK_ROWS == 0 {
            self.call();
        }
        job
    }

    /// All of them.
    pub(super) fn take(&self) -> VecDeque<Job> {
        std::mem::take(&mut *self.waiting())
    }

    pub(super) fn len(&self) -> usize {
        self.waiting().len()
    }

    /// There is something for the sender to see: rows are running out, or the pacer has room for more.
    pub(super) fn call(&self) {
        self.call.notify_one();
    }

    /// Waits until the sender is called.
    pub(super) async fn called(&self) {
        self.call.notified().await;
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
