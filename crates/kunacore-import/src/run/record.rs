//! What the journal says: the five kinds of records, as the rest of the crate uses them.

use serde::{Deserialize, Serialize};

use super::form::{Found, Line};
use super::ids::SameId;
use super::plain;
use super::sent::Reach;
use super::tag::Tag;

/// How a row came to its customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// The server's answer says that the call created it.
    Created,
    /// The answer was lost, and a look-up found the customer.
    Reconciled,
    /// The customer was there before, and is the same person; or the user said so.
    Adopted,
    /// Another run created it.
    Known,
}

impl How {
    /// The word for it in journals and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Reconciled => "reconciled",
            Self::Adopted => "adopted",
            Self::Known => "known",
        }
    }
}

/// How a row ended, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Its customer exists, and these are the ids. Final.
    Created {
        /// How it came to be known.
        how: How,
        /// The customer's id.
        id: String,
        /// The wallet's id.
        wallet_id: String,
    },
    /// The server refused it, or the row is no customer. Final, except that a `conflict` can be accepted.
    Rejected,
    /// It may have been created: to be looked up on every continue.
    Unresolved {
        /// Whether it must be looked up only, and never be sent again, as after a redirect.
        never_post: bool,
    },
    /// The server says that it was created, but its answer could not be read to the end: to be looked up, never sent again.
    Unread {
        /// The customer's id, if that much was read.
        id: Option<String>,
        /// The wallet's id, if that much was read.
        wallet_id: Option<String>,
    },
}

/// The ids of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    /// The customer's id.
    pub id: String,
    /// The wallet's id.
    pub wallet_id: String,
}

/// The result of a row. It must hold no personal data: the message is scrubbed by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowResult {
    /// The row; the first data record has the number 1.
    pub row: u32,
    /// The tag of its e-mail, from [`Run::tag`](super::Run::tag).
    pub tag: Tag,
    /// How it ended.
    pub end: End,
    /// The status of the last HTTP answer, if there was one.
    pub status: Option<u16>,
    /// The server's or the core's code for the error; `conflict` for another person with the e-mail.
    pub code: Option<String>,
    /// The field that the error is about.
    pub field: Option<String>,
    /// What was wrong, without personal data; kept up to 2000 bytes.
    pub message: Option<String>,
    /// How many requests were sent for it in this process.
    pub attempts: u32,
    /// The customer that stands in the way of a rejected row, or that may be the customer of an unresolved one.
    pub found: Option<Ids>,
    /// When the row was first sent, by this machine's clock as RFC 3339, if this process sent it first; of unresolved rows.
    pub sent_at: Option<String>,
}

/// The code of a row whose customer is in doubt because another person, or another row, has it: only the user can say.
pub const CONFLICT: &str = "conflict";

impl RowResult {
    /// It as a line of JSON, in the journal's form.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text and numbers always become JSON.
        serde_json::to_string(&Line::result(self)).unwrap_or_default()
    }

    /// Whether the e-mail belongs to another person, which only the user can settle.
    pub fn is_conflict(&self) -> bool {
        self.end == End::Rejected && self.code.as_deref() == Some(CONFLICT)
    }

    /// The ids of the customer that is the row's, or may be: the customer's and the wallet's.
    pub fn ids(&self) -> (Option<&str>, Option<&str>) {
        let found = self.found.as_ref();
        match &self.end {
            End::Created { id, wallet_id, .. } => (Some(id), Some(wallet_id)),
            End::Unread { id, wallet_id } => (id.as_deref(), wallet_id.as_deref()),
            End::Unresolved { .. } => {
                (found.map(|found| found.id.as_str()), found.map(|found| found.wallet_id.as_str()))
            }
            // What was found is another row's, or nobody's here.
            End::Rejected => (None, None),
        }
    }

    /// The result of a row whose customer another row has already: it is in doubt, never sent again, and keeps the ids.
    pub(crate) fn into_same_ids(self, same: &[SameId]) -> Self {
        let End::Created { id, wallet_id, .. } = self.end else { return self };
        let whose: Vec<String> =
            same.iter().map(|same| format!("{} is also that of row {}", same.kind, same.first)).collect();
        let message = format!("{}; the ids of both rows are kept", whose.join(", "));
        Self {
            end: End::Unresolved { never_post: true },
            code: Some(CONFLICT.to_owned()),
            field: None,
            message: Some(message),
            found: Some(Ids { id, wallet_id }),
            ..self
        }
    }
}

/// A record as the rest of the run reads it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Record {
    /// What became of a row.
    Result(RowResult),
    /// The row was not sent by the process of this generation, nor, if no later one sent any, by anybody.
    Unsent { row: u32, generation: u32 },
    /// The user says that this customer is the row's.
    Accept { row: u32, tag: Tag, id: String, wallet_id: String },
    /// All bytes before this record were durable when it was written, and `sent_upto` said this.
    Sync { bytes: u64, reach: Reach },
}

impl Record {
    /// The record of a line with its sum, without its end; `None` if it says what no version of this format says.
    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        if let Some(created) = plain::created(json) {
            return Some(Self::Result(created));
        }
        serde_json::from_slice::<Found>(json).ok()?.into_record()
    }

    /// The form that is written.
    pub(crate) fn line(&self) -> Line<'_> {
        match self {
            Self::Result(result) => Line::result(result),
            Self::Unsent { row, generation } => Line::Unsent { row: *row, generation: *generation },
            Self::Accept { row, tag, id, wallet_id } => Line::Accept { row: *row, tag: *tag, id, wallet_id },
            Self::Sync { bytes, reach } => Line::Sync { bytes: *bytes, generation: reach.generation, n: reach.n },
        }
    }
}
