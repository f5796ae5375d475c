//! The keyed tag that stands for an e-mail in the journal, so that the journal holds no address.
//!
//! The key is random, one a run: tags of one run cannot be compared with another's, nor guessed from a list of addresses
//! without the key's file.

use std::fmt;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::disk::{Disk, create_small, read_small};
use super::error::RunError;
use crate::duplicates::normalised;

/// The file's name.
pub(crate) const NAME: &str = "key";
const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// An e-mail's tag: 128 bits of HMAC-SHA-256, shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag([u8; TAG_BYTES]);

impl Tag {
    /// The tag of 32 hexadecimal digits.
    pub(super) fn from_digits(digits: &str) -> Option<Self> {
        from_hex(digits.as_bytes()).map(Self)
    }

    /// The first half, to sort by.
    pub(crate) fn prefix(self) -> u64 {
        self.0.iter().take(8).fold(0, |prefix, byte| prefix << 8 | u64::from(*byte))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Takes the text as it stands in the journal, which has millions of tags.
        struct Digits;
        impl Visitor<'_> for Digits {
            type Value = Tag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("32 hexadecimal digits")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Tag, E> {
                Tag::from_digits(text).ok_or_else(|| E::invalid_value(Unexpected::Other("another text"), &self))
            }
        }
        deserializer.deserialize_str(Digits)
    }
}

/// The key of a run's tags.
pub(crate) struct TagKey(hmac::Key);

impl TagKey {
    /// A new key in a new file.
    pub(crate) fn create(disk: &mut dyn Disk) -> Result<(), RunError> {
        let mut key = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut key).map_err(|_| RunError::NoRandom)?;
        let text = format!("{}\n", to_hex(&key));
        create_small(disk, NAME, text.as_bytes()).map_err(RunError::io(NAME, "creating it"))
    }

    /// The key of a run's file.
    pub(crate) fn read(disk: &mut dyn Disk) -> Result<Self, RunError> {
        let text = read_small(disk, NAME, 2 * KEY_BYTES + 1).map_err(RunError::io(NAME, "reading it"))?;
        let key: Option<[u8; KEY_BYTES]> = text.strip_suffix(b"\n").and_then(from_hex);
        let what = "it is not 64 hexadecimal digits and a line's end";
        let key = key.ok_or(RunError::Corrupt { file: NAME, at: 0, what })?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// The tag of an e-mail, which is the same however it is padded or capitalised.
    pub(crate) fn tag(&self, email: &str) -> Tag {
        let sum = hmac::sign(&self.0, normalised(email).as_bytes());
        let mut tag = [0; TAG_BYTES];
        tag.iter_mut().zip(sum.as_ref()).for_each(|(to, from)| *to = *from);
        Tag(tag)
    }
}

fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for digit in bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
        text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
    }
    text
}

fn from_hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
        *byte = value(digits[0])? << 4 | value(digits[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_same_however_the_email_is_written_and_another_under_another_key() {
        let [one, two] = [1, 2].map(|byte| TagKey(hmac::Key::new(hmac::HMAC_SHA256, &[byte; KEY_BYTES])));
        assert_eq!(one.tag(" AlexSmith@Mail.com\n"), one.tag("alexsmith@mail.com"));
        assert_ne!(one.tag("alexsmith@mail.com"), one.tag("alex.smith@mail.com"));
        assert_ne!(one.tag("alexsmith@mail.com"), two.tag("alexsmith@mail.com"));
    }

    #[test]
    fn a_tag_survives_being_written() {
        let tag = TagKey(hmac::Key::new(hmac::HMAC_SHA256, &[7; KEY_BYTES])).tag("alexsmith@mail.com");
        let json = serde_json::to_string(&tag).unwrap();
        assert_eq!(json, format!("\"{tag}\""));
        assert_eq!(serde_json::from_str::<Tag>(&json).unwrap(), tag);
        // However JSON writes it.
        let escaped = json.replacen(&json[1..2], &format!("\\u{:04x}", json.as_bytes()[1]), 1);
        assert_eq!(serde_json::from_str::<Tag>(&escaped).unwrap(), tag);
        assert!(serde_json::from_str::<Tag>("\"0a\"").is_err());
        assert!(serde_json::from_str::<Tag>("7").is_err());
        assert_eq!(from_hex::<2>(b"0aG1"), None);
        assert_eq!(from_hex::<2>(b"0a1"), None);
    }
}
