//! What a sandbox can be told: where it listens and stores, and which of KunaCore's unknowns it settles in which way.
//!
//! The defaults are the friendliest server: in memory, strict about e-mails, exact look-ups, no delays.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::error::SandboxError;

/// How a sandbox behaves. Fill in what matters and take the rest from `Default`.
///
/// ```
/// use kunacore_sandbox::{Dialect, SandboxOptions};
///
/// let options = SandboxOptions { dialect: Dialect::Nest, seed: Some(7), ..SandboxOptions::default() };
/// assert_eq!(options.duplicate_status, 409);
/// ```
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Where to listen; port 0 takes a free one. Default `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// Whether TLS is spoken, and nothing else: the authority to trust is made anew at every start, and the certificate is
    /// for `localhost`, `127.0.0.1`, `::1` and the address of `listen`. Default false.
    pub tls: bool,
    /// The SQLite file to keep customers in; created when absent. In memory by default.
    pub db: Option<PathBuf>,
    /// How long each answer below `/v2` is held back. What it tells of has happened by then. Default zero.
    pub latency: Duration,
    /// Makes ids, request ids and the key of access tokens repeatable. By default they are random.
    pub seed: Option<u64>,
    /// The shape of error answers.
    pub dialect: Dialect,
    /// The status that refuses a duplicate e-mail, 400 to 499. Default 409.
    pub duplicate_status: u16,
    /// Whether an e-mail may be used once only, regardless of case and surrounding blanks. Default true.
    pub unique: bool,
    /// How `find` compares text filters, or is broken.
    pub find: FindMode,
    /// How many customers one `find` answers at most, whatever its `take`; at least 1. No cap by default.
    pub page_size: Option<usize>,
    /// How long after its creation a customer is first seen by `find`. Default zero.
    pub find_delay: Duration,
    /// How many requests a second are served below `/v2`, with a tenth of a second's worth, at least one, at once. Those
    /// above are answered 429 with `Retry-After`, and nothing is done for them. No limit by default.
    pub limit: Option<f64>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: false,
            db: None,
            latency: Duration::ZERO,
            seed: None,
            dialect: Dialect::default(),
            duplicate_status: 409,
            unique: true,
            find: FindMode::default(),
            page_size: None,
            find_delay: Duration::ZERO,
            limit: None,
        }
    }
}

impl SandboxOptions {
    /// Refuses what the types cannot: the status has to be a client error, a page has to hold something, a limit has to
    /// let something pass.
    pub(crate) fn check(&self) -> Result<(), SandboxError> {
        if !(400..=499).contains(&self.duplicate_status) {
            return Err(SandboxError::Option(format!(
                "duplicate status {} is not a client error: choose one of 400 to 499, such as 400, 409 or 422",
                self.duplicate_status
            )));
        }
        if self.page_size == Some(0) {
            return Err(SandboxError::Option("page size 0 would find nothing: choose at least 1".to_owned()));
        }
        if let Some(limit) = self.limit
            && !(limit.is_finite() && limit > 0.0)
        {
            return Err(SandboxError::Option(format!(
                "a limit of {limit} requests a second lets nothing pass, or everything: choose a number above 0, or none"
            )));
        }
        Ok(())
    }
}

/// The shape in which a sandbox reports errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// `{"errors":[{"code":"…","message":"…"}]}`.
    #[default]
    Errors,
    /// `{"statusCode":400,"message":["…"],"error":"Bad Request"}`.
    Nest,
    /// `{"error":"…"}`.
    Plain,
    /// An HTML page, as a proxy would show.
    Html,
    /// The status and nothing else.
    Empty,
}

impl Dialect {
    /// Every dialect, for lists of choices.
    pub const VALUES: [Self; 5] = [Self::Errors, Self::Nest, Self::Plain, Self::Html, Self::Empty];

    /// The name by which an option chooses it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Nest => "nest",
            Self::Plain => "plain",
            Self::Html => "html",
            Self::Empty => "empty",
        }
    }
}

/// How `find` works: how it compares the text filters it is given, or in which way it is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FindMode {
    /// Equal; e-mails regardless of case and surrounding blanks.
    #[default]
    Exact,
    /// Contained, regardless of case.
    Partial,
    /// Broken: nobody is ever found.
    Blind,
    /// Broken: equal as in [`FindMode::Exact`], but `skip` is ignored, so that every page is the first.
    Stuck,
}

impl FindMode {
    /// Every mode, for lists of choices.
    pub const VALUES: [Self; 4] = [Self::Exact, Self::Partial, Self::Blind, Self::Stuck];

    /// The name by which an option chooses it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Partial => "partial",
            Self::Blind => "blind",
            Self::Stuck => "stuck",
        }
    }
}

/// A name that is none of an option's choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownValue {
    given: String,
    choices: Vec<&'static str>,
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of {}", self.given, self.choices.join(", "))
    }
}

impl std::error::Error for UnknownValue {}

/// Both enums are read and shown by the names of their `VALUES`.
macro_rules! by_name {
    ($type:ty) => {
        impl FromStr for $type {
            type Err = UnknownValue;

            fn from_str(text: &str) -> Result<Self, UnknownValue> {
                let known = Self::VALUES.into_iter().find(|value| value.as_str() == text);
                known.ok_or_else(|| UnknownValue {
                    given: text.to_owned(),
                    choices: Self::VALUES.into_iter().map(Self::as_str).collect(),
                })
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

by_name!(Dialect);
by_name!(FindMode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_read_by_the_name_it_shows() {
        for dialect in Dialect::VALUES {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        for mode in FindMode::VALUES {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
    }

    #[test]
    fn an_unknown_choice_is_told_the_known_ones() {
        let error = "xml".parse::<Dialect>().expect_err("there is no such dialect");
        assert_eq!(error.to_string(), "`xml` is none of errors, nest, plain, html, empty");
    }

    #[test]
    fn options_that_cannot_be_served_are_refused() {
        let server_error = SandboxOptions { duplicate_status: 500, ..SandboxOptions::default() };
        assert!(server_error.check().is_err());
        let no_page = SandboxOptions { page_size: Some(0), ..SandboxOptions::default() };
        assert!(no_page.check().is_err());
        for limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(SandboxOptions { limit: Some(limit), ..SandboxOptions::default() }.check().is_err());
        }
        assert!(SandboxOptions::default().check().is_ok());
    }
}
