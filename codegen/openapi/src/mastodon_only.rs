//! Omits what only servers other than Mastodon have.

use std::collections::HashSet;

use mastodon_spec::model::is_of_other_servers;
use mastodon_spec::yaml::{
    Differences, Enumeration, Field, Map, On, Param, Scope, Spec, Supported,
};

/// The specification without what only other servers have. Types that are no longer used remain.
pub(super) fn mastodon_only(spec: &Spec) -> Spec {
    let mut only = Spec {
        api: spec.api.clone(),
        servers: spec.servers.clone(),
        methods: spec.methods.clone(),
        entities: spec.entities.clone(),
        differences: Differences::default(),
    };
    only.methods.retain(|name, _| !is_of_other_servers(name));
    for file in only.methods.values_mut() {
        file.methods.retain(|_, method| !method.is_only_on());
        for method in file.methods.values_mut() {
            method.on = On::default();
            method.aliases.retain(|alias| alias.on.is_empty());
            retain_params(&mut method.params);
        }
        for input in file.inputs.values_mut() {
            retain_params(&mut input.params);
        }
    }
    for file in only.entities.values_mut() {
        for enumeration in file.enums.values_mut() {
            retain_values(enumeration);
        }
        for entity in file.entities.values_mut() {
            entity.on = On::default();
            retain_fields(&mut entity.fields);
        }
    }
    let api = &mut only.api;
    api.streams.retain(|_, stream| !stream.is_only_on());
    let methods = only.methods.values().flat_map(|file| file.methods.values());
    let of_methods = methods.flat_map(|method| method.auth.iter().flat_map(|auth| &auth.scopes));
    let of_streams = api.streams.values().flat_map(|stream| &stream.scopes);
    let used: HashSet<&String> = of_methods.chain(of_streams).collect();
    let is_of_mastodon =
        |name: &String, scope: &Scope| scope.since.is_some() || used.contains(name);
    api.scopes.retain(|name, scope| is_of_mastodon(name, scope));
    api.events.retain(|_, event| !event.is_only_on());
    for stream in api.streams.values_mut() {
        stream.on = On::default();
        let events = &api.events;
        stream.events.retain(|name| events.contains_key(name));
    }
    for event in api.events.values_mut() {
        event.on = On::default();
    }
    only
}

fn retain_params(params: &mut Map<Param>) {
    params.retain(|_, param| !param.is_only_on());
    for param in params.values_mut() {
        param.on = On::default();
    }
}

fn retain_fields(fields: &mut Map<Field>) {
    fields.retain(|_, field| !field.is_only_on());
    for field in fields.values_mut() {
        field.on = On::default();
        retain_fields(&mut field.fields);
    }
}

fn retain_values(enumeration: &mut Enumeration) {
    enumeration.values.retain(|_, value| !value.is_only_on());
    for value in enumeration.values.values_mut() {
        value.on = On::default();
    }
}
