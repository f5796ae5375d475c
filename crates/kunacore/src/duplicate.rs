//! How a refusal is known to mean "this e-mail is taken". No page documents it, so it is data that a user can replace.

use regex_lite::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::dialect::ServerError;
use crate::error::Error;

/// One way in which a server says that a customer's e-mail is taken: by status, code and message of its refusal. What is
/// set must all hold.
///
/// Patterns are regular expressions, found anywhere in the text, whatever the case.
///
/// ```
/// use kunacore::DuplicateRule;
///
/// let rule = DuplicateRule::new([400, 422]).code("^EMAIL_IN_USE$")?;
/// # Ok::<(), kunacore::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DuplicateRule {
    statuses: Vec<u16>,
    code: Option<Regex>,
    message: Option<Regex>,
}

/// As people write a rule in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    status: Statuses,
    code: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Statuses {
    One(u16),
    Many(Vec<u16>),
}

impl DuplicateRule {
    /// Refusals with one of these statuses (400 to 499). 401, 408 and 429 have a meaning of their own and never match.
    pub fn new(statuses: impl IntoIterator<Item = u16>) -> Self {
        Self { statuses: statuses.into_iter().collect(), code: None, message: None }
    }

    /// The server's code must match this pattern.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): it is not a regular expression.
    pub fn code(mut self, pattern: &str) -> Result<Self, Error> {
        self.code = Some(compiled(pattern)?);
        Ok(self)
    }

    /// The server's message must match this pattern; several messages are joined with `; `.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): it is not a regular expression.
    pub fn message(mut self, pattern: &str) -> Result<Self, Error> {
        self.message = Some(compiled(pattern)?);
        Ok(self)
    }

    /// Rules from JSON: a list of objects with `status` (a number or a list of them), `code` and `message`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming what is wrong.
    pub fn list_from_json(json: &[u8]) -> Result<Vec<Self>, Error> {
        let written: Vec<Written> = serde_json::from_slice(json).map_err(|error| {
            Error::configuration(
                format!("the duplicate rules cannot be read: {error}"),
                r#"Give a list such as [{"status": [400, 422], "code": "^EMAIL_IN_USE$"}]."#,
            )
        })?;
        written
            .into_iter()
            .map(|Written { status, code, message }| {
                let mut rule = Self::new(match status {
                    Statuses::One(status) => vec![status],
                    Statuses::Many(statuses) => statuses,
                });
                rule.code = code.as_deref().map(compiled).transpose()?;
                rule.message = message.as_deref().map(compiled).transpose()?;
                Ok(rule)
            })
            .collect()
    }

    /// The rules that a client has by default: any 409; and a 400 or 422 whose code or message tells of an e-mail that is
    /// taken, or of a customer that already exists (inferred from services of this kind).
    ///
    /// # Errors
    ///
    /// None in practice: a test compiles every pattern.
    pub fn defaults() -> Result<Vec<Self>, Error> {
        DEFAULTS
            .iter()
            .map(|(statuses, code, message)| {
                let mut rule = Self::new(statuses.iter().copied());
                rule.code = code.map(compiled).transpose()?;
                rule.message = message.map(compiled).transpose()?;
                Ok(rule)
            })
            .collect()
    }

    fn matches(&self, status: u16, said: &ServerError) -> bool {
        let meets = |pattern: &Option<Regex>, text: &Option<String>| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(text.as_deref().unwrap_or_default()))
        };
        self.statuses.contains(&status) && meets(&self.code, &said.code) && meets(&self.message, &said.message)
    }
}

type Row = (&'static [u16], Option<&'static str>, Option<&'static str>);

const MAIL_TAKEN: &str = "mail.*(already|duplicate|exists|taken|unique|in.use)\
                          |(already|duplicate|exists|taken|unique|in.use).*mail";

const DEFAULTS: [Row; 5] = [
    (&[409], None, None),
    (&[400, 422], Some(MAIL_TAKEN), None),
    (&[400, 422], Some("(customer|user|account|client).*already_?exists"), None),
    (&[400, 422], None, Some(MAIL_TAKEN)),
    (&[400, 422], None, Some("(customer|user|account|client).*already exists")),
];

fn compiled(pattern: &str) -> Result<Regex, Error> {
    // The texts may hold line breaks; a pattern should not have to care.
    RegexBuilder::new(pattern).case_insensitive(true).dot_matches_new_line(true).build().map_err(|error| {
        Error::configuration(
            format!("the pattern “{pattern}” of a duplicate rule is not a regular expression: {error}"),
            "Mend the pattern; it is found anywhere in the text unless ^ and $ hold it.",
        )
    })
}

/// Whether the refusal of a create request says that the e-mail is taken.
pub(crate) fn says_so(rules: &[DuplicateRule], status: u16, said: &ServerError) -> bool {
    rules.iter().any(|rule| rule.matches(status, said))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(rules: &[DuplicateRule], status: u16, body: &str) -> bool {
        says_so(rules, status, &ServerError::read(body.as_bytes()))
    }

    #[test]
    fn a_duplicate_is_told_from_other_refusals() {
        let rules = DuplicateRule::defaults().expect("every pattern compiles");
        let says = |status, body: &str| says(&rules, status, body);
        assert!(says(409, ""));
        assert!(says(400, r#"{"errors":[{"code":"DUPLICATE_EMAIL","message":"no"}]}"#));
        assert!(says(400, r#"{"errors":[{"code":"EMAIL_IN_USE","message":"no"}]}"#));
        assert!(says(422, r#"{"statusCode":422,"message":["Customer already exists"],"error":"x"}"#));
        assert!(says(400, r#"{"error":"this e-mail is already in use"}"#));
        assert!(says(400, "{\"error\":\"taken:\\nthe e-mail\"}"));
        assert!(!says(400, r#"{"error":"country must be a valid ISO code"}"#));
        assert!(says(400, r#"{"errors":[{"code":"CUSTOMER_ALREADY_EXISTS","message":"no"}]}"#));
        assert!(!says(400, r#"{"errors":[{"code":"REFERRAL_DOES_NOT_EXIST","message":"no such customer"}]}"#));
        assert!(!says(400, r#"{"message":"phone number already in use by another customer"}"#));
        assert!(!says(422, r#"{"message":"the referred customer does not exist"}"#));
        assert!(!says(400, r#"{"message":"externalId must be unique"}"#));
        assert!(!says(400, "<html></html>"));
        assert!(!says(403, r#"{"error":"customer already exists"}"#));
    }

    #[test]
    fn rules_are_read_from_json() {
        let json = br#"[{"status": 403, "message": "vergeben"}, {"status": [400, 418], "code": "^E17$"}]"#;
        let rules = DuplicateRule::list_from_json(json).expect("valid");
        assert!(says(&rules, 403, r#"{"message":"Adresse ist VERGEBEN"}"#));
        assert!(says(&rules, 418, r#"{"code":"e17"}"#));
        assert!(!says(&rules, 400, r#"{"code":"e170"}"#));
        assert!(!says(&rules, 409, ""), "the defaults are replaced");
    }

    #[test]
    fn rules_that_cannot_be_meant_are_refused() {
        for json in ["{}", r#"[{"code":"x"}]"#, r#"[{"status":400,"text":"x"}]"#, r#"[{"status":400,"code":"("}]"#] {
            assert!(DuplicateRule::list_from_json(json.as_bytes()).is_err(), "{json}");
        }
    }
}
