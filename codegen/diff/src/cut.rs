//! The specification as it was when an older version of Mastodon was the newest.
//!
//! It shows which changes of Mastodon are breaking for applications: each version is compared with the one before.

use std::collections::HashSet;

use mastodon_spec::history::first_version;
use mastodon_spec::model::reachable;
use mastodon_spec::yaml::{
    EntitiesFile, Field, Map, Method, MethodsFile, Param, Spec, TypeRef, Version,
};

/// A version without its patch, such as 4.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minor {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

impl Minor {
    /// The version without its patch.
    pub fn of(version: &Version) -> Self {
        Self {
            major: version.major,
            minor: version.minor,
        }
    }

    fn is_older(self, than: &Version) -> bool {
        Self::of(than) > self
    }

    fn is_older_than(self, version: Option<&Version>) -> bool {
        version.is_some_and(|version| self.is_older(version))
    }

    /// Removes a version that is newer.
    fn forget(self, version: &mut Option<Version>) {
        if self.is_older_than(version.as_ref()) {
            *version = None;
        }
    }
}

/// Removes everything that is newer than a version, and what only newer items use. What was deprecated or removed later
/// is neither.
pub fn cut_back(spec: &mut Spec, to: Minor) {
    let newer_entities = newer_entities(spec, to);
    api(spec, to);
    for file in spec.methods.values_mut() {
        methods(file, to);
    }
    for file in spec.entities.values_mut() {
        entities(file, to, &newer_entities);
    }
    references(spec);
    spec.differences = Default::default();
    unused_types(spec);
}

/// The entities that are newer. They are kept as they are if an older item uses them.
fn newer_entities(spec: &Spec, to: Minor) -> HashSet<String> {
    let entities = spec.entities.values().flat_map(|file| &file.entities);
    let newer = entities.filter(|(_, entity)| to.is_older_than(first_version(entity)));
    newer.map(|(name, _)| name.clone()).collect()
}

fn api(spec: &mut Spec, to: Minor) {
    let api = &mut spec.api;
    api.releases
        .retain(|release| !to.is_older(&release.version));
    api.scopes
        .retain(|_, it| !to.is_older_than(it.since.as_ref()));
    for scope in api.scopes.values_mut() {
        to.forget(&mut scope.deprecated);
        to.forget(&mut scope.removed);
    }
    api.error_schemas
        .retain(|_, it| !to.is_older_than(it.since.as_ref()));
    api.response_headers
        .retain(|_, it| !to.is_older_than(it.since.as_ref()));
    api.streams
        .retain(|_, it| !to.is_older_than(it.since.as_ref()));
    api.events
        .retain(|_, it| !to.is_older_than(it.since.as_ref()));
    api.push
        .take_if(|push| to.is_older_than(push.since.as_ref()));
    params(&mut api.paging, to);
}

fn methods(file: &mut MethodsFile, to: Minor) {
    file.methods
        .retain(|_, it| !to.is_older_than(it.since.as_ref()));
    for method in file.methods.values_mut() {
        for version in [
            &mut method.deprecated,
            &mut method.removed,
            &mut method.auth_since,
        ] {
            to.forget(version);
        }
        if method.deprecated.is_none() && method.removed.is_none() {
            (method.replaced_by, method.deprecated_on) = (None, None);
        }
        method
            .aliases
            .retain(|alias| !to.is_older_than(alias.since.as_ref()));
        for alias in &mut method.aliases {
            to.forget(&mut alias.deprecated);
            to.forget(&mut alias.removed);
        }
        if let Some(paging) = &mut method.paging {
            to.forget(&mut paging.limit_since);
        }
        params(&mut method.params, to);
        let params = &method.params;
        if let Some(arguments) = &mut method.arguments {
            arguments.retain(|name| params.contains_key(name));
        }
        if let Some(lost) = &mut method.lost_response {
            lost.by.retain(|name| {
                let param = name
                    .split_once(" as ")
                    .map_or(name.as_str(), |(param, _)| param);
                params.contains_key(param)
            });
        }
    }
    for input in file.inputs.values_mut() {
        params(&mut input.params, to);
    }
}

fn params(params: &mut Map<Param>, to: Minor) {
    params.retain(|_, it| !to.is_older_than(it.since.as_ref()));
    for param in params.values_mut() {
        to.forget(&mut param.deprecated);
        to.forget(&mut param.removed);
    }
}

fn entities(file: &mut EntitiesFile, to: Minor, newer: &HashSet<String>) {
    for (name, entity) in &mut file.entities {
        to.forget(&mut entity.deprecated);
        to.forget(&mut entity.removed);
        entity.one_of.retain(|variant, _| !newer.contains(variant));
        if !newer.contains(name) {
            fields(&mut entity.fields, to);
        }
    }
    for enumeration in file.enums.values_mut() {
        let is_newer =
            |value: &mastodon_spec::yaml::EnumValue| to.is_older_than(value.since.as_ref());
        // An enumeration that is newer as a whole is kept if an older item uses it.
        if !enumeration.values.values().all(is_newer) {
            enumeration.values.retain(|_, value| !is_newer(value));
        }
        for value in enumeration.values.values_mut() {
            to.forget(&mut value.deprecated);
            to.forget(&mut value.removed);
        }
        let values = &enumeration.values;
        enumeration
            .unknown_as
            .take_if(|value| !values.contains_key(value));
    }
}

fn fields(fields: &mut Map<Field>, to: Minor) {
    fields.retain(|_, it| !to.is_older_than(it.since.as_ref()));
    for field in fields.values_mut() {
        to.forget(&mut field.deprecated);
        to.forget(&mut field.removed);
        self::fields(&mut field.fields, to);
    }
}

/// Removes the names of removed methods, scopes, events and values.
fn references(spec: &mut Spec) {
    let methods = spec.methods.values().flat_map(|file| file.methods.keys());
    let methods: HashSet<String> = methods.cloned().collect();
    let enums = spec.entities.values().flat_map(|file| &file.enums);
    let values: HashSet<(String, String)> = enums
        .flat_map(|(name, it)| it.values.keys().map(|value| (name.clone(), value.clone())))
        .collect();
    let enums: HashSet<String> = values.iter().map(|(name, _)| name.clone()).collect();
    let api = &mut spec.api;
    let scopes: HashSet<String> = api.scopes.keys().cloned().collect();
    for scope in api.scopes.values_mut() {
        scope.includes.retain(|name| scopes.contains(name));
    }
    for schema in api.error_schemas.values_mut() {
        schema.methods.retain(|name| methods.contains(name));
    }
    api.streams
        .retain(|_, it| it.method.as_ref().is_none_or(|name| methods.contains(name)));
    for stream in api.streams.values_mut() {
        stream.events.retain(|name| api.events.contains_key(name));
        stream.scopes.retain(|name| scopes.contains(name));
    }
    for file in spec.methods.values_mut() {
        for method in file.methods.values_mut() {
            method_references(method, &methods, &scopes);
        }
        let methods = file.methods.values_mut().map(|method| &mut method.params);
        let inputs = file.inputs.values_mut().map(|input| &mut input.params);
        for param in methods.chain(inputs).flat_map(|params| params.values_mut()) {
            let Some(TypeRef::Named(ty)) = &param.ty else {
                continue;
            };
            if let Some(value) = param.default.as_ref().and_then(|it| it.as_str())
                && enums.contains(ty)
                && !values.contains(&(ty.clone(), value.to_owned()))
            {
                param.default = None;
            }
        }
    }
}

fn method_references(method: &mut Method, methods: &HashSet<String>, scopes: &HashSet<String>) {
    let is_missing = |name: &mut String| !methods.contains(name);
    method.replaced_by.take_if(is_missing);
    if let Some(lost) = &mut method.lost_response {
        lost.find_in.take_if(is_missing);
    }
    if let Some(applied) = &mut method.already_applied {
        applied.verify_with.take_if(is_missing);
    }
    if let Some(auth) = &mut method.auth {
        auth.scopes.retain(|name| scopes.contains(name));
    }
}

/// Removes the types that nothing uses.
fn unused_types(spec: &mut Spec) {
    let used: HashSet<String> = reachable(spec).into_iter().map(str::to_owned).collect();
    for file in spec.entities.values_mut() {
        file.ids.retain(|name, _| used.contains(name));
        file.enums.retain(|name, _| used.contains(name));
        file.entities.retain(|name, _| used.contains(name));
    }
    spec.entities.retain(|_, file| {
        !(file.ids.is_empty() && file.enums.is_empty() && file.entities.is_empty())
    });
    for file in spec.methods.values_mut() {
        file.inputs.retain(|name, _| used.contains(name));
    }
    spec.methods
        .retain(|_, file| !(file.methods.is_empty() && file.inputs.is_empty()));
}
