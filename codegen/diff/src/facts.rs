//! The facts of a thing that no signature shows, as text.

use std::fmt::{Debug, Display};

use mastodon_spec::yaml::{EnumValue, Field, Method, Param, Required, Version};

/// Keys of the specification with their values; nothing where a key is not given.
pub(super) type Facts = Vec<(&'static str, Option<String>)>;

pub(super) fn method(method: &Method) -> Facts {
    let aliases = list(method.aliases.iter().map(|alias| {
        let life = life(&alias.since, &alias.deprecated, &alias.removed);
        format!("{}{life}", alias.http)
    }));
    let answers = method.responses.keys();
    let paging = method.paging.as_ref();
    vec![
        ("http", shown(method.http.as_ref())),
        (
            "also_accepts",
            list(method.also_accepts.iter().map(|verb| verb.as_str())),
        ),
        ("aliases", aliases),
        ("since", shown(method.since.as_ref())),
        ("auth", shown(method.auth.as_ref())),
        ("permission", method.permission.clone()),
        ("host", method.host.map(word)),
        ("rate_limit", method.rate_limit.clone()),
        ("body", method.body.map(word)),
        ("responses", list(answers)),
        ("errors", list(&method.errors)),
        ("idempotent", shown(method.idempotent.as_ref())),
        ("async_refresh", given(method.async_refresh)),
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
            paging.and_then(|paging| shown(paging.link_header.as_ref())),
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
        ("in", param.place.map(word)),
        ("required", required),
        ("default", shown(param.default.as_ref())),
        ("min", shown(param.min.as_ref())),
        ("max", shown(param.max.as_ref())),
        ("max_items", shown(param.max_items.as_ref())),
        ("since", shown(param.since.as_ref())),
        ("removed", shown(param.removed.as_ref())),
        ("unsupported", given(param.unsupported)),
        ("indexed", given(param.indexed)),
        ("sent_as", param.sent_as.map(word)),
    ]
}

pub(super) fn field(field: &Field) -> Facts {
    vec![
        ("since", shown(field.since.as_ref())),
        ("removed", shown(field.removed.as_ref())),
        ("nullable", given(field.nullable)),
        ("optional", given(field.optional)),
        ("sent_as", field.sent_as.map(word)),
        ("also_sent_as", list(field.also_sent_as.iter().map(word))),
    ]
}

pub(super) fn value(value: &EnumValue) -> Facts {
    vec![
        ("since", shown(value.since.as_ref())),
        ("removed", shown(value.removed.as_ref())),
    ]
}

fn life(
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

pub(super) fn shown(value: Option<&impl Display>) -> Option<String> {
    value.map(ToString::to_string)
}

fn word(value: impl Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn given(value: bool) -> Option<String> {
    value.then(|| "true".to_owned())
}

pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    (!items.is_empty()).then(|| items.join(", "))
}
