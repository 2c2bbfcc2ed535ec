//! Emits paths with their operations.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::params::{body, paging, parameters};
use super::responses::Shared;
use super::{describe, versions};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{MethodModel, Model};
use mastodon_spec::yaml::{Auth, AuthLevel, Host, HttpMethod, MethodsFile, Route, Version};

/// The names of the security schemes.
pub(super) const USER: &str = "UserToken";
pub(super) const APP: &str = "AppToken";

/// The paths with their operations by HTTP method.
#[derive(Default)]
pub(super) struct Paths {
    items: IndexMap<String, Object>,
    /// The emitted path by the path without parameter names: OpenAPI treats paths that differ only in these
    /// names as equal.
    known: BTreeMap<String, String>,
}

/// One path of an operation.
struct Address<'a> {
    http: &'a Route,
    operation: String,
    /// The operation of which this is an alias.
    alias_of: Option<&'a str>,
    since: Option<&'a Version>,
    deprecated: Option<&'a Version>,
    removed: Option<&'a Version>,
    note: Option<&'a str>,
}

impl Paths {
    pub(super) fn into_object(self) -> Object {
        self.items.into_iter().collect()
    }

    /// Adds a method with all its paths.
    pub(super) fn add(
        &mut self,
        model: &Model<'_>,
        file: &MethodsFile,
        endpoint: &MethodModel<'_>,
        shared: &mut Shared,
    ) -> Result<(), String> {
        let MethodModel {
            name, yaml: method, ..
        } = endpoint;
        let Some(http) = &method.http else {
            return Ok(());
        };
        let main = Address {
            http,
            operation: (*name).to_owned(),
            alias_of: None,
            since: method.since.as_ref(),
            deprecated: method.deprecated.as_ref(),
            removed: method.removed.as_ref(),
            note: None,
        };
        self.address(model, file, endpoint, &main, shared)?;
        for http_method in &method.also_accepts {
            let http = Route {
                method: *http_method,
                path: http.path.clone(),
            };
            let other = Address {
                http: &http,
                operation: format!("{name}_{}", lower(*http_method)),
                alias_of: Some(name),
                ..main
            };
            self.address(model, file, endpoint, &other, shared)?;
        }
        for (index, alias) in method.aliases.iter().enumerate() {
            let number = if index == 0 {
                String::new()
            } else {
                (index + 1).to_string()
            };
            let other = Address {
                http: &alias.http,
                operation: format!("{name}_alias{number}"),
                alias_of: Some(name),
                since: alias.since.as_ref().or(main.since),
                deprecated: alias.deprecated.as_ref().or(main.deprecated),
                removed: alias.removed.as_ref().or(main.removed),
                note: alias.note.as_deref(),
            };
            self.address(model, file, endpoint, &other, shared)?;
        }
        Ok(())
    }

    fn address(
        &mut self,
        model: &Model<'_>,
        file: &MethodsFile,
        endpoint: &MethodModel<'_>,
        address: &Address<'_>,
        shared: &mut Shared,
    ) -> Result<(), String> {
        let method = endpoint.yaml;
        let path = self
            .known
            .entry(anonymous(&address.http.path))
            .or_insert_with(|| address.http.path.clone())
            .clone();
        let own = method.http.iter().flat_map(Route::path_params);
        let names: Vec<(&str, String)> = own.zip(path_params(&path)).collect();
        let operation = operation(model, file, endpoint, address, &names, shared);
        let item = self.items.entry(path).or_default();
        let http_method = lower(address.http.method);
        if item.get(&http_method).is_some() {
            return Err(format!(
                "{}: there are two operations at {}",
                address.operation, address.http
            ));
        }
        item.set(http_method, operation);
        Ok(())
    }
}

fn lower(http_method: HttpMethod) -> String {
    http_method.as_str().to_ascii_lowercase()
}

fn path_params(path: &str) -> Vec<String> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name.to_owned()))
        .collect()
}

fn anonymous(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn operation(
    model: &Model<'_>,
    file: &MethodsFile,
    endpoint: &MethodModel<'_>,
    address: &Address<'_>,
    in_path: &[(&str, String)],
    shared: &mut Shared,
) -> Object {
    let MethodModel {
        name, yaml: method, ..
    } = endpoint;
    let does = method.summary.as_deref().unwrap_or_default();
    let permission = method
        .permission
        .as_ref()
        .map(|permission| format!("Requires the role permission {permission}."));
    let instead = method
        .replaced_by
        .as_ref()
        .map(|name| format!("Use `{name}` instead."));
    let description = describe([
        Some(does),
        permission.as_deref(),
        instead.as_deref(),
        method.note.as_deref(),
        address.note,
    ]);
    let docs = endpoint
        .docs_url
        .as_deref()
        .filter(|_| !method.undocumented);
    Object::new()
        .with("operationId", address.operation.as_str())
        .with("tags", vec![file.title.as_deref().unwrap_or_default()])
        .with("summary", first_sentence(does))
        .with("description", description)
        .with(
            "externalDocs",
            docs.map(|url| Object::new().with("url", url)),
        )
        .with("parameters", parameters(model, endpoint, in_path))
        .with("requestBody", body(model, endpoint))
        .with("responses", shared.responses(model, name, method))
        .with("servers", method.host.map(other_server))
        .with("security", security(method.auth.as_ref()))
        .and(versions(
            model,
            address.since,
            address.deprecated,
            address.removed,
        ))
        .with("x-alias-of", address.alias_of)
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
            method.documented_as.as_ref().map(ToString::to_string),
        )
}

/// The server of an operation, where it differs from the default.
fn other_server(host: Host) -> Json {
    match host {
        Host::Streaming => vec![super::server(
            "streaming.mastodon.social",
            "The streaming server, `configuration.urls.streaming` of the instance.",
        )]
        .into(),
    }
}

/// The first sentence without its full stop.
fn first_sentence(text: &str) -> &str {
    text.split_once(". ")
        .map_or(text, |(first, _)| first)
        .trim_end_matches('.')
}

/// The alternative tokens; an empty requirement where no token is required.
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
    if optional {
        all.push(Object::new());
    }
    all.into()
}
