//! Which endpoint a recorded request was, and whether the specification knows its parameters.

use std::collections::BTreeSet;

use mastodon_spec::model::{Kind, Model};
use mastodon_spec::yaml::{Method, TypeRef};

use super::Request;

/// The path and the query of an address.
pub fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let path = path.split('#').next().unwrap_or(path);
    path.split_once('?').unwrap_or((path, ""))
}

/// The method of the specification that a request calls: the one with the fewest parameters in its
/// path, so that `/accounts/search` is not taken for `/accounts/{id}`.
pub fn endpoint<'a>(model: &Model<'a>, request: &Request) -> Option<(&'a str, &'a Method)> {
    let (path, _) = split(&request.url);
    let path = path.trim_end_matches('/');
    model
        .methods()
        .filter_map(|(name, method)| {
            let http = method.http.as_ref()?;
            let verbs = || std::iter::once(http.verb).chain(method.also_accepts.iter().copied());
            let own = verbs().any(|verb| verb.as_str() == request.method) && fits(&http.path, path);
            let alias = method.aliases.iter().any(|alias| {
                // The verbs that do the same at the address itself do so at its aliases.
                let same =
                    alias.http.verb == http.verb && verbs().any(|v| v.as_str() == request.method);
                (same || alias.http.verb.as_str() == request.method) && fits(&alias.http.path, path)
            });
            (own || alias).then(|| (http.path.matches('{').count(), name, method))
        })
        .min_by_key(|(holes, ..)| *holes)
        .map(|(_, name, method)| (name, method))
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

/// The parameters of a request with their values, where those are texts.
pub fn sent(request: &Request) -> Vec<(String, Option<String>)> {
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

/// The pairs of a query or of a form.
fn pairs(text: &str) -> Vec<(String, Option<String>)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let value = pair.split_once('=').map(|(_, value)| percent_decode(value));
            (name_of(pair), value)
        })
        .collect()
}

/// The parameters of a request that the specification does not know.
pub fn unknown_params(model: &Model<'_>, method: &Method, request: &Request) -> BTreeSet<String> {
    let known = model.cursors(method);
    let language = model.spec.api.language.as_ref();
    sent(request)
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| {
            let mut keys = name.split('[').map(|key| key.trim_end_matches(']'));
            let first = keys.next().unwrap_or_default();
            let rest: Vec<&str> = keys.collect();
            // A token in the query is how a client authenticates, not a parameter.
            first != "access_token"
                && language.is_none_or(|language| language.param != first)
                && !(method.paging.is_some() && (known.contains(&first) || first == "limit"))
                && !method.params.iter().any(|(wire, param)| {
                    wire == first && param.ty.as_ref().is_some_and(|ty| knows(model, ty, &rest))
                })
        })
        .collect()
}

/// Whether a type has the nested name.
fn knows(model: &Model<'_>, ty: &TypeRef, rest: &[&str]) -> bool {
    match (ty, rest) {
        (_, []) => true,
        (TypeRef::List(inner), [index, rest @ ..])
            if index.is_empty() || index.chars().all(|c| c.is_ascii_digit()) =>
        {
            knows(model, inner, rest)
        }
        (TypeRef::Named(name), [key, rest @ ..]) if model.kind(name) == Some(Kind::Input) => model
            .input(name)
            .and_then(|input| input.params.get(*key))
            .is_some_and(|param| param.ty.as_ref().is_some_and(|ty| knows(model, ty, rest))),
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
    fn an_address_is_split_and_its_names_are_decoded() {
        assert_eq!(
            split("https://a.example/api/v1/x?id%5B%5D=1#top"),
            ("/api/v1/x", "id%5B%5D=1")
        );
        assert_eq!(name_of("id%5B%5D=1"), "id[]");
        assert_eq!(percent_decode("100%+%zz"), "100% %zz");
    }

    #[test]
    fn a_template_fits_a_path_of_the_same_parts() {
        assert!(fits("/api/v1/accounts/{id}", "/api/v1/accounts/23"));
        assert!(!fits("/api/v1/accounts/{id}", "/api/v1/accounts/"));
        assert!(!fits(
            "/api/v1/accounts/{id}",
            "/api/v1/accounts/23/statuses"
        ));
    }
}
