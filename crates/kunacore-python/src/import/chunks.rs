//! Rows of a Python iterable on their way to the import: bytes of JSON Lines, asked for a chunk at a time, so that no more than
//! one waits.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender};

use super::waiting::Event;

/// What the import reads; the thread that waits gives it.
pub(super) struct Chunks {
    asks: Sender<Event>,
    given: Receiver<Option<Vec<u8>>>,
    chunk: io::Cursor<Vec<u8>>,
    ended: bool,
}

impl Chunks {
    pub(super) fn new(asks: Sender<Event>, given: Receiver<Option<Vec<u8>>>) -> Self {
        Self { asks, given, chunk: io::Cursor::default(), ended: false }
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.chunk.read(buffer)?;
            if read > 0 || buffer.is_empty() || self.ended {
                return Ok(read);
            }
            // Whoever waits is told by its own exception why there are no more rows; this one is not shown.
            let failed = || io::Error::other("the rows cannot be read");
            self.asks.send(Event::Chunk).map_err(|_| failed())?;
            match self.given.recv().map_err(|_| failed())? {
                Some(chunk) => self.chunk = io::Cursor::new(chunk),
                None => self.ended = true,
            }
        }
    }
}
