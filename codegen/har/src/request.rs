//! Finds the method of a recorded request and its unknown parameters.

use std::collections::BTreeSet;

use mastodon_spec::model::{Kind, MethodModel, Model};
use mastodon_spec::yaml::TypeRef;

use super::Request;

/// The path and the query of a URL.
pub fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let path = path.split('#').next().unwrap_or(path);
    path.split_once('?').unwrap_or((path, ""))
}

/// The method that a request calls. If several match, the one with the fewest path parameters, so that
/// `/accounts/search` is not matched as `/accounts/{id}`.
pub fn endpoint<'m, 'a>(model: &'m Model<'a>, request: &Request) -> Option<&'m MethodModel<'a>> {
    let (path, _) = split(&request.url);
    let path = path.trim_end_matches('/');
    model
        .methods()
        .filter_map(|model| {
            let method = model.yaml;
            let http = method.http.as_ref()?;
            let methods =
                || std::iter::once(http.method).chain(method.also_accepts.iter().copied());
            let own = methods().any(|method| method.as_str() == request.method)
                && matches_path(&http.path, path);
            let alias = method.aliases.iter().any(|alias| {
                // HTTP methods that the path accepts are accepted at its aliases too.
                let same = alias.http.method == http.method
                    && methods().any(|method| method.as_str() == request.method);
                (same || alias.http.method.as_str() == request.method)
                    && matches_path(&alias.http.path, path)
            });
            (own || alias).then(|| (http.path.matches('{').count(), model))
        })
        .min_by_key(|(path_params, _)| *path_params)
        .map(|(_, method)| method)
}

fn matches_path(template: &str, path: &str) -> bool {
    let (mut expected, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(expected), Some(given)) if expected == given => {}
            (Some(expected), Some(given)) if expected.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

/// The parameters of a request, with the values that are strings.
pub fn sent_params(request: &Request) -> Vec<(String, Option<String>)> {
    let (_, query) = split(&request.url);
    let mut sent = pairs(query);
    if let Some(body) = &request.body {
        let text = body.text.as_deref().unwrap_or_default();
        if !body.params.is_empty() {
            let parts = body.params.iter();
            sent.extend(parts.map(|pair| (pair.name.clone(), pair.value.clone())));
        } else if body.mime_type.contains("json") {
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
                flatten(String::new(), &value, &mut sent);
            }
        } else if body.mime_type.contains("urlencoded") {
            sent.extend(pairs(text));
        }
    }
    sent
}

/// The pairs of a query or a form.
fn pairs(text: &str) -> Vec<(String, Option<String>)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let value = pair.split_once('=').map(|(_, value)| percent_decode(value));
            (name_of(pair), value)
        })
        .collect()
}

/// The parameters of a request that are not in the specification.
pub fn unknown_params(
    model: &Model<'_>,
    method: &MethodModel<'_>,
    request: &Request,
) -> BTreeSet<String> {
    let language = model.spec.api.language.as_ref();
    sent_params(request)
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| {
            let mut keys = name.split('[').map(|key| key.trim_end_matches(']'));
            let first = keys.next().unwrap_or_default();
            let rest: Vec<&str> = keys.collect();
            // A token in the query is authentication, not a parameter.
            first != "access_token"
                && language.is_none_or(|language| language.param != first)
                && !(method.yaml.paging.is_some()
                    && (method.cursors.contains(&first) || first == "limit"))
                && !method
                    .params
                    .iter()
                    .any(|param| param.wire == first && has_nested(model, param.ty, &rest))
        })
        .collect()
}

/// Whether a type contains the nested name.
fn has_nested(model: &Model<'_>, ty: &TypeRef, rest: &[&str]) -> bool {
    match (ty, rest) {
        (_, []) => true,
        (TypeRef::List(inner), [index, rest @ ..])
            if index.is_empty() || index.chars().all(|c| c.is_ascii_digit()) =>
        {
            has_nested(model, inner, rest)
        }
        (TypeRef::Named(name), [key, rest @ ..]) if model.kind(name) == Some(Kind::Input) => model
            .input(name)
            .and_then(|input| input.params.iter().find(|param| param.wire == *key))
            .is_some_and(|param| has_nested(model, param.ty, rest)),
        (TypeRef::Json | TypeRef::MapOf(_), _) => true,
        _ => false,
    }
}

fn name_of(pair: &str) -> String {
    let name = pair.split('=').next().unwrap_or(pair);
    percent_decode(name)
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let escaped = (byte == b'%').then(|| {
            let mut ahead = rest.clone();
            let digits = [ahead.next()?, ahead.next()?];
            let value = u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?;
            rest = ahead;
            Some(value)
        });
        bytes.push(
            escaped
                .flatten()
                .unwrap_or(if byte == b'+' { b' ' } else { byte }),
        );
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn flatten(prefix: String, value: &serde_json::Value, sent: &mut Vec<(String, Option<String>)>) {
    match value {
        serde_json::Value::Object(entries) => {
            for (key, value) in entries {
                let name = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}[{key}]")
                };
                flatten(name, value, sent);
            }
        }
        serde_json::Value::Array(items) => {
            for item in items {
                flatten(format!("{prefix}[]"), item, sent);
            }
        }
        serde_json::Value::String(text) => sent.push((prefix, Some(text.clone()))),
        _ => sent.push((prefix, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_split_and_parameter_names_are_decoded() {
        assert_eq!(
            split("https://a.example/api/v1/x?id%5B%5D=1#top"),
            ("/api/v1/x", "id%5B%5D=1")
        );
        assert_eq!(name_of("id%5B%5D=1"), "id[]");
        assert_eq!(percent_decode("100%+%zz"), "100% %zz");
    }

    #[test]
    fn template_matches_a_path_with_the_same_segments() {
        assert!(matches_path("/api/v1/accounts/{id}", "/api/v1/accounts/23"));
        assert!(!matches_path("/api/v1/accounts/{id}", "/api/v1/accounts/"));
        assert!(!matches_path(
            "/api/v1/accounts/{id}",
            "/api/v1/accounts/23/statuses"
        ));
    }
}
