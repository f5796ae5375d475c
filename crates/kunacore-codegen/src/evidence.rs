//! How well each part of the contract is known: the `x-evidence` marks, and the search for a missing one.
//!
//! Operations, schemas (properties and list items included) and responses need a mark; a `$ref` carries the mark of what
//! it points to.

use serde_json::Value;

/// The marks a node can carry, from the best known to the least.
pub const MARKS: [&str; 3] = ["documented", "sample", "inferred"];

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The JSON pointers of all nodes that need a mark and have none, or one that is not in [`MARKS`].
#[must_use]
pub fn missing_marks(document: &Value) -> Vec<String> {
    let mut missing = Vec::new();
    for (path, item) in entries(document, "paths") {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if METHODS.contains(&method.as_str()) {
                let at = below(&below("/paths", path), method);
                need_mark(operation, &at, &mut missing);
                for (status, response) in entries(operation, "responses") {
                    if response.get("$ref").is_none() {
                        need_mark(response, &format!("{at}/responses/{status}"), &mut missing);
                    }
                }
                schemas_below(operation, &at, &mut missing);
            }
        }
    }
    let components = &document["components"];
    for (name, response) in entries(components, "responses") {
        let at = format!("/components/responses/{name}");
        need_mark(response, &at, &mut missing);
        schemas_below(response, &at, &mut missing);
    }
    for (name, schema) in entries(components, "schemas") {
        schema_marks(schema, &format!("/components/schemas/{name}"), &mut missing);
    }
    missing
}

fn entries<'a>(node: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    node.get(key).and_then(Value::as_object).into_iter().flatten()
}

/// The JSON pointer of a child.
fn below(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn need_mark(node: &Value, at: &str, missing: &mut Vec<String>) {
    let marked = node.get("x-evidence").and_then(Value::as_str).is_some_and(|mark| MARKS.contains(&mark));
    if !marked {
        missing.push(at.to_owned());
    }
}

/// Every inline schema below a node that is not a schema itself: parameters, headers, media types.
fn schemas_below(node: &Value, at: &str, missing: &mut Vec<String>) {
    match node {
        Value::Object(fields) => {
            for (key, child) in fields {
                let at = below(at, key);
                match key.as_str() {
                    "schema" => schema_marks(child, &at, missing),
                    "example" | "examples" => {}
                    _ => schemas_below(child, &at, missing),
                }
            }
        }
        Value::Array(items) => {
            for (index, child) in items.iter().enumerate() {
                schemas_below(child, &format!("{at}/{index}"), missing);
            }
        }
        _ => {}
    }
}

fn schema_marks(schema: &Value, at: &str, missing: &mut Vec<String>) {
    if schema.get("$ref").is_some() {
        return;
    }
    need_mark(schema, at, missing);
    for (name, property) in entries(schema, "properties") {
        schema_marks(property, &format!("{at}/properties/{name}"), missing);
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(child) = schema.get(key).filter(|child| child.is_object()) {
            schema_marks(child, &format!("{at}/{key}"), missing);
        }
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for (index, child) in schema.get(key).and_then(Value::as_array).into_iter().flatten().enumerate() {
            schema_marks(child, &format!("{at}/{key}/{index}"), missing);
        }
    }
}
