//! How answers reach asyncio: a worker leaves them in the mailbox of the event loop and rings, and the loop's own thread
//! hands them to the futures that wait.
//!
//! No worker ever runs Python code. A thread that does so while the interpreter ends is taken down in the midst of it by
//! Python before 3.14, and as its stack holds Rust frames, that aborts the process; handing a result over from a worker
//! did so in one program out of five that ended right after `asyncio.run`.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::task::AbortHandle;

use crate::call::{Answer, Call, Options};
use crate::logging::Log;
use crate::workers;

/// The answers for one event loop, which must call `deliver` whenever `fileno` can be read.
#[pyclass(frozen, module = "kunacore._kunacore")]
pub(crate) struct Mailbox {
    bell: UnixStream,
    slot: Arc<Slot>,
}

/// The side of a mailbox that workers see.
struct Slot {
    letters: Mutex<Vec<Letter>>,
    ring: UnixStream,
}

/// A future and what it waits for; without an answer when the call was given up.
struct Letter {
    future: Py<PyAny>,
    answer: Option<Answer>,
    log: Log,
}

impl Letter {
    /// Gives the answer to the future; of one that nobody waits for any more, the ids of a new customer are logged.
    fn hand_over(self, py: Python<'_>) -> PyResult<()> {
        let future = self.future.bind(py);
        let is_done = future.call_method0("done")?.is_truthy()?;
        let Some(answer) = self.answer else {
            let lost = PyRuntimeError::new_err("the call ended without an answer");
            return if is_done { Ok(()) } else { future.call_method1("set_exception", (lost,)).map(drop) };
        };
        if is_done {
            return answer.came_too_late(py);
        }
        let handed = match answer.to_python(py) {
            Ok(value) => future.call_method1("set_result", (value,)),
            Err(error) => future.call_method1("set_exception", (error,)),
        };
        let Err(raised) = handed else { return Ok(()) };
        // A signal's handler has raised, or has cancelled the future meanwhile.
        answer.came_too_late(py)?;
        if future.call_method0("cancelled")?.is_truthy()? { Ok(()) } else { Err(raised) }
    }
}

#[pymethods]
impl Mailbox {
    #[new]
    fn new() -> PyResult<Self> {
        let (bell, ring) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        ring.set_nonblocking(true)?;
        Ok(Self { bell, slot: Arc::new(Slot { letters: Mutex::default(), ring }) })
    }

    /// The file descriptor that can be read when there is something to deliver.
    fn fileno(&self) -> i32 {
        self.bell.as_raw_fd()
    }

    /// Hands all answers to their futures. To be called by the thread of the event loop.
    fn deliver(&self, py: Python<'_>) -> PyResult<()> {
        // First the bell, then the letters: a letter that comes in between rings again.
        let mut rings = [0; 512];
        while matches!((&self.bell).read(&mut rings), Ok(count) if count == rings.len()) {}
        let letters = std::mem::take(&mut *self.slot.letters.lock().unwrap_or_else(PoisonError::into_inner));
        // What one letter raises, such as a handler of logging that is told of a late answer, must not keep the others from
        // being handed over.
        let mut handed = Ok(());
        let mut logs = Vec::new();
        for letter in letters {
            logs.push(letter.log.clone());
            handed = handed.and(letter.hand_over(py));
        }
        // Last, as the handlers of logging may raise what a signal's handler does.
        logs.iter().fold(handed, |handed, log| handed.and(log.tell(py)))
    }
}

impl Mailbox {
    /// Starts a call whose answer goes to `future`.
    pub(crate) fn start(
        &self,
        py: Python<'_>,
        core: kunacore::Client,
        call: Call,
        options: Options,
        future: Py<PyAny>,
    ) -> PyResult<Pending> {
        let log = Log::begin(py)?;
        let letter = Letter { future, answer: None, log: log.clone() };
        let mut delivery = Delivery { slot: Arc::clone(&self.slot), letter: Some(letter) };
        let task = workers::runtime(py)?.spawn(async move {
            let answer = log.of_call(call.run(core, options)).await;
            if let Some(letter) = &mut delivery.letter {
                letter.answer = Some(answer);
            }
        });
        Ok(Pending { task: task.abort_handle() })
    }
}

/// Posts its letter when it is dropped: at the end of the call, but also when it is given up or panics, so that no
/// future waits for ever.
struct Delivery {
    slot: Arc<Slot>,
    letter: Option<Letter>,
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.slot.letters.lock().unwrap_or_else(PoisonError::into_inner).extend(self.letter.take());
        // A bell that is full rings already; one that is broken belongs to a loop that is closed.
        while matches!((&self.slot.ring).write(&[1]), Err(error) if error.kind() == ErrorKind::Interrupted) {}
    }
}

/// A call that was started.
#[pyclass(frozen, module = "kunacore._kunacore")]
pub(crate) struct Pending {
    task: AbortHandle,
}

#[pymethods]
impl Pending {
    /// Gives the call up, unless it has ended.
    fn abort(&self) {
        self.task.abort();
    }
}
