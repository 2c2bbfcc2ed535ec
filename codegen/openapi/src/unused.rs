//! Omits components that nothing refers to.

use std::collections::BTreeSet;

use mastodon_spec::json::{Json, Object};

/// The document with the components that are used, directly or through other components.
pub(super) fn without_unused(document: &Object) -> Object {
    let Some(Json::Object(components)) = document.get("components") else {
        return document.clone();
    };
    let mut pending = Vec::new();
    for (_, root) in document.entries().filter(|(key, _)| *key != "components") {
        inside(root, &mut pending);
    }
    let mut used = BTreeSet::new();
    while let Some(target) = pending.pop() {
        if let Some(component) = find(components, target)
            && used.insert(target.to_owned())
        {
            references(component, &mut pending);
        }
    }
    let sections = components.entries();
    let kept: Object = sections
        .map(|(section, named)| match named {
            // Operations name them without a reference.
            Json::Object(named) if section != "securitySchemes" => {
                let named = named.entries();
                let named = named.filter(|(name, _)| used.contains(&target(section, name)));
                let named = named.map(|(name, component)| (name, component.clone()));
                (section, named.collect::<Object>().or_absent())
            }
            other => (section, other.clone()),
        })
        .collect();
    let entries = document.entries();
    entries
        .map(|(key, value)| match key {
            "components" => (key, kept.clone().into()),
            _ => (key, value.clone()),
        })
        .collect()
}

fn target(section: &str, name: &str) -> String {
    format!("#/components/{section}/{name}")
}

fn find<'a>(components: &'a Object, target: &str) -> Option<&'a Object> {
    let (section, name) = target.strip_prefix("#/components/")?.split_once('/')?;
    let Json::Object(section) = components.get(section)? else {
        return None;
    };
    match section.get(name)? {
        Json::Object(component) => Some(component),
        _ => None,
    }
}

/// Collects the targets of all references in an object.
fn references<'a>(object: &'a Object, targets: &mut Vec<&'a str>) {
    for (key, value) in object.entries() {
        match value {
            Json::Scalar(serde_json::Value::String(target)) if key == "$ref" => {
                targets.push(target);
            }
            value => inside(value, targets),
        }
    }
}

fn inside<'a>(value: &'a Json, targets: &mut Vec<&'a str>) {
    match value {
        Json::Object(object) => references(object, targets),
        Json::List(items) => {
            for item in items {
                inside(item, targets);
            }
        }
        Json::Absent | Json::Scalar(_) => {}
    }
}
