//! What is wrong with a row. Its values are not part of it.

use std::fmt;

use kunacore::Problem;

use crate::place::Place;

/// One thing that is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    place: Place,
    field: String,
    code: &'static str,
    reason: String,
    other: Option<Place>,
}

impl RowProblem {
    pub(crate) fn invalid_field(place: Place, problem: &Problem) -> Self {
        let (field, reason) = (problem.field().to_owned(), problem.reason().to_owned());
        Self { place, field, code: "invalid_field", reason, other: None }
    }

    pub(crate) fn duplicate(place: Place, first: Place) -> Self {
        let reason = format!("is also in {first}");
        Self { place, field: "email".to_owned(), code: "duplicate_in_input", reason, other: Some(first) }
    }

    /// Where the row stands.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The field's name in snake_case.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The word for it in reports: `invalid_field` or `duplicate_in_input`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong with the field; reads on from its name.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The first row with the same e-mail, for `duplicate_in_input`.
    #[must_use]
    pub fn other(&self) -> Option<&Place> {
        self.other.as_ref()
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.place, self.field, self.reason)
    }
}
