//! The core's own list of fields, its JSON Schema and its limits, held against the contract.

use kunacore::{Field, NewCustomer};
use serde_json::Value;

fn contract() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/kunacore.yaml");
    kunacore_codegen::read(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn names(value: &Value) -> Vec<String> {
    let mut names: Vec<String> = match value {
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
        Value::Object(fields) => fields.keys().cloned().collect(),
        _ => panic!("neither a list nor an object"),
    };
    names.sort();
    names
}

#[test]
fn the_json_schema_has_the_fields_of_the_contract() {
    let contract = &contract()["components"]["schemas"]["CreateCustomerRequest"];
    let schema = schemars::schema_for!(NewCustomer);
    let schema = schema.as_value();
    assert_eq!(names(&schema["properties"]), names(&contract["properties"]));
    assert_eq!(names(&schema["required"]), names(&contract["required"]));
    for (name, documented) in contract["properties"].as_object().unwrap() {
        let ours = &schema["properties"][name];
        assert!(ours["type"] == "string" || ours["type"][0] == "string", "{name}");
        let begins = ours["description"].as_str().unwrap().trim_end_matches('.');
        assert!(documented["description"].as_str().unwrap().starts_with(begins), "{name}: {begins}");
    }
}

#[test]
fn the_fields_of_the_core_are_those_of_the_contract() {
    let contract = &contract()["components"]["schemas"]["CreateCustomerRequest"];
    let mut ours: Vec<String> = Field::ALL.iter().map(|field| field.wire_name().to_owned()).collect();
    ours.sort();
    assert_eq!(ours, names(&contract["properties"]));
    for field in Field::ALL {
        assert_eq!(field.required(), names(&contract["required"]).contains(&field.wire_name().to_owned()), "{field}");
    }
}

#[test]
fn schema_and_checks_accept_and_refuse_alike() {
    let schema = schemars::schema_for!(NewCustomer);
    let schema = jsonschema::validator_for(schema.as_value()).unwrap();
    let alex: Value = serde_json::from_str(&crate::alex_in_full().to_json()).unwrap();
    let mut variants = vec![alex.clone()];
    for field in Field::ALL {
        for value in [None, Some(Value::Null), Some("".into()), Some(" ".into()), Some(7.into()), Some("fr".into())] {
            let mut variant = alex.clone();
            let fields = variant.as_object_mut().unwrap();
            match value {
                Some(value) => fields.insert(field.wire_name().to_owned(), value),
                None => fields.remove(field.wire_name()),
            };
            variants.push(variant);
        }
    }
    let mut unknown = alex;
    unknown["tier"] = 1.into();
    variants.push(unknown);
    for variant in variants {
        let by_core = NewCustomer::from_json(variant.to_string().as_bytes()).map(|_| ());
        assert_eq!(schema.is_valid(&variant), by_core.is_ok(), "{variant}: {by_core:?}");
    }
}
