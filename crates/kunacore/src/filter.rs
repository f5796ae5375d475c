//! What to look for: the filters of a look-up.

use std::fmt;

use crate::generated::types::FindCustomersRequest;

/// Filters of a look-up; those that are set must all hold.
///
/// Whether the server compares text exactly or in part is unknown, so compare the customers that come back yourself.
/// `Debug` shows no value.
///
/// ```
/// use kunacore::CustomerFilter;
///
/// let by_mail = CustomerFilter::new().email("alexsmith@mail.com").take(10);
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct CustomerFilter(FindCustomersRequest);

macro_rules! text_filters {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(mut self, value: impl Into<String>) -> Self {
            self.0.$name = Some(value.into());
            self
        })*

        /// Name and value of every text filter that is set.
        pub(crate) fn texts(&self) -> Vec<(&'static str, &str)> {
            [$((stringify!($name), self.0.$name.as_deref())),*]
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect()
        }
    };
}

impl CustomerFilter {
    /// No filter: every customer.
    pub fn new() -> Self {
        Self::default()
    }

    text_filters! {
        /// The e-mail.
        email;
        /// The id of the wallet.
        wallet_id;
        /// The phone number.
        phone_number;
        /// Given and family name with one blank between them.
        full_name;
        /// The comment.
        comment;
        /// The identifier in your own system.
        external_id;
        /// The id of the referring customer.
        referral_id;
        /// Created at or after this time, ISO 8601.
        created_from;
        /// Created at or before this time, ISO 8601.
        created_to;
    }

    /// At most so many customers.
    pub fn take(mut self, count: u32) -> Self {
        self.0.take = Some(count.into());
        self
    }

    /// Pass over so many customers first.
    pub fn skip(mut self, count: u32) -> Self {
        self.0.skip = Some(count.into());
        self
    }

    pub(crate) fn request(&self) -> &FindCustomersRequest {
        &self.0
    }
}

impl fmt::Debug for CustomerFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerFilter")?;
        f.debug_set().entries(self.texts().iter().map(|(name, _)| name)).finish()
    }
}
