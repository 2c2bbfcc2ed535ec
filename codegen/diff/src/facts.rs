//! Keys of items that are not part of a signature, as strings.

use std::fmt::{Debug, Display};

use mastodon_spec::yaml::{
    ApiFile, EnumValue, ErrorSchema, Event, Field, Method, On, Param, Required, ResponseHeader,
    Scope, Server, StatusLimits, Stream, TokenLocation, TypeRef, Version,
};

/// Keys of the specification with their values; `None` for absent keys.
pub(super) type Facts = Vec<(&'static str, Option<String>)>;

pub(super) fn method(method: &Method) -> Facts {
    let aliases = list(method.aliases.iter().map(|alias| {
        let versions = versions(&alias.since, &alias.deprecated, &alias.removed);
        let on = on(&alias.on).map(|on| format!(" on {on}"));
        format!("{}{versions}{}", alias.http, on.unwrap_or_default())
    }));
    let statuses = method.responses.keys();
    let paging = method.paging.as_ref();
    vec![
        ("http", to_string(method.http.as_ref())),
        (
            "also_accepts",
            list(method.also_accepts.iter().map(|method| method.as_str())),
        ),
        ("aliases", aliases),
        ("since", to_string(method.since.as_ref())),
        ("on", on(&method.on)),
        ("auth", to_string(method.auth.as_ref())),
        ("auth_since", to_string(method.auth_since.as_ref())),
        ("permission", method.permission.clone()),
        ("host", method.host.map(lowercase_variant)),
        ("rate_limit", method.rate_limit.clone()),
        ("body", method.body.map(lowercase_variant)),
        ("responses", list(statuses)),
        ("errors", list(&method.errors)),
        ("idempotent", to_string(method.idempotent.as_ref())),
        (
            "lost_response",
            method.lost_response.as_ref().map(|lost| {
                let search = lost.find_with.map(|search| search.name().to_owned());
                let by = lost.by.join(", ");
                let find_in = lost.find_in.as_ref();
                let find_in = find_in.map(|method| format!("{method} by {by}"));
                search.or(find_in).unwrap_or_else(|| "unknown".to_owned())
            }),
        ),
        ("async_refresh", flag(method.async_refresh)),
        (
            "limit",
            paging
                .and_then(|paging| paging.limit)
                .map(|limit| format!("{} to {}", limit.default, limit.max)),
        ),
        (
            "cursors",
            paging.and_then(|paging| list(paging.cursors.iter().flatten())),
        ),
        (
            "unsupported",
            paging.and_then(|paging| list(&paging.unsupported)),
        ),
        (
            "prev_cursor",
            paging.and_then(|paging| paging.prev_cursor.clone()),
        ),
        (
            "link_header",
            paging.and_then(|paging| to_string(paging.link_header.as_ref())),
        ),
        (
            "dropped_by_link",
            paging.and_then(|paging| list(&paging.dropped_by_link)),
        ),
    ]
}

pub(super) fn param(param: &Param) -> Facts {
    let required = param.required.as_ref().map(|required| match required {
        Required::Always(always) => always.to_string(),
        Required::When(condition) => condition.clone(),
    });
    vec![
        ("in", param.location.map(lowercase_variant)),
        ("required", required),
        ("missing_status", to_string(param.missing_status.as_ref())),
        ("default", to_string(param.default.as_ref())),
        ("min", to_string(param.min.as_ref())),
        ("max", to_string(param.max.as_ref())),
        ("max_items", to_string(param.max_items.as_ref())),
        (
            "items_per_request",
            to_string(param.items_per_request.as_ref()),
        ),
        ("since", to_string(param.since.as_ref())),
        ("on", on(&param.on)),
        ("removed", to_string(param.removed.as_ref())),
        ("unsupported", flag(param.unsupported)),
        ("indexed", flag(param.indexed)),
        ("essential", flag(param.essential)),
        ("sent_as", param.sent_as.map(lowercase_variant)),
    ]
}

pub(super) fn field(field: &Field) -> Facts {
    vec![
        ("since", to_string(field.since.as_ref())),
        ("on", on(&field.on)),
        ("from", list(&field.from)),
        ("removed", to_string(field.removed.as_ref())),
        ("nullable", flag(field.nullable)),
        ("optional", flag(field.optional)),
        ("sent_as", field.sent_as.map(lowercase_variant)),
        (
            "also_sent_as",
            list(field.also_sent_as.iter().map(lowercase_variant)),
        ),
    ]
}

pub(super) fn value(value: &EnumValue) -> Facts {
    vec![
        ("since", to_string(value.since.as_ref())),
        ("on", on(&value.on)),
        ("removed", to_string(value.removed.as_ref())),
    ]
}

pub(super) fn stream(stream: &Stream) -> Facts {
    vec![
        ("method", stream.method.clone()),
        ("param", stream.param.clone()),
        ("only_media", flag(stream.only_media)),
        ("scopes", list(&stream.scopes)),
        ("since", to_string(stream.since.as_ref())),
        ("on", on(&stream.on)),
        ("events", list(&stream.events)),
    ]
}

pub(super) fn event(event: &Event) -> Facts {
    vec![
        ("plain_text", flag(event.plain_text)),
        ("since", to_string(event.since.as_ref())),
        ("on", on(&event.on)),
    ]
}

pub(super) fn scope(scope: &Scope) -> Facts {
    vec![
        ("since", to_string(scope.since.as_ref())),
        ("deprecated", to_string(scope.deprecated.as_ref())),
        ("removed", to_string(scope.removed.as_ref())),
        ("includes", list(&scope.includes)),
    ]
}

pub(super) fn error_schema(schema: &ErrorSchema) -> Facts {
    let fields = schema.fields.iter().map(|(name, field)| {
        let ty = field.ty.as_ref().map(TypeRef::to_string);
        format!("{name}: {}", ty.as_deref().unwrap_or("object"))
    });
    vec![
        ("fields", list(fields)),
        ("methods", list(&schema.methods)),
        ("statuses", list(&schema.statuses)),
        ("nested_only", flag(schema.nested_only)),
        ("since", to_string(schema.since.as_ref())),
    ]
}

pub(super) fn header(header: &ResponseHeader) -> Facts {
    vec![
        ("type", to_string(header.ty.as_ref())),
        ("sent_with", Some(lowercase_variant(header.sent_with))),
        ("since", to_string(header.since.as_ref())),
    ]
}

/// Facts about the whole API.
pub(super) fn api(api: &ApiFile) -> Facts {
    let StatusLimits {
        characters,
        characters_per_link,
        media,
        poll_options,
        poll_option_characters,
        poll_min_seconds,
        poll_max_seconds,
    } = api.status_limits;
    let limits = [
        characters,
        characters_per_link,
        media,
        poll_options,
        poll_option_characters,
        poll_min_seconds,
        poll_max_seconds,
    ];
    let push = api.push.as_ref().and_then(|push| push.payload.as_ref());
    let language = api.language.as_ref();
    vec![
        ("status_limits", list(limits)),
        ("link_schemes", list(&api.link_schemes)),
        ("language", language.map(|it| it.param.clone())),
        ("push", to_string(push)),
        ("paging", list(api.paging.keys())),
        ("error_statuses", list(api.error_statuses.keys())),
    ]
}

pub(super) fn server(server: &Server) -> Facts {
    let bases = server.based_on.0.iter().map(|base| {
        let version = base.forked_at.as_ref();
        let version = version.map(|version| format!(" {version}"));
        format!("{}{}", base.server, version.unwrap_or_default())
    });
    let token = server
        .streaming
        .token
        .iter()
        .map(|location| match location {
            TokenLocation::Subprotocol => "subprotocol",
            TokenLocation::Query => "query",
        });
    let streaming = server.streaming.conditions();
    let streaming = streaming.map(|(key, condition)| format!("{key}: {condition}"));
    vec![
        ("also_named", list(&server.also_named)),
        ("based_on", list(bases)),
        ("version", server.version.map(lowercase_variant)),
        ("build", server.build.clone()),
        ("api", server.api.clone()),
        ("features", server.features.clone()),
        ("streaming", list(streaming)),
        ("token", list(token)),
        ("examples", list(server.examples.0.keys())),
    ]
}

fn on(on: &On) -> Option<String> {
    (!on.is_empty()).then(|| on.to_string())
}

fn versions(
    since: &Option<Version>,
    deprecated: &Option<Version>,
    removed: &Option<Version>,
) -> String {
    [
        ("since", since),
        ("deprecated", deprecated),
        ("removed", removed),
    ]
    .iter()
    .filter_map(|(key, version)| Some(format!(" {key} {}", version.as_ref()?)))
    .collect()
}

pub(super) fn to_string(value: Option<&impl Display>) -> Option<String> {
    value.map(ToString::to_string)
}

fn lowercase_variant(value: impl Debug) -> String {
    format!("{value:?}").to_lowercase()
}

pub(super) fn flag(value: bool) -> Option<String> {
    value.then(|| "true".to_owned())
}

pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    (!items.is_empty()).then(|| items.join(", "))
}
