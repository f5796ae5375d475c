//! Ctrl-C, and the polite end that a service manager asks for.

use kunacore_import::Control;

use crate::output::Output;

/// Listens for either. What comes between two waits is not missed.
struct Ends {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Ends {
    fn listen() -> std::io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    async fn next(&mut self) -> std::io::Result<()> {
        #[cfg(unix)]
        {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
            Ok(())
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await
    }
}

/// Waits for either.
pub(crate) async fn asked_to_end() -> std::io::Result<()> {
    Ends::listen()?.next().await
}

/// Stops an import at the first of them in order, at the second at once.
pub(crate) async fn interrupt(control: Control, output: Output) {
    let Ok(mut ends) = Ends::listen() else { return };
    for message in [
        "stopping: what is on its way is settled first; once more stops at once",
        "stopping at once: rows on their way stay in doubt until the run is continued",
    ] {
        if ends.next().await.is_err() {
            return;
        }
        output.note(message);
        control.interrupt();
    }
}
