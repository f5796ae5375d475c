//! A pipe that is given up when the import is to stop: whoever fills it may let us wait for ever.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use crate::engine::{Control, Wish};

/// How often it is asked whether to go on.
const LOOK: Duration = Duration::from_millis(100);
/// How much is read at once, in bytes.
const CHUNK: usize = 64 * 1024;
/// How many of these are read ahead.
const AHEAD: usize = 4;

/// What a thread of its own reads from a pipe.
pub(crate) struct Watched {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: io::Cursor<Vec<u8>>,
    control: Control,
}

impl Watched {
    /// Begins to read.
    pub(crate) fn new(pipe: impl Read + Send + 'static, control: &Control) -> io::Result<Self> {
        let (filled, chunks) = sync_channel(AHEAD);
        // It is not waited for: a read that never ends would never let it end.
        std::thread::Builder::new().name("kunacore-pipe".to_owned()).spawn(move || fill(pipe, &filled))?;
        Ok(Self { chunks, chunk: io::Cursor::default(), control: control.clone() })
    }
}

fn fill(mut pipe: impl Read, filled: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = vec![0; CHUNK];
        let read = match pipe.read(&mut chunk) {
            Ok(0) => return,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map(|count| {
                chunk.truncate(count);
                chunk
            }),
        };
        let failed = read.is_err();
        // Nobody listens when the table was refused.
        if filled.send(read).is_err() || failed {
            return;
        }
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.chunk.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            if self.control.wish() != Wish::GoOn {
                // Not `Interrupted`, after which readers try again.
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            match self.chunks.recv_timeout(LOOK) {
                Ok(chunk) => self.chunk = io::Cursor::new(chunk?),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_read_to_its_end() {
        let text: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
        let mut read = Vec::new();
        let mut pipe = Watched::new(io::Cursor::new(text.clone()), &Control::new()).expect("thread");
        assert_eq!(pipe.read_to_end(&mut read).ok(), Some(text.len()));
        assert_eq!(read, text);
    }

    #[test]
    fn a_pipe_that_nobody_fills_is_given_up_when_the_import_is_to_stop() {
        let (reader, _writer) = io::pipe().expect("pipe");
        let control = Control::new();
        let mut pipe = Watched::new(reader, &control).expect("thread");
        control.stop();
        assert!(pipe.read(&mut [0; 10]).is_err());
    }
}
