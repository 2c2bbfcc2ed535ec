//! Encodes parameters: path, query, JSON, form and multipart.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::endpoint::{Encoding, Endpoint, ParamLocation};
use super::params::{Entries, Group, Value};
use crate::error::Error;
use crate::facts::LANGUAGE;
use crate::http::body::{Body, Segment};
use crate::http::upload::PreparedFile;

/// All characters except those that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Value of a form field.
enum Part {
    Text(String),
    File(PreparedFile),
}

/// The HTTP request of a call, without the access token.
pub(crate) fn request(
    mut url: Url,
    endpoint: &Endpoint,
    values: &Group,
    language: Option<String>,
) -> Result<http::Request<Body>, Error> {
    let location = |name: &str| {
        endpoint
            .param(name)
            .map_or(ParamLocation::Query, |param| param.location)
    };
    let mut query = Vec::new();
    let mut body = Vec::new();
    let mut headers = Vec::new();
    let given = values.iter().filter(|(_, value)| **value != Value::Omit);
    for (name, value) in given {
        match location(name) {
            ParamLocation::Path => {}
            ParamLocation::Query => flatten(name, value, indexed(endpoint, name), &mut query)?,
            ParamLocation::Body => body.push((name, value)),
            ParamLocation::Header => headers.push((name, value)),
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
        .method(endpoint.method.clone())
        .uri(url.as_str());
    let (content_type, encoded) = encode_body(endpoint, &body)?;
    let mut request = builder
        .body(encoded)
        .map_err(|error| Error::argument(endpoint.name, "path", error.to_string()))?;
    if let Some(content_type) = content_type {
        insert(&mut request, endpoint, "content-type", &content_type)?;
    }
    request
        .headers_mut()
        .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        if let Value::String(text) = value {
            insert(&mut request, endpoint, name, text)?;
        }
    }
    Ok(request)
}

/// The URL of an endpoint, without a query.
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
    let invalid = || {
        Error::argument(
            endpoint.name,
            name,
            "a header can contain printable ASCII characters only",
        )
    };
    let key = HeaderName::try_from(name).map_err(|_| invalid())?;
    request
        .headers_mut()
        .insert(key, HeaderValue::try_from(value).map_err(|_| invalid())?);
    Ok(())
}

fn indexed(endpoint: &Endpoint, name: &str) -> bool {
    endpoint.param(name).is_some_and(|param| param.indexed)
}

fn path(endpoint: &Endpoint, values: &Group) -> Result<String, Error> {
    let mut path = String::with_capacity(endpoint.path.len() + 24);
    for (index, piece) in endpoint.path.split(['{', '}']).enumerate() {
        // Every second piece is the name between braces.
        if index % 2 == 0 {
            path.push_str(piece);
            continue;
        }
        let text = values.get(piece).and_then(scalar).unwrap_or_default();
        if text.is_empty() || text == "." || text == ".." {
            return Err(Error::argument(
                endpoint.name,
                piece,
                format!("`{text}` is not valid in a path; pass an ID"),
            ));
        }
        path.extend(utf8_percent_encode(&text, RESERVED));
    }
    Ok(path)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null => Some(String::new()),
        Value::Omit | Value::Array(_) | Value::Object(_) | Value::File(_) => None,
    }
}

/// Flattens nested values to names with brackets, as Rails expects.
fn flatten(
    name: &str,
    value: &Value,
    indexed: bool,
    out: &mut Vec<(String, Part)>,
) -> Result<(), Error> {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = if indexed {
                    format!("{name}[{index}]")
                } else {
                    format!("{name}[]")
                };
                flatten(&name, item, false, out)?;
            }
        }
        Value::Object(entries) => {
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
        let bytes = serde_json::to_vec(&Entries(body.iter().copied()))
            .map_err(|error| Error::internal(error.to_string()))?;
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
    let boundary = random_hex()?;
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
                all.push(Segment::Bytes(std::mem::take(&mut text).into()));
                all.push(Segment::File(file));
                text += "\r\n";
            }
        }
    }
    text += &format!("--{boundary}--\r\n");
    all.push(Segment::Bytes(text.into()));
    Body::Segments(all.into())
}

/// Escapes a name as browsers do, so that it cannot end its header.
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// 128 random bits in hexadecimal.
pub(crate) fn random_hex() -> Result<String, Error> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::internal(format!(
            "the operating system has no random numbers: {error}"
        ))
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
