//! What an answer told beside its data: its status, its headers, and what the server calls the request.

use std::fmt;

use reqwest::header::HeaderMap;

/// The headers of an answer, as they came. `Debug` shows their names only: a value may be a cookie, or personal.
#[derive(Clone, Default, PartialEq)]
pub struct Headers(pub(crate) HeaderMap);

impl Headers {
    /// The first header of this name, whatever its case. Values need not be text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(|value| value.as_bytes())
    }

    /// All headers, their names in lower case; a name comes once for each of its values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What a look-up gave, and what its answer told beside.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Found<T> {
    /// The customer, or the customers.
    pub value: T,
    /// The HTTP status of the answer.
    pub status: u16,
    /// What the server calls the request.
    pub request_id: Option<String>,
    /// The answer's headers.
    pub headers: Headers,
}
