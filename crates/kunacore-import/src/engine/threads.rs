//! The three threads of a sending, and the caller's, which looks on.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::{Builder, ScopedJoinHandle};
use std::time::Duration;

use super::ToBooks;
use super::books::{Books, Closed, Lines};
use super::feeder::{Plan, feed};
use super::sender::{Sending, Sent};
use super::stop::{Stop, StopKind};
use crate::batch::Batches;
use crate::run::Run;

/// How often the caller looks on.
const LOOK: Duration = Duration::from_millis(100);

/// What is left when nothing is sent any more.
pub(crate) struct Over {
    pub(crate) sent: Sent,
    /// `None` only if the program is at fault.
    pub(crate) books: Option<Closed>,
}

impl Over {
    /// Nothing was to be sent.
    pub(crate) fn at_once(run: Run) -> Self {
        let books = Closed { run, broken: None, unwritten: Vec::new(), remarks: Vec::new() };
        Self { sent: Sent::default(), books: Some(books) }
    }
}

/// Sends what is to be sent, while `look_on` is called on this thread about ten times a second.
///
/// # Errors
///
/// The system gives no threads; nothing was sent.
pub(crate) fn send(
    batches: Batches,
    plan: &Plan,
    books: Books,
    sending: Sending,
    look_on: &mut dyn FnMut(),
) -> std::io::Result<Over> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (to_books, from_all) = channel();
    let (to_sender, told) = tokio::sync::mpsc::unbounded_channel();
    let (credits, credited) = channel();
    let (over, is_over) = channel::<()>();
    let pacer = sending.pacer.clone();
    std::thread::scope(|scope| {
        let named = |name: &str| Builder::new().name(format!("kunacore-{name}"));
        let from_feeder = to_books.clone();
        let from_here = to_books.clone();
        let feeder = move || feed(batches, plan, &credited, &from_feeder);
        named("feeder").spawn_scoped(scope, feeder)?;
        let lines = Lines { from: from_all, sender: to_sender, credits };
        let books = named("books").spawn_scoped(scope, move || books.keep(lines))?;
        let sender = named("sender").spawn_scoped(scope, move || {
            // Held until the thread ends, however it ends.
            let _over = over;
            runtime.block_on(sending.run(to_books, told))
        })?;
        while let Err(RecvTimeoutError::Timeout) = is_over.recv_timeout(LOOK) {
            look_on();
        }
        let sent = joined(sender).unwrap_or_else(|| {
            pacer.close();
            let _ = from_here.send(ToBooks::Gone);
            Sent { stop: Some(mistake()), ..Sent::default() }
        });
        // The books listen as long as anybody could speak.
        drop(from_here);
        Ok(Over { sent, books: joined(books) })
    })
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> Option<T> {
    thread.join().ok()
}

/// The program itself is at fault.
pub(super) fn mistake() -> Stop {
    Stop::new(
        StopKind::Directory,
        "A mistake in the program ended the sending; the rows that were on their way stay in doubt.",
        "Continue the run, which looks them up; and please report this.",
    )
}
