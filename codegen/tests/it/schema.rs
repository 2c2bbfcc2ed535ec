//! The JSON Schema for editors.

use std::fs;

use mastodon_spec::load;

use crate::root;

#[test]
fn every_file_of_the_specification_names_the_schema() {
    let spec = root().join("spec");
    for (file, text) in load::files(&spec).unwrap() {
        let folders = file.matches('/').count();
        let schema = format!("{}schema.json", "../".repeat(folders));
        let first = format!("# yaml-language-server: $schema={schema}");
        assert_eq!(text.lines().next(), Some(first.as_str()), "{file}");
    }
}

#[test]
fn every_file_of_the_specification_is_valid_by_the_schema() {
    let spec = root().join("spec");
    let schema: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(spec.join("schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (file, text) in load::files(&spec).unwrap() {
        let (yaml, _) = mastodon_yaml::parse(&text).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&json(&yaml))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{file}");
    }
}

/// Converts YAML to JSON; numeric keys become strings.
fn json(value: &serde_yaml::Value) -> serde_json::Value {
    match value {
        serde_yaml::Value::Mapping(mapping) => mapping
            .iter()
            .map(|(key, value)| {
                let key = key.as_str().map_or_else(
                    || serde_yaml::to_string(key).unwrap().trim().to_owned(),
                    str::to_owned,
                );
                (key, json(value))
            })
            .collect(),
        serde_yaml::Value::Sequence(items) => items.iter().map(json).collect(),
        other => serde_json::to_value(other).unwrap(),
    }
}
