//! Emits enumerations.
//!
//! An enumeration is a component with its values. Requests refer to it. In responses any other string is possible
//! too, because newer servers have newer values. Values that only other servers have are in a component of their own.

use mastodon_spec::docs;
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::Model;
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{EnumValue, Enumeration, Supported};

use super::types::typed;
use super::{describe, reference, support};

/// The end of the names of components with the values that only other servers have.
const OTHERS: &str = "OnOtherServers";

/// The components of an enumeration, by name.
pub(super) fn components(
    model: &Model<'_>,
    name: &str,
    enumeration: &Enumeration,
) -> Vec<(String, Object)> {
    let name = type_name(name);
    let (own, others) = split(enumeration);
    let about = [
        enumeration.description.as_deref(),
        enumeration.note.as_deref(),
    ];
    if own.is_empty() || others.is_empty() {
        let all: Vec<_> = own.into_iter().chain(others).collect();
        let all = component(model, describe(about), &all);
        return vec![(name, all.and(unknown_as(enumeration)))];
    }
    let about_others = format!("Values of `{name}` that only servers other than Mastodon have.");
    // In responses they are strings, so their descriptions are here.
    let on_other_servers = others.iter().map(|(wire, value)| {
        let about = Object::new().with("description", value.description.as_deref());
        (*wire, about.and(marks(model, value)))
    });
    let own = component(model, describe(about), &own)
        .with("x-on-other-servers", on_other_servers.collect::<Object>())
        .and(unknown_as(enumeration));
    let others = component(model, Some(about_others), &others);
    vec![(name.clone(), own), (name + OTHERS, others)]
}

fn component(model: &Model<'_>, about: Option<String>, values: &[(&str, &EnumValue)]) -> Object {
    let names = values.iter().map(|(wire, _)| *wire);
    let descriptions = values.iter().map(|(_, value)| {
        let sentences = [
            value.description.clone().unwrap_or_default(),
            docs::support(&model.spec.servers, *value),
        ];
        let sentences = sentences.into_iter().filter(|text| !text.is_empty());
        sentences.collect::<Vec<_>>().join(" ")
    });
    let marks = values
        .iter()
        .map(|(wire, value)| (*wire, marks(model, value).or_absent()));
    typed("string")
        .with("description", about)
        .with("enum", names.collect::<Json>())
        .with("x-enum-descriptions", descriptions.collect::<Json>())
        .with("x-values", marks.collect::<Object>().or_absent())
}

fn marks(model: &Model<'_>, value: &EnumValue) -> Object {
    support(model, value).flag("x-undocumented", value.undocumented)
}

fn unknown_as(enumeration: &Enumeration) -> Object {
    Object::new().with("x-unknown-as", enumeration.unknown_as.as_deref())
}

/// Values of an enumeration, with their JSON.
type Values<'a> = Vec<(&'a str, &'a EnumValue)>;

/// The values of Mastodon, and those that only other servers have.
fn split(enumeration: &Enumeration) -> (Values<'_>, Values<'_>) {
    let values = enumeration.values.iter();
    values
        .map(|(wire, value)| (wire.as_str(), value))
        .partition(|(_, value)| !value.is_only_on())
}

/// The schema of a value in a request.
pub(super) fn accepted(name: &str, enumeration: &Enumeration) -> Object {
    let name = type_name(name);
    let (own, others) = split(enumeration);
    if own.is_empty() || others.is_empty() {
        return reference("schemas", &name);
    }
    let both = [
        reference("schemas", &name),
        reference("schemas", &(name + OTHERS)),
    ];
    Object::new().with("anyOf", both.into_iter().collect::<Json>())
}

/// The schema of a value in a response.
pub(super) fn sent(name: &str) -> Object {
    let known = reference("schemas", &type_name(name));
    Object::new().with("anyOf", vec![known, typed("string")])
}
