//! What the values of an enumeration say about the fields and parameters that depend on them.

use indexmap::IndexMap;

use crate::yaml::{Entity, EnumValue, Enumeration, Map, Param, Seen, Spec, TypeRef};

/// Describes the fields that only some values of an enumeration have, and adds the parameters that select values.
pub(super) fn notifications(spec: &mut Spec) {
    let enums = spec.entities.values().flat_map(|file| &file.enums);
    let enums: Vec<(String, Enumeration)> = enums
        .filter(|(_, enumeration)| {
            let mut values = enumeration.values.values();
            values.any(|value| value.push.is_some() || !value.fields.is_empty())
        })
        .map(|(name, enumeration)| (name.clone(), enumeration.clone()))
        .collect();
    for (name, enumeration) in &enums {
        let entities = spec.entities.values_mut();
        for entity in entities.flat_map(|file| file.entities.values_mut()) {
            conditions(name, enumeration, entity);
        }
        let inputs = spec.methods.values_mut();
        for input in inputs.flat_map(|file| file.inputs.values_mut()) {
            if input.push_alerts.as_ref() == Some(name) {
                alerts(enumeration, &mut input.params);
            }
        }
    }
}

/// Whether an entity has a field of this enumeration, whose value decides which other fields it has.
pub fn has_type(entity: &Entity, enumeration: &str) -> bool {
    let mut types = entity.fields.values().filter_map(|field| field.ty.as_ref());
    types.any(|ty| matches!(ty, TypeRef::Named(name) if name == enumeration))
}

/// Names the values for which an entity has a field.
fn conditions(name: &str, enumeration: &Enumeration, entity: &mut Entity) {
    if !has_type(entity, name) {
        return;
    }
    let mut values: IndexMap<&str, Vec<String>> = IndexMap::new();
    for (value, own) in &enumeration.values {
        for field in &own.fields {
            values.entry(field).or_default().push(format!("`{value}`"));
        }
    }
    for (field, values) in values {
        let field = entity.fields.get_mut(field);
        let Some(description) = field.and_then(|field| field.description.as_mut()) else {
            continue;
        };
        let values = match &values[..] {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            all => all.concat(),
        };
        description.push_str(&format!(" For {values}."));
    }
}

/// Adds a parameter for each value that a subscription can select.
fn alerts(enumeration: &Enumeration, params: &mut Map<Param>) {
    for (value, own) in &enumeration.values {
        if own.push.is_some() && !params.contains_key(value) {
            params.insert(value.clone(), alert(own));
        }
    }
}

fn alert(value: &EnumValue) -> Param {
    let push = value.push.clone().unwrap_or_default();
    let has_own_servers = !push.on.is_empty();
    let undocumented = push.undocumented || value.undocumented;
    let seen = if push.seen.is_empty() && (value.undocumented || !has_own_servers) {
        value.seen.clone()
    } else {
        push.seen
    };
    Param {
        ty: Some(TypeRef::Bool),
        default: Some(false.into()),
        since: push.since.or_else(|| value.since.clone()),
        on: if has_own_servers {
            push.on
        } else {
            value.on.clone()
        },
        undocumented,
        seen: if seen.is_empty() {
            Seen::default()
        } else {
            seen
        },
        deprecated: value.deprecated.clone(),
        removed: value.removed.clone(),
        description: value.description.as_deref().map(about),
        ..Param::default()
    }
}

/// "Whether to notify that someone followed the user."
fn about(description: &str) -> String {
    let mut rest = description.chars();
    let first = rest.next().map(|first| first.to_lowercase().to_string());
    format!(
        "Whether to notify that {}{}",
        first.unwrap_or_default(),
        rest.as_str()
    )
}
