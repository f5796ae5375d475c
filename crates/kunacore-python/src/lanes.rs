//! Where calls run that somebody waits for: on the thread that waits, so that no other has to be woken.
//!
//! A lane is a runtime of one thread and a client whose connections belong to that runtime. A call takes a lane that is
//! free, or makes one, and gives it back; a lane is never driven by two threads at once. As many threads, as many lanes.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kunacore::Client;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Interval, MissedTickBehavior};

/// How often a waiting call looks for Ctrl-C.
const TICK: Duration = Duration::from_millis(100);
/// A call so soon after another meets no connection that the server had closed because nobody used it.
const JUST_NOW: Duration = Duration::from_millis(1);
/// How many lanes are kept while nobody uses them.
const KEPT: usize = 64;

/// The lanes of a client that are free.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<Vec<Lane>>);

/// A runtime and the client whose connections it drives.
pub(crate) struct Lane {
    client: Client,
    /// When to look for Ctrl-C. Kept from call to call, as each new timer wakes the runtime's driver.
    ticks: Interval,
    used: Instant,
    runtime: Runtime,
}

impl Lanes {
    /// The lane that was used last, whose connections are the youngest; or a new one beside this client.
    pub(crate) fn take(&self, beside: &Client) -> Result<Lane, Failure> {
        if let Some(lane) = self.free().pop() {
            return Ok(lane);
        }
        let client = beside.with_own_connections().map_err(Failure::Client)?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
        let ticks = {
            let _within = runtime.enter();
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        };
        Ok(Lane { client, ticks, used: Instant::now(), runtime })
    }

    /// Takes it back.
    pub(crate) fn give(&self, lane: Lane) {
        let mut free = self.free();
        if free.len() < KEPT {
            free.push(lane);
        } else {
            lane.end();
        }
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Lane>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no lane.
pub(crate) enum Failure {
    Client(kunacore::Error),
    Runtime(std::io::Error),
}

impl Lane {
    /// Makes a call with the lane's client and waits for it without the GIL.
    ///
    /// # Errors
    ///
    /// What a signal handler raises, `KeyboardInterrupt` above all; the call is then dropped.
    pub(crate) fn wait<F>(&mut self, py: Python<'_>, call: impl FnOnce(Client) -> F + Send) -> PyResult<F::Output>
    where
        F: Future + Send,
        F::Output: Send,
    {
        py.detach(|| {
            let Self { client, ticks, used, runtime } = self;
            let was_idle = used.elapsed() > JUST_NOW;
            let ended = runtime.block_on(async {
                // Nobody looked at the connections since the last call. The first turn takes back the one that it used, and
                // sees what the server has closed meanwhile; the second takes that out of the pool. A request on a closed
                // connection would be in doubt.
                tokio::task::yield_now().await;
                if was_idle {
                    tokio::task::yield_now().await;
                }
                let mut call = std::pin::pin!(call(client.clone()));
                loop {
                    tokio::select! {
                        // An answer that has come wins over Ctrl-C: it may hold the ids of a new customer.
                        biased;
                        output = &mut call => return Ok(output),
                        _ = ticks.tick() => Python::attach(|py| py.check_signals())?,
                    }
                }
            });
            *used = Instant::now();
            ended
        })
    }

    /// Closes its connections. Nobody waits for a thread that may be looking up a name.
    fn end(self) {
        self.runtime.shutdown_background();
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.free().drain(..).for_each(Lane::end);
    }
}
