//! How results and failures are shown, to a person or as JSON, and which exit status they have.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};

use clap::ColorChoice;
use kunacore::{Customer, ErrorKind, How, Outcome};
use kunacore_sandbox::SandboxError;
use serde_json::{Map, Value, json};

/// The exit statuses.
pub(crate) mod status {
    pub(crate) const DONE: u8 = 0;
    pub(crate) const USAGE: u8 = 1;
    pub(crate) const REJECTED: u8 = 2;
    pub(crate) const UNKNOWN: u8 = 3;
    pub(crate) const NOT_APPLIED: u8 = 4;
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// Why a command ended early.
pub(crate) enum Failure {
    /// The core's error.
    Call(Box<kunacore::Error>),
    /// Usage, configuration, a file: what happened and what to do.
    Usage { message: String, next: String },
    /// Stdout could not be written; nothing to say when its reader has just gone.
    Stdout(io::Error),
    /// A customer was gained, and stdout could not be written: its ids must not be lost with it.
    Unwritten { happened: &'static str, id: String, wallet_id: String },
    /// Ctrl-C came while a customer was being created.
    Interrupted,
    /// An import did not begin.
    Import(Box<kunacore_import::Failure>),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), next: "See `kunacore --help`.".to_owned() }
    }
}

impl From<kunacore::Error> for Failure {
    fn from(error: kunacore::Error) -> Self {
        Self::Call(Box::new(error))
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        Self::usage(format!("the sandbox cannot be used: {error}"))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Stdout(error)
    }
}

/// Where and how to write.
#[derive(Clone)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) color: ColorChoice,
}

impl Output {
    /// Writes lines of a result to stdout.
    pub(crate) fn result(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            stdout.write_all(b"\n")?;
        }
        Ok(stdout.flush()?)
    }

    /// A remark for a person, on stderr.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet && !self.json {
            // Nobody is left to tell when stderr cannot be written; the command goes on.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// What must be seen, also where only results and errors are asked for, on stderr.
    pub(crate) fn warn(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// An import stopped, or something at its end was amiss: what happened, and what to do next, one thing a line.
    pub(crate) fn complain(&self, outcome: Outcome, message: &str, next: &str) {
        self.complain_with(message, next, &plain_json(outcome, message, &next.replace('\n', " ")));
    }

    /// A customer: one line of JSON, or a block of names and values.
    pub(crate) fn customer(&self, customer: &Customer, how: Option<How>) -> Result<(), Failure> {
        let values = customer_values(customer, how);
        if self.json {
            return self.result(&Value::Object(values).to_string());
        }
        let mut block = String::new();
        for (name, value) in values {
            if let Value::String(text) = value {
                let _ = writeln!(block, "{name:<12} {}", printable(&text));
            }
        }
        self.result(&block)
    }

    /// Tells a failure and gives its exit status.
    pub(crate) fn finish(&self, result: Result<u8, Failure>) -> u8 {
        match result {
            Ok(status) => status,
            Err(Failure::Call(error)) => {
                self.complain_with(&error.message(), error.next(), &error_json(&error));
                match (error.kind(), error.outcome()) {
                    (ErrorKind::Configuration, _) => status::USAGE,
                    (_, Outcome::Rejected) => status::REJECTED,
                    (_, Outcome::Unknown) => status::UNKNOWN,
                    (_, Outcome::NotApplied) => status::NOT_APPLIED,
                }
            }
            Err(Failure::Usage { message, next }) => {
                self.complain_with(&message, &next, &usage_json(&message, &next));
                status::USAGE
            }
            Err(Failure::Unwritten { happened, id, wallet_id }) => {
                let message =
                    format!("the customer {happened} (id {id}, wallet {wallet_id}), but stdout cannot be written");
                let next = "Note the ids; do not create the customer again.";
                self.complain_with(&message, next, &plain_json(Outcome::Unknown, &message, next));
                status::UNKNOWN
            }
            Err(Failure::Interrupted) => {
                let message = "interrupted while the customer was being created: it may or may not have been created";
                let next = "Do not send it again as if it were new: kunacore ensure looks first and creates it only if it \
                            is absent.";
                self.complain_with(message, next, &plain_json(Outcome::Unknown, message, next));
                status::UNKNOWN
            }
            Err(Failure::Import(failure)) => {
                let message = format!("{} Nothing was sent.", failure.message());
                self.complain(Outcome::NotApplied, &message, &failure.next());
                match *failure {
                    kunacore_import::Failure::Problems { .. } => status::REJECTED,
                    kunacore_import::Failure::Interrupted => status::INTERRUPTED,
                    _ => status::USAGE,
                }
            }
            Err(Failure::Stdout(error)) if error.kind() == io::ErrorKind::BrokenPipe => status::DONE,
            Err(Failure::Stdout(error)) => {
                let message = format!("the result cannot be written: {error}");
                self.complain_with(
                    &message,
                    "Check where stdout goes.",
                    &usage_json(&message, "Check where stdout goes."),
                );
                status::USAGE
            }
        }
    }

    fn complain_with(&self, message: &str, next: &str, json: &Value) {
        let mut stderr = io::stderr().lock();
        // Nobody is left to tell when stderr itself cannot be written.
        let _ = if self.json {
            writeln!(stderr, "{json}")
        } else {
            let colored = match self.color {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
            };
            let (red, plain) = if colored { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
            let next: String = next.lines().map(|next| format!("\n  next: {next}")).collect();
            writeln!(stderr, "{red}error:{plain} {message}{next}")
        };
    }
}

/// A usage error of clap's, or the help or version that was asked for.
pub(crate) fn usage(error: &clap::Error, json: bool) -> u8 {
    if !error.use_stderr() {
        // Also ends quietly when the reader of the help has gone.
        let _ = error.print();
        return status::DONE;
    }
    if json {
        let text = error.to_string();
        let message = text.trim_start_matches("error: ").lines().next().unwrap_or_default();
        let _ = writeln!(io::stderr(), "{}", usage_json(message, "See `kunacore --help`."));
    } else {
        let _ = error.print();
    }
    status::USAGE
}

/// Text of the server's for a terminal: control characters are escaped.
fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut clean, c| {
        if c.is_control() {
            clean.extend(c.escape_default())
        } else {
            clean.push(c)
        }
        clean
    })
}

/// The documented fields of a customer by their wire names, and how it came about.
fn customer_values(customer: &Customer, how: Option<How>) -> Map<String, Value> {
    let mut values = Map::new();
    let mut put = |name: &str, value: Option<&str>| values.insert(name.to_owned(), value.into());
    put("id", Some(customer.id().as_str()));
    put("walletId", Some(customer.wallet_id().as_str()));
    put("email", customer.email());
    put("firstName", customer.first_name());
    put("lastName", customer.last_name());
    put("phoneNumber", customer.phone_number());
    put("comment", customer.comment());
    put("externalId", customer.external_id());
    put("referralId", customer.referral_id());
    put("createdAt", customer.raw()["createdAt"].as_str());
    if let Some(how) = how {
        put("how", Some(how.as_str()));
    }
    values
}

fn error_json(error: &kunacore::Error) -> Value {
    let mut shown = json!({
        "outcome": error.outcome().as_str(),
        "code": error.code(),
        "field": error.problems().first().map(|problem| problem.field()),
        "message": error.message(),
        "status": error.status(),
        "request_id": error.request_id(),
        "attempts": error.attempts(),
        "next": error.next(),
    });
    if let Some(wait) = error.retry_after() {
        shown["retry_after"] = wait.as_secs_f64().into();
    }
    // Customers by their ids alone: a log of errors is no place for the rest.
    let ids = |customer: &Customer| json!({"id": customer.id().as_str(), "walletId": customer.wallet_id().as_str()});
    if let Some(existing) = error.existing() {
        shown["existing"] = ids(existing);
    }
    if !error.candidates().is_empty() {
        shown["candidates"] = error.candidates().iter().map(ids).collect();
    }
    shown
}

fn usage_json(message: &str, next: &str) -> Value {
    plain_json(Outcome::NotApplied, message, next)
}

/// A failure that is no answer of the server's.
fn plain_json(outcome: Outcome, message: &str, next: &str) -> Value {
    json!({
        "outcome": outcome.as_str(),
        "code": null,
        "field": null,
        "message": message,
        "status": null,
        "request_id": null,
        "attempts": 0,
        "next": next,
    })
}
