//! The handle on a running sandbox: where it is, how to get in, what it did.
//!
//! Dropping it stops the server. Nothing here depends on a runtime of the caller.

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::access;
use crate::clock::Clock;
use crate::error::SandboxError;
use crate::faults::{Fault, FaultRule, Faults};
use crate::ledger::{Ledger, Reader};
use crate::options::SandboxOptions;
use crate::server::{self, Running};
use crate::store::SharedStore;

/// A KunaCore that runs on a thread of this process, until it is stopped or dropped.
#[derive(Debug)]
pub struct Sandbox {
    url: String,
    address: SocketAddr,
    ca_pem: Option<String>,
    store: SharedStore,
    faults: Faults,
    clock: Clock,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox and waits, on any runtime, until it listens.
    ///
    /// # Errors
    ///
    /// [`SandboxError`] when an option cannot be served, the database file cannot be used, or the address is taken.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let (report, reported) = oneshot::channel();
        let thread = server::spawn(options, |running| {
            // Nobody waits any more when the caller was cancelled; the server then ends by itself.
            let _ = report.send(running);
        })?;
        Self::of(thread, reported.await.map_err(|_| ended_early())?)
    }

    /// Starts a sandbox and blocks the calling thread until it listens, a few milliseconds.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::start`].
    pub fn start_blocking(options: SandboxOptions) -> Result<Self, SandboxError> {
        let (report, reported) = std::sync::mpsc::sync_channel(1);
        let thread = server::spawn(options, move |running| {
            // As above: without a receiver the server ends by itself.
            let _ = report.send(running);
        })?;
        Self::of(thread, reported.recv().map_err(|_| ended_early())?)
    }

    fn of(thread: JoinHandle<()>, running: Result<Running, SandboxError>) -> Result<Self, SandboxError> {
        let Running { address, ca_pem, store, faults, clock, stop } = running?;
        let scheme = if ca_pem.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{address}");
        Ok(Self { url, address, ca_pem, store, faults, clock, stop: Some(stop), thread: Some(thread) })
    }

    /// The base URL for a client, such as `http://127.0.0.1:40123`; with TLS it begins with `https`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate of the authority that a client has to trust, as PEM; `None` without TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The address that it listens on, with the port that was taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The api-key that it accepts.
    #[must_use]
    pub fn api_key(&self) -> &'static str {
        access::API_KEY
    }

    /// The e-mail that may log in.
    #[must_use]
    pub fn email(&self) -> &'static str {
        access::EMAIL
    }

    /// The password that goes with [`Sandbox::email`].
    #[must_use]
    pub fn password(&self) -> &'static str {
        access::PASSWORD
    }

    /// The merchant id that goes with [`Sandbox::email`].
    #[must_use]
    pub fn merchant_id(&self) -> &'static str {
        access::MERCHANT_ID
    }

    /// What it has really created, and how many requests it has received; the same as `GET /_sandbox/ledger`.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Store`] when the database cannot be read.
    pub fn ledger(&self) -> Result<Ledger, SandboxError> {
        Ok(Reader::new(self.store.clone(), 0)?.collect()?)
    }

    /// Replaces the fault rules; the same as `PUT /_sandbox/faults`. The first rule that matches a request strikes it; one
    /// whose count is used up, or whose probability says no, does not match. With a seed, the draws begin anew.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Fault`] when a rule makes no sense; the rules then stay as they were.
    pub fn set_faults(&self, faults: &[Fault]) -> Result<(), SandboxError> {
        self.faults.set(faults).map_err(SandboxError::Fault)
    }

    /// The fault rules and how often each has struck; the same as `GET /_sandbox/faults`.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultRule> {
        self.faults.list()
    }

    /// Forgets the fault rules; the same as `DELETE /_sandbox/faults`.
    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    /// Makes the server's clock leap ahead: customers become older, and access tokens come nearer to their end.
    pub fn advance(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Forgets all customers and counts; the same as `POST /_sandbox/reset`. The clock goes on, and the fault rules stay.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Store`] when the database cannot be written.
    pub fn reset(&self) -> Result<(), SandboxError> {
        Ok(self.store.lock().reset()?)
    }

    /// Stops the server: the listener and all connections are closed, also those with a request under way, and the
    /// database file is free again when this returns.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A server that panicked has stopped, too.
            let _ = thread.join();
        }
    }
}

fn ended_early() -> SandboxError {
    SandboxError::Thread("it ended before it listened".to_owned())
}
