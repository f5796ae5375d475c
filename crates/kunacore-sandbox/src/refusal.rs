//! A request that was refused, and how each dialect says so.
//!
//! Nobody outside knows KunaCore's error bodies, so a refusal is kept as status, code and sentences, and takes its shape
//! only when it is sent. Sentences name fields, never their values; a duplicate's e-mail is the one exception, since a
//! client has to cope with a server that repeats it.

use bytes::Bytes;
use http::StatusCode;
use serde_json::json;

use crate::options::Dialect;

/// Why a request was not served.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    problems: Vec<String>,
    allowed: Option<&'static str>,
    retry_after: Option<String>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, problem: impl Into<String>) -> Self {
        Self { status, code, problems: vec![problem.into()], allowed: None, retry_after: None }
    }

    /// Fields that the contract refuses, one sentence for each problem.
    pub(crate) fn invalid(problems: Vec<String>) -> Self {
        Self { problems, ..Self::new(StatusCode::BAD_REQUEST, "invalid_field", "") }
    }

    /// A request that cannot be read at all.
    pub(crate) fn bad_request(problem: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", problem)
    }

    /// A body above the cap.
    pub(crate) fn too_large(cap: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "bad_request", format!("the body is larger than {cap} bytes"))
    }

    /// Missing, wrong or expired credentials.
    pub(crate) fn unauthorized(problem: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", problem)
    }

    /// Something that is not there.
    pub(crate) fn not_found(problem: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", problem)
    }

    /// A method that the path does not serve.
    pub(crate) fn wrong_method(allowed: &'static str) -> Self {
        let refusal =
            Self::new(StatusCode::METHOD_NOT_ALLOWED, "bad_request", format!("only {allowed} is served here"));
        Self { allowed: Some(allowed), ..refusal }
    }

    /// An e-mail that is taken, with the status the sandbox was told to use.
    pub(crate) fn duplicate(status: StatusCode, email: &str) -> Self {
        Self::new(status, "duplicate_email", format!("a customer with the e-mail {email} already exists"))
    }

    /// More requests than the limit allows; the next may come after so many seconds.
    pub(crate) fn limited(seconds: u64) -> Self {
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "too many requests");
        Self { retry_after: Some(seconds.to_string()), ..refusal }
    }

    /// A status that a fault rule asks for.
    pub(crate) fn fault(code: u16, retry_after: Option<String>) -> Self {
        let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { retry_after, ..Self::new(status, "fault", "a fault rule answers so") }
    }

    /// The sandbox itself failed.
    pub(crate) fn internal(problem: &impl ToString) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", problem.to_string())
    }

    /// The status to answer with.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The method that would have been served, where the method was the problem.
    pub(crate) fn allowed(&self) -> Option<&'static str> {
        self.allowed
    }

    /// When to come again, as the header says it.
    pub(crate) fn retry_after(&self) -> Option<&str> {
        self.retry_after.as_deref()
    }

    /// What is wrong, a sentence each.
    #[cfg(test)]
    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The media type and the body, if any, in a dialect.
    pub(crate) fn render(&self, dialect: Dialect) -> Option<(&'static str, Bytes)> {
        let json = match dialect {
            Dialect::Errors => {
                let error = |message| json!({ "code": self.code, "message": message });
                json!({ "errors": self.problems.iter().map(error).collect::<Vec<_>>() })
            }
            // This kind of backend sends a list for what its validator found and a string for the rest.
            Dialect::Nest => {
                let message = if self.code == "invalid_field" { json!(self.problems) } else { json!(self.sentence()) };
                json!({ "statusCode": self.status.as_u16(), "message": message, "error": self.reason() })
            }
            Dialect::Plain => json!({ "error": self.sentence() }),
            Dialect::Html => return Some(("text/html; charset=utf-8", self.page().into())),
            Dialect::Empty => return None,
        };
        Some(("application/json", json.to_string().into()))
    }

    fn sentence(&self) -> String {
        self.problems.join("; ")
    }

    fn reason(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    fn page(&self) -> String {
        let title = format!("{} {}", self.status.as_u16(), self.reason());
        let text = self.sentence().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        format!(
            "<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n\
             <body><h1>{title}</h1><p>{text}</p></body></html>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(refusal: &Refusal, dialect: Dialect) -> String {
        let (_, body) = refusal.render(dialect).expect("the dialect has a body");
        String::from_utf8(body.to_vec()).expect("bodies are text")
    }

    #[test]
    fn each_dialect_has_its_shape() {
        let refusal = Refusal::duplicate(StatusCode::CONFLICT, "alexsmith@mail.com");
        let message = "a customer with the e-mail alexsmith@mail.com already exists";
        assert_eq!(
            text(&refusal, Dialect::Errors),
            format!(r#"{{"errors":[{{"code":"duplicate_email","message":"{message}"}}]}}"#)
        );
        let nest: serde_json::Value = serde_json::from_str(&text(&refusal, Dialect::Nest)).expect("JSON");
        assert_eq!(nest, json!({ "statusCode": 409, "message": message, "error": "Conflict" }));
        assert_eq!(text(&refusal, Dialect::Plain), format!(r#"{{"error":"{message}"}}"#));
        assert!(text(&refusal, Dialect::Html).contains(message));
        assert!(refusal.render(Dialect::Empty).is_none());
    }

    #[test]
    fn nest_lists_the_problems_of_a_validation() {
        let refusal = Refusal::invalid(vec!["email is required".to_owned()]);
        assert!(text(&refusal, Dialect::Nest).contains(r#""message":["email is required"]"#));
    }

    #[test]
    fn a_page_escapes_what_it_repeats() {
        let refusal = Refusal::duplicate(StatusCode::CONFLICT, "<b>@example.com");
        assert!(text(&refusal, Dialect::Html).contains("&lt;b&gt;@example.com"));
    }
}
