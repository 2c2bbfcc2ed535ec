//! Parses parameters from query strings, forms, JSON and multipart bodies, with the bracket notation of Rails.

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;

use super::{File, Params, Value};
use crate::response::{ErrorResponse, malformed_body};

/// Maximum size of a request body in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 110 << 20;

/// Parses the parameters of a request from its query and its body. The body takes precedence.
pub(crate) async fn parse_request(query: &str, request: Request) -> Result<Params, ErrorResponse> {
    let mut params = Params::default();
    parse_pairs(&mut params, query.as_bytes())?;
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|content_type| content_type.to_str().ok())
        .unwrap_or_default();
    let content_type = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if content_type == "multipart/form-data" {
        parse_multipart(&mut params, request).await?;
        return Ok(params);
    }
    let body = axum::body::to_bytes(request.into_body(), MAX_BODY_BYTES)
        .await
        .map_err(|_| malformed())?;
    match content_type.as_str() {
        "application/x-www-form-urlencoded" => parse_pairs(&mut params, &body)?,
        "application/json" if !body.is_empty() => {
            let json = serde_json::from_slice(&body).map_err(|_| malformed())?;
            for (name, value) in params_from_json(json).unwrap_or_default().0 {
                params.set(&name, value);
            }
        }
        _ => {}
    }
    Ok(params)
}

/// Parses URL-encoded parameters: a query string or a form body.
pub(crate) fn parse_pairs(params: &mut Params, encoded: &[u8]) -> Result<(), ErrorResponse> {
    for (name, value) in form_urlencoded::parse(encoded) {
        insert(params, &name, Value::String(value.into_owned()))?;
    }
    Ok(())
}

async fn parse_multipart(params: &mut Params, request: Request) -> Result<(), ErrorResponse> {
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| malformed())?;
    while let Some(part) = parts.next_field().await.map_err(|_| malformed())? {
        let Some(name) = part.name().map(str::to_owned) else {
            continue;
        };
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(|_| malformed())?;
        let value = if is_file {
            Value::File(File { bytes })
        } else {
            Value::String(String::from_utf8_lossy(&bytes).into_owned())
        };
        insert(params, &name, value)?;
    }
    Ok(())
}

/// Converts a JSON object to parameters; `None` for any other JSON value.
pub(crate) fn params_from_json(json: serde_json::Value) -> Option<Params> {
    match value_from_json(json) {
        Value::Map(params) => Some(params),
        _ => None,
    }
}

fn value_from_json(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Bool(flag),
        serde_json::Value::Number(number) => Value::Number(number),
        serde_json::Value::String(text) => Value::String(text),
        serde_json::Value::Array(items) => {
            Value::List(items.into_iter().map(value_from_json).collect())
        }
        serde_json::Value::Object(members) => Value::Map(Params(
            members
                .into_iter()
                .map(|(name, value)| (name, value_from_json(value)))
                .collect(),
        )),
    }
}

/// Inserts a value under a name that may have brackets, such as `poll[options][]`.
fn insert(params: &mut Params, name: &str, value: Value) -> Result<(), ErrorResponse> {
    let (name, brackets) = name.split_at(name.find('[').unwrap_or(name.len()));
    insert_nested(params, name, brackets, value)
}

fn insert_nested(
    params: &mut Params,
    name: &str,
    rest: &str,
    value: Value,
) -> Result<(), ErrorResponse> {
    if rest.is_empty() {
        params.set(name, value);
        return Ok(());
    }
    if rest == "[]" {
        list_mut(params, name)?.push(value);
        return Ok(());
    }
    if let Some(rest) = rest.strip_prefix("[][") {
        let (child, rest) = split_bracket(rest)?;
        let list = list_mut(params, name)?;
        // A name that the last object already has starts the next object.
        match list.last_mut() {
            Some(Value::Map(last)) if rest == "[]" || !last.contains(child) => {
                insert_nested(last, child, rest, value)?;
            }
            _ => {
                let mut object = Params::default();
                insert_nested(&mut object, child, rest, value)?;
                list.push(Value::Map(object));
            }
        }
        return Ok(());
    }
    let (child, rest) = split_bracket(rest.strip_prefix('[').ok_or_else(malformed)?)?;
    if !params.contains(name) {
        params.set(name, Value::Map(Params::default()));
    }
    match params.0.iter_mut().find(|(other, _)| other == name) {
        Some((_, Value::Map(object))) => insert_nested(object, child, rest, value),
        _ => Err(malformed()),
    }
}

fn list_mut<'a>(params: &'a mut Params, name: &str) -> Result<&'a mut Vec<Value>, ErrorResponse> {
    if !params.contains(name) {
        params.set(name, Value::List(Vec::new()));
    }
    match params.0.iter_mut().find(|(other, _)| other == name) {
        Some((_, Value::List(list))) => Ok(list),
        _ => Err(malformed()),
    }
}

fn split_bracket(rest: &str) -> Result<(&str, &str), ErrorResponse> {
    rest.split_once(']').ok_or_else(malformed)
}

fn malformed() -> ErrorResponse {
    malformed_body()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str) -> Params {
        let mut params = Params::default();
        assert!(
            parse_pairs(&mut params, query.as_bytes()).is_ok(),
            "{query}"
        );
        params
    }

    #[test]
    fn brackets_form_lists_and_objects() {
        let params = parsed(
            "a[]=1&a[]=2&poll[options][]=x&poll[options][]=y&poll[multiple]=1&data[alerts][admin.sign_up]=1",
        );
        assert_eq!(params.list("a"), ["1", "2"]);
        let poll = params
            .map("poll")
            .unwrap_or_else(|| unreachable!("an object"));
        assert_eq!(poll.list("options"), ["x", "y"]);
        assert!(poll.is_true("multiple"));
        let alerts = params.map("data").and_then(|data| data.map("alerts"));
        assert!(alerts.is_some_and(|alerts| alerts.is_true("admin.sign_up")));
    }

    #[test]
    fn repeated_name_starts_the_next_object_of_a_list() {
        let params = parsed("k[][id]=1&k[][word]=a&k[][id]=2&k[][word]=b");
        let objects = params.maps("k");
        assert_eq!(objects.len(), 2);
        assert_eq!(objects[1].string("word").as_deref(), Some("b"));
    }

    #[test]
    fn indexed_objects_keep_the_order_of_the_request() {
        let params = parsed("f[7][name]=first&f[7][value]=1&f[0][name]=second");
        let names: Vec<_> = params
            .maps("f")
            .iter()
            .filter_map(|object| object.string("name"))
            .collect();
        assert_eq!(names, ["first", "second"]);
    }

    #[test]
    fn name_cannot_be_both_a_list_and_an_object() {
        assert!(parse_pairs(&mut Params::default(), b"a[]=1&a[b]=2").is_err());
    }
}
