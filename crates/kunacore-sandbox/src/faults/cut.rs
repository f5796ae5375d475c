//! A body of which only the beginning is sent.

use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use http_body::Frame;

use crate::wire::Line;

/// Announces the length of a whole body, sends its beginning, and has the connection closed once that is on its way.
#[derive(Debug)]
pub(crate) struct CutBody {
    promised: u64,
    beginning: Option<Bytes>,
    line: Arc<Line>,
}

impl CutBody {
    /// Sends so many bytes of a body over a line.
    pub(super) fn new(whole: &Bytes, bytes: usize, line: Arc<Line>) -> Self {
        let beginning = whole.slice(..bytes.min(whole.len()));
        Self { promised: whole.len() as u64, beginning: Some(beginning), line }
    }

    /// The next frame: the beginning, then never anything more.
    pub(crate) fn next<E>(&mut self) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        let Some(beginning) = self.beginning.take() else { return Poll::Pending };
        // Hyper buffers a frame before it flushes again, so the flush that ends the line has sent this one.
        self.line.end_when_flushed();
        if beginning.is_empty() { Poll::Pending } else { Poll::Ready(Some(Ok(Frame::data(beginning)))) }
    }

    /// How long the whole is.
    pub(crate) fn promised(&self) -> u64 {
        self.promised
    }
}
