//! The JSON of a record: as it is written, and as it is read.
//!
//! It is read by a struct of all fields of all kinds. The enum that is written could be read too, but serde would first gather
//! each record's fields, and a journal has millions of records.

use serde::{Deserialize, Serialize};

use super::record::{End, How, Ids, Record, RowResult};
use super::sent::Reach;
use super::tag::Tag;

/// How much of a message is kept, in bytes.
const MESSAGE: usize = 2000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Created,
    Rejected,
    Unresolved,
}

/// A record as it is written: `t` is its kind. Fields that say nothing are left out.
#[derive(Debug, Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub(crate) enum Line<'a> {
    Result {
        row: u32,
        tag: Tag,
        state: State,
        #[serde(skip_serializing_if = "Option::is_none")]
        how: Option<How>,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        wallet_id: Option<&'a str>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        never_post: bool,
        #[serde(flatten)]
        answer: Answer<'a>,
    },
    /// Created, unread.
    Unread {
        row: u32,
        tag: Tag,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        wallet_id: Option<&'a str>,
        never_post: bool,
        #[serde(flatten)]
        answer: Answer<'a>,
    },
    Unsent {
        row: u32,
        generation: u32,
    },
    Accept {
        row: u32,
        tag: Tag,
        id: &'a str,
        wallet_id: &'a str,
    },
    Sync {
        bytes: u64,
        generation: u32,
        n: u32,
    },
}

/// What the last answer said.
#[derive(Debug, Serialize)]
pub(crate) struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<&'a Ids>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<&'a str>,
}

impl<'a> Line<'a> {
    pub(crate) fn result(result: &'a RowResult) -> Self {
        let RowResult { row, tag, end, status, code, field, message, attempts, found, sent_at } = result;
        let (row, tag) = (*row, *tag);
        let message = message.as_deref().map(|message| {
            let end = (0..=MESSAGE.min(message.len())).rev().find(|end| message.is_char_boundary(*end));
            &message[..end.unwrap_or_default()]
        });
        let answer = Answer {
            status: *status,
            code: code.as_deref(),
            field: field.as_deref(),
            message,
            attempts: *attempts,
            found: found.as_ref(),
            sent_at: sent_at.as_deref(),
        };
        let (state, how, id, wallet_id, never_post) = match end {
            End::Unread { id, wallet_id } => {
                let (id, wallet_id) = (id.as_deref(), wallet_id.as_deref());
                return Self::Unread { row, tag, id, wallet_id, never_post: true, answer };
            }
            End::Created { how, id, wallet_id } => (State::Created, Some(*how), Some(&**id), Some(&**wallet_id), false),
            End::Rejected => (State::Rejected, None, None, None, false),
            End::Unresolved { never_post } => (State::Unresolved, None, None, None, *never_post),
        };
        Self::Result { row, tag, state, how, id, wallet_id, never_post, answer }
    }
}

/// The kind of a record.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Result,
    Unread,
    Unsent,
    Accept,
    Sync,
}

/// A record as it is read: the fields of [`Line`] of whatever kind, and others, which are passed over.
#[derive(Deserialize)]
pub(crate) struct Found {
    t: Kind,
    row: Option<u32>,
    tag: Option<Tag>,
    state: Option<State>,
    how: Option<How>,
    id: Option<String>,
    wallet_id: Option<String>,
    never_post: Option<bool>,
    status: Option<u16>,
    code: Option<String>,
    field: Option<String>,
    message: Option<String>,
    attempts: Option<u32>,
    found: Option<Ids>,
    sent_at: Option<String>,
    generation: Option<u32>,
    n: Option<u32>,
    bytes: Option<u64>,
}

impl Found {
    /// The record, if it has the fields of its kind.
    pub(crate) fn into_record(self) -> Option<Record> {
        let row = self.row;
        let end = match self.t {
            Kind::Sync => {
                let reach = Reach { generation: self.generation?, n: self.n? };
                return Some(Record::Sync { bytes: self.bytes?, reach });
            }
            Kind::Unsent => return Some(Record::Unsent { row: row?, generation: self.generation? }),
            Kind::Accept => {
                let (row, tag) = (row?, self.tag?);
                return Some(Record::Accept { row, tag, id: self.id?, wallet_id: self.wallet_id? });
            }
            Kind::Unread if self.never_post == Some(true) => End::Unread { id: self.id, wallet_id: self.wallet_id },
            Kind::Unread => return None,
            Kind::Result => {
                match (self.state?, self.how, self.id, self.wallet_id, self.never_post.unwrap_or_default()) {
                    (State::Created, Some(how), Some(id), Some(wallet_id), false) => {
                        End::Created { how, id, wallet_id }
                    }
                    (State::Rejected, None, None, None, false) => End::Rejected,
                    (State::Unresolved, None, None, None, never_post) => End::Unresolved { never_post },
                    _ => return None,
                }
            }
        };
        Some(Record::Result(RowResult {
            row: row?,
            tag: self.tag?,
            end,
            status: self.status,
            code: self.code,
            field: self.field,
            message: self.message,
            attempts: self.attempts?,
            found: self.found,
            sent_at: self.sent_at,
        }))
    }
}
