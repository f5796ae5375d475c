//! A connection's stream, held so that a fault can end it: closed cleanly, or reset.
//!
//! Hyper owns the stream while it serves, and gives it back when it is dropped in the middle of a request. Only then is
//! the end brought about, so that nothing hyper does on its way out can come before it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::sync::Notify;

use crate::stream::{ReadWrite, Stream};

/// How long a closed connection may still be sent something. Were it unread when the socket is freed, the system would
/// make a reset of the clean end.
const DRAIN: Duration = Duration::from_secs(1);

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As by a server that goes: FIN, on TLS after a close_notify.
    Close,
    /// As by a server that falls: RST, and of TLS not a word.
    Reset,
}

/// There is no answer, as the line has been ended.
#[derive(Debug)]
pub(crate) struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault ended the connection")
    }
}

impl std::error::Error for Ended {}

/// Says when a connection has to end; shared by everything that is served on it.
#[derive(Debug, Default)]
pub(crate) struct Line {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    when_flushed: bool,
    ending: Option<Ending>,
    /// The stream, once hyper has let go of it.
    stream: Option<Stream>,
}

impl Line {
    /// Ends the connection at once. The first ending counts.
    pub(crate) fn end(&self, ending: Ending) -> Ended {
        self.lock().ending.get_or_insert(ending);
        self.changed.notify_one();
        Ended
    }

    /// Closes the connection when everything written so far has been handed to the system.
    pub(crate) fn end_when_flushed(&self) {
        self.lock().when_flushed = true;
        // Wakes the connection, which flushes whenever it is polled.
        self.changed.notify_one();
    }

    /// Waits until the connection has to end.
    pub(crate) async fn ended(&self) {
        while self.lock().ending.is_none() {
            self.changed.notified().await;
        }
    }

    /// Brings the end about, after hyper has been dropped.
    pub(crate) async fn hang_up(&self) {
        let (ending, stream) = {
            let mut state = self.lock();
            (state.ending, state.stream.take())
        };
        // What fails here has ended already.
        match (ending, stream) {
            (Some(Ending::Reset), Some(stream)) => drop(stream.into_socket().set_zero_linger()),
            (Some(Ending::Close), Some(stream)) => drop(tokio::time::timeout(DRAIN, close(stream)).await),
            _ => {}
        }
    }

    fn flushed(&self) {
        let mut state = self.lock();
        if state.when_flushed {
            state.ending.get_or_insert(Ending::Close);
            self.changed.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that nothing more will come, and reads until the client says so, too.
async fn close(mut stream: Stream) -> io::Result<()> {
    stream.bytes().shutdown().await?;
    // Nobody wants to know what it is, so it need not be deciphered.
    let mut socket = stream.into_socket();
    let mut unread = [0; 4096];
    while socket.read(&mut unread).await? > 0 {}
    Ok(())
}

/// The stream as hyper holds it.
#[derive(Debug)]
pub(crate) struct Wire {
    /// There until it is dropped.
    stream: Option<Stream>,
    line: Arc<Line>,
}

impl Wire {
    /// Holds a stream, which goes back to the line when this is dropped.
    pub(crate) fn new(stream: Stream, line: Arc<Line>) -> Self {
        Self { stream: Some(stream), line }
    }

    fn bytes(self: Pin<&mut Self>) -> io::Result<Pin<&mut dyn ReadWrite>> {
        self.get_mut().stream.as_mut().map(Stream::bytes).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let mut state = self.line.lock();
        if state.ending.is_some() {
            state.stream = self.stream.take();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.bytes()?.poll_read(context, bytes)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.bytes()?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.bytes()?.poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Hyper comes here when all that it had to write has been taken by the stream; then the socket has to take it.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().bytes()?.poll_flush(context))?;
        self.line.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.bytes()?.poll_shutdown(context)
    }
}
