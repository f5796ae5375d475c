//! Text from outside, made fit for an error: no submitted value, no control character, no great length.

/// How many characters of a server's message are kept.
pub(crate) const MESSAGE_CHARS: usize = 256;
/// How many characters of a server's code are kept.
pub(crate) const CODE_CHARS: usize = 64;
/// How many characters of a request id are kept.
const REQUEST_ID_CHARS: usize = 128;

/// The values that a request carried, by name; none of them may appear in what is kept of the answer.
#[derive(Default)]
pub(crate) struct Scrubber {
    /// Name and one spelling of the value, the longest first.
    values: Vec<(&'static str, Vec<char>)>,
}

impl Scrubber {
    /// Adds a value in all spellings in which an answer may repeat it.
    pub(crate) fn hide(&mut self, name: &'static str, value: &str) {
        let value = value.trim();
        let json = serde_json::to_string(value).unwrap_or_default();
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        let mut spellings = vec![
            value.to_owned(),
            json.trim_matches('"').to_owned(),
            percent_encode(value),
            percent_encode(value).replace("%20", "+"),
            html_escape(value, "&#39;"),
            html_escape(value, "&#x27;"),
        ];
        // A phone or taxpayer number comes back without its punctuation.
        if digits.len() >= 6 && value.chars().all(|c| c.is_ascii_digit() || " +-().".contains(c)) {
            spellings.push(digits);
        }
        for spelling in spellings {
            let folded: Vec<char> = spelling.chars().map(fold).collect();
            if !folded.is_empty() && !self.values.iter().any(|(_, known)| *known == folded) {
                self.values.push((name, folded));
            }
        }
        self.values.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    }

    /// The server's message, with every value replaced by its field's name in angle quotes.
    pub(crate) fn message(&self, text: &str) -> String {
        printable(&self.replace(text), MESSAGE_CHARS)
    }

    /// The server's code: `None` when it has other characters than codes have, or repeats a value.
    pub(crate) fn code(&self, text: &str) -> Option<String> {
        let legal = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let plain = !text.is_empty() && text.len() <= CODE_CHARS && text.chars().all(legal);
        (plain && !self.finds(text)).then(|| text.to_owned())
    }

    /// Whether the text repeats a value.
    pub(crate) fn finds(&self, text: &str) -> bool {
        self.replace(text) != text
    }

    fn replace(&self, text: &str) -> String {
        let original: Vec<char> = text.chars().collect();
        let folded: Vec<char> = original.iter().copied().map(fold).collect();
        let mut clean = String::with_capacity(text.len());
        let mut at = 0;
        'text: while at < original.len() {
            for (name, value) in &self.values {
                if folded[at..].starts_with(value) && stands_alone(&folded, at, value.len()) {
                    clean.push('‹');
                    clean.push_str(name);
                    clean.push('›');
                    at += value.len();
                    continue 'text;
                }
            }
            clean.push(original[at]);
            at += 1;
        }
        clean
    }
}

/// Values of one or two characters (a country, an initial) are hidden only as words of their own: inside other words
/// they tell nothing, and replacing them there would leave no message to read.
fn stands_alone(text: &[char], at: usize, length: usize) -> bool {
    let word = |index: Option<usize>| index.and_then(|index| text.get(index)).is_some_and(|c| c.is_alphanumeric());
    length > 2 || !(word(at.checked_sub(1)) || word(Some(at + length)))
}

/// One character stays one character, so that places in folded and original text agree.
fn fold(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// A request id: `None` when it is not short, plain text.
pub(crate) fn request_id(text: &str) -> Option<String> {
    let plain = !text.is_empty() && text.len() <= REQUEST_ID_CHARS && text.chars().all(|c| c.is_ascii_graphic());
    plain.then(|| text.to_owned())
}

fn html_escape(text: &str, apostrophe: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.replace('\'', apostrophe)
}

/// The text with control characters escaped, cut to `limit` characters.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let mut clean = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == limit {
            clean.push('…');
            break;
        }
        if c.is_control() { clean.extend(c.escape_default()) } else { clean.push(c) }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubber(values: &[(&'static str, &str)]) -> Scrubber {
        let mut scrubber = Scrubber::default();
        for (name, value) in values {
            scrubber.hide(name, value);
        }
        scrubber
    }

    #[test]
    fn submitted_values_are_replaced_by_their_names_in_every_spelling() {
        let hide = scrubber(&[
            ("email", "alexsmith@mail.com"),
            ("first_name", "Олена"),
            ("phone_number", "+380991234567"),
            ("residence_address", "5 Av. \"A\", Paris"),
        ]);
        for (said, kept) in [
            ("AlexSmith@Mail.com is taken", "‹email› is taken"),
            ("email=alexsmith%40mail.com&x=1", "email=‹email›&x=1"),
            ("ОЛЕНА, 380991234567", "‹first_name›, ‹phone_number›"),
            ("at 5 Av. \\\"A\\\", Paris", "at ‹residence_address›"),
            ("at 5 Av. &quot;A&quot;, Paris", "at ‹residence_address›"),
            ("q=5+Av.+%22A%22%2C+Paris", "q=‹residence_address›"),
        ] {
            assert_eq!(hide.message(said), kept);
        }
    }

    #[test]
    fn a_value_inside_a_longer_one_does_not_break_it_open() {
        let hide = scrubber(&[("first_name", "Alex"), ("email", "alex@example.com")]);
        assert_eq!(hide.message("alex@example.com, Alex"), "‹email›, ‹first_name›");
    }

    #[test]
    fn a_short_value_is_replaced_as_a_word_only() {
        let hide = scrubber(&[("country", "FR"), ("first_name", "A")]);
        assert_eq!(hide.message("A from FR: afraid"), "‹first_name› from ‹country›: afraid");
    }

    #[test]
    fn control_characters_are_escaped_and_length_is_bounded() {
        let hide = Scrubber::default();
        assert_eq!(hide.message("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
        assert_eq!(hide.message(&"x".repeat(1000)).chars().count(), MESSAGE_CHARS + 1);
    }

    #[test]
    fn a_code_is_kept_only_when_it_looks_like_one() {
        let hide = scrubber(&[("last_name", "Smith")]);
        assert_eq!(hide.code("duplicate_email").as_deref(), Some("duplicate_email"));
        for odd in ["", "has blanks", "SMITH", &"x".repeat(65)] {
            assert_eq!(hide.code(odd), None);
        }
    }
}
