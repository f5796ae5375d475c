//! The JSON Schema of a customer to create, with feature `schemars`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::country::CountryCode;
use crate::field::Field;
use crate::new_customer::NewCustomer;

impl JsonSchema for NewCustomer {
    fn schema_name() -> Cow<'static, str> {
        "NewCustomer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties: Map<String, Value> =
            Field::ALL.into_iter().map(|field| (field.wire_name().to_owned(), property(field))).collect();
        let required: Vec<&str> =
            Field::ALL.into_iter().filter(|field| field.required()).map(Field::wire_name).collect();
        json_schema!({
            "type": "object",
            "description": "A verified person who is to become a customer.",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }
}

fn property(field: Field) -> Value {
    let mut schema = json!({"type": "string", "description": field.description()});
    match field {
        Field::Email => schema["pattern"] = "@".into(),
        Field::Country => schema["enum"] = CountryCode::all().map(CountryCode::as_str).collect(),
        // Anything but blanks.
        _ if field.required() => schema["pattern"] = r"\S".into(),
        _ => schema["type"] = json!(["string", "null"]),
    }
    schema
}
