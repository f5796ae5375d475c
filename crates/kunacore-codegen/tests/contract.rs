//! What the committed contract promises about itself.

use std::path::Path;

use kunacore_codegen::{CLIENT, CONTRACT, evidence, generate, read};
use serde_json::Value;

fn workspace_file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).expect("a file of the workspace")
}

#[test]
fn every_operation_schema_and_response_says_how_well_it_is_known() {
    let document = read(&workspace_file(CONTRACT)).expect("readable");
    assert_eq!(evidence::missing_marks(&document), Vec::<String>::new());
}

#[test]
fn removing_any_single_mark_is_noticed() {
    let document = read(&workspace_file(CONTRACT)).expect("readable");
    let mut marks = Vec::new();
    pointers(&document, String::new(), &mut marks);
    assert!(marks.len() > 60, "the contract has many marks, found {}", marks.len());
    for pointer in marks {
        let mut without = document.clone();
        without.pointer_mut(&pointer).and_then(Value::as_object_mut).expect("an object").shift_remove("x-evidence");
        // One definition can be reached by several ways (YAML anchors are copied), but here each is one place.
        assert_eq!(evidence::missing_marks(&without), [pointer]);
    }
}

#[test]
fn a_mark_of_our_own_invention_is_refused() {
    let error = generate(&workspace_file(CONTRACT).replacen("x-evidence: documented", "x-evidence: certain", 1))
        .expect_err("unknown mark");
    assert!(error.contains("/paths/~1v2~1auth~1login/post"), "{error}");
}

#[test]
fn the_same_contract_gives_the_same_client() {
    let contract = workspace_file(CONTRACT);
    let first = generate(&contract).expect("generated").client;
    assert_eq!(first, generate(&contract).expect("generated").client);
    assert_eq!(first, workspace_file(CLIENT), "run `cargo xtask generate`");
}

#[test]
fn a_changed_field_changes_the_client() {
    let contract = workspace_file(CONTRACT);
    let renamed = contract.replace("verificationDocumentId", "verificationDocumentNumber");
    assert_ne!(generate(&contract).expect("generated").client, generate(&renamed).expect("generated").client);
}

fn pointers(node: &Value, at: String, found: &mut Vec<String>) {
    match node {
        Value::Object(fields) => {
            if fields.contains_key("x-evidence") {
                found.push(at.clone());
            }
            for (key, child) in fields {
                pointers(child, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, child) in items.iter().enumerate() {
                pointers(child, format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}
