//! The eleven fields of a customer to create: their names, which are required, and what they mean.
//!
//! This is the one place that lists them; building, reading JSON, checking, scrubbing and the JSON Schema all go by it,
//! and a test holds it against the contract.

use std::fmt;

use crate::generated::types::CreateCustomerRequest;

/// A field of [`NewCustomer`](crate::NewCustomer).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is described by `Field::description`")]
pub enum Field {
    Email,
    FirstName,
    LastName,
    Country,
    VerificationDocumentId,
    ResidenceAddress,
    PhoneNumber,
    Comment,
    ExternalId,
    ReferralId,
    Itn,
}

impl Field {
    /// All fields, the required ones first.
    pub const ALL: [Self; 11] = [
        Self::Email,
        Self::FirstName,
        Self::LastName,
        Self::Country,
        Self::VerificationDocumentId,
        Self::ResidenceAddress,
        Self::PhoneNumber,
        Self::Comment,
        Self::ExternalId,
        Self::ReferralId,
        Self::Itn,
    ];

    /// The name in Rust, Python and table columns: snake_case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Country => "country",
            Self::VerificationDocumentId => "verification_document_id",
            Self::ResidenceAddress => "residence_address",
            Self::PhoneNumber => "phone_number",
            Self::Comment => "comment",
            Self::ExternalId => "external_id",
            Self::ReferralId => "referral_id",
            Self::Itn => "itn",
        }
    }

    /// The name on the wire: camelCase (documented).
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::VerificationDocumentId => "verificationDocumentId",
            Self::ResidenceAddress => "residenceAddress",
            Self::PhoneNumber => "phoneNumber",
            Self::ExternalId => "externalId",
            Self::ReferralId => "referralId",
            Self::Email | Self::Country | Self::Comment | Self::Itn => self.name(),
        }
    }

    /// Whether the API demands the field (documented).
    #[must_use]
    pub fn required(self) -> bool {
        self as usize <= Self::ResidenceAddress as usize
    }

    /// The field with this name, in either spelling.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| name == field.name() || name == field.wire_name())
    }

    /// What the field means, in a sentence.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Email => "The customer's e-mail, unique for each customer: it is the primary key.",
            Self::FirstName => "The customer's given name.",
            Self::LastName => "The customer's family name.",
            Self::Country => "The customer's country, as an ISO 3166-1 alpha-2 code.",
            Self::VerificationDocumentId => {
                "The number of the document the person was verified with, such as a passport or driving licence."
            }
            Self::ResidenceAddress => "Where the customer lives, in one string.",
            Self::PhoneNumber => "The customer's phone number.",
            Self::Comment => "Free text of the partner's about the customer.",
            Self::ExternalId => "The customer's identifier in the partner's own system.",
            Self::ReferralId => "The id of another customer who referred this one.",
            Self::Itn => "The customer's individual taxpayer number.",
        }
    }

    /// The field's value in a request; an optional field that is not set gives `None`.
    pub(crate) fn of(self, request: &CreateCustomerRequest) -> Option<&str> {
        match self {
            Self::Email => Some(&request.email),
            Self::FirstName => Some(&request.first_name),
            Self::LastName => Some(&request.last_name),
            Self::Country => Some(&request.country),
            Self::VerificationDocumentId => Some(&request.verification_document_id),
            Self::ResidenceAddress => Some(&request.residence_address),
            Self::PhoneNumber => request.phone_number.as_deref(),
            Self::Comment => request.comment.as_deref(),
            Self::ExternalId => request.external_id.as_deref(),
            Self::ReferralId => request.referral_id.as_deref(),
            Self::Itn => request.itn.as_deref(),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_either_name() {
        for field in Field::ALL {
            assert_eq!(Field::from_name(field.name()), Some(field));
            assert_eq!(Field::from_name(field.wire_name()), Some(field));
        }
        assert_eq!(Field::from_name("Email"), None);
    }
}
