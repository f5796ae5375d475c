//! What a program tells of its sending, as a line of JSON: how many customers it created, what that took, how long the
//! middle one took, and the slowest but one of a hundred, and the most memory that it had.

use std::time::{Duration, Instant};

/// Runs from when it is started.
pub(crate) struct Watch {
    start: Instant,
    processor: Option<f64>,
}

impl Watch {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now(), processor: processor_seconds() }
    }

    /// Prints it; each creation took so long.
    pub(crate) fn tell(&self, mut times: Vec<Duration>) {
        let seconds = self.start.elapsed().as_secs_f64();
        let processor = self.processor.and_then(|before| Some(processor_seconds()? - before));
        times.sort_unstable();
        let percentile = |of: usize| times.get(times.len().saturating_sub(1) * of / 100).map(Duration::as_secs_f64);
        let tale = serde_json::json!({
            "created": times.len(),
            "sending": { "seconds": seconds, "cpu_seconds": processor },
            "latency": { "p50": percentile(50), "p99": percentile(99) },
            "peak_bytes": peak_bytes(),
        });
        println!("{tale}");
    }
}

/// What this process has had of the processor, where the system tells: that of its one thread.
fn processor_seconds() -> Option<f64> {
    let nanoseconds: f64 = std::fs::read_to_string("/proc/self/schedstat").ok()?.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

/// The most memory that this process had at once, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(kibibytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
