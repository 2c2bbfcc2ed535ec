//! Emits example responses. Those with entities are components, because many operations return the same.

use std::collections::BTreeMap;

use mastodon_spec::json::Object;
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::TypeRef;

use super::{Source, reference};

/// The example of a response of a type.
pub(super) fn response(
    source: &Source<'_, '_>,
    ty: &TypeRef,
    shared: &mut BTreeMap<String, Object>,
) -> Object {
    let Some(name) = name(source, ty) else {
        return Object::new().with("example", source.examples.response(ty));
    };
    let value = || Object::new().with("value", source.examples.response(ty));
    shared.entry(name.clone()).or_insert_with(value);
    let examples = Object::new().with(name.as_str(), reference("examples", &name));
    Object::new().with("examples", examples)
}

/// The name of the example of an entity, or of a list of entities.
fn name(source: &Source<'_, '_>, ty: &TypeRef) -> Option<String> {
    match ty {
        TypeRef::Named(name) => source.model.entity(name).map(|_| type_name(name)),
        // No entity has a name with a hyphen.
        TypeRef::List(item) => Some(name(source, item)? + "-list"),
        _ => None,
    }
}
