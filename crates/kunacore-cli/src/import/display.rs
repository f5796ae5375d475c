//! How far an import is: a bar on a terminal, a line now and then elsewhere, JSON where that was asked for.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kunacore_import::{Phase, Progress};
use serde_json::json;

use crate::output::Output;

/// How often a line is printed where there is no terminal.
const LINE: Duration = Duration::from_secs(10);
/// How often an event is printed as JSON.
const EVENT: Duration = Duration::from_secs(1);

/// What shows the progress of an import on stderr.
pub(super) enum Display {
    Bar(Box<ProgressBar>),
    Lines { last: Instant },
    Json { last: Instant },
    Nothing,
}

impl Display {
    pub(super) fn new(output: &Output) -> Self {
        let last = Instant::now();
        match (output.quiet, output.json) {
            (true, _) => Self::Nothing,
            (_, true) => Self::Json { last },
            _ if std::io::stderr().is_terminal() => {
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
                let style = ProgressStyle::with_template("{wide_msg}\n[{bar:40}] {percent:>3} %");
                if let Ok(style) = style {
                    bar.set_style(style.progress_chars("=> "));
                }
                Self::Bar(Box::new(bar))
            }
            _ => Self::Lines { last },
        }
    }

    /// Shows a moment.
    pub(super) fn show(&mut self, progress: &Progress) {
        match self {
            Self::Bar(bar) => {
                if progress.phase != Phase::Checking {
                    bar.set_length(progress.rows);
                    bar.set_position(progress.done());
                }
                bar.set_message(line(progress));
                bar.tick();
            }
            Self::Lines { last } if last.elapsed() >= LINE => {
                *last = Instant::now();
                // The import goes on when nobody reads of it.
                let _ = writeln!(std::io::stderr(), "{}", line(progress));
            }
            Self::Json { last } if last.elapsed() >= EVENT => {
                *last = Instant::now();
                let _ = writeln!(std::io::stderr(), "{}", event(progress));
            }
            Self::Lines { .. } | Self::Json { .. } | Self::Nothing => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// A moment in words.
fn line(progress: &Progress) -> String {
    let Progress { rows, counts, in_flight, limit, in_doubt, pause, rate, .. } = progress;
    match progress.phase {
        Phase::Checking => return format!("checking the table: {} rows read", grouped(*rows)),
        Phase::Reporting => return "writing the reports".to_owned(),
        _ => {}
    }
    let mut parts = vec![format!("{} of {} rows done", grouped(progress.done()), grouped(*rows))];
    let mut count = |count: u64, what: &str| {
        if count > 0 {
            parts.push(format!("{} {what}", grouped(count)));
        }
    };
    count(counts.rejected.into(), "rejected");
    count(counts.unresolved.into(), "unresolved");
    count(*in_doubt as u64, "in doubt, waiting for a look-up");
    parts.push(format!("{} rows/s", grouped(rate.round() as u64)));
    parts.push(format!("{in_flight} of {limit} in flight"));
    if let Some((why, wait)) = pause {
        let wait = wait.map(|wait| format!(" for {}", short(wait))).unwrap_or_default();
        parts.push(format!("paused{wait}: {why}"));
    } else if let Some(left) = progress.left() {
        parts.push(format!("{} left", short(left)));
    }
    parts.join(" · ")
}

fn event(progress: &Progress) -> serde_json::Value {
    let counts = &progress.counts;
    json!({
        "event": "progress",
        "phase": match progress.phase {
            Phase::Checking => "checking",
            Phase::Sending => "sending",
            Phase::Settling => "settling",
            _ => "reporting",
        },
        "rows": progress.rows,
        "done": progress.done(),
        "created": counts.created + counts.reconciled + counts.adopted + counts.known,
        "rejected": counts.rejected,
        "unresolved": counts.unresolved,
        "in_doubt": progress.in_doubt,
        "in_flight": progress.in_flight,
        "rate": progress.rate,
        "pause": progress.pause.map(|(why, _)| why),
        "seconds": progress.elapsed.as_secs_f64(),
        "seconds_left": progress.left().map(|left| left.as_secs_f64()),
    })
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time to the second.
pub(super) fn short(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_easy_to_read() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        let times = [0, 59, 61, 3600, 7325].map(|seconds| short(Duration::from_secs(seconds)));
        assert_eq!(times, ["0 s", "59 s", "1 min 1 s", "1 h 0 min", "2 h 2 min"]);
    }

    #[test]
    fn a_moment_says_what_matters() {
        let mut progress = Progress::default();
        progress.rows = 12_000;
        assert_eq!(line(&progress), "checking the table: 12,000 rows read");
        progress.phase = Phase::Sending;
        (progress.counts.created, progress.counts.rejected) = (1000, 5);
        (progress.in_flight, progress.limit, progress.rate) = (64, 64, 500.0);
        let text = line(&progress);
        assert_eq!(text, "1,005 of 12,000 rows done · 5 rejected · 500 rows/s · 64 of 64 in flight · 21 s left");
        progress.pause = Some(("the server asks to slow down", Some(Duration::from_secs(7))));
        assert!(line(&progress).ends_with("paused for 7 s: the server asks to slow down"), "{}", line(&progress));
    }
}
