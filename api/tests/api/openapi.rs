//! The OpenAPI document is a golden file: the public form changes only on purpose. `UPDATE=1 cargo test` rewrites it.

use serde_json::Value;
use std::collections::BTreeSet;

fn golden() -> String {
    format!("{}/../docs/openapi.json", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_document_is_as_written_down() {
    let made = switchback_api::openapi_document() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(golden(), &made).unwrap();
    }
    let kept = std::fs::read_to_string(golden()).unwrap();
    assert!(
        kept == made,
        "the public form has changed: look at it with UPDATE=1 cargo test -p switchback-api and git diff"
    );
}

#[test]
fn every_operation_and_every_field_is_described() {
    let document: Value = serde_json::from_str(&switchback_api::openapi_document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        }
    }
    let mut bare = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (field, form) in schema["properties"].as_object().into_iter().flatten() {
            let described =
                form["description"].is_string() || form["$ref"].is_string() || form["oneOf"].is_array();
            if !described {
                bare.push(format!("{name}.{field}"));
            }
        }
    }
    assert_eq!(bare, [""; 0]);
}

#[test]
fn names_are_given_once_and_references_lead_somewhere() {
    let text = switchback_api::openapi_document();
    let document: Value = serde_json::from_str(&text).unwrap();
    let ids: Vec<_> = crate::stack::spec::operations().into_iter().map(|operation| operation.id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is named and not there");
    }
}
