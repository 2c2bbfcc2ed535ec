//! Omits components that nothing refers to.

use std::collections::BTreeSet;

use mastodon_spec::json::{Json, Object};

/// The components that the roots refer to, directly or through other components.
pub(super) fn used_components<const N: usize>(components: Object, roots: [&Object; N]) -> Object {
    let mut pending = Vec::new();
    for root in roots {
        references(root, &mut pending);
    }
    let mut used = BTreeSet::new();
    while let Some(target) = pending.pop() {
        let Some(component) = find(&components, target) else {
            continue;
        };
        if used.insert(target.to_owned()) {
            references(component, &mut pending);
        }
    }
    let sections = components.entries();
    sections
        .map(|(section, named)| {
            let Json::Object(named) = named else {
                return (section, named.clone());
            };
            let named = named.entries();
            let named = named.filter(|(name, _)| used.contains(&target(section, name)));
            let named = named.map(|(name, component)| (name, component.clone()));
            (section, named.collect::<Object>().or_absent())
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
