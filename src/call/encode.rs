//! Encodes parameters: path, query, JSON, form and multipart.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::custom::{Custom, CustomBody};
use super::endpoint::{Encoding, Endpoint, Param, ParamLocation};
use super::params::{Entries, Group, Value};
use crate::error::{EndpointName, Error};
use crate::facts::LANGUAGE;
use crate::hex::random_hex;
use crate::http::body::{Body, Segment};
use crate::http::outgoing::{MAX_URL_LEN, Outgoing};
use crate::http::upload::PreparedFile;

/// All characters except those that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Name and value of a form field.
type Field<'a> = (Cow<'a, str>, FieldValue<'a>);

/// Value of a form field.
enum FieldValue<'a> {
    String(Cow<'a, str>),
    File(PreparedFile),
}

/// Returns the request of a call, without the access token.
pub(crate) fn request(
    mut url: Url,
    endpoint: &Endpoint,
    values: &Group,
    language: Option<String>,
) -> Result<Outgoing, Error> {
    values.check(endpoint.name)?;
    let default_location = location_of_unknown(endpoint);
    let location = |name: &str| {
        endpoint
            .param(name)
            .map_or(default_location, |param| param.location)
    };
    let mut query = Vec::new();
    let mut body = Vec::new();
    let mut headers = Vec::new();
    let present = values.iter().filter(|(_, value)| **value != Value::Omit);
    for (name, value) in present {
        match location(name) {
            ParamLocation::Path => {}
            ParamLocation::Query => {
                flatten(name.into(), value, is_indexed(endpoint, name), &mut query)?;
            }
            ParamLocation::Body => body.push((name, value)),
            ParamLocation::Header => headers.push((name, value)),
        }
    }
    let language = language.filter(|_| endpoint.param(LANGUAGE).is_none());
    add_query(&mut url, query, language);
    check_length(endpoint.name, &url)?;
    let (content_type, body) = encode_body(endpoint, &body)?;
    let mut sent = HeaderMap::new();
    if let Some(content_type) = content_type {
        insert_header(&mut sent, endpoint.name, "content-type", &content_type)?;
    }
    sent.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        if let Value::String(string) = value {
            insert_header(&mut sent, endpoint.name, name, string)?;
        }
    }
    Ok(Outgoing {
        method: endpoint.method.clone(),
        url,
        headers: sent,
        body,
    })
}

/// Returns the request to an endpoint that the SDK does not know, without the access token.
pub(crate) fn custom_request(
    mut url: Url,
    custom: &Custom,
    values: &Group,
    language: Option<String>,
) -> Result<Outgoing, Error> {
    custom.check()?;
    let mut query = Vec::new();
    for (name, value) in values.iter().filter(|(_, value)| **value != Value::Omit) {
        if value.has_file() {
            let reason = "a file cannot be sent in the query; send it with `form`";
            return Err(Error::argument(custom.name(), name, reason));
        }
        flatten(name.into(), value, false, &mut query)?;
    }
    let language = language.filter(|_| values.get(LANGUAGE).is_none());
    add_query(&mut url, query, language);
    let named = |values: &Group, encoding| {
        let present = values.iter().filter(|(_, value)| **value != Value::Omit);
        encode_fields(encoding, |_| false, &present.collect::<Vec<_>>())
    };
    let (content_type, body) = match custom.body() {
        CustomBody::None => (None, Body::default()),
        CustomBody::Json(values) => named(values, Encoding::Json)?,
        CustomBody::Form(values) => named(values, Encoding::Form)?,
        CustomBody::Bytes {
            content_type,
            bytes,
        } => (Some(content_type.to_string()), bytes.clone().into()),
    };
    check_length(custom.name(), &url)?;
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in custom.headers()? {
        headers.insert(name, value);
    }
    if let Some(content_type) = content_type {
        insert_header(&mut headers, custom.name(), "content-type", &content_type)?;
    }
    Ok(Outgoing {
        method: custom.method.clone(),
        url,
        headers,
        body,
    })
}

/// Returns where a parameter that the SDK does not know is sent: where the endpoint's own parameters are.
fn location_of_unknown(endpoint: &Endpoint) -> ParamLocation {
    let has_body = |param: &Param| param.location == ParamLocation::Body;
    let is_in_query = matches!(endpoint.method, Method::GET | Method::HEAD | Method::DELETE);
    if is_in_query && !endpoint.params.iter().any(has_body) {
        ParamLocation::Query
    } else {
        ParamLocation::Body
    }
}

fn add_query(url: &mut Url, mut fields: Vec<Field<'_>>, language: Option<String>) {
    let language = language.map(|language| FieldValue::String(language.into()));
    fields.extend(language.map(|language| (LANGUAGE.into(), language)));
    if !fields.is_empty() {
        url.query_pairs_mut().extend_pairs(string_pairs(&fields));
    }
}

/// Returns the URL of an endpoint, without a query.
pub(crate) fn url(base: &Url, endpoint: &Endpoint, values: &Group) -> Result<Url, Error> {
    Ok(url_at(base, &path(endpoint.name, endpoint.path, values)?))
}

/// Returns the URL of a path on the server.
pub(crate) fn url_at(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    match base.path().trim_end_matches('/') {
        "" => url.set_path(path),
        prefix => url.set_path(&(prefix.to_owned() + path)),
    }
    url
}

/// Fails if the HTTP client could not send a URL of this length.
fn check_length(endpoint: impl Into<EndpointName>, url: &Url) -> Result<(), Error> {
    if url.as_str().len() <= MAX_URL_LEN {
        return Ok(());
    }
    let reason =
        format!("the URL is longer than {MAX_URL_LEN} bytes; pass fewer or shorter values");
    Err(Error::argument(endpoint, "path", reason))
}

fn insert_header(
    headers: &mut HeaderMap,
    endpoint: impl Into<EndpointName>,
    name: &str,
    value: &str,
) -> Result<(), Error> {
    let parsed = HeaderName::try_from(name)
        .ok()
        .zip(HeaderValue::try_from(value).ok());
    let Some((key, value)) = parsed else {
        let reason = "a header can contain printable ASCII characters only";
        return Err(Error::argument(endpoint, name, reason));
    };
    headers.insert(key, value);
    Ok(())
}

fn is_indexed(endpoint: &Endpoint, name: &str) -> bool {
    endpoint.param(name).is_some_and(|param| param.indexed)
}

/// Returns a path with the values of its parameters, each of which is one segment at most.
pub(super) fn path<'a>(
    endpoint: impl Into<EndpointName>,
    template: &'a str,
    values: &Group,
) -> Result<Cow<'a, str>, Error> {
    if !template.contains(['{', '}']) {
        return Ok(template.into());
    }
    let mut path = String::with_capacity(template.len() + 24);
    for (index, part) in template.split(['{', '}']).enumerate() {
        // Every second part is a parameter name between braces.
        if index % 2 == 0 {
            path.push_str(part);
            continue;
        }
        let value = values.get(part).and_then(scalar_string).unwrap_or_default();
        if value.is_empty() || value == "." || value == ".." {
            return Err(Error::argument(
                endpoint,
                part,
                format!("`{value}` is not valid in a path; pass an ID"),
            ));
        }
        path.extend(utf8_percent_encode(&value, RESERVED));
    }
    Ok(path.into())
}

/// Returns a value that is neither a list, an object nor a file, as a string.
pub(crate) fn scalar_string(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(string) => Some(Cow::Borrowed(string)),
        Value::Integer(number) => Some(number.to_string().into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(value) => Some(value.to_string().into()),
        Value::Null => Some("".into()),
        Value::Omit | Value::Array(_) | Value::Object(_) | Value::File(_) | Value::Invalid(_) => {
            None
        }
    }
}

/// Flattens nested values to form fields whose names contain brackets, as Rails expects them.
fn flatten<'a>(
    name: Cow<'a, str>,
    value: &'a Value,
    is_indexed: bool,
    fields: &mut Vec<Field<'a>>,
) -> Result<(), Error> {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = if is_indexed {
                    format!("{name}[{index}]")
                } else {
                    format!("{name}[]")
                };
                flatten(name.into(), item, false, fields)?;
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                flatten(format!("{name}[{key}]").into(), value, false, fields)?;
            }
        }
        Value::File(upload) => fields.push((name, FieldValue::File(upload.prepare()?))),
        scalar => fields.push((
            name,
            FieldValue::String(scalar_string(scalar).unwrap_or_default()),
        )),
    }
    Ok(())
}

/// Returns the fields without files.
fn string_pairs<'a>(fields: &'a [Field<'_>]) -> impl Iterator<Item = (&'a str, &'a str)> {
    fields.iter().filter_map(|(name, value)| match value {
        FieldValue::String(string) => Some((&**name, &**string)),
        FieldValue::File(_) => None,
    })
}

/// Returns the content type and the body; neither if there are no parameters in the body.
fn encode_body(
    endpoint: &Endpoint,
    body: &[(&str, &Value)],
) -> Result<(Option<String>, Body), Error> {
    encode_fields(endpoint.encoding, |name| is_indexed(endpoint, name), body)
}

fn encode_fields(
    encoding: Encoding,
    is_indexed: impl Fn(&str) -> bool,
    body: &[(&str, &Value)],
) -> Result<(Option<String>, Body), Error> {
    if body.is_empty() {
        return Ok((None, Body::default()));
    }
    let is_multipart =
        encoding == Encoding::Multipart || body.iter().any(|(_, value)| value.has_file());
    if !is_multipart && encoding == Encoding::Json {
        let bytes = serde_json::to_vec(&Entries(body.iter().copied()))
            .map_err(|error| Error::internal(error.to_string()))?;
        return Ok((
            Some("application/json".to_owned()),
            Bytes::from(bytes).into(),
        ));
    }
    let mut fields = Vec::new();
    for (name, value) in body {
        flatten((*name).into(), value, is_indexed(name), &mut fields)?;
    }
    if !is_multipart {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(string_pairs(&fields))
            .finish();
        return Ok((
            Some("application/x-www-form-urlencoded".to_owned()),
            Bytes::from(form).into(),
        ));
    }
    let boundary = random_hex()?;
    Ok((
        Some(format!("multipart/form-data; boundary={boundary}")),
        multipart_body(fields, &boundary),
    ))
}

fn multipart_body(fields: Vec<Field<'_>>, boundary: &str) -> Body {
    let (mut segments, mut text) = (Vec::new(), String::new());
    for (name, value) in fields {
        let name = escape_quoted(&name);
        text += &format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"");
        match value {
            FieldValue::String(value) => text += &format!("\r\n\r\n{value}\r\n"),
            FieldValue::File(file) => {
                let (file_name, mime_type) =
                    (escape_quoted(&file.name), escape_quoted(&file.mime_type));
                text += &format!("; filename=\"{file_name}\"\r\ncontent-type: {mime_type}\r\n\r\n");
                segments.push(Segment::Bytes(std::mem::take(&mut text).into()));
                segments.push(Segment::File(file));
                text += "\r\n";
            }
        }
    }
    text += &format!("--{boundary}--\r\n");
    segments.push(Segment::Bytes(text.into()));
    Body::Segments(segments.into())
}

/// Escapes a quoted header parameter as browsers do, so that it cannot end its header.
fn escape_quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::endpoints::SEARCH_V2;

    #[test]
    fn a_url_that_is_too_long_to_be_sent_is_an_error_that_shows_none_of_it() {
        let base = Url::parse("https://a.example/").unwrap();
        let start = "https://a.example/api/v2/search?q=";
        let encoded = |length: usize| {
            let values = Group::new().with("q", "x".repeat(length));
            request(url(&base, &SEARCH_V2, &values)?, &SEARCH_V2, &values, None)
        };
        let longest = MAX_URL_LEN - start.len();
        let sent = encoded(longest).unwrap();
        assert_eq!(sent.url.as_str().len(), MAX_URL_LEN);
        assert!(sent.into_http().is_ok());
        let error = encoded(longest + 1).unwrap_err();
        assert!(matches!(error, Error::IllegalArgument { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains("65534 bytes"), "{message}");
        assert!(!message.contains("xxx"), "{message}");
    }
}
