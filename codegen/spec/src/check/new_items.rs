//! Reports new items of old owners without `since`: they would count as old as their owner, so that a field is required
//! of every server, and a parameter is sent to every server. New is what the committed OpenAPI document does not have.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Check;
use super::first_use::uses;
use crate::load::At;
use crate::published::Published;
use crate::yaml::{Field, Map, On, Param, Spec, TypeRef, Version};

/// An owner of items.
#[derive(Clone, Copy)]
struct Owner<'a> {
    /// Its name in messages.
    name: &'a str,
    since: Option<&'a Version>,
}

impl Check<'_> {
    /// Reports the new items without a version.
    pub(super) fn new_items(&mut self, spec: &Spec, published: &Published) {
        let uses = uses(spec);
        let first_use = |name: &str| uses.get(name)?.as_ref().map(|(first, _)| *first);
        for (file, content) in &spec.entities {
            self.file = format!("entities/{file}.yaml");
            for (name, entity) in &content.entities {
                let Some(schema) = published.schema(name) else {
                    continue;
                };
                let owner = Owner {
                    name,
                    since: entity.since.as_ref(),
                };
                let known = published.properties(schema);
                let path = ["entities", name, "fields"];
                self.new_fields(&path, owner, &entity.fields, &known, published);
            }
            for (name, enumeration) in &content.enums {
                let Some(schema) = published.schema(name) else {
                    continue;
                };
                let known = published.values(schema);
                let owner = Owner {
                    name,
                    since: enumeration.since.as_ref().or_else(|| first_use(name)),
                };
                for (wire, value) in &enumeration.values {
                    if !known.contains(wire.as_str()) {
                        let path = ["enums", name, "values", wire];
                        self.new_item(&path, owner, value.since.as_ref(), &value.on);
                    }
                }
            }
        }
        for (file, content) in &spec.methods {
            self.file = format!("methods/{file}.yaml");
            for (name, method) in &content.methods {
                let http = method.http.as_ref();
                let known = http.and_then(|http| published.params(http.method, &http.path));
                let Some(known) = known else { continue };
                let owner = Owner {
                    name,
                    since: method.since.as_ref(),
                };
                // Servers do not read unsupported parameters, so the document omits them.
                for (wire, param) in method.params.iter().filter(|(_, it)| !it.unsupported) {
                    if !known.contains(wire.trim_end_matches("[]")) {
                        let path = ["methods", name, "params", wire];
                        self.new_item(&path, owner, param.since.as_ref(), &param.on);
                    }
                }
            }
            for (name, input) in &content.inputs {
                let Some(schema) = published.schema(name) else {
                    continue;
                };
                let known = published.properties(schema);
                let owner = Owner {
                    name,
                    since: input.since.as_ref().or_else(|| first_use(name)),
                };
                // JSON has no files, so the schema omits them.
                let is_file = |ty: &TypeRef| matches!(ty.innermost(), TypeRef::File);
                let in_json =
                    |param: &Param| !param.unsupported && !param.ty.as_ref().is_some_and(is_file);
                for (wire, param) in input.params.iter().filter(|(_, it)| in_json(it)) {
                    if !known.contains_key(wire.as_str()) {
                        let path = ["inputs", name, "params", wire];
                        self.new_item(&path, owner, param.since.as_ref(), &param.on);
                    }
                }
            }
        }
    }

    fn new_fields(
        &mut self,
        path: &[&str],
        owner: Owner<'_>,
        fields: &Map<Field>,
        known: &BTreeMap<&str, &Value>,
        published: &Published,
    ) {
        for (wire, field) in fields {
            let path = [path, &[wire]].concat();
            match known.get(wire.as_str()) {
                Some(schema) if !field.fields.is_empty() => {
                    let name = format!("{}.{wire}", owner.name);
                    let inner = Owner {
                        name: &name,
                        since: field.since.as_ref().or(owner.since),
                    };
                    let path = [&path[..], &["fields"]].concat();
                    let known = published.properties(schema);
                    self.new_fields(&path, inner, &field.fields, &known, published);
                }
                Some(_) => {}
                None => self.new_item(&path, owner, field.since.as_ref(), &field.on),
            }
        }
    }

    /// Reports an item without a version, unless only other servers have it, or its owner is itself of the newest
    /// release.
    fn new_item(&mut self, path: &[&str], owner: Owner<'_>, own: Option<&Version>, on: &On) {
        let Some(since) = owner.since.filter(|_| own.is_none() && !on.names_any()) else {
            return;
        };
        let is_newest = self.names.versions.last() == Some(since);
        if is_newest || self.is_written(path, "since") {
            return;
        }
        let (name, wire) = (owner.name, path.last().copied().unwrap_or_default());
        self.report(
            path,
            At::Key,
            format!("`{wire}` is new, but without `since` it counts as old as `{name}` ({since})"),
            Some(format!(
                "add `since` with the first version of Mastodon that has it; if that is {since}, write `since: {since}`"
            )),
        );
    }
}
