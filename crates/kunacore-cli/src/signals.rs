//! Ctrl-C, and the polite end that a service manager asks for.

use kunacore_import::Control;

use crate::output::Output;

/// Waits for either.
pub(crate) async fn asked_to_end() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// Stops an import at the first of them in order, at the second at once.
pub(crate) async fn interrupt(control: Control, output: Output) {
    for message in [
        "stopping: what is on its way is settled first; once more stops at once",
        "stopping at once: rows on their way stay in doubt until the run is continued",
    ] {
        if asked_to_end().await.is_err() {
            return;
        }
        output.note(message);
        control.interrupt();
    }
}
