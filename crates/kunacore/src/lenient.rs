//! Reading an answer however odd it is: the customer may exist, and its wallet id must not be lost because of a byte-order
//! mark, a stray character, text behind the object, or a number that no type can hold.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Deserializer, Map, Value};

/// The JSON object at the beginning of the bytes. What is odd inside is mended or left out; `None` when there is no whole
/// object at all.
pub(crate) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(bytes) {
        // Digits that a float would lose may be those of an id.
        Ok(Value::Object(object)) if !object.values().any(holds_float) => Some(object),
        Ok(Value::Object(_)) | Err(_) => mended(bytes),
        Ok(_) => None,
    }
}

fn holds_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Object(fields) => fields.values().any(holds_float),
        Value::Array(items) => items.iter().any(holds_float),
        _ => false,
    }
}

fn mended(bytes: &[u8]) -> Option<Map<String, Value>> {
    let text = String::from_utf8_lossy(bytes);
    let text: String = text
        .trim_start_matches('\u{feff}')
        .chars()
        // Raw control characters are not allowed in JSON strings; between values, a blank does as well.
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let text = without_lone_surrogates(&text);
    // Only the first value is read: what follows it does not matter.
    let fields = Deserializer::from_str(&text).into_iter().next()?.ok()?;
    Some(values(fields, MENDED_LEVELS))
}

/// How deep values are read one by one: the envelope, a page, the customer, and one level more.
const MENDED_LEVELS: u8 = 4;

/// Each field by itself, so that one that cannot be read does not take the others with it.
fn values(fields: BTreeMap<String, Box<RawValue>>, levels: u8) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, raw)| Some((name, value(raw.get(), levels)?))).collect()
}

fn value(raw: &str, levels: u8) -> Option<Value> {
    match serde_json::from_str(raw) {
        // The digits as they stand: an id longer than 64 bits is still an id.
        Ok(Value::Number(number)) if number.is_f64() && is_whole(raw) => Some(Value::String(raw.to_owned())),
        _ if raw.starts_with('{') && levels > 1 => {
            Some(Value::Object(values(serde_json::from_str(raw).ok()?, levels - 1)))
        }
        _ if raw.starts_with('[') && levels > 1 => {
            let items: Vec<Box<RawValue>> = serde_json::from_str(raw).ok()?;
            // What cannot be read still counts as an item.
            Some(items.iter().map(|item| value(item.get(), levels - 1).unwrap_or_default()).collect())
        }
        Ok(value) => Some(value),
        Err(_) => is_whole(raw).then(|| Value::String(raw.to_owned())),
    }
}

fn is_whole(number: &str) -> bool {
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Replaces each escape of a surrogate that is not half of a pair, which Rust's text cannot hold.
fn without_lone_surrogates(text: &str) -> String {
    let unit = |at: usize| -> Option<u16> {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(escape, 16).ok()
    };
    let mut clean = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let length = match (c, unit(at)) {
            ('\\', Some(0xD800..=0xDBFF)) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => 12,
            ('\\', Some(0xD800..=0xDFFF)) => {
                clean.push_str("\\ufffd");
                at += 6;
                continue;
            }
            // An escaped character stays with its backslash, so that `\\u` is not taken for an escape.
            ('\\', _) => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            (c, _) => c.len_utf8(),
        };
        clean.push_str(&text[at..at + length]);
        at += length;
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(bytes: &[u8]) -> Option<(String, String)> {
        let object = object(bytes)?;
        let data = object.get("data")?;
        Some((data["id"].as_str()?.to_owned(), data["walletId"].as_str()?.to_owned()))
    }

    #[test]
    fn an_odd_answer_still_gives_its_ids() {
        let deep = format!(r#"{{"data":{{"id":"a","walletId":"b","x":{}{}}}}}"#, "[".repeat(300), "]".repeat(300));
        for bytes in [
            &b"{\"data\":{\"id\":\"a\",\"walletId\":\"b\"}}"[..],
            b"\xef\xbb\xbf{\"data\":{\"id\":\"a\",\"walletId\":\"b\"}}",
            b"{\"data\":{\"id\":\"a\",\"walletId\":\"b\"}}\0\0\0",
            b"{\"data\":{\"id\":\"a\",\"walletId\":\"b\"}} and more",
            b"{\"data\":{\"id\":\"a\",\"walletId\":\"b\",\"comment\":\"tab\there\"}}",
            b"{\"data\":{\"id\":\"a\",\"walletId\":\"b\",\"comment\":\"\xff\xfe\"}}",
            br#"{"data":{"id":"a","walletId":"b","comment":"\ud83d"}}"#,
            br#"{"data":{"id":"a","walletId":"b","comment":"\\ud83d \ud83d\ude00"}}"#,
            br#"{"data":{"id":"a","walletId":"b","score":1e999}}"#,
            deep.as_bytes(),
        ] {
            assert_eq!(ids(bytes), Some(("a".into(), "b".into())), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn an_id_of_more_than_64_bits_keeps_its_digits() {
        let bytes = br#"{"data":{"id":123456789012345678901234567890,"walletId":"b"}}"#;
        assert_eq!(ids(bytes), Some(("123456789012345678901234567890".into(), "b".into())));
    }

    #[test]
    fn so_it_does_in_a_page_of_a_look_up() {
        let bytes = br#"{"data":[{"id":123456789012345678901234567890,"walletId":"b"},7]}"#;
        let page = object(bytes).expect("an object").remove("data").expect("a page");
        assert_eq!(page[0]["id"], "123456789012345678901234567890");
        assert_eq!(page[1], 7);
    }

    #[test]
    fn a_pair_of_surrogates_is_kept() {
        let object = object(br#"{"data":{"comment":"\ud83d\ude00 \ud83d"}}"#).expect("an object");
        assert_eq!(object["data"]["comment"], "\u{1f600} \u{fffd}");
    }

    #[test]
    fn half_an_object_is_none() {
        for bytes in [&b""[..], b"{", b"[]", b"null", br#"{"data":{"id":"a""#, b"<html>"] {
            assert!(object(bytes).is_none());
        }
    }
}
