//! What stops the reading of an input: what happened and what to do next. Whether anything was sent is for the caller to
//! say: an input is read for its check, and again while it is sent.
//!
//! No text here holds a value of a row. Names of columns are shown, except those that look like values themselves (a
//! file without a header has such "names").

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::place::Place;

/// What kind of obstacle it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImportErrorKind {
    /// The input cannot be read: no such file, cut short, damaged, or in another format or encoding.
    Unreadable,
    /// The input can be read and has not the form of a table of customers: a row with too many fields, two columns of
    /// one name.
    Malformed,
    /// Columns, fields and options do not fit together; the next step is a change of options.
    Mapping,
    /// The receiver of problems failed.
    Sink,
    /// The copy of a table that can be read only once cannot be written.
    Spool,
}

/// Why an input was refused as a whole.
///
/// `Display` is one line for a person. Neither it nor `Debug` holds personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportError(Box<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    kind: ImportErrorKind,
    /// Where it happened, as text that starts the message.
    source: Option<String>,
    place: Option<Place>,
    /// What happened, without a full stop.
    what: String,
    /// What to do next, as a sentence.
    next: String,
}

impl ImportError {
    pub(crate) fn new(kind: ImportErrorKind, what: impl Into<String>, next: impl Into<String>) -> Self {
        Self(Box::new(Parts { kind, source: None, place: None, what: what.into(), next: next.into() }))
    }

    pub(crate) fn unreadable(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(ImportErrorKind::Unreadable, what, next)
    }

    pub(crate) fn malformed(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(ImportErrorKind::Malformed, what, next)
    }

    pub(crate) fn mapping(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(ImportErrorKind::Mapping, what, next)
    }

    /// Adds the file or stream, unless a deeper layer has.
    pub(crate) fn in_source(mut self, name: &str) -> Self {
        self.0.source.get_or_insert_with(|| name.to_owned());
        self
    }

    /// Adds the row, unless a deeper layer has.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.0.place.get_or_insert(place);
        self
    }

    /// Adds the file to the row's place, where there are several.
    pub(crate) fn in_file(mut self, file: Option<Arc<str>>) -> Self {
        if let Some(place) = &mut self.0.place {
            place.file = file;
        }
        self
    }

    /// What kind of obstacle it is.
    #[must_use]
    pub fn kind(&self) -> ImportErrorKind {
        self.0.kind
    }

    /// The row where it happened, where it was one.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// What happened, without the advice of [`ImportError::next`].
    #[must_use]
    pub fn message(&self) -> String {
        let Parts { source, place, what, .. } = &*self.0;
        // The place names its file itself where there are several.
        let source = match (source, place) {
            (Some(_), Some(place)) if place.file().is_some() => String::new(),
            (Some(source), _) => format!("{source}: "),
            (None, _) => String::new(),
        };
        let place = place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        format!("{source}{place}{what}.")
    }

    /// What to do next, as a sentence.
    #[must_use]
    pub fn next(&self) -> &str {
        &self.0.next
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.message(), self.next())
    }
}

impl fmt::Debug for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportError").field("kind", &self.kind()).field("message", &self.message()).finish()
    }
}

impl std::error::Error for ImportError {}

/// A file's path as errors show it.
pub(crate) fn path_name(path: &Path) -> String {
    printable(&path.display().to_string(), 200)
}

/// A column's name as errors show it: quoted; not at all when it may be a value that went astray.
pub(crate) fn column_name(name: &str) -> String {
    if looks_like_a_value(name) {
        return "(a name that looks like a value, not shown)".to_owned();
    }
    format!("“{}”", printable(name, 64))
}

/// Names of columns as a list.
pub(crate) fn column_names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(column_name).collect::<Vec<_>>().join(", ")
}

/// Whether a name is an e-mail address or mostly digits, as in the first line of a file without a header.
pub(crate) fn looks_like_a_value(name: &str) -> bool {
    name.contains('@') || name.chars().filter(char::is_ascii_digit).count() >= 5
}

/// The text with control characters escaped, cut to `limit` characters.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let mut clean = String::new();
    for c in text.chars().take(limit) {
        if c.is_control() {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
    }
    if text.chars().nth(limit).is_some() {
        clean.push('…');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_named_unless_its_name_may_be_a_value() {
        assert_eq!(column_name("E-mail"), "“E-mail”");
        assert_eq!(column_name("a\nb"), "“a\\nb”");
        assert_eq!(column_name("alex@mail.com"), "(a name that looks like a value, not shown)");
        assert_eq!(column_name("+380 44 123 45"), "(a name that looks like a value, not shown)");
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(printable("abcdef", 3), "abc…");
        assert_eq!(printable("abc", 3), "abc");
    }
}
