//! Text that must not be seen: it prints as nothing and is wiped when dropped.

use std::fmt;

use zeroize::Zeroizing;

/// A key, token, password, or other text that never reaches a log.
///
/// `Debug` shows that there is a secret, and nothing of it. There is no `Display`.
///
/// The text is wiped from memory when it is dropped. What cannot be wiped are the copies that travel: a client keeps the
/// header with its key or token (marked as sensitive, so that nobody's `Debug` shows it), and requests, answers, a proxy's
/// URL, and the buffers of HTTP and TLS are freed as they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_it() {
        assert_eq!(format!("{:?}", Secret::from("hunter2")), "Secret(…)");
    }
}
