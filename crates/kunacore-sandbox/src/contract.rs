//! The contract document, as the judge of requests.
//!
//! Nothing here knows a field's name: what a request may be is read from the embedded document by path and method, and
//! compiled once when the sandbox starts. The document is OpenAPI 3.0, whose schemas differ from JSON Schema in
//! `nullable` only, as far as this contract goes.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Validator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::SandboxError;
use crate::refusal::Refusal;

/// The contract as `GET /_sandbox/openapi.json` shows it.
pub(crate) const DOCUMENT: &str = include_str!("../contract.json");

/// What the sandbox serves below `/v2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `POST /v2/auth/login`.
    Login,
    /// `POST /v2/customer/create`.
    Create,
    /// `POST /v2/customer/find`.
    Find,
    /// `POST /v2/customer/details`.
    Details,
}

impl Operation {
    /// All of them, in the order of their discriminants.
    pub(crate) const ALL: [Self; 4] = [Self::Login, Self::Create, Self::Find, Self::Details];

    /// Where it is served; all are POST.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Login => "/v2/auth/login",
            Self::Create => "/v2/customer/create",
            Self::Find => "/v2/customer/find",
            Self::Details => "/v2/customer/details",
        }
    }

    /// The operation that is served at a path.
    pub(crate) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.path() == path)
    }
}

/// The compiled rules of every operation.
#[derive(Debug)]
pub(crate) struct Contract {
    rules: Vec<Rules>,
}

impl Contract {
    /// Compiles the embedded document.
    pub(crate) fn load() -> Result<Self, SandboxError> {
        let mut document = serde_json::from_str(DOCUMENT).map_err(|error| SandboxError::Contract(error.to_string()))?;
        allow_null(&mut document);
        let rules = Operation::ALL.into_iter().map(|operation| Rules::compile(&document, operation.path()));
        Ok(Self { rules: rules.collect::<Result<_, _>>().map_err(SandboxError::Contract)? })
    }

    /// What one operation demands of a request.
    pub(crate) fn of(&self, operation: Operation) -> &Rules {
        &self.rules[operation as usize]
    }
}

/// What one operation demands of a request.
#[derive(Debug)]
pub(crate) struct Rules {
    headers: Vec<(String, Validator)>,
    media_type: String,
    body: Validator,
}

impl Rules {
    fn compile(document: &Value, path: &str) -> Result<Self, String> {
        let operation = &document["paths"][path]["post"];
        let content = operation["requestBody"]["content"].as_object();
        let (media_type, media) = content
            .and_then(|content| content.iter().next())
            .ok_or_else(|| format!("POST {path} has no request body"))?;
        let mut headers = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] == "header" && parameter["required"] == true {
                let name = parameter["name"].as_str().ok_or_else(|| format!("POST {path} has a nameless header"))?;
                headers.push((name.to_owned(), compile(document, &parameter["schema"])?));
            }
        }
        Ok(Self { headers, media_type: media_type.clone(), body: compile(document, &media["schema"])? })
    }

    /// Checks the headers that the operation demands.
    pub(crate) fn check_headers(&self, headers: &http::HeaderMap) -> Result<(), Refusal> {
        let mut problems = Vec::new();
        for (name, schema) in &self.headers {
            match headers.get(name).map(|value| value.to_str()) {
                None => problems.push(format!("the header {name} is required")),
                Some(Ok(value)) if schema.is_valid(&Value::from(value)) => {}
                Some(_) => problems.push(format!("the header {name} is not what the contract asks for")),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Refusal::invalid(problems)) }
    }

    /// Reads a body that its sender declares to be of the given media type, and checks it.
    pub(crate) fn read(&self, content_type: Option<&http::HeaderValue>, body: &[u8]) -> Result<Value, Refusal> {
        let declared = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = declared.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(&self.media_type) {
            return Err(Refusal::bad_request(format!("the content-type must be {}", self.media_type)));
        }
        let value = serde_json::from_slice(body).map_err(|error| {
            Refusal::bad_request(format!("the body is not JSON (line {}, column {})", error.line(), error.column()))
        })?;
        if self.body.is_valid(&value) {
            return Ok(value);
        }
        Err(Refusal::invalid(self.body.iter_errors(&value).map(|error| describe(&error)).collect()))
    }
}

/// Compiles a schema of the document, whose references are resolved within the document.
fn compile(document: &Value, schema: &Value) -> Result<Validator, String> {
    let root = json!({ "allOf": [schema], "components": document["components"] });
    jsonschema::options().with_draft(Draft::Draft4).build(&root).map_err(|error| error.to_string())
}

/// One problem, by the name of its field and without the field's value.
fn describe(error: &jsonschema::ValidationError<'_>) -> String {
    let path = error.instance_path().to_string();
    let field = match path.trim_start_matches('/') {
        "" => "the body".to_owned(),
        pointer => pointer.replace('/', "."),
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => format!("{} is required", property.as_str().unwrap_or(&field)),
        ValidationErrorKind::MinLength { limit: 1 } => format!("{field} must not be empty"),
        ValidationErrorKind::Pattern { pattern } => format!("{field} must match {pattern}"),
        // The validator's own words, with the value replaced by the field's name.
        _ => error.masked_with(field).to_string(),
    }
}

/// Turns OpenAPI's `nullable: true` into JSON Schema's list of types, everywhere in the document.
fn allow_null(node: &mut Value) {
    match node {
        Value::Object(members) => {
            if members.get("nullable") == Some(&Value::Bool(true)) {
                widen(members);
            }
            members.values_mut().for_each(allow_null);
        }
        Value::Array(items) => items.iter_mut().for_each(allow_null),
        _ => {}
    }
}

fn widen(schema: &mut Map<String, Value>) {
    schema.remove("nullable");
    if let Some(Value::String(kind)) = schema.get("type").cloned() {
        schema.insert("type".to_owned(), json!([kind, "null"]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(operation: Operation, body: &Value) -> Vec<String> {
        let contract = Contract::load().expect("the embedded contract compiles");
        let json = http::HeaderValue::from_static("application/json");
        match contract.of(operation).read(Some(&json), body.to_string().as_bytes()) {
            Ok(_) => Vec::new(),
            Err(refusal) => refusal.problems().to_vec(),
        }
    }

    #[test]
    fn every_example_of_the_contract_is_accepted() {
        let document: Value = serde_json::from_str(DOCUMENT).expect("the contract is JSON");
        for operation in Operation::ALL {
            let content = &document["paths"][operation.path()]["post"]["requestBody"]["content"]["application/json"];
            assert_eq!(problems(operation, &content["example"]), Vec::<String>::new());
        }
    }

    #[test]
    fn problems_name_the_field_and_hide_the_value() {
        let body = json!({
            "email": 12_345, "firstName": "", "lastName": null, "country": "Francia",
            "verificationDocumentId": "FV633452",
        });
        let all = problems(Operation::Create, &body).join("\n");
        for expected in [
            "residenceAddress is required",
            "firstName must not be empty",
            "country must match ^[A-Z]{2}$",
            "lastName is not of type \"string\"",
            "email is not of type \"string\"",
        ] {
            assert!(all.contains(expected), "{expected} is missing in {all}");
        }
        assert!(!all.contains("12345") && !all.contains("Francia") && !all.contains("FV633452"));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert_eq!(problems(Operation::Find, &json!([])), ["the body is not of type \"object\""]);
    }

    #[test]
    fn unknown_fields_are_allowed_as_the_contract_allows_them() {
        assert_eq!(problems(Operation::Details, &json!({"id": "x", "more": 1})), Vec::<String>::new());
    }

    #[test]
    fn nullable_becomes_a_type() {
        let mut schema = json!({"properties": {"comment": {"type": "string", "nullable": true}}});
        allow_null(&mut schema);
        assert_eq!(schema["properties"]["comment"], json!({"type": ["string", "null"]}));
    }
}
