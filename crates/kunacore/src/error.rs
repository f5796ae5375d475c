//! What a failed call says: what happened, what that means for the customer, what to do next.
//!
//! [`Outcome`] is the part a caller must act on: whether the server may have created the customer. No text here holds
//! personal data or a secret: what the server said is kept only after every submitted value was replaced by its name.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::customer::Customer;
use crate::text;

/// Whether the server acted on a failed call.
///
/// A read (a login, a look-up) applies nothing, so its failures are never `Unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is proved that the server never acted: the call may be made again.
    NotApplied,
    /// The request was definitely refused: the same request will be refused again.
    Rejected,
    /// The server may have acted. The customer must not be sent again as if it were new.
    Unknown,
}

impl Outcome {
    /// The word for it in JSON and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotApplied => "not_applied",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kind of failure it was. Each kind has one [`Outcome`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client's configuration cannot work. Not applied.
    Configuration,
    /// The customer was not sent because a field is surely wrong; see [`Error::problems`]. Rejected.
    InvalidCustomer,
    /// The server was not reached, or (for a read) gave no usable answer. Not applied.
    Unavailable,
    /// The server asks to slow down (429). Not applied, by convention.
    RateLimited,
    /// The answer to a read cannot be understood. Not applied.
    InvalidResponse,
    /// The server refused the credentials (401) or their rights (403). Rejected.
    Authentication,
    /// There is no such customer. Rejected.
    NotFound,
    /// A customer with this e-mail exists. Rejected.
    Duplicate,
    /// The server points elsewhere (301, 307, 308); redirects are never followed. Rejected.
    Redirect,
    /// Another refusal. Rejected.
    Rejected,
    /// The request left, and nothing tells whether the customer was created. Unknown.
    Unknown,
}

impl ErrorKind {
    /// Whether the server acted.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Configuration | Self::Unavailable | Self::RateLimited | Self::InvalidResponse => Outcome::NotApplied,
            Self::InvalidCustomer
            | Self::Authentication
            | Self::NotFound
            | Self::Duplicate
            | Self::Redirect
            | Self::Rejected => Outcome::Rejected,
            Self::Unknown => Outcome::Unknown,
        }
    }
}

/// A field of a customer and why it cannot be sent. The value is not part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    field: String,
    reason: String,
}

impl Problem {
    pub(crate) fn new(field: &str, reason: &str) -> Self {
        Self { field: text::printable(field, 64), reason: reason.to_owned() }
    }

    /// The field's name in snake_case, the unknown key, or `customer` for the whole.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with it; reads on from the name.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.reason)
    }
}

/// A call that failed.
///
/// `Display` is one line for a person; the accessors are for programs. Neither it nor `Debug` holds personal data or a
/// secret.
#[derive(Clone, PartialEq)]
pub struct Error(Box<Parts>);

/// What an error is made of; filled in by the module that observes the failure.
#[derive(Clone, PartialEq)]
pub(crate) struct Parts {
    pub(crate) kind: ErrorKind,
    /// What happened, without a full stop.
    pub(crate) what: String,
    /// What that means, as a sentence.
    pub(crate) meaning: Cow<'static, str>,
    /// What to do next, as a sentence.
    pub(crate) next: Cow<'static, str>,
    pub(crate) code: Option<Cow<'static, str>>,
    /// What the server said, scrubbed.
    pub(crate) said: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) problems: Vec<Problem>,
    pub(crate) existing: Option<Customer>,
    pub(crate) candidates: Vec<Customer>,
    /// Look-ups found nothing, and were never seen to find anybody.
    pub(crate) unproven: bool,
}

impl Parts {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>, meaning: &'static str, next: &'static str) -> Self {
        Self {
            kind,
            what: what.into(),
            meaning: meaning.into(),
            next: next.into(),
            code: None,
            said: None,
            status: None,
            request_id: None,
            retry_after: None,
            attempts: 0,
            problems: Vec::new(),
            existing: None,
            candidates: Vec::new(),
            unproven: false,
        }
    }

    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code.into());
        self
    }
}

impl From<Parts> for Error {
    fn from(parts: Parts) -> Self {
        Self(Box::new(parts))
    }
}

/// How many candidates the text names; the accessor gives all.
const SHOWN_CANDIDATES: usize = 3;

impl Error {
    /// A configuration that cannot work, with the cure.
    pub(crate) fn configuration(what: impl Into<String>, next: impl Into<Cow<'static, str>>) -> Self {
        let parts = Parts::new(ErrorKind::Configuration, what, "Nothing was sent.", "");
        Parts { next: next.into(), ..parts }.into()
    }

    pub(crate) fn invalid_customer(problems: Vec<Problem>) -> Self {
        let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let what = format!("the customer cannot be sent: {}", list.join("; "));
        let next = "Mend the fields that are named and try again.";
        let parts = Parts::new(ErrorKind::InvalidCustomer, what, "Nothing was sent.", next).code("invalid_field");
        Parts { problems, ..parts }.into()
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_code(mut self, code: &'static str) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Every customer that it names.
    pub(crate) fn known(&self) -> impl Iterator<Item = &Customer> {
        self.0.existing.iter().chain(&self.0.candidates)
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    pub(crate) fn parts_mut(&mut self) -> &mut Parts {
        &mut self.0
    }

    /// What happened, alone.
    pub(crate) fn what(&self) -> &str {
        &self.0.what
    }

    /// What kind of failure it was.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the server acted.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.kind.outcome()
    }

    /// The HTTP status of the answer, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The server's own code for the error where it gave one, else ours, else nothing.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What the server calls the request: to be quoted to its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the server asks to wait before the next request.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many times the call's request was attempted; a login that the call needed does not count.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Every field that is wrong and why; empty unless the kind is [`ErrorKind::InvalidCustomer`].
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// The customer that has the e-mail of the one that was refused, whoever created it; where a look-up found it.
    #[must_use]
    pub fn existing(&self) -> Option<&Customer> {
        self.0.existing.as_ref()
    }

    /// The customers with this e-mail, where a look-up found several, or cannot tell whether one of them is from this
    /// call.
    #[must_use]
    pub fn candidates(&self) -> &[Customer] {
        &self.0.candidates
    }

    /// What happened and what it means, without the advice of [`Error::next`].
    #[must_use]
    pub fn message(&self) -> String {
        let Parts { what, meaning, said, .. } = &*self.0;
        let mut marks = Vec::new();
        marks.extend(self.0.status.map(|status| format!("status {status}")));
        marks.extend(self.0.code.as_ref().map(|code| format!("code {code}")));
        marks.extend(self.0.request_id.as_ref().map(|id| format!("request id {id}")));
        marks.extend(self.0.retry_after.map(|wait| format!("try again after {} s", wait.as_secs())));
        let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
        let said = said.as_ref().map(|said| format!("; the server says: “{said}”")).unwrap_or_default();
        let ids = |customer: &Customer| format!("{} with wallet {}", customer.id(), customer.wallet_id());
        let found = match (&self.0.existing, &self.0.candidates[..]) {
            (Some(existing), _) => format!(" It belongs to customer {}.", ids(existing)),
            (None, []) => String::new(),
            (None, candidates) => {
                let shown: Vec<String> = candidates.iter().take(SHOWN_CANDIDATES).map(ids).collect();
                let more = if candidates.len() > shown.len() { ", …" } else { "" };
                format!(" Candidates: {}{more}.", shown.join(", "))
            }
        };
        format!("{what}{marks}{said}. {meaning}{found}")
    }

    /// What to do next, as a sentence.
    #[must_use]
    pub fn next(&self) -> &str {
        &self.0.next
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.message(), self.next())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("outcome", &self.outcome())
            .field("status", &self.status())
            .field("code", &self.code())
            .field("request_id", &self.request_id())
            .field("retry_after", &self.retry_after())
            .field("attempts", &self.attempts())
            .field("existing", &self.existing())
            .field("candidates", &self.candidates())
            .field("message", &self.message())
            .finish()
    }
}

impl std::error::Error for Error {}
