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
/// For how much of a round all places must have been taken, so that it can show what they bring.
pub const FULL: f64 = 0.1;
/// How long the number in flight rests after a step that brought nothing.
pub const REST: Duration = Duration::from_secs(10);
/// How much of the number in flight is left when the server pushes back or does not answer in time.
pub const KEPT_IN_FLIGHT: f64 = 0.5;

/// How much lateness of requests the rate catches up, at most: timers wake up to a millisecond late, and more on a busy
/// machine.
pub const BURST: Duration = Duration::from_millis(10);
/// The slowest rate, in requests a second. An asked one that is lower, or no number, counts as this.
pub const SLOWEST_RATE: f64 = 0.001;
/// The slowest rate that is learned from 429s. Slower limits are kept by the pauses that the 429s ask for.
pub const LEAST_LEARNED: f64 = 0.5;
/// How much of the rate that was accepted is left after a 429.
pub const KEPT_RATE: f64 = 0.9;
/// Where the rate returns to, as a part of the rate at which the limit was met.
pub const BELOW_LIMIT: f64 = 0.96;
/// How long the way back takes at first, and where the limit was not met where it was expected.
pub const RETURN: Duration = Duration::from_secs(5);
/// How long it takes at most. It doubles up to here each time that the limit is met where it was.
pub const RETURN_MOST: Duration = Duration::from_secs(20);
/// By how much a limit may differ from the one before to be the same, as a part of it.
pub const SAME_LIMIT: f64 = 0.1;
/// How much the rate grows in a second at most, once the limit is known, as a part of it.
pub const RATE_GROWTH: f64 = 0.05;
/// By how many requests a second the rate grows in a second where the last 429 asked to come again at once.
pub const CLIMB: f64 = 2.0;
/// In which time the rate doubles as long as the limit is not known.
pub const SEARCH: Duration = Duration::from_secs(1);
/// How many requests leave at least while it doubles.
pub const SEARCH_ANSWERS: u32 = 2;
/// How much of the rate at which such a search ended is surely accepted, or almost: it may have gone beyond the limit by half.
pub const SEARCHED: f64 = 0.8;
/// Over which time it is measured what the server accepts; at least, and at most twice that.
pub const WINDOW: Duration = Duration::from_secs(1);
/// Over how many answers it is measured at least. At rates so low that this takes longer than a second, [`RETURN`] and
/// [`RATE_GROWTH`] are slowed down in proportion.
pub const WINDOW_ANSWERS: u32 = 10;

/// The first pause after a 429 that does not say how long, on average. While such answers go on, each pause doubles.
pub const SLOW_DOWN: Duration = Duration::from_secs(1);
/// The longest of these pauses, on average.
pub const SLOW_DOWN_MOST: Duration = Duration::from_secs(60);

/// How many creations in a row without an answer below 500 make it doubtful that the server is there.
pub const SILENT_CREATES: u32 = 5;
/// How far apart logins leave while the server is in doubt.
pub const LOGIN_DISTANCE: Duration = Duration::from_secs(5);
