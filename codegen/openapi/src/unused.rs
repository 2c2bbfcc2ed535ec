//! Omits components that nothing refers to.

use std::collections::BTreeSet;

use mastodon_spec::json::{Json, Object};

/// Keeps the components that are used, directly or through other components.
pub(super) fn omit_unused(document: &mut Object) {
    let used = used(document);
    let Some(Json::Object(components)) = document.get_mut("components") else {
        return;
    };
    components.retain(|section, named| match named {
        // Operations name them without a reference.
        Json::Object(named) if section != "securitySchemes" => {
            named.retain(|name, _| used.contains(&target(section, name)));
            !named.is_empty()
        }
        _ => true,
    });
}

/// The targets of all references from outside of the components, and from components that are used.
fn used(document: &Object) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let Some(Json::Object(components)) = document.get("components") else {
        return used;
    };
    let mut pending = Vec::new();
    for (_, root) in document.entries().filter(|(key, _)| *key != "components") {
        inside(root, &mut pending);
    }
    while let Some(target) = pending.pop() {
        if let Some(component) = find(components, target)
            && used.insert(target.to_owned())
        {
            references(component, &mut pending);
        }
    }
    used
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
