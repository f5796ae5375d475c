//! What a program took that creates customers.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::process::{capture, command, shown};

/// What a program took.
pub(super) struct Measured {
    /// How many customers it created.
    pub(super) created: u64,
    pub(super) seconds: f64,
    /// Of the processor, in the program's own code and in the system on its behalf.
    pub(super) cpu_seconds: f64,
    /// The most memory it had at once. Of a program that does not tell it itself and needs less than Python it is not known.
    pub(super) peak_bytes: Option<f64>,
    /// The most memory it had beyond that of its table, where it tells.
    pub(super) grown_bytes: Option<f64>,
    /// Seconds that the middle one of a hundred creations takes, and the slowest but one, where it tells.
    pub(super) latency: Option<[f64; 2]>,
}

impl Measured {
    /// Runs a program that ends its output with a JSON object whose `created` says how many customers it created.
    ///
    /// The time is that of the whole process, unless the object has `sending`, with the `seconds` and perhaps the
    /// `cpu_seconds` of what counts.
    ///
    /// # Errors
    ///
    /// It cannot be started, fails, or does not create just `wanted` customers, if that is given.
    pub(super) fn of(root: &Path, program: &Command, wanted: Option<u64>) -> Result<Self, String> {
        let mut measure = command("python3", root);
        measure.arg(root.join("crates/xtask/src/bench/clients/measure.py"));
        measure.arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => measure.env(name, value),
                None => measure.env_remove(name),
            };
        }
        let said = capture(&mut measure)?;
        Self::read(&said, wanted).map_err(|what| format!("{} {what}:\n{said}", shown(program)))
    }

    /// Reads what a program and then the measuring printed.
    fn read(said: &str, wanted: Option<u64>) -> Result<Self, &'static str> {
        let odd = "does not say what it did";
        let (own, took) = said.trim_end().rsplit_once('\n').ok_or(odd)?;
        // Other output may be before it; an object that takes several lines has blanks before its inner braces.
        let own = &own[own.rfind("\n{").map_or(0, |end| end + 1)..];
        let object = |text: &str| serde_json::from_str::<Value>(text).map_err(|_| odd);
        let (own, took) = (object(own)?, object(took)?);
        let number = |name: &str| own["sending"][name].as_f64().or(took[name].as_f64()).ok_or(odd);
        let created = own["created"].as_u64().ok_or(odd)?;
        let failed = own["failed"].as_u64().is_some_and(|failed| failed > 0);
        if failed || wanted.is_some_and(|wanted| wanted != created) {
            return Err("has not created every customer");
        }
        Ok(Self {
            created,
            seconds: number("seconds")?,
            cpu_seconds: number("cpu_seconds")?,
            peak_bytes: own["peak_bytes"].as_f64().or(took["peak_bytes"].as_f64()),
            grown_bytes: own["grown_bytes"].as_f64(),
            latency: own["latency"]["p50"].as_f64().zip(own["latency"]["p99"].as_f64()).map(|(p50, p99)| [p50, p99]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROCESS: &str = r#"{"seconds": 2.5, "cpu_seconds": 1.5, "peak_bytes": 1024}"#;

    fn read(own: &str, wanted: Option<u64>) -> Result<(u64, f64, f64), &'static str> {
        let measured = Measured::read(&format!("{own}\n{PROCESS}\n"), wanted)?;
        Ok((measured.created, measured.seconds, measured.cpu_seconds))
    }

    #[test]
    fn the_time_is_that_of_the_whole_process() {
        let summary = "{\n  \"created\": 7,\n  \"requests\":\n  {\n    \"create\": 7\n  },\n  \"seconds\": 0.1\n}";
        assert_eq!(read(summary, Some(7)), Ok((7, 2.5, 1.5)));
    }

    #[test]
    fn a_program_may_say_how_long_the_part_took_that_counts() {
        let said = "Running 4s test\n{\"created\":7,\"failed\":0,\"sending\":{\"seconds\":2}}";
        assert_eq!(read(said, None), Ok((7, 2.0, 1.5)));
    }

    #[test]
    fn a_program_knows_best_how_much_memory_it_had() {
        let peak = |own: &str| Measured::read(&format!("{own}\n{PROCESS}\n"), None).map(|measured| measured.peak_bytes);
        assert_eq!(peak(r#"{"created":7,"peak_bytes":512}"#), Ok(Some(512.0)));
        assert_eq!(peak(r#"{"created":7}"#), Ok(Some(1024.0)));
    }

    #[test]
    fn what_did_not_create_every_customer_is_not_measured() {
        let missed = Err("has not created every customer");
        assert_eq!(read(r#"{"created":6}"#, Some(7)), missed);
        assert_eq!(read(r#"{"created":7,"failed":1}"#, None), missed);
        assert_eq!(read("usage: …", None), Err("does not say what it did"));
    }
}
