//! The OpenAPI document is valid, consistent and complete.

mod bodies;
mod enums;
mod examples;
mod options;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use mastodon_openapi::openapi;
use mastodon_spec::model::{Kind, MethodModel, Model, ParamModel};
use mastodon_spec::yaml::{ParamLocation, Spec, TypeRef};
use mastodon_spec::{check, load};
use roas::validation::{Options, Validate};
use serde_json::Value;

use crate::{outputs, root, small};

/// The document, which is generated once for all tests.
fn document() -> Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| parsed(&root()));
    DOCUMENT.clone()
}

/// The document of the small specification.
fn small_document() -> Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| parsed(&small()));
    DOCUMENT.clone()
}

fn specification(root: &Path) -> Spec {
    check::check(load::load(&root.join("spec")).unwrap()).unwrap()
}

fn parsed(root: &Path) -> Value {
    let spec = specification(root);
    serde_json::from_str(&openapi(&Model::new(&spec)).unwrap()).unwrap()
}

/// All operations with path and HTTP method.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let by_method = item.as_object().unwrap().iter();
            by_method.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
}

/// Calls the function with every nested value and its path.
fn walk<'a>(
    value: &'a Value,
    path: &mut Vec<String>,
    found: &mut impl FnMut(&[String], &'a Value),
) {
    found(path, value);
    let children: Vec<(String, &Value)> = match value {
        Value::Object(entries) => entries.iter().map(|(key, v)| (key.clone(), v)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, v)| (index.to_string(), v))
            .collect(),
        _ => return,
    };
    for (key, child) in children {
        path.push(key);
        walk(child, path, found);
        path.pop();
    }
}

/// Resolves references.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(target) => resolved(
            document,
            document
                .pointer(target.trim_start_matches('#'))
                .unwrap_or_else(|| panic!("{target} does not resolve")),
        ),
        None => value,
    }
}

#[test]
fn document_is_valid_openapi_3_1() {
    for document in [document(), small_document()] {
        let spec: roas::v3_1::spec::Spec = serde_json::from_value(document).unwrap();
        assert_eq!(problems(&spec), Vec::<String>::new());
    }
}

#[test]
fn validator_detects_errors() {
    let mut broken = document();
    let statuses = &mut broken["paths"]["/api/v1/statuses"]["post"];
    statuses["operationId"] = "status".into();
    statuses["security"] = serde_json::json!([{ "Nobody": [] }]);
    let broken: roas::v3_1::spec::Spec = serde_json::from_value(broken).unwrap();
    assert!(problems(&broken).len() >= 2, "{:?}", problems(&broken));
}

fn problems(spec: &roas::v3_1::spec::Spec) -> Vec<String> {
    // Unused scopes are allowed, and the validator misses uses in nullable schemas; another test checks for
    // unused components.
    let options = Options::IgnoreUnusedSecuritySchemes | Options::IgnoreUnusedSchemas;
    match spec.validate(options, None) {
        Ok(()) => Vec::new(),
        Err(found) => found
            .errors
            .iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect(),
    }
}

#[test]
fn every_reference_resolves_and_every_component_is_used() {
    let document = document();
    let mut used = BTreeSet::new();
    walk(&document, &mut Vec::new(), &mut |_, value| {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            resolved(&document, value);
            used.insert(target.to_owned());
        }
    });
    for section in ["parameters", "headers", "responses", "schemas", "examples"] {
        for name in document["components"][section].as_object().unwrap().keys() {
            let own = format!("#/components/{section}/{name}");
            assert!(used.contains(&own), "{own} is not used");
        }
    }
}

#[test]
fn every_schema_is_valid_json_schema_2020_12() {
    let document = document();
    let mut schemas: Vec<(String, &Value)> = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        schemas.push((name.clone(), schema));
    }
    walk(&document["paths"], &mut Vec::new(), &mut |path, value| {
        if path.last().is_some_and(|key| key == "schema") {
            schemas.push((path.join("/"), value));
        }
    });
    assert!(schemas.len() > 500, "{}", schemas.len());
    for (name, schema) in &schemas {
        if let Err(error) = jsonschema::draft202012::meta::validate(schema) {
            panic!("{name}: {error}");
        }
    }
    // All schemas compile together: patterns are valid and references resolve.
    let all = serde_json::json!({
        "components": document["components"],
        "anyOf": schemas.iter().map(|(_, schema)| *schema).collect::<Vec<_>>(),
    });
    jsonschema::draft202012::new(&all).unwrap();
}

#[test]
fn every_operation_has_a_unique_id_and_declares_its_path_parameters() {
    let document = document();
    let mut seen = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(seen.insert(name), "two operations have the id {name}");
        let in_path: Vec<&str> = path
            .split('{')
            .skip(1)
            .map(|rest| rest.split('}').next().unwrap())
            .collect();
        let parameters = operation["parameters"].as_array();
        let mut declared: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for parameter in parameters.into_iter().flatten() {
            let parameter = resolved(&document, parameter);
            let key = (
                parameter["in"].as_str().unwrap(),
                parameter["name"].as_str().unwrap(),
            );
            *declared.entry(key).or_default() += 1;
        }
        assert!(
            declared.values().all(|times| *times == 1),
            "{method} {path}"
        );
        let of_path: BTreeSet<&str> = declared
            .keys()
            .filter(|(location, _)| *location == "path")
            .map(|(_, name)| *name)
            .collect();
        assert_eq!(of_path, in_path.into_iter().collect(), "{method} {path}");
    }
}

#[test]
fn every_method_and_parameter_is_in_the_document() {
    let spec = specification(&root());
    let model = Model::new(&spec);
    let document = document();
    let by_name: BTreeMap<&str, (&str, &str, &Value)> = operations(&document)
        .map(|found| (found.2["operationId"].as_str().unwrap(), found))
        .collect();
    let mut routes = 0;
    for found in model.methods() {
        let (name, method) = (found.name, found.yaml);
        let http = method.http.as_ref().unwrap();
        let (path, http_method, operation) = by_name[name];
        assert_eq!(http_method, http.method.as_str().to_lowercase(), "{name}");
        assert_eq!(path.matches('{').count(), http.path_params().count());
        routes += 1 + method.also_accepts.len() + method.aliases.len();
        let actual = actual_params(&document, operation);
        for expected in expected_params(found) {
            assert!(
                actual.contains(&expected),
                "{name} lacks {expected}, it has {actual:?}"
            );
        }
        assert_eq!(
            operation["responses"].as_object().unwrap().len(),
            // 200, 429 and `default` are always present.
            3 + method.responses.len()
                + method
                    .errors
                    .iter()
                    .filter(|status| **status != 429)
                    .count(),
            "{name}"
        );
    }
    assert_eq!(by_name.len(), routes);
    let aliases = by_name
        .values()
        .filter(|found| found.2.get("x-alias-of").is_some());
    for (_, _, alias) in aliases {
        assert!(by_name.contains_key(alias["x-alias-of"].as_str().unwrap()));
    }
}

/// The parameters of an operation by location and name.
fn actual_params(document: &Value, operation: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = resolved(document, parameter);
        let name = parameter["name"].as_str().unwrap().trim_end_matches("[]");
        all.insert(format!("{} {name}", parameter["in"].as_str().unwrap()));
    }
    let bodies = operation["requestBody"]["content"].as_object();
    for body in bodies.into_iter().flat_map(|content| content.values()) {
        for kind in ["properties", "patternProperties"] {
            let names = body["schema"][kind].as_object().into_iter().flatten();
            for (name, _) in names {
                let name = name.trim_start_matches('^');
                let end = name.find(['[', '\\']).unwrap_or(name.len());
                all.insert(format!("body {}", &name[..end]));
            }
        }
    }
    all
}

fn expected_params(method: &MethodModel<'_>) -> BTreeSet<String> {
    let location = |param: &ParamModel<'_>| match param.location {
        ParamLocation::Path => "path",
        ParamLocation::Query => "query",
        ParamLocation::Body => "body",
        ParamLocation::Header => "header",
    };
    let mut all: BTreeSet<String> = method
        .params
        .iter()
        // Path parameters can have other names, where two methods share the path.
        .filter(|param| !param.yaml.unsupported && param.location != ParamLocation::Path)
        .map(|param| format!("{} {}", location(param), param.wire))
        .collect();
    all.extend(method.cursors.iter().map(|name| format!("query {name}")));
    let limited = method
        .yaml
        .paging
        .as_ref()
        .is_some_and(|paging| paging.limit.is_some());
    all.extend(limited.then(|| "query limit".to_owned()));
    all
}

#[test]
fn file_parameters_are_binary_in_multipart_only() {
    let spec = specification(&root());
    let model = Model::new(&spec);
    let document = document();
    let mut with_file = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let content = &operation["requestBody"]["content"];
        let is_binary = |schema: &Value| schema["format"] == "binary";
        for encoding in ["application/json", "application/x-www-form-urlencoded"] {
            let properties = content[encoding]["schema"]["properties"].as_object();
            let files = properties
                .into_iter()
                .flatten()
                .filter(|(_, schema)| is_binary(schema));
            assert_eq!(
                files.count(),
                0,
                "{method} {path}: {encoding} cannot contain a file"
            );
        }
        let multipart = content["multipart/form-data"]["schema"]["properties"].as_object();
        let binary = |schema: &Value| is_binary(schema) || is_binary(&schema["items"]);
        if multipart
            .into_iter()
            .flatten()
            .any(|(_, schema)| binary(schema))
        {
            with_file.insert(operation["operationId"].as_str().unwrap().to_owned());
        }
    }
    let expected: BTreeSet<String> = model
        .methods()
        .filter(|method| method.params.iter().any(|p| contains_file(&model, p.ty)))
        .flat_map(|method| {
            let name = method.name;
            let also = method.yaml.also_accepts.iter();
            let also = also.map(move |method| format!("{name}_{}", method.as_str().to_lowercase()));
            std::iter::once(name.to_owned()).chain(also)
        })
        .collect();
    assert_eq!(with_file, expected);
}

fn contains_file(model: &Model<'_>, ty: &TypeRef) -> bool {
    match ty {
        TypeRef::File => true,
        TypeRef::List(inner) => contains_file(model, inner),
        TypeRef::Named(name) if model.kind(name) == Some(Kind::Input) => {
            let input = model.input(name).unwrap();
            input.params.iter().any(|p| contains_file(model, p.ty))
        }
        _ => false,
    }
}

#[test]
fn command_prints_or_writes_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("api.json");
    let codegen = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_mastodon-codegen"))
            .arg("--root")
            .arg(small())
            .arg("openapi")
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let expected = &outputs(&small())[Path::new("generated/openapi.json")];
    assert_eq!(codegen(&[]), *expected);
    assert_eq!(codegen(&[file.to_str().unwrap()]), "");
    assert_eq!(std::fs::read_to_string(file).unwrap(), *expected);
    assert!(codegen(&["--openapi-version", "3.0"]).contains("\"openapi\": \"3.0.3\""));
    assert!(expected.contains("OnOtherServers") || expected.contains("x-only-on"));
    assert!(!codegen(&["--mastodon-only"]).contains("x-only-on"));
}
