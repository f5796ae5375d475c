//! Every number of the pacing, by name. Help texts and documentation quote these values.

use std::time::Duration;

/// How many requests may be in flight at first, where no number is asked for.
pub const START_IN_FLIGHT: usize = 8;
/// How many may be in flight at most, unless more is asked for; and how far their number doubles.
pub const MOST_IN_FLIGHT: usize = 64;
/// The most that can be asked for without fixing the number.
pub const CEILING_IN_FLIGHT: usize = 256;
/// Into how many parts the number in flight is divided for a step upwards, after which it is seen whether it helped.
pub const STEPS: usize = 8;
/// How many rounds of answers show what a step has brought.
pub const ROUNDS_MEASURED: usize = 4;
/// How long the number in flight rests after a step that brought nothing.
pub const REST: Duration = Duration::from_secs(10);
/// How much of the number in flight is left when the server pushes back or does not answer in time.
pub const KEPT_IN_FLIGHT: f64 = 0.5;

/// How much earlier than at even distances requests may leave: what timers are late by is caught up, and no more.
pub const BURST: Duration = Duration::from_millis(10);
/// The slowest rate, in requests a second. An asked one that is lower, or no number, counts as this.
pub const SLOWEST_RATE: f64 = 0.001;
/// How much of the rate that was accepted is left after a 429.
pub const KEPT_RATE: f64 = 0.9;
/// How much the rate grows in a second at most, once a limit is known.
pub const RATE_GROWTH: f64 = 0.05;
/// Over how long it is measured at least what the server accepts.
pub const WINDOW: Duration = Duration::from_secs(1);
/// Over how many answers it is measured at least.
pub const WINDOW_ANSWERS: u32 = 10;
/// How long the way back to a limit takes when it was met for the first time, or where it was not expected.
pub const RETURN: Duration = Duration::from_secs(5);
/// How long it takes at most. It doubles up to here each time that the limit is met where it was.
pub const RETURN_MOST: Duration = Duration::from_secs(20);
/// By how much a limit may differ from the one before to be the same.
pub const SAME_LIMIT: f64 = 0.1;

/// The first pause after a 429 that does not say how long, on average. While such answers go on, each pause doubles.
pub const SLOW_DOWN: Duration = Duration::from_secs(1);
/// The longest of these pauses, on average.
pub const SLOW_DOWN_MOST: Duration = Duration::from_secs(60);

/// How many creations in a row without an answer below 500 make it doubtful that the server is there.
pub const SILENT_CREATES: u32 = 5;
/// How far apart logins leave while the server is in doubt.
pub const LOGIN_DISTANCE: Duration = Duration::from_secs(5);
