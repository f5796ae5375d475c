//! Faults: what can go wrong on demand, and for which requests.
//!
//! This is the vocabulary, as Rust and as JSON, and what makes no sense in it. `rules` decides which request is struck,
//! `strike` does what an effect says, `cut` sends a part of an answer.

mod cut;
mod rules;
mod strike;

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contract::Operation;
use crate::error::SandboxError;

pub(crate) use cut::CutBody;
pub(crate) use rules::Faults;
pub(crate) use strike::Outcome;

use rules::Struck;

/// A rule: which requests are struck, and what then happens to them.
///
/// The same as JSON, for `PUT /_sandbox/faults`: `{"operation":"create","phase":"after","effect":{"reset":{}},"count":2}`.
///
/// ```
/// use kunacore_sandbox::{Effect, Fault, Operation, Phase};
///
/// let fault = Fault { count: Some(2), ..Fault::new(Operation::Create, Phase::After, Effect::Reset {}) };
/// assert_eq!(fault.probability, None);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The operation whose requests are struck.
    pub operation: Operation,
    /// Whether the fault strikes before the operation is carried out, as it does in JSON when this is left out, or after.
    #[serde(default)]
    pub phase: Phase,
    /// What happens.
    pub effect: Effect,
    /// How often it happens at most, at least 1; without a limit by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How probably it happens, 0 to 1; always by default. The sandbox's seed repeats the draws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before the operation is carried out: nothing has been committed.
    #[default]
    Before,
    /// After the operation has been carried out and committed, or refused: in place of its answer, or upon it.
    After,
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// The connection is reset (a TCP RST), on HTTP/2 with every request on it.
    Reset {},
    /// The connection is closed without an answer, on HTTP/2 with every request on it.
    Close {},
    /// There is no answer for so long, then the connection is closed.
    Hang {
        /// Milliseconds.
        ms: u64,
    },
    /// Another answer: a status with a body in the sandbox's dialect.
    Status {
        /// The status, 200 to 599.
        code: u16,
        /// The value of `Retry-After`; without one there is no such header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<String>,
    },
    /// The answer's head promises all of its body, of which only the beginning is sent; then the connection is closed. Only
    /// [`Phase::After`], as it needs the operation's answer.
    Truncate {
        /// How many bytes of the body are sent.
        bytes: usize,
    },
    /// A success, declared as JSON, whose body is none.
    Garbage {},
    /// The answer lacks this field of `data`, or of every customer in it. Only [`Phase::After`].
    DropField(String),
    /// The operation, or its answer, waits for so long; then all is as usual.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The connection is closed at once without an answer, and the customer is created after so long, unless the sandbox is
    /// reset or stopped before. Creations only, and only [`Phase::Before`].
    LateCommit {
        /// Milliseconds.
        ms: u64,
    },
    /// The creation is carried out twice, as by a gateway that sends a request again; the answer is that of the second copy.
    /// Creations only, and only [`Phase::Before`].
    Twice {},
}

/// A rule that is in force, and how often it has struck.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultRule {
    /// The rule.
    #[serde(flatten)]
    pub fault: Fault,
    /// How many requests it has struck since it was set.
    pub fired: u64,
}

impl Fault {
    /// A fault that strikes every request of an operation.
    #[must_use]
    pub const fn new(operation: Operation, phase: Phase, effect: Effect) -> Self {
        Self { operation, phase, effect, count: None, probability: None }
    }

    /// Reads a list of rules, the body of `PUT /_sandbox/faults`.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Fault`] when it is no such list; the text names the rule, counted from 1, and what is wrong with it.
    pub fn list_from_json(json: &[u8]) -> Result<Vec<Self>, SandboxError> {
        read(json).map_err(SandboxError::Fault)
    }

    /// Refuses what could never strike, or would make no sense if it did.
    fn check(&self) -> Result<(), String> {
        if self.count == Some(0) {
            return Err("count must be at least 1".to_owned());
        }
        // In this form NaN is refused, too.
        if !self.probability.is_none_or(|probability| (0.0..=1.0).contains(&probability)) {
            return Err("probability must be between 0 and 1".to_owned());
        }
        let (creates, after) = (self.operation == Operation::Create, self.phase == Phase::After);
        match &self.effect {
            Effect::LateCommit { .. } | Effect::Twice {} if !creates => {
                Err(format!("{} is for the operation create only", self.effect.name()))
            }
            Effect::LateCommit { .. } | Effect::Twice {} if after => {
                Err(format!("{} says itself when the customer is committed: leave the phase out", self.effect.name()))
            }
            Effect::Truncate { .. } | Effect::DropField(_) if !after => {
                Err(format!("{} changes the operation's answer: it needs the phase after", self.effect.name()))
            }
            Effect::DropField(field) if !self.answered().contains(&field.as_str()) => {
                Err(format!("drop_field: no `{field}` is answered here, only {}", self.answered().join(", ")))
            }
            Effect::Status { code, .. } if !(200..=599).contains(code) => {
                Err(format!("status: the code {code} is not between 200 and 599"))
            }
            Effect::Status { retry_after: Some(value), .. } if HeaderValue::from_str(value).is_err() => {
                Err("status: retry_after cannot be sent as a header".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The fields that the operation's answer has in `data`.
    const fn answered(&self) -> &'static [&'static str] {
        match self.operation {
            Operation::Login => &["accessToken", "expiresIn"],
            Operation::Create | Operation::Find | Operation::Details => &[
                "id",
                "comment",
                "createdAt",
                "email",
                "firstName",
                "lastName",
                "phoneNumber",
                "externalId",
                "walletId",
                "referralId",
            ],
        }
    }
}

impl Effect {
    /// Its name in JSON.
    const fn name(&self) -> &'static str {
        match self {
            Self::Reset {} => "reset",
            Self::Close {} => "close",
            Self::Hang { .. } => "hang",
            Self::Status { .. } => "status",
            Self::Truncate { .. } => "truncate",
            Self::Garbage {} => "garbage",
            Self::DropField(_) => "drop_field",
            Self::Delay { .. } => "delay",
            Self::LateCommit { .. } => "late_commit",
            Self::Twice {} => "twice",
        }
    }
}

/// Reads a JSON list of rules; the problem names the rule it is in, counted from 1.
pub(crate) fn read(body: &[u8]) -> Result<Vec<Fault>, String> {
    let list: Vec<Value> =
        serde_json::from_slice(body).map_err(|error| format!("the rules are no JSON list: {error}"))?;
    let read = |(index, rule)| serde_json::from_value(rule).map_err(|error| format!("rule {}: {error}", index + 1));
    list.into_iter().enumerate().map(read).collect()
}
