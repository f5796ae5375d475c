//! Looking whether the server is there: before the first row leaves, and while it seems to be gone. A look-up changes
//! nothing, so it is what asks; a creation never is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use kunacore::{Client, Error, ErrorKind};
use tokio::time::Instant;

use super::stop::{Stop, StopKind};
use crate::pacing::Pacer;

/// The first pause between two probes of a server that does not answer; each later one doubles.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest of these pauses.
const PAUSE_CAP: Duration = Duration::from_secs(30);
/// How long a server may be gone before the pause becomes a stop.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How long to wait for a server that asks to slow down without saying how long.
const SLOW_DOWN: Duration = Duration::from_secs(1);

/// The probes of an import.
pub(super) struct Prober {
    client: Client,
    sent: AtomicU64,
}

/// What the first probe found.
pub(super) struct Preflight {
    /// The server's clock.
    pub(super) server_time: Option<SystemTime>,
    /// What a person should know.
    pub(super) remark: Option<String>,
}

impl Prober {
    pub(super) fn new(client: Client) -> Self {
        Self { client, sent: AtomicU64::new(0) }
    }

    /// How many probes were sent.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    async fn probe(&self) -> Result<Option<SystemTime>, Error> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.client.probe().await
    }

    /// Whether the server can be reached, and takes the credentials.
    pub(super) async fn preflight(&self) -> Result<Preflight, Stop> {
        let mut pauses = [100, 200, 400].map(Duration::from_millis).into_iter();
        loop {
            let error = match self.probe().await {
                Ok(server_time) => return Ok(Preflight { server_time, remark: None }),
                Err(error) => error,
            };
            return match error.kind() {
                ErrorKind::RateLimited => {
                    tokio::time::sleep(slow_down(&error)).await;
                    continue;
                }
                // Without the server's time a row that a crash leaves in doubt can never be told from an older customer.
                _ if error.status().is_some_and(|status| status >= 500) && pauses.len() > 0 => {
                    tokio::time::sleep(pauses.next().unwrap_or_default()).await;
                    continue;
                }
                ErrorKind::Authentication | ErrorKind::Redirect | ErrorKind::Configuration => {
                    Err(Stop::new(StopKind::Refused, error.message(), error.next()))
                }
                ErrorKind::Unavailable if error.status().is_none() => {
                    Err(Stop::new(StopKind::Unreachable, error.message(), error.next()))
                }
                // Customers can be created all the same; what is lost on the way then stays in doubt.
                _ => Ok(Preflight {
                    server_time: None,
                    remark: Some(format!("Look-ups do not work: {}", error.message())),
                }),
            };
        }
    }

    /// Whether the server is there: it is if it answers, whatever it thinks of look-ups. If it asks to wait, that is waited.
    async fn is_there(&self) -> bool {
        match self.probe().await {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::RateLimited => {
                tokio::time::sleep(slow_down(&error)).await;
                true
            }
            Err(error) => {
                tokio::time::sleep(error.retry_after().unwrap_or_default().min(PAUSE_CAP)).await;
                error.status().is_some_and(|status| status < 500)
            }
        }
    }

    /// Watches over the creations: when they fail one after the other, it looks whether the server is there, and if it is
    /// not, waits until it is. Ends with the stop when that takes too long.
    pub(super) async fn watch(&self, pacer: &Arc<Pacer>) -> Stop {
        loop {
            pacer.suspect().await;
            if self.is_there().await {
                pacer.cleared();
                continue;
            }
            pacer.outage();
            let began = Instant::now();
            let mut pause = PAUSE;
            loop {
                tokio::time::sleep(pause).await;
                if self.is_there().await {
                    pacer.cleared();
                    break;
                }
                if began.elapsed() >= PATIENCE {
                    let what = "The server has not answered for 15 minutes.";
                    return Stop::new(StopKind::Outage, what, "Continue the run when it is back.");
                }
                pause = (pause * 2).min(PAUSE_CAP);
            }
        }
    }
}

/// How long a server wants to be left alone; never so short that asking again is no pause.
fn slow_down(error: &Error) -> Duration {
    error.retry_after().filter(|pause| !pause.is_zero()).unwrap_or(SLOW_DOWN)
}
