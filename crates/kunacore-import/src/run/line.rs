//! One checked line: a JSON object whose first field is the CRC-32 of all that follows it.
//!
//! ```text
//! {"crc":"52a5b6b1","t":"unsent","row":7,"generation":2}
//! ```
//!
//! The sum tells a whole line from a torn one and from a rotten one: it finds every burst of up to 32 wrong bits, and one in
//! four thousand million of other damage passes. No more is needed. It is no seal: whoever may write the directory could
//! make any sum, and a keyed one too, since the key lies beside it.

use std::io::{self, BufRead};

use serde::Serialize;

const BEFORE: &[u8] = b"{\"crc\":\"";
const AFTER: &[u8] = b"\",";
const DIGITS: usize = 8;
/// The longest line that is read, in bytes with its end; a longer one is not written.
pub(crate) const LONGEST: usize = 1 << 20;

/// The line of a value that serialises as an object with a field at least, with its end.
pub(crate) fn write(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    append(&mut line, value)?;
    Ok(line)
}

/// Appends such a line to others; how long it is. After an error nothing is appended.
pub(crate) fn append(lines: &mut Vec<u8>, value: &impl Serialize) -> io::Result<usize> {
    let start = lines.len();
    let appended = try_append(lines, value);
    if appended.is_err() {
        lines.truncate(start);
    }
    appended.map(|()| lines.len() - start)
}

fn try_append(lines: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    let odd = || io::Error::new(io::ErrorKind::InvalidInput, "a line must be an object");
    lines.extend_from_slice(BEFORE);
    let sum = lines.len();
    lines.extend_from_slice(&[b'0'; DIGITS]);
    // The object's brace is where the end of what comes before its fields goes.
    let brace = lines.len() + AFTER.len() - 1;
    lines.extend_from_slice(&AFTER[..AFTER.len() - 1]);
    serde_json::to_writer(&mut *lines, value)?;
    let (before, fields) = lines.split_at_mut_checked(brace + 1).ok_or_else(odd)?;
    match before.last_mut() {
        Some(brace) if *brace == b'{' => *brace = AFTER[AFTER.len() - 1],
        _ => return Err(odd()),
    }
    let digits = digits(crc32fast::hash(fields));
    lines[sum..sum + DIGITS].copy_from_slice(&digits);
    lines.push(b'\n');
    Ok(())
}

/// A line without its end, which is an object with its sum; `None` unless the sum is right.
pub(crate) fn whole(line: &[u8]) -> Option<&[u8]> {
    fields(line).map(|_| line)
}

/// The object without its sum, of a line without its end; `None` unless the sum is right.
pub(crate) fn check(line: &[u8]) -> Option<Vec<u8>> {
    let fields = fields(line)?;
    let mut json = Vec::with_capacity(fields.len() + 1);
    json.push(b'{');
    json.extend_from_slice(fields);
    Some(json)
}

/// What a sum is of, of a line without its end; whether it is right is not looked at.
pub(crate) fn after_sum(line: &[u8]) -> Option<&[u8]> {
    parts(line).map(|(_, fields)| fields)
}

fn parts(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sum, rest) = line.strip_prefix(BEFORE)?.split_at_checked(DIGITS)?;
    Some((sum, rest.strip_prefix(AFTER)?))
}

/// What the sum of a line is of; `None` unless it is right.
fn fields(line: &[u8]) -> Option<&[u8]> {
    let (sum, fields) = parts(line)?;
    // Compared as text: one line has one form, so that no flipped case of a digit passes.
    (sum == digits(crc32fast::hash(fields))).then_some(fields)
}

/// A sum as it is written: eight hexadecimal digits in lower case.
fn digits(sum: u32) -> [u8; DIGITS] {
    let mut digits = [0; DIGITS];
    for (at, digit) in digits.iter_mut().enumerate() {
        let value = sum >> (4 * (DIGITS - 1 - at)) & 0xf;
        *digit = char::from_digit(value, 16).map_or(b'0', |digit| digit as u8);
    }
    digits
}

/// The last line in a text in which an end of a line was lost; `None` unless its sum is right.
///
/// It is unambiguous, since no string of a JSON text holds what a line begins with: its quotes would be escaped.
pub(crate) fn whole_last(text: &[u8]) -> Option<&[u8]> {
    let begin = text.windows(BEFORE.len()).rposition(|window| window == BEFORE)?;
    whole(text.get(begin..)?)
}

/// The first line of a text, with its end if that is there.
pub(crate) fn first(text: &[u8]) -> &[u8] {
    // This looks at many bytes at once.
    let length = (&mut &*text).skip_until(b'\n').unwrap_or_default();
    &text[..length]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_and_gives_back_its_object() {
        let line = write(&serde_json::json!({"t": "unsent", "row": 7})).unwrap();
        let text = line.strip_suffix(b"\n").unwrap();
        assert!(serde_json::from_slice::<serde_json::Value>(text).unwrap()["crc"].is_string());
        assert_eq!(check(text).unwrap(), br#"{"t":"unsent","row":7}"#);
        assert_eq!(whole(text), Some(text));
    }

    #[test]
    fn a_text_is_parted_into_its_lines() {
        assert_eq!([first(b"a\nb\n"), first(b"\nb"), first(b"ab"), first(b"")], [&b"a\n"[..], b"\n", b"ab", b""]);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let line = write(&serde_json::json!({"t": "unsent", "row": 7, "generation": 2})).unwrap();
        let text = line.strip_suffix(b"\n").unwrap();
        for at in 0..text.len() {
            assert_eq!(check(&text[..at]), None, "cut at {at}");
            for bit in 0..8 {
                let mut flipped = text.to_vec();
                flipped[at] ^= 1 << bit;
                assert_eq!((check(&flipped), whole(&flipped)), (None, None), "bit {bit} of byte {at}");
            }
        }
    }
}
