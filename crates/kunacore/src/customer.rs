//! A customer that exists: the two ids that matter, and whatever else the server told.

use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::time::SystemTime;

use bytes::Bytes;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::generated::types;
use crate::lenient;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// The id of a customer. Opaque: in published samples it is not always a UUID.
    CustomerId
}
id! {
    /// The id of a customer's wallet, which all later operations take. Opaque, and not always different from the
    /// customer's id.
    WalletId
}

/// How a [`Customer`] came to be in our hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum How {
    /// The server answered our request with it.
    Created,
    /// Our request created it, by all a look-up shows; its answer did not reach us.
    Reconciled,
    /// It existed before, and is the same person by external id or name.
    Adopted,
}

impl How {
    /// The word for it in JSON and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Reconciled => "reconciled",
            Self::Adopted => "adopted",
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A customer as the server shows it.
///
/// Only the two ids are certain. The others are absent when the server left them out, sent null, or sent something that
/// is not text: a customer that exists is never lost over a detail. `Debug` shows the ids only.
#[derive(Clone)]
pub struct Customer {
    id: CustomerId,
    wallet_id: WalletId,
    /// All else of it, once somebody has asked for any.
    details: OnceLock<Box<types::Customer>>,
    raw: Raw,
}

/// What the server sent for a customer.
#[derive(Clone)]
enum Raw {
    Read(Value),
    /// The whole answer, which is read again should anybody ask.
    Answer {
        body: Bytes,
        read: OnceLock<Value>,
    },
}

impl Customer {
    /// The customer's id.
    #[must_use]
    pub fn id(&self) -> &CustomerId {
        &self.id
    }

    /// The id of the customer's wallet.
    #[must_use]
    pub fn wallet_id(&self) -> &WalletId {
        &self.wallet_id
    }

    /// The e-mail, as the server has it.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.details().email.as_deref()
    }

    /// The given name.
    #[must_use]
    pub fn first_name(&self) -> Option<&str> {
        self.details().first_name.as_deref()
    }

    /// The family name.
    #[must_use]
    pub fn last_name(&self) -> Option<&str> {
        self.details().last_name.as_deref()
    }

    /// The phone number; the server may have normalised it.
    #[must_use]
    pub fn phone_number(&self) -> Option<&str> {
        self.details().phone_number.as_deref()
    }

    /// The partner's comment.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.details().comment.as_deref()
    }

    /// The customer's identifier in the partner's own system.
    #[must_use]
    pub fn external_id(&self) -> Option<&str> {
        self.details().external_id.as_deref()
    }

    /// The *external* id of the referring account, by the documentation: not necessarily the `referral_id` that was sent.
    #[must_use]
    pub fn referral_id(&self) -> Option<&str> {
        self.details().referral_id.as_deref()
    }

    /// When the customer was created, by the server's clock; `None` when it is absent or not ISO 8601 with an offset.
    #[must_use]
    pub fn created_at(&self) -> Option<SystemTime> {
        self.details().created_at.as_deref()?.parse::<jiff::Timestamp>().ok().map(Into::into)
    }

    /// The JSON object the server sent for this customer, with everything in it, known or not.
    #[must_use]
    pub fn raw(&self) -> &Value {
        match &self.raw {
            Raw::Read(value) => value,
            Raw::Answer { body, read } => read.get_or_init(|| Self::raw_of_answer(body)),
        }
    }

    /// The whole answer, of which [`raw`](Self::raw) is the `data`, where nobody has asked for that yet; `None` where only that is
    /// left.
    #[doc(hidden)]
    #[must_use]
    pub fn raw_answer(&self) -> Option<&[u8]> {
        match &self.raw {
            Raw::Read(_) => None,
            Raw::Answer { body, .. } => Some(body),
        }
    }

    /// The [`raw`](Self::raw) of an answer from [`raw_answer`](Self::raw_answer), for those who keep that and ask later.
    #[doc(hidden)]
    #[must_use]
    pub fn raw_of_answer(body: &[u8]) -> Value {
        lenient::object(body).and_then(|mut fields| fields.remove("data")).unwrap_or_default()
    }

    /// Reads the ids of a customer, and the e-mail beside, from an answer in which these are just as the contract has them, which
    /// saves most of the work; `None` of all others, which say no less for that.
    pub(crate) fn read_answer(body: &[u8]) -> Option<(Self, Option<String>)> {
        #[derive(Deserialize)]
        struct Told {
            id: String,
            #[serde(rename = "walletId")]
            wallet_id: String,
            email: Option<String>,
        }
        let Object(Answer { data: Object(Told { id, wallet_id, email }) }) = serde_json::from_slice(body).ok()?;
        if is_blank(&id) || is_blank(&wallet_id) {
            return None;
        }
        let raw = Raw::Answer { body: Bytes::copy_from_slice(body), read: OnceLock::new() };
        Some((Self { id: id.into(), wallet_id: wallet_id.into(), details: OnceLock::new(), raw }, email))
    }

    /// Reads a customer from the JSON object the server sent: `None` when either id is missing.
    pub(crate) fn read(raw: Value) -> Option<Self> {
        let fields = raw.as_object()?;
        let id = opaque_id(fields.get("id")?)?;
        let wallet_id = opaque_id(fields.get("walletId")?)?;
        Some(Self { id: id.into(), wallet_id: wallet_id.into(), details: OnceLock::new(), raw: Raw::Read(raw) })
    }

    fn details(&self) -> &types::Customer {
        self.details.get_or_init(|| {
            let at_once = self.raw_answer().and_then(details_of_answer);
            Box::new(at_once.unwrap_or_else(|| details_of(self.raw())))
        })
    }
}

/// The `data` of an answer.
#[derive(Deserialize)]
struct Answer<T> {
    data: Object<T>,
}

/// What an answer tells of a customer, if it is just as the contract has it.
fn details_of_answer(body: &[u8]) -> Option<types::Customer> {
    let Object(Answer { data: Object(details) }) = serde_json::from_slice(body).ok()?;
    let types::Customer { external_id, referral_id, .. } = details;
    // As in what is read field by field: what is blank is no id.
    let external_id = external_id.filter(|id| !is_blank(id));
    let referral_id = referral_id.filter(|id| !is_blank(id));
    Some(types::Customer { external_id, referral_id, ..details })
}

/// What a JSON object tells of a customer, field by field.
fn details_of(raw: &Value) -> types::Customer {
    let text = |name: &str| raw.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = |name: &str| raw.get(name).and_then(opaque_id);
    // The generated type names every field, so that a change of the contract does not compile until it is read here. The
    // ids have types of their own, beside it.
    types::Customer {
        id: String::new(),
        wallet_id: String::new(),
        email: text("email"),
        first_name: text("firstName"),
        last_name: text("lastName"),
        phone_number: text("phoneNumber"),
        comment: text("comment"),
        external_id: id("externalId"),
        referral_id: id("referralId"),
        created_at: text("createdAt"),
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer").field("id", &self.id.0).field("wallet_id", &self.wallet_id.0).finish_non_exhaustive()
    }
}

impl PartialEq for Customer {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.wallet_id == other.wallet_id && self.raw() == other.raw()
    }
}

/// A JSON object: serde would take a list for a struct, too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
            }
        }
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// An id may be text or a number; anything else, or nothing, is no id.
fn opaque_id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !is_blank(text) => Some(text.clone()),
        // A number that is not whole, or too long for 64 bits, has already lost digits: better no id than a wrong one.
        Value::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
        _ => None,
    }
}

fn is_blank(id: &str) -> bool {
    id.chars().all(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_customer_is_the_same_whichever_way_it_is_read() {
        let answers = [
            r#"{"data":{"id":"a","walletId":"b"}}"#,
            r#"{"data":{"id":"a","walletId":"b","email":null,"firstName":"Alex","externalId":" ","referralId":"r"},"x":1}"#,
            r#"{"data":{"id":"a","walletId":"b","firstName":5,"lastName":"Smith","externalId":42,"comment":"one","comment":"two"}}"#,
            r#"{"data":{"id":"a","walletId":"b","createdAt":"2024-02-26T16:36:14.499Z","tier":{"level":[3,1.5]}}}"#,
            r#"{"data":{"id":"a","walletId":"b","limit":1e999,"digits":123456789012345678901234567890}}"#,
        ];
        let odd = [b"\xff".as_slice(), b"\\ud83d", b"a\tb"].map(|comment| {
            [br#"{"data":{"id":"a","walletId":"b","comment":""#.as_slice(), comment, br#""}}"#].concat()
        });
        for answer in answers.iter().map(|answer| answer.as_bytes()).chain(odd.iter().map(Vec::as_slice)) {
            let shown = String::from_utf8_lossy(answer);
            let slowly = Customer::read(Customer::raw_of_answer(answer)).expect(&shown);
            let Some((quickly, email)) = Customer::read_answer(answer) else {
                assert!(odd.iter().any(|odd| odd == answer), "{shown}");
                continue;
            };
            assert!(quickly == slowly && quickly.raw() == slowly.raw(), "{shown}");
            let all = |of: &Customer| {
                let texts = [of.email(), of.first_name(), of.last_name(), of.phone_number(), of.comment()];
                [&texts[..], &[of.external_id(), of.referral_id()]]
                    .concat()
                    .iter()
                    .map(|text| text.map(str::to_owned))
                    .collect()
            };
            let [quick, slow]: [Vec<Option<String>>; 2] = [all(&quickly), all(&slowly)];
            assert_eq!(quick, slow, "{shown}");
            assert_eq!((email.as_deref(), quickly.created_at()), (slowly.email(), slowly.created_at()), "{shown}");
        }
    }

    #[test]
    fn ids_and_an_email_that_are_odd_in_any_way_are_left_to_those_who_read_field_by_field() {
        for answer in [
            r#"{"data":{"id":7,"walletId":"b"}}"#,
            r#"{"data":{"id":"a","walletId":" "}}"#,
            r#"{"data":{"id":"a","walletId":"b","email":5}}"#,
            r#"{"data":{"id":"a","id":"b","walletId":"b"}}"#,
            r#"{"data":["c","t","e","x","f","a","l","p","r","b"]}"#,
            r#"[{"id":"a","walletId":"b"}]"#,
            r#"{"data":{"id":"a","walletId":"b"}} and more"#,
            r#"{"data":null}"#,
        ] {
            assert!(Customer::read_answer(answer.as_bytes()).is_none(), "{answer}");
        }
    }

    #[test]
    fn two_ids_are_enough() {
        let customer = Customer::read(json!({"id": "a", "walletId": "b"})).expect("a customer");
        assert_eq!((customer.id().as_str(), customer.wallet_id().as_str()), ("a", "b"));
        assert_eq!(customer.email(), None);
    }

    #[test]
    fn an_odd_detail_is_absent_and_loses_nothing() {
        let customer = Customer::read(json!({
            "id": 7, "walletId": 12345678901234567890_u64, "email": 5, "firstName": null, "createdAt": "yesterday",
            "externalId": 42, "tier": {"level": 3},
        }))
        .expect("a customer");
        assert_eq!((customer.id().as_str(), customer.wallet_id().as_str()), ("7", "12345678901234567890"));
        assert_eq!((customer.email(), customer.first_name(), customer.created_at()), (None, None, None));
        assert_eq!(customer.external_id(), Some("42"));
        assert_eq!(customer.raw()["tier"]["level"], 3);
    }

    #[test]
    fn without_either_id_there_is_no_customer() {
        for raw in [json!({"id": "a"}), json!({"walletId": "b"}), json!({"id": "", "walletId": "b"}), json!([])] {
            assert!(Customer::read(raw).is_none());
        }
    }

    #[test]
    fn the_time_of_creation_is_read_with_any_offset() {
        let at =
            |text: &str| Customer::read(json!({"id": "a", "walletId": "b", "createdAt": text})).unwrap().created_at();
        let expected = SystemTime::UNIX_EPOCH + Duration::from_millis(1_708_965_374_499);
        assert_eq!(at("2024-02-26T16:36:14.499Z"), Some(expected));
        assert_eq!(at("2024-02-26T18:36:14.499+02:00"), Some(expected));
        assert_eq!(at("2024-02-26"), None);
    }

    #[test]
    fn debug_shows_the_ids_only() {
        let customer = Customer::read(json!({"id": "a", "walletId": "b", "email": "alexsmith@mail.com"})).unwrap();
        assert_eq!(format!("{customer:?}"), r#"Customer { id: "a", wallet_id: "b", .. }"#);
    }
}
