//! Checks values of enumerations and events of streams: they are not older than what uses them.

use std::collections::BTreeMap;

use super::Check;
use crate::load::{API, At};
use crate::yaml::{Field, Map, Spec, Supported, TypeRef, Version};

/// The first version of Mastodon that uses a type, and where.
pub(super) type FirstUse<'a> = (&'a Version, String);

impl Check<'_> {
    /// Checks that no value is older than the first use of its enumeration.
    pub(super) fn values_in_use(&mut self, spec: &Spec) {
        let uses = uses(spec);
        for (file, content) in &spec.entities {
            self.file = format!("entities/{file}.yaml");
            for (name, enumeration) in &content.enums {
                let Some(Some((first, user))) = uses.get(name.as_str()) else {
                    continue;
                };
                for (wire, value) in &enumeration.values {
                    if let Some(since) = value.since.as_ref().filter(|since| since < first) {
                        self.report(
                            &["enums", name, "values", wire, "since"],
                            At::Value,
                            format!("`since: {since}` is before the first use of `{name}` ({first}, by `{user}`)"),
                            Some(format!("remove `since` if the value is as old as `{name}`")),
                        );
                    }
                }
            }
        }
    }

    /// Checks that no event is older than its oldest stream.
    pub(super) fn events_in_use(&mut self, spec: &Spec) {
        API.clone_into(&mut self.file);
        for (name, event) in &spec.api.events {
            let Some(since) = &event.since else { continue };
            let streams = spec.api.streams.iter();
            let streams = streams.filter(|(_, stream)| stream.events.contains(name));
            let versions: Option<Vec<_>> = streams
                .filter(|(_, stream)| !stream.is_only_on())
                .map(|(name, stream)| Some((stream.since.as_ref()?, name)))
                .collect();
            let oldest = versions.into_iter().flatten().min();
            if let Some((first, stream)) = oldest.filter(|(first, _)| since < *first) {
                self.report(
                    &["events", name, "since"],
                    At::Value,
                    format!(
                        "`since: {since}` is before that of its oldest stream, `{stream}` ({first})"
                    ),
                    Some("correct it, or the version of the stream".into()),
                );
            }
        }
    }
}

/// The first use of each type by Mastodon; `None` for a type with a use whose version is unknown.
pub(super) fn uses(spec: &Spec) -> BTreeMap<&str, Option<FirstUse<'_>>> {
    let mut all = Vec::new();
    for file in spec.methods.values() {
        for (name, method) in file.methods.iter().filter(|(_, it)| !it.is_only_on()) {
            let params = method.params.iter().filter(|(_, it)| !it.is_only_on());
            for (param, it) in params {
                let since = it.since.as_ref().or(method.since.as_ref());
                let types = it.ty.iter().chain(&it.returns);
                all.extend(types.map(|ty| (ty, since, format!("{name}({param})"))));
            }
        }
        let nested = file.inputs.values().flat_map(|input| input.params.values());
        all.extend(nested.filter_map(|param| Some((param.ty.as_ref()?, None, String::new()))));
    }
    for file in spec.entities.values() {
        for (name, entity) in file.entities.iter().filter(|(_, it)| !it.is_only_on()) {
            add_fields(&mut all, name, entity.since.as_ref(), &entity.fields);
        }
    }
    let events = spec.api.events.values().chain(&spec.api.push);
    all.extend(events.filter_map(|event| Some((event.payload.as_ref()?, None, String::new()))));
    let mut first: BTreeMap<&str, Option<FirstUse<'_>>> = BTreeMap::new();
    for (ty, since, user) in all {
        let Some(name) = ty.named() else { continue };
        let found = since.map(|since| (since, user));
        first
            .entry(name)
            .and_modify(|first| {
                *first = first.take().zip(found.clone()).map(|(a, b)| a.min(b));
            })
            .or_insert(found);
    }
    first
}

/// Adds the types of fields that Mastodon sends.
fn add_fields<'a>(
    all: &mut Vec<(&'a TypeRef, Option<&'a Version>, String)>,
    owner: &str,
    since: Option<&'a Version>,
    fields: &'a Map<Field>,
) {
    for (wire, field) in fields.iter().filter(|(_, field)| !field.is_only_on()) {
        let name = format!("{owner}.{wire}");
        let since = field.since.as_ref().or(since);
        add_fields(all, &name, since, &field.fields);
        all.extend(field.ty.as_ref().map(|ty| (ty, since, name)));
    }
}
