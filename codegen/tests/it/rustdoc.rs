//! The JSON of rustdoc against the public items that `cargo codegen diff` reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mastodon_spec::load;
use mastodon_spec::model::Model;
use mastodon_spec_diff::rust_api::RustApi;
use serde_json::Value;

use crate::{root, spec};

/// Traits that applications do not name: hidden ones, and one of the compiler.
const HIDDEN_TRAITS: [&str; 3] = ["FromJson", "Object", "StructuralPartialEq"];

/// For `.ci/semver`: what rustdoc finds in the generated files of a crate is among the public items.
#[test]
#[ignore = "for .ci/semver, which names the folder with the JSON of rustdoc"]
fn items_of_rustdoc_are_among_the_public_items() {
    let folder = std::env::var_os("SEMVER_RUSTDOC").expect("SEMVER_RUSTDOC names a folder");
    let spec = spec(load::files(&root().join("spec")).unwrap());
    let api = RustApi::new(&Model::new(&spec)).unwrap();
    let mut known: BTreeSet<String> = api.items.values().map(|item| item.path.clone()).collect();
    known.extend(api.items.keys().map(|line| without_lifetimes(line)));
    for name in ["mastodon_types", "mastodon_sdk"] {
        let path = Path::new(&folder).join(name).with_extension("json");
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let document: Value = serde_json::from_str(&text).unwrap();
        let found = generated_items(&document);
        assert!(found.len() > 1000, "{name}: {} items", found.len());
        let missing: Vec<_> = found.difference(&known).cloned().collect();
        assert!(missing.is_empty(), "{name}:\n{}", missing.join("\n"));
        println!("{name}: {} items of rustdoc are known", found.len());
    }
}

/// The paths of public items, and the lines of trait implementations, in generated files.
fn generated_items(document: &Value) -> BTreeSet<String> {
    let index = document["index"].as_object().expect("an index of items");
    let item = |id: &Value| index.get(&id.to_string());
    let mut found = BTreeSet::new();
    for entry in index.values() {
        let file = entry["span"]["filename"].as_str().unwrap_or_default();
        let (kind, inner) = inner(entry);
        let is_public = entry["visibility"] == "public";
        if !file.contains("generated/") || !(is_public || kind == "impl") {
            continue;
        }
        let name = entry["name"].as_str().unwrap_or_default();
        let members = |ids: &Value, separator: &str, owner: &str, all: bool| {
            let ids = ids.as_array().into_iter().flatten();
            let members = ids.filter_map(item);
            let members = members.filter(|member| all || member["visibility"] == "public");
            members
                .filter_map(|member| {
                    Some(format!("{owner}{separator}{}", member["name"].as_str()?))
                })
                .collect::<Vec<_>>()
        };
        match kind {
            "struct" => {
                found.insert(name.to_owned());
                found.extend(members(&inner["kind"]["plain"]["fields"], ".", name, false));
            }
            "enum" => {
                found.insert(name.to_owned());
                found.extend(members(&inner["variants"], "::", name, true));
            }
            "trait" => {
                found.insert(name.to_owned());
                found.extend(members(&inner["items"], "::", name, true));
            }
            "type_alias" => {
                found.insert(name.to_owned());
            }
            "impl" if inner["trait"].is_null() => {
                let owner = type_text(&inner["for"]);
                let owner = owner.split('<').next().unwrap_or_default();
                found.extend(members(&inner["items"], "::", owner, false));
            }
            "impl" if inner["blanket_impl"].is_null() && inner["is_synthetic"] == false => {
                let implemented = path_text(&inner["trait"]);
                let target = type_text(&inner["for"]);
                let target = target.strip_suffix("<T>").unwrap_or(&target);
                if !HIDDEN_TRAITS.contains(&implemented.as_str()) {
                    found.insert(format!("impl {implemented} for {target}"));
                }
            }
            _ => {}
        }
    }
    found
}

/// The kind of an item, and its content.
fn inner(entry: &Value) -> (&str, &Value) {
    let inner = entry["inner"]
        .as_object()
        .and_then(|inner| inner.iter().next());
    inner.map_or(("", &Value::Null), |(kind, content)| {
        (kind.as_str(), content)
    })
}

fn type_text(ty: &Value) -> String {
    let Some((kind, content)) = ty.as_object().and_then(|ty| ty.iter().next()) else {
        return String::new();
    };
    match kind.as_str() {
        "resolved_path" => path_text(content),
        "primitive" | "generic" => content.as_str().unwrap_or_default().to_owned(),
        "borrowed_ref" => format!("&{}", type_text(&content["type"])),
        "slice" => format!("[{}]", type_text(content)),
        "tuple" => {
            let items = content.as_array().into_iter().flatten().map(type_text);
            format!("({})", items.collect::<Vec<_>>().join(", "))
        }
        other => other.to_owned(),
    }
}

/// The last segment of a path with its type arguments.
fn path_text(path: &Value) -> String {
    let name = path["path"].as_str().unwrap_or_default();
    let name = name.rsplit("::").next().unwrap_or_default();
    let arguments = path["args"]["angle_bracketed"]["args"].as_array();
    let arguments = arguments.into_iter().flatten();
    let arguments: Vec<_> = arguments
        .filter_map(|argument| argument.get("type").map(type_text))
        .collect();
    if arguments.is_empty() {
        name.to_owned()
    } else {
        format!("{name}<{}>", arguments.join(", "))
    }
}

/// `impl Deserialize for Note` of `impl<'de> Deserialize<'de> for Note`.
fn without_lifetimes(line: &str) -> String {
    line.replace("<'de>", "")
}
