//! Reading an error body. No page documents one, so several dialects are tried, and none of them may be needed.

use serde_json::Value;

/// What an error body says, as the server wrote it: not scrubbed yet.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ServerError {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
}

impl ServerError {
    /// Reads a body in whichever dialect it is: an `errors` list, `statusCode` with `message` and `error`, a lone
    /// `error` or `message`. A page of HTML, other text and nothing say nothing.
    pub(crate) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).map(|body| Self::of(&body)).unwrap_or_default()
    }

    /// As [`ServerError::read`], of a body that is parsed.
    pub(crate) fn of(body: &Value) -> Self {
        if let Some(errors) = body.get("errors").and_then(Value::as_array) {
            let messages: Vec<&str> = errors.iter().filter_map(|error| error.get("message")?.as_str()).collect();
            return Self {
                code: errors
                    .iter()
                    .find_map(|error| text(error, "code").or_else(|| text(&error["extensions"], "code"))),
                message: joined(&messages),
            };
        }
        let nested = &body["error"];
        let message = match &body["message"] {
            Value::Array(lines) => joined(&lines.iter().filter_map(Value::as_str).collect::<Vec<_>>()),
            Value::String(line) => Some(line.clone()),
            _ => None,
        };
        Self {
            code: text(body, "code").or_else(|| text(nested, "code")),
            message: message.or_else(|| text(nested, "message")).or_else(|| text(body, "error")),
        }
    }

    /// Whether the body said nothing that can be read.
    pub(crate) fn is_silent(&self) -> bool {
        self.code.is_none() && self.message.is_none()
    }
}

fn text(node: &Value, key: &str) -> Option<String> {
    node.get(key)?.as_str().map(str::to_owned)
}

fn joined(lines: &[&str]) -> Option<String> {
    (!lines.is_empty()).then(|| lines.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> (Option<String>, Option<String>) {
        let ServerError { code, message } = ServerError::read(body.as_bytes());
        (code, message)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn every_dialect_is_read() {
        assert_eq!(read(r#"{"errors":[{"code":"c","message":"m"},{"message":"n"}]}"#), (some("c"), some("m; n")));
        assert_eq!(read(r#"{"errors":[{"message":"m","extensions":{"code":"c"}}]}"#), (some("c"), some("m")));
        assert_eq!(read(r#"{"statusCode":400,"message":"m","error":"Bad Request"}"#), (None, some("m")));
        assert_eq!(read(r#"{"statusCode":400,"message":["m","n"],"error":"Bad Request"}"#), (None, some("m; n")));
        assert_eq!(read(r#"{"error":"m"}"#), (None, some("m")));
        assert_eq!(read(r#"{"message":"m"}"#), (None, some("m")));
        assert_eq!(read(r#"{"error":{"code":"c","message":"m"}}"#), (some("c"), some("m")));
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        for body in
            ["", "<html><h1>Bad Gateway</h1></html>", "[]", "null", "{}", r#"{"errors":"x"}"#, r#"{"message":7}"#]
        {
            assert!(ServerError::read(body.as_bytes()).is_silent(), "{body}");
        }
    }
}
