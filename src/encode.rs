//! From typed values to what travels: path, query, JSON, form and multipart.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::body::{Body, Piece};
use crate::endpoint::{Encoding, Endpoint, Place};
use crate::error::Error;
use crate::generated::api::LANGUAGE;
use crate::params::{Group, Value};
use crate::upload::Prepared;

/// Everything but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A flat pair of a form.
enum Part {
    Text(String),
    File(Prepared),
}

/// The request that a call sends to an address, without its token.
pub(crate) fn request(
    mut url: Url,
    endpoint: &Endpoint,
    values: &Group,
    language: Option<String>,
) -> Result<http::Request<Body>, Error> {
    let place = |name: &str| {
        endpoint
            .param(name)
            .map_or(Place::Query, |param| param.place)
    };
    let mut query = Vec::new();
    let mut body = Vec::new();
    let mut headers = Vec::new();
    for (name, value) in values.iter() {
        match place(name) {
            Place::Path => {}
            Place::Query => flatten(name, value, indexed(endpoint, name), &mut query)?,
            Place::Body => body.push((name, value)),
            Place::Header => headers.push((name, value)),
        }
    }
    let mut query: Vec<(String, String)> = texts(query);
    if let Some(language) = language.filter(|_| endpoint.param(LANGUAGE).is_none()) {
        query.push((LANGUAGE.to_owned(), language));
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    let builder = http::Request::builder()
        .method(Method::from(endpoint.verb))
        .uri(url.as_str());
    let (content_type, encoded) = encode_body(endpoint, &body)?;
    let mut request = builder
        .body(encoded)
        .map_err(|error| Error::argument(endpoint, "path", error.to_string()))?;
    if let Some(content_type) = content_type {
        insert(&mut request, endpoint, "content-type", &content_type)?;
    }
    request
        .headers_mut()
        .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        if let Value::Text(text) = value {
            insert(&mut request, endpoint, name, text)?;
        }
    }
    Ok(request)
}

/// The address of an endpoint, without a query.
pub(crate) fn url(base: &Url, endpoint: &Endpoint, values: &Group) -> Result<Url, Error> {
    let mut url = base.clone();
    url.set_path(&path(endpoint, values)?);
    Ok(url)
}

fn insert(
    request: &mut http::Request<Body>,
    endpoint: &Endpoint,
    name: &str,
    value: &str,
) -> Result<(), Error> {
    let wrong = || {
        Error::argument(
            endpoint,
            name,
            "a header holds printable ASCII only".to_owned(),
        )
    };
    let key = HeaderName::try_from(name).map_err(|_| wrong())?;
    request
        .headers_mut()
        .insert(key, HeaderValue::try_from(value).map_err(|_| wrong())?);
    Ok(())
}

fn indexed(endpoint: &Endpoint, name: &str) -> bool {
    endpoint.param(name).is_some_and(|param| param.indexed)
}

fn path(endpoint: &Endpoint, values: &Group) -> Result<String, Error> {
    let mut path = String::with_capacity(endpoint.path.len() + 24);
    for (index, piece) in endpoint.path.split(['{', '}']).enumerate() {
        // Every second piece stood in braces.
        if index % 2 == 0 {
            path.push_str(piece);
            continue;
        }
        let text = values.get(piece).and_then(scalar).unwrap_or_default();
        if text.is_empty() || text == "." || text == ".." {
            return Err(Error::argument(
                endpoint,
                piece,
                format!("`{text}` cannot stand in a path; give an id"),
            ));
        }
        path.extend(utf8_percent_encode(&text, RESERVED));
    }
    Ok(path)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null => Some(String::new()),
        Value::List(_) | Value::Map(_) | Value::File(_) => None,
    }
}

/// Writes nested values with brackets, as Rails reads them.
fn flatten(
    name: &str,
    value: &Value,
    indexed: bool,
    out: &mut Vec<(String, Part)>,
) -> Result<(), Error> {
    match value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = if indexed {
                    format!("{name}[{index}]")
                } else {
                    format!("{name}[]")
                };
                flatten(&name, item, false, out)?;
            }
        }
        Value::Map(entries) => {
            for (key, value) in entries {
                flatten(&format!("{name}[{key}]"), value, false, out)?;
            }
        }
        Value::File(upload) => out.push((name.to_owned(), Part::File(upload.prepare()?))),
        plain => out.push((
            name.to_owned(),
            Part::Text(scalar(plain).unwrap_or_default()),
        )),
    }
    Ok(())
}

fn texts(parts: Vec<(String, Part)>) -> Vec<(String, String)> {
    parts
        .into_iter()
        .filter_map(|(name, part)| match part {
            Part::Text(text) => Some((name, text)),
            Part::File(_) => None,
        })
        .collect()
}

fn encode_body(
    endpoint: &Endpoint,
    body: &[(&str, &Value)],
) -> Result<(Option<String>, Body), Error> {
    if body.is_empty() {
        return Ok((None, Body::default()));
    }
    let multipart =
        endpoint.encoding == Encoding::Multipart || body.iter().any(|(_, value)| value.has_file());
    if !multipart && endpoint.encoding == Encoding::Json {
        let object: serde_json::Map<_, _> = body
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json(value)))
            .collect();
        let bytes = serde_json::Value::Object(object).to_string();
        return Ok((
            Some("application/json".to_owned()),
            Bytes::from(bytes).into(),
        ));
    }
    let mut parts = Vec::new();
    for (name, value) in body {
        flatten(name, value, indexed(endpoint, name), &mut parts)?;
    }
    if !multipart {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(texts(parts))
            .finish();
        return Ok((
            Some("application/x-www-form-urlencoded".to_owned()),
            Bytes::from(form).into(),
        ));
    }
    let boundary = random_name()?;
    Ok((
        Some(format!("multipart/form-data; boundary={boundary}")),
        pieces(parts, &boundary),
    ))
}

fn pieces(parts: Vec<(String, Part)>, boundary: &str) -> Body {
    let (mut all, mut text) = (Vec::new(), String::new());
    for (name, part) in parts {
        let name = quoted(&name);
        text += &format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"");
        match part {
            Part::Text(value) => text += &format!("\r\n\r\n{value}\r\n"),
            Part::File(file) => {
                let (file_name, kind) = (quoted(&file.name), quoted(&file.mime_type));
                text += &format!("; filename=\"{file_name}\"\r\ncontent-type: {kind}\r\n\r\n");
                all.push(Piece::Bytes(std::mem::take(&mut text).into()));
                all.push(Piece::File(file));
                text += "\r\n";
            }
        }
    }
    text += &format!("--{boundary}--\r\n");
    all.push(Piece::Bytes(text.into()));
    Body::Pieces(all.into())
}

/// Keeps a name from ending its header: the escapes that browsers use.
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::File(_) => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Integer(number) => (*number).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_ref().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.to_string(), json(value)))
            .collect(),
    }
}

/// 128 random bits in hexadecimal.
pub(crate) fn random_name() -> Result<String, Error> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Config(format!("the system gives no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
