//! A customer to create: a checked wrapper around the generated request, so that no field can drift from the contract.

use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::country::CountryCode;
use crate::error::{Error, Problem};
use crate::field::Field;
use crate::generated::types::CreateCustomerRequest;

/// A verified person who is to become a customer.
///
/// Only what is surely wrong is refused (a required field that is missing or blank, an e-mail without `@`, a country that
/// is not ISO 3166-1 alpha-2), and all problems are reported at once. Values are sent as they were given. `Debug` names
/// the fields that are set and shows no value.
///
/// ```
/// use kunacore::NewCustomer;
///
/// let alex = NewCustomer::builder()
///     .email("alexsmith@mail.com")
///     .first_name("Alex")
///     .last_name("Smith")
///     .country("FR")
///     .verification_document_id("FV633452")
///     .residence_address("Champ de Mars, Paris")
///     .build()?;
/// # assert_eq!(alex.email(), "alexsmith@mail.com");
/// # Ok::<(), kunacore::Error>(())
/// ```
#[derive(Clone)]
pub struct NewCustomer {
    request: CreateCustomerRequest,
    /// It as it is sent, once somebody has asked for that.
    body: OnceLock<Bytes>,
}

impl NewCustomer {
    /// Starts an empty customer; [`NewCustomerBuilder::build`] checks it.
    pub fn builder() -> NewCustomerBuilder {
        NewCustomerBuilder::default()
    }

    /// Reads a customer from the text of a JSON object with the names of [`Field`], in snake_case or as on the wire.
    /// A null stands for a field that is not set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidCustomer`](crate::ErrorKind::InvalidCustomer), naming every problem: not JSON, not an object,
    /// an unknown key, a value that is not text, or what [`NewCustomerBuilder::build`] refuses.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        let pairs = match serde_json::from_slice(json) {
            Ok(Pairs(pairs)) => pairs,
            Err(error) if error.is_data() => {
                return Err(Error::invalid_customer(vec![Problem::new("customer", "must be a JSON object")]));
            }
            Err(error) => {
                // The parser's own message can quote the text, so only its place is passed on.
                let place = format!("is not JSON: line {}, column {}", error.line(), error.column());
                return Err(Error::invalid_customer(vec![Problem::new("customer", &place)]));
            }
        };
        let mut builder = Self::builder();
        for (name, value) in pairs {
            builder = match (Field::from_name(&name), value) {
                // A key that does not look like a name may be a value that went astray.
                (None, _) if !is_name(&name) => {
                    builder.problem("a key", "is not a field of a customer, and not shown, as it is no name")
                }
                (None, _) => builder.problem(&name, "is not a field of a customer"),
                (Some(field), _) if builder.values[field as usize].is_some() => {
                    builder.problem(field.name(), "is given twice")
                }
                (Some(_), Value::Null) => builder,
                (Some(field), Value::String(text)) => builder.set(field, text),
                (Some(field), _) => builder.problem(field.name(), "must be text"),
            };
        }
        builder.build()
    }

    /// The e-mail, as given.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.request.email
    }

    /// The value of a field, as given; `None` when an optional field is not set.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        field.of(&self.request)
    }

    /// The body that is sent, as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        String::from_utf8_lossy(self.body()).into_owned()
    }

    /// What is wrong with a customer of these values, as [`NewCustomerBuilder::build`] finds it, without making one.
    #[doc(hidden)]
    pub fn problems_of<'a>(values: impl Fn(Field) -> Option<&'a str>) -> Vec<Problem> {
        Field::ALL.into_iter().filter_map(|field| problem_of(field, values(field))).collect()
    }

    /// Writes the body now, so that whoever sends it need not.
    #[doc(hidden)]
    pub fn write_body(&self) {
        self.body();
    }

    /// The body that is sent, written once however often it is.
    pub(crate) fn body(&self) -> &Bytes {
        self.body.get_or_init(|| serde_json::to_vec(&self.request).expect("text by name can be written").into())
    }

    pub(crate) fn request(&self) -> &CreateCustomerRequest {
        &self.request
    }
}

/// Whether it looks like the name of a field: a number that looks so is a phone's, or a taxpayer's.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
}

impl fmt::Debug for NewCustomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewCustomer")?;
        f.debug_set().entries(Field::ALL.into_iter().filter(|field| field.of(&self.request).is_some())).finish()
    }
}

/// The keys and values of a JSON object as they stand, so that a key that comes twice is seen.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// Collects the fields of a [`NewCustomer`].
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct NewCustomerBuilder {
    values: [Option<String>; 11],
    problems: Vec<Problem>,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident => $field:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(self, value: impl Into<String>) -> Self {
            self.set(Field::$field, value)
        })*
    };
}

impl NewCustomerBuilder {
    setters! {
        /// The e-mail, unique for each customer. Required.
        email => Email;
        /// The given name. Required.
        first_name => FirstName;
        /// The family name. Required.
        last_name => LastName;
        /// The country as an ISO 3166-1 alpha-2 code, such as `FR`. Required.
        country => Country;
        /// The number of the document the person was verified with. Required.
        verification_document_id => VerificationDocumentId;
        /// Where the customer lives, in one string. Required.
        residence_address => ResidenceAddress;
        /// The phone number.
        phone_number => PhoneNumber;
        /// Free text about the customer.
        comment => Comment;
        /// The customer's identifier in your own system.
        external_id => ExternalId;
        /// The id of another customer who referred this one.
        referral_id => ReferralId;
        /// The individual taxpayer number.
        itn => Itn;
    }

    /// Sets a field that is chosen at run time.
    pub fn set(mut self, field: Field, value: impl Into<String>) -> Self {
        self.values[field as usize] = Some(value.into());
        self
    }

    fn problem(mut self, field: &str, reason: &str) -> Self {
        self.problems.push(Problem::new(field, reason));
        self
    }

    /// Checks the fields.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidCustomer`](crate::ErrorKind::InvalidCustomer) with all
    /// [`problems`](crate::Error::problems); nothing was sent.
    pub fn build(self) -> Result<NewCustomer, Error> {
        let Self { mut values, mut problems } = self;
        for field in Field::ALL {
            // A value of the wrong type is already reported; "missing" on top of it would be a second, false reason.
            if problems.iter().any(|problem| problem.field() == field.name()) {
                continue;
            }
            problems.extend(problem_of(field, values[field as usize].as_deref()));
        }
        if !problems.is_empty() {
            return Err(Error::invalid_customer(problems));
        }
        let mut optional = |field: Field| values[field as usize].take();
        let mut required = |field: Field| optional(field).unwrap_or_default();
        let request = CreateCustomerRequest {
            email: required(Field::Email),
            first_name: required(Field::FirstName),
            last_name: required(Field::LastName),
            country: required(Field::Country),
            verification_document_id: required(Field::VerificationDocumentId),
            residence_address: required(Field::ResidenceAddress),
            phone_number: optional(Field::PhoneNumber),
            comment: optional(Field::Comment),
            external_id: optional(Field::ExternalId),
            referral_id: optional(Field::ReferralId),
            itn: optional(Field::Itn),
        };
        Ok(NewCustomer { request, body: OnceLock::new() })
    }
}

/// Sets fields that are chosen at run time, without moving the builder for each.
impl<V: Into<String>> Extend<(Field, V)> for NewCustomerBuilder {
    fn extend<I: IntoIterator<Item = (Field, V)>>(&mut self, values: I) {
        for (field, value) in values {
            self.values[field as usize] = Some(value.into());
        }
    }
}

impl fmt::Debug for NewCustomerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewCustomerBuilder")?;
        f.debug_set().entries(Field::ALL.into_iter().filter(|field| self.values[*field as usize].is_some())).finish()
    }
}

/// Why a value cannot be sent. The value itself is never part of the answer.
fn problem_of(field: Field, value: Option<&str>) -> Option<Problem> {
    let reason = match (value, field) {
        (None, _) => field.required().then(|| "is required".to_owned()),
        (Some(value), _) if field.required() && value.trim().is_empty() => {
            Some("is required and must not be blank".to_owned())
        }
        (Some(value), Field::Email) if !value.contains('@') => Some("is not an e-mail address: it has no @".to_owned()),
        (Some(value), Field::Country) => value.parse::<CountryCode>().err().map(|error| format!("is {error}")),
        _ => None,
    };
    reason.map(|reason| Problem::new(field.name(), &reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alex() -> NewCustomerBuilder {
        NewCustomer::builder()
            .email("alexsmith@mail.com")
            .first_name("Alex")
            .last_name("Smith")
            .country("FR")
            .verification_document_id("FV633452")
            .residence_address("Champ de Mars, Paris")
    }

    fn problems(builder: NewCustomerBuilder) -> Vec<String> {
        builder.build().expect_err("refused").problems().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_missing_field_is_named_at_once() {
        assert_eq!(
            problems(NewCustomer::builder().country("uk").email("alexsmith").last_name(" \t")),
            [
                "email is not an e-mail address: it has no @",
                "first_name is required",
                "last_name is required and must not be blank",
                "country is not an ISO 3166-1 alpha-2 country code; did you mean GB?",
                "verification_document_id is required",
                "residence_address is required",
            ]
        );
    }

    #[test]
    fn many_fields_are_set_at_once() {
        let mut builder = NewCustomer::builder().comment("before").itn("7");
        builder.extend(Field::ALL.into_iter().filter(|field| field.required()).map(|field| (field, "a@b")));
        builder.extend([(Field::Country, "FR".to_owned()), (Field::Comment, "after".to_owned())]);
        let customer = builder.build().expect("valid");
        let found = [Field::Email, Field::Country, Field::Comment, Field::Itn].map(|field| customer.get(field));
        assert_eq!(found, [Some("a@b"), Some("FR"), Some("after"), Some("7")]);
    }

    #[test]
    fn values_are_sent_as_they_were_given() {
        let customer = alex().first_name("  Alex ").comment("").build().expect("valid");
        assert_eq!(customer.get(Field::FirstName), Some("  Alex "));
        assert_eq!(customer.get(Field::Comment), Some(""));
        assert_eq!(customer.get(Field::Itn), None);
    }

    #[test]
    fn debug_names_the_fields_and_shows_no_value() {
        let customer = alex().itn("633-123-92-12").build().expect("valid");
        assert_eq!(
            format!("{customer:?}"),
            "NewCustomer{Email, FirstName, LastName, Country, VerificationDocumentId, ResidenceAddress, Itn}"
        );
    }

    #[test]
    fn json_is_read_in_both_spellings() {
        let json = br#"{"email":"alexsmith@mail.com","first_name":"Alex","lastName":"Smith","country":"FR","itn":null,
            "verificationDocumentId":"FV633452","residence_address":"Champ de Mars, Paris"}"#;
        let customer = NewCustomer::from_json(json).expect("valid");
        assert_eq!(customer.get(Field::LastName), Some("Smith"));
        assert_eq!(customer.get(Field::Itn), None);
    }

    #[test]
    fn json_of_another_kind_is_refused_with_all_reasons() {
        let reasons = |json: &str| -> Vec<String> {
            let error = NewCustomer::from_json(json.as_bytes()).expect_err("refused");
            error.problems().iter().map(ToString::to_string).collect()
        };
        assert_eq!(reasons("[]"), ["customer must be a JSON object"]);
        assert_eq!(reasons("{\"email\": alexsmith"), ["customer is not JSON: line 1, column 11"]);
        assert_eq!(
            reasons(
                r#"{"email":7,"e-mail":"a@b","firstName":"A","first_name":"B","lastName":"C","country":"FR",
                "verificationDocumentId":"D","residenceAddress":"E"}"#
            ),
            ["email must be text", "e-mail is not a field of a customer", "first_name is given twice",]
        );
        let twice = reasons(r#"{"email":"a@example.com","email":"b@example.com","c@example.com":1}"#);
        let odd_key = "a key is not a field of a customer, and not shown, as it is no name";
        assert_eq!(twice[..2], ["email is given twice", odd_key]);
    }
}
