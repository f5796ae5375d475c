//! Reading the contract and rendering it as JSON, with the order of its keys kept.

use serde_json::Value;

/// Parses the YAML text of a contract.
///
/// # Errors
///
/// The parser's message, which holds line and column.
pub fn read(yaml: &str) -> Result<Value, String> {
    serde_saphyr::from_str(yaml).map_err(|error| format!("the contract is not readable YAML: {error}"))
}

/// The document as JSON text, one key a line, ending with a line break.
pub(crate) fn render(document: &Value) -> String {
    format!("{document:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_is_kept() {
        let document = read("b: 1\na: {d: x, c: true}\n").expect("readable");
        assert_eq!(render(&document), "{\n  \"b\": 1,\n  \"a\": {\n    \"d\": \"x\",\n    \"c\": true\n  }\n}\n");
    }

    #[test]
    fn an_unreadable_contract_is_named_with_its_place() {
        let error = read("a: [1, 2\nb: }").expect_err("not YAML");
        assert!(error.contains("not readable YAML") && error.contains("line"), "{error}");
    }
}
