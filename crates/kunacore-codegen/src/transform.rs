//! What is changed in the document before progenitor sees it. The committed contract keeps everything.
//!
//! Each transformation is here because the generated code would otherwise lose a customer that exists: progenitor turns
//! an error body that differs from its description into an error without status, and typify turns constraints into
//! types that refuse a response.

use serde_json::Value;

/// A named change of the document.
pub type Transformation = (&'static str, fn(&mut Value));

/// All transformations, in the order in which they are applied.
pub const ALL: [Transformation; 2] =
    [("drop_error_responses", drop_error_responses), ("drop_constraints", drop_constraints)];

/// Leaves only the 2xx responses of each operation: an undocumented status reaches us with its status and headers.
pub fn drop_error_responses(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            responses.retain(|status, _| status.starts_with('2'));
        }
    }
}

/// Removes `pattern`, `format`, `minLength` and their like: what a request must hold is checked by `NewCustomer`, with an answer
/// that names every field, and a response is never refused for its form.
pub fn drop_constraints(document: &mut Value) {
    const CONSTRAINTS: [&str; 7] = ["pattern", "format", "minLength", "maxLength", "minimum", "maximum", "enum"];
    match document {
        Value::Object(node) => {
            if node.get("type").is_some_and(Value::is_string) {
                node.retain(|key, _| !CONSTRAINTS.contains(&key.as_str()));
            }
            node.values_mut().for_each(drop_constraints);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_constraints),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_success_responses_are_left() {
        let mut document =
            json!({"paths": {"/a": {"post": {"responses": {"200": {}, "201": {}, "400": {}, "default": {}}}}}});
        drop_error_responses(&mut document);
        assert_eq!(document, json!({"paths": {"/a": {"post": {"responses": {"200": {}, "201": {}}}}}}));
    }

    #[test]
    fn constraints_go_and_everything_else_stays() {
        let mut document = json!({"properties": {
            "country": {"type": "string", "pattern": "^[A-Z]{2}$", "description": "a country"},
            "pattern": {"type": "string", "minLength": 1},
            "createdFrom": {"type": "string", "format": "date-time"},
            "take": {"type": "integer", "minimum": 0},
        }});
        drop_constraints(&mut document);
        assert_eq!(
            document,
            json!({"properties": {
                "country": {"type": "string", "description": "a country"},
                "pattern": {"type": "string"},
                "createdFrom": {"type": "string"},
                "take": {"type": "integer"},
            }})
        );
    }
}
