//! Named points at which a test kills the process, as a crash would, or from which on it lets every fsync fail. They are empty
//! in every build but that of these tests.

#[cfg(feature = "crash-points")]
pub(crate) use armed::{fsync, point};
#[cfg(not(feature = "crash-points"))]
pub(crate) use unarmed::{fsync, point};

#[cfg(feature = "crash-points")]
mod armed {
    use std::io;
    use std::process::{Command, id};
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    static FSYNC_FAILS: AtomicBool = AtomicBool::new(false);

    /// Kills the process with SIGKILL if `KUNACORE_CRASH_AT` names this point and, after a colon, the how manieth passing of
    /// it. `KUNACORE_FSYNC_FAILS_AT` names in the same way from where on every fsync fails.
    pub(crate) fn point(name: &str) {
        static TO_CRASH: AtomicU32 = AtomicU32::new(0);
        static TO_FAIL: AtomicU32 = AtomicU32::new(0);
        if is_meant("KUNACORE_CRASH_AT", name, &TO_CRASH) {
            let _ = Command::new("kill").args(["-9", &id().to_string()]).status();
            loop {
                std::thread::park();
            }
        }
        if is_meant("KUNACORE_FSYNC_FAILS_AT", name, &TO_FAIL) {
            FSYNC_FAILS.store(true, Ordering::SeqCst);
        }
    }

    /// What an fsync does before it begins. It is a point, too: `fsync`.
    pub(crate) fn fsync() -> io::Result<()> {
        point("fsync");
        if FSYNC_FAILS.load(Ordering::SeqCst) { Err(io::Error::other("a test lets fsync fail")) } else { Ok(()) }
    }

    fn is_meant(variable: &str, name: &str, passed: &AtomicU32) -> bool {
        let Ok(meant) = std::env::var(variable) else { return false };
        let (point, times) = meant.split_once(':').unwrap_or((&meant, "1"));
        point == name && passed.fetch_add(1, Ordering::SeqCst) + 1 == times.parse().unwrap_or(1)
    }
}

#[cfg(not(feature = "crash-points"))]
mod unarmed {
    /// Does nothing.
    #[inline(always)]
    pub(crate) fn point(_: &str) {}

    /// Succeeds.
    #[inline(always)]
    pub(crate) fn fsync() -> std::io::Result<()> {
        Ok(())
    }
}
