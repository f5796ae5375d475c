//! Logs on stderr: warnings by default, more with `-v`. Only the client's own events are shown, which hold no personal
//! data; those of the HTTP libraries below may.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// Starts logging, once a process.
pub(crate) fn start(quiet: bool, verbose: u8) {
    let level = match (quiet, verbose) {
        (true, 0) => LevelFilter::ERROR,
        (_, 0) => LevelFilter::WARN,
        (_, 1) => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).without_time();
    let ours = Targets::new().with_target("kunacore", level);
    // A second run in one process, as from Python, keeps the first one's settings.
    let _ = tracing_subscriber::registry().with(layer.with_filter(ours)).try_init();
}
