//! Values that must never be seen, and the spellings in which they could be.
//!
//! Every value holds one of a few marks: letters or digits that stay together however the value is spelled. It is the
//! marks that are looked for, so a value that is cut, escaped or put into something longer is found too.

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use kunacore::{Field, Login, NewCustomer, NewCustomerBuilder};

/// In every text that can hold letters.
pub(crate) const MARK: &str = "qzcanary";
/// In the numbers, which come with punctuation and without.
const PHONE: [&str; 2] = ["+38 (099) 777-31-41", "380997773141"];
const ITN: [&str; 2] = ["918-273-64-55", "9182736455"];
/// Two letters are too short to be looked for anywhere but as a word.
const COUNTRY: &str = "ZW";

pub(crate) const PASSWORD: &str = "QzCanary password: \"ö\" & more";
pub(crate) const API_KEY: &str = "qzcanary-api-key";
pub(crate) const ACCESS_TOKEN: &str = "qzcanary.access.token";
pub(crate) const MERCHANT_ID: &str = "qzcanary-merchant";
pub(crate) const LOGIN_EMAIL: &str = "QzCanary.Partner@example.com";

/// The credentials that a sandbox accepts; it has no others.
const SANDBOX: [&str; 4] = ["sandbox-api-key", "sandbox-password", "sandbox-merchant", "partner@example.com"];
/// How every token begins that a sandbox issues, and the claims in it.
const TOKEN: [&str; 2] = [r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"partner@example.com","iat":"#];

/// The value of a field.
pub(crate) fn value(field: Field) -> &'static str {
    match field {
        Field::Email => "QzCanary.Mail@Example.com",
        Field::FirstName => "Zoë \"QzCanary\" First",
        Field::LastName => "O'QzCanary-Łast <b>",
        Field::Country => COUNTRY,
        Field::VerificationDocumentId => "QZCANARY/DOC 7",
        Field::ResidenceAddress => "1 QzCanary Street, Ærø & Sons",
        Field::PhoneNumber => PHONE[0],
        Field::Comment => "QzCanary comment,\nin two lines \\ with a\ttab",
        Field::ExternalId => "qzcanary-external-id",
        Field::ReferralId => "qzcanary-referral-id",
        Field::Itn => ITN[0],
    }
}

/// A customer with all eleven fields.
pub(crate) fn customer() -> NewCustomer {
    builder().build().unwrap()
}

/// The same, to be changed.
pub(crate) fn builder() -> NewCustomerBuilder {
    Field::ALL.into_iter().fold(NewCustomer::builder(), |builder, field| builder.set(field, value(field)))
}

/// A login that no server accepts.
pub(crate) fn login() -> Login {
    Login { email: LOGIN_EMAIL.into(), password: PASSWORD.into(), merchant_id: MERCHANT_ID.into() }
}

/// What is looked for, whatever the case: base64 depends on it, but is no less telling without.
pub(crate) struct Needles(AhoCorasick);

impl Needles {
    pub(crate) fn new() -> Self {
        // A mark in other cases has other bytes, and other base64.
        let cases = [MARK.to_owned(), "QzCanary".to_owned(), MARK.to_uppercase()];
        let others = PHONE.into_iter().chain(ITN).chain(SANDBOX);
        let marks: Vec<&str> = cases.iter().map(String::as_str).chain(others).collect();
        let needles = marks.iter().flat_map(|mark| spellings(mark));
        let encoded = marks.iter().copied().chain(TOKEN).flat_map(base64);
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(needles.chain(encoded)).unwrap();
        Self(automaton)
    }

    /// What of a value is in the text, with what stands around it.
    pub(crate) fn find(&self, text: &str) -> Option<String> {
        // A list of bytes may be spread over many lines.
        let in_one_line =
            if text.contains(",\n") { &text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text };
        for text in [text, in_one_line] {
            if let Some(found) = self.0.find(text) {
                let before = text[..found.start()].chars().rev().take(60).collect::<Vec<_>>();
                let after = text[found.start()..].chars().take(found.len() + 20);
                return Some(before.into_iter().rev().chain(after).collect());
            }
        }
        is_word(text, COUNTRY).then(|| format!("the word {COUNTRY}"))
    }
}

/// As it is, in a URL, in a form, as bytes in hexadecimal and in decimal.
fn spellings(text: &str) -> Vec<String> {
    let bytes = || text.bytes();
    let in_url: String =
        bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).into() } else { format!("%{b:02x}") }).collect();
    let in_form = in_url.replace("%20", "+").replace("%2d", "-").replace("%2e", ".");
    let list = bytes().map(|b| b.to_string()).collect::<Vec<_>>().join(", ");
    let hexadecimal = bytes().map(|b| format!("{b:02x}")).collect();
    let hexadecimal_list = bytes().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(", ");
    vec![text.to_owned(), in_url, in_form, list, hexadecimal, hexadecimal_list]
}

/// The characters of the text's base64 that do not depend on what stands around it, at each of the three places in which
/// it can begin.
fn base64(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        for before in 0..3 {
            let encoded = engine.encode([vec![0; before], text.as_bytes().to_vec()].concat());
            let (from, to) = ((before * 8).div_ceil(6), (before + text.len()) * 8 / 6);
            all.push(encoded[from..to].to_owned());
        }
    }
    all
}

fn is_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|part| part == word)
}
