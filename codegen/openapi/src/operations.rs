//! Emits paths with their operations.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::Source;
use super::bodies::body;
use super::params::{paging, parameters};
use super::responses::Shared;
use super::{describe, versions};
use mastodon_spec::docs;
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::MethodModel;
use mastodon_spec::yaml::{
    Auth, AuthLevel, Host, HttpMethod, MethodsFile, On, Route, Supported, Version, anonymous_path,
    path_params,
};

/// The names of the security schemes.
pub(super) const USER: &str = "UserToken";
pub(super) const APP: &str = "AppToken";
pub(super) const BEARER: &str = "BearerToken";

/// The paths with their operations by HTTP method.
#[derive(Default)]
pub(super) struct Paths {
    items: IndexMap<String, Object>,
    /// The emitted path by the path without parameter names, because OpenAPI treats paths that differ only in
    /// these names as equal.
    by_anonymous_path: BTreeMap<String, String>,
}

/// One route of a method: its main route, or an alias.
struct MethodRoute<'a> {
    http: &'a Route,
    operation: String,
    /// The operation that this is an alias of.
    alias_of: Option<&'a str>,
    since: Option<&'a Version>,
    deprecated: Option<&'a Version>,
    removed: Option<&'a Version>,
    /// The servers other than Mastodon, and whether only they have the route.
    on: (On, bool),
    note: Option<&'a str>,
}

impl Paths {
    pub(super) fn into_object(self) -> Object {
        self.items.into_iter().collect()
    }

    /// Adds a method with all its paths.
    pub(super) fn add<'a>(
        &mut self,
        source: &Source<'_, 'a>,
        file: &MethodsFile,
        endpoint: &MethodModel<'a>,
        shared: &mut Shared,
    ) -> Result<(), String> {
        let MethodModel {
            name, yaml: method, ..
        } = endpoint;
        let Some(http) = &method.http else {
            return Ok(());
        };
        let main = MethodRoute {
            http,
            operation: (*name).to_owned(),
            alias_of: None,
            since: method.since.as_ref(),
            deprecated: method.deprecated.as_ref(),
            removed: method.removed.as_ref(),
            on: (method.on.clone(), method.is_only_on()),
            note: None,
        };
        self.add_route(source, file, endpoint, &main, shared)?;
        for http_method in &method.also_accepts {
            let http = Route {
                method: *http_method,
                path: http.path.clone(),
            };
            let other = MethodRoute {
                http: &http,
                operation: format!("{name}_{}", lower(*http_method)),
                alias_of: Some(name),
                on: main.on.clone(),
                ..main
            };
            self.add_route(source, file, endpoint, &other, shared)?;
        }
        for (index, alias) in method.aliases.iter().enumerate() {
            let number = if index == 0 {
                String::new()
            } else {
                (index + 1).to_string()
            };
            let other = MethodRoute {
                http: &alias.http,
                operation: format!("{name}_alias{number}"),
                alias_of: Some(name),
                since: alias.since.as_ref().or(main.since),
                deprecated: alias.deprecated.as_ref().or(main.deprecated),
                removed: alias.removed.as_ref().or(main.removed),
                on: if alias.on.is_empty() {
                    main.on.clone()
                } else {
                    (alias.on.clone(), true)
                },
                note: alias.note.as_deref(),
            };
            self.add_route(source, file, endpoint, &other, shared)?;
        }
        Ok(())
    }

    /// Adds the operation of one route.
    fn add_route<'a>(
        &mut self,
        source: &Source<'_, 'a>,
        file: &MethodsFile,
        endpoint: &MethodModel<'a>,
        route: &MethodRoute<'_>,
        shared: &mut Shared,
    ) -> Result<(), String> {
        let method = endpoint.yaml;
        let path = self
            .by_anonymous_path
            .entry(anonymous_path(&route.http.path))
            .or_insert_with(|| route.http.path.clone())
            .clone();
        let own = method.http.iter().flat_map(Route::path_params);
        let names: Vec<(&str, String)> = own.zip(path_params(&path).map(str::to_owned)).collect();
        let operation = operation(source, file, endpoint, route, &names, shared);
        let item = self.items.entry(path).or_default();
        let http_method = lower(route.http.method);
        if item.get(&http_method).is_some() {
            return Err(format!(
                "{}: another operation has the route {}",
                route.operation, route.http
            ));
        }
        item.set(http_method, operation);
        Ok(())
    }
}

fn lower(http_method: HttpMethod) -> String {
    http_method.as_str().to_ascii_lowercase()
}

fn operation<'a>(
    source: &Source<'_, 'a>,
    file: &MethodsFile,
    endpoint: &MethodModel<'a>,
    route: &MethodRoute<'_>,
    in_path: &[(&str, String)],
    shared: &mut Shared,
) -> Object {
    let MethodModel {
        name, yaml: method, ..
    } = endpoint;
    let model = source.model;
    let summary = method.summary.as_deref().unwrap_or_default();
    let permission = method
        .permission
        .as_ref()
        .map(|permission| format!("Requires the role permission {permission}."));
    let replacement = method
        .replaced_by
        .as_ref()
        .map(|name| format!("Use `{name}` instead."));
    let servers = docs::other_servers(&model.spec.servers, &route.on.0, route.on.1);
    let servers = (!servers.is_empty()).then_some(servers);
    let description = describe([
        Some(summary),
        servers.as_deref(),
        permission.as_deref(),
        replacement.as_deref(),
        method.note.as_deref(),
        route.note,
    ]);
    let url = endpoint
        .docs_url
        .as_deref()
        .filter(|_| !method.undocumented);
    Object::new()
        .with("operationId", route.operation.as_str())
        .with("tags", vec![file.title.as_deref().unwrap_or_default()])
        .with("summary", first_sentence(summary))
        .with("description", description)
        .with(
            "externalDocs",
            url.map(|url| Object::new().with("url", url)),
        )
        .with("parameters", parameters(source, endpoint, in_path))
        .with("requestBody", body(source, endpoint))
        .with("responses", shared.all(source, name, method))
        .with("servers", method.host.map(other_server))
        .with("security", security(method.auth.as_ref()))
        .and(versions(
            model,
            route.since,
            route.deprecated,
            route.removed,
        ))
        .and(super::servers(&route.on.0, route.on.1))
        .with("x-alias-of", route.alias_of)
        .with("x-replaced-by", method.replaced_by.as_deref())
        .with("x-permission", method.permission.as_deref())
        .with("x-paging", paging(endpoint))
        .with(
            "x-rate-limit",
            method.rate_limit.as_deref().unwrap_or("general"),
        )
        .with("x-idempotent", endpoint.is_idempotent)
        .flag("x-async-refresh", method.async_refresh)
        .flag("x-undocumented", method.undocumented)
        .with(
            "x-documented-as",
            method.documented.http.as_ref().map(ToString::to_string),
        )
}

/// The server of an operation, where it differs from the default.
fn other_server(host: Host) -> Json {
    match host {
        Host::Streaming => vec![super::metadata::server(
            "streaming.mastodon.social",
            "The streaming server, `configuration.urls.streaming` of the instance.",
        )]
        .into(),
    }
}

/// The first sentence, without the period at its end.
fn first_sentence(text: &str) -> &str {
    text.split_once(". ")
        .map_or(text, |(first, _)| first)
        .trim_end_matches('.')
}

/// The alternative tokens. An optional token is an alternative to an empty requirement.
fn security(auth: Option<&Auth>) -> Json {
    let Some(auth) = auth else {
        return Json::Absent;
    };
    let (schemes, optional): (&[&str], bool) = match auth.level {
        AuthLevel::None => (&[], false),
        AuthLevel::App => (&[APP, USER], false),
        AuthLevel::User => (&[USER], false),
        AuthLevel::OptionalApp => (&[APP, USER], true),
        AuthLevel::OptionalUser => (&[USER], true),
    };
    let mut all: Vec<Object> = Vec::new();
    for scheme in schemes {
        if auth.scopes.is_empty() {
            all.push(Object::new().with(*scheme, Json::List(Vec::new())));
        }
        for scope in &auth.scopes {
            all.push(Object::new().with(*scheme, vec![scope.as_str()]));
        }
    }
    if !schemes.is_empty() {
        all.push(Object::new().with(BEARER, Json::List(Vec::new())));
    }
    if optional {
        all.push(Object::new());
    }
    all.into()
}
