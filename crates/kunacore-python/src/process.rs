//! What belongs to the process that made it: a fork copies its memory, but not the threads that serve it.
//!
//! In a forked child such a value can neither be used nor dropped (its destructor would wait for a thread that is not
//! there, or for a lock that this thread held), so it is left where it lies.

/// A value that only the process that made it can reach.
pub(crate) struct OfProcess<T> {
    pid: u32,
    value: Option<T>,
}

impl<T> OfProcess<T> {
    /// A value made by this process.
    pub(crate) fn new(value: T) -> Self {
        Self { pid: std::process::id(), value: Some(value) }
    }

    /// The value, in the process that made it.
    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.pid == std::process::id())
    }
}

impl<T> Drop for OfProcess<T> {
    fn drop(&mut self) {
        if self.pid != std::process::id() {
            std::mem::forget(self.value.take());
        }
    }
}
