//! Keys of items that are not part of a signature, as strings.

use std::fmt::{Debug, Display};

use mastodon_spec::yaml::{EnumValue, Field, Method, On, Param, Required, Version};

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

fn flag(value: bool) -> Option<String> {
    value.then(|| "true".to_owned())
}

pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    (!items.is_empty()).then(|| items.join(", "))
}
