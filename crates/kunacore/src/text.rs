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
    /// The longest first, so that a value inside a longer one does not break it open.
    values: Vec<(&'static str, Vec<char>)>,
    /// The digits of phone and taxpayer numbers, whose punctuation a server may change.
    numbers: Vec<(&'static str, Vec<char>)>,
}

/// A character of a text, folded, and where in the text it is written: an escape is one character.
#[derive(Clone, Copy, PartialEq)]
struct Place {
    c: char,
    start: usize,
    end: usize,
}

impl Scrubber {
    /// Adds a value.
    pub(crate) fn hide(&mut self, name: &'static str, value: &str) {
        let value = value.trim();
        let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= 6 && value.chars().all(|c| c.is_ascii_digit() || is_punctuation(c)) {
            self.numbers.push((name, digits));
        }
        if !value.is_empty() {
            self.values.push((name, value.chars().map(fold).collect()));
            self.values.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        }
    }

    /// The server's message, with every value replaced by its field's name in angle quotes.
    pub(crate) fn message(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut chars = text.chars();
        let mut at = 0;
        for (name, start, end) in self.found(text) {
            // What overlaps with the one before is hidden as well.
            if end > at {
                clean.extend(chars.by_ref().take(start.saturating_sub(at)));
                chars.by_ref().take(end - at.max(start)).for_each(drop);
                clean.extend(["‹", name, "›"]);
                at = end;
            }
        }
        clean.extend(chars);
        printable(&clean, MESSAGE_CHARS)
    }

    /// The server's code: `None` when it has other characters than codes have, or repeats a value.
    pub(crate) fn code(&self, text: &str) -> Option<String> {
        let legal = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let plain = !text.is_empty() && text.len() <= CODE_CHARS && text.chars().all(legal);
        (plain && !self.finds(text)).then(|| text.to_owned())
    }

    /// Whether the text repeats a value.
    pub(crate) fn finds(&self, text: &str) -> bool {
        !self.found(text).is_empty()
    }

    /// Name, start and end of everything to hide, in order; the longest first of those that start together.
    fn found(&self, text: &str) -> Vec<(&'static str, usize, usize)> {
        let mut found = Vec::new();
        let mut places: Vec<Place> =
            text.chars().enumerate().map(|(at, c)| Place { c: fold(c), start: at, end: at + 1 }).collect();
        // As it stands, escaped, and escaped in something that was escaped.
        for _ in 0..3 {
            search(&places, &self.values, &mut found);
            let unpunctuated: Vec<Place> = places.iter().copied().filter(|place| !is_punctuation(place.c)).collect();
            search(&unpunctuated, &self.numbers, &mut found);
            let decoded = decoded(&places);
            if decoded == places {
                break;
            }
            places = decoded;
        }
        found.sort_by_key(|(_, start, end)| (*start, std::cmp::Reverse(*end)));
        found
    }
}

fn is_punctuation(c: char) -> bool {
    " +-().".contains(c)
}

fn search(text: &[Place], values: &[(&'static str, Vec<char>)], found: &mut Vec<(&'static str, usize, usize)>) {
    // In a form, a blank is a plus.
    let same = |(place, c): (&Place, &char)| place.c == *c || (place.c == '+' && *c == ' ');
    for at in 0..text.len() {
        let is_here = |value: &[char]| {
            let here = text.get(at..at + value.len());
            here.is_some_and(|here| here.iter().zip(value).all(same)) && stands_alone(text, at, value.len())
        };
        if let Some((name, value)) = values.iter().find(|(_, value)| is_here(value)) {
            found.push((*name, text[at].start, text[at + value.len() - 1].end));
        }
    }
}

/// Values of one or two characters (a country, an initial) are hidden only as words of their own: inside other words
/// they tell nothing, and replacing them there would leave no message to read.
fn stands_alone(text: &[Place], at: usize, length: usize) -> bool {
    let word = |index: Option<usize>| index.and_then(|at| text.get(at)).is_some_and(|place| place.c.is_alphanumeric());
    length > 2 || !(word(at.checked_sub(1)) || word(Some(at + length)))
}

/// One character stays one character, so that places in folded and original text agree.
fn fold(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// The text with the escapes of JSON, URLs and HTML resolved.
fn decoded(text: &[Place]) -> Vec<Place> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let (c, length) = escape(&text[at..]).unwrap_or((text[at].c, 1));
        decoded.push(Place { c: fold(c), start: text[at].start, end: text[at + length - 1].end });
        at += length;
    }
    decoded
}

/// The character that is escaped at the beginning of the text, in lower case, and the length of its escape.
fn escape(text: &[Place]) -> Option<(char, usize)> {
    let sign = text.first().filter(|place| "\\%&".contains(place.c))?.c;
    // The longest escape is that of a character in two halves.
    let text: String = text.iter().take(12).map(|place| place.c).collect();
    match sign {
        '\\' => json_escape(&text[1..]),
        '%' => url_escape(&text),
        _ => {
            let name = text[1..].split_once(';')?.0;
            let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
            let c = match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                _ => match name.strip_prefix("#x") {
                    Some(digits) => number(digits, 16)?,
                    None => number(name.strip_prefix('#')?, 10)?,
                },
            };
            Some((c, name.len() + 2))
        }
    }
}

fn json_escape(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(text.get(at..at + 5)?.strip_prefix('u')?, 16).ok();
    let c = match text.chars().next()? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        c @ ('"' | '\\' | '/' | '\'') => c,
        'u' => {
            let first = unit(0)?;
            let pair = text.get(5..6).filter(|between| *between == "\\").and_then(|_| unit(6));
            let units: Vec<u16> = [first].into_iter().chain(pair).collect();
            let c = char::decode_utf16(units).next()?.ok()?;
            return Some((c, if c.len_utf16() == 2 { 12 } else { 6 }));
        }
        _ => return None,
    };
    Some((c, 2))
}

fn url_escape(text: &str) -> Option<(char, usize)> {
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 3)?.strip_prefix('%')?, 16).ok();
    let bytes: Vec<u8> = (0..4).map_while(|index| byte(3 * index)).collect();
    let c = bytes.utf8_chunks().next()?.valid().chars().next()?;
    Some((c, 3 * c.len_utf8()))
}

/// A request id: `None` when it is not short, plain text.
pub(crate) fn request_id(text: &str) -> Option<String> {
    let plain = !text.is_empty() && text.len() <= REQUEST_ID_CHARS && text.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| text.to_owned())
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
            ("at 5 Av. &quot;A&#x22;, Paris", "at ‹residence_address›"),
            ("q=5+Av.+%22A%22%2C+Paris", "q=‹residence_address›"),
            ("q=5%20av%2E%20\"A\"%2c+Paris!", "q=‹residence_address›!"),
            ("{\\\"n\\\":\\\"\\\\u041e\\\\u043b\\\\u0435\\\\u043d\\\\u0430\\\"}", "{\\\"n\\\":\\\"‹first_name›\\\"}"),
            ("%D0%9E%D0%BB%D0%B5%D0%BD%D0%B0 &#1054;&#1083;&#1077;&#1085;&#1072;", "‹first_name› ‹first_name›"),
            ("call (380) 99-123.45 67.", "call (‹phone_number›."),
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
    fn values_that_overlap_are_both_hidden() {
        let hide = scrubber(&[("comment", "a friend of Bob"), ("last_name", "Bob Smith")]);
        assert_eq!(hide.message("he is a friend of Bob Smith, too"), "he is ‹comment›‹last_name›, too");
        assert_eq!(hide.message("a friend of B&#111;b Smith"), "‹comment›‹last_name›");
    }

    #[test]
    fn what_only_looks_like_an_escape_stays_as_it_is() {
        let hide = scrubber(&[("first_name", "Alex")]);
        for text in ["100 % of & % &; &#; &#x; \\ \\x \\u12 %zz %", "\u{e9}%C3", "%FF%41"] {
            assert_eq!(hide.message(text), text);
        }
        let emoji = scrubber(&[("comment", "😀!")]);
        assert_eq!(emoji.message("\\ud83d\\ude00! \\ud83d! \\ud83d\\u0041"), "‹comment› \\ud83d! \\ud83d\\u0041");
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
