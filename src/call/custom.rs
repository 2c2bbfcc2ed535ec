//! Requests to endpoints that the SDK does not know.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use mastodon_types::SecretString;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::endpoint::{Encoding, Endpoint};
use super::params::{Group, Value};
use crate::error::{EndpointName, Error};
use crate::facts::RateLimitBucket;
use crate::http::default_headers::parse_header;
use crate::redact::{is_secret_header, redact_url};
use crate::serde_impls::from_json_bytes;

/// Metadata of an endpoint that the SDK does not know: no requirements, and parameters of any name.
pub(crate) static UNKNOWN: Endpoint =
    Endpoint::new("request", Method::GET, "/").encoding(Encoding::Form);

/// Start of the paths of the API. Servers count requests to other paths by IP address only.
const API_PATH: &str = "/api/";

/// Maximum number of characters of a path in errors and logs.
const MAX_SHOWN_LEN: usize = 200;

/// Parts of a request to an endpoint that the SDK does not know, apart from its query.
#[derive(Clone)]
pub(crate) struct Custom {
    pub(crate) method: Method,
    /// Path, with `{name}` for each path parameter.
    path: Cow<'static, str>,
    path_values: Group,
    headers: Vec<(String, SecretString)>,
    body: CustomBody,
    is_idempotent: Option<bool>,
    /// The first mistake of the caller, as an argument and the reason. It is an error when the request is sent.
    invalid: Option<(&'static str, String)>,
}

/// Body of a request to an endpoint that the SDK does not know.
#[derive(Clone)]
pub(crate) enum CustomBody {
    None,
    /// Named values, sent as JSON, or as multipart if one of them is a file.
    Json(Group),
    /// Named values, sent as a form, or as multipart if one of them is a file.
    Form(Group),
    /// Bytes of any content type.
    Bytes {
        content_type: Cow<'static, str>,
        bytes: Bytes,
    },
}

impl Custom {
    pub(crate) fn new(method: Method, path: impl Into<Cow<'static, str>>) -> Self {
        Self {
            method,
            path: path.into(),
            path_values: Group::new(),
            headers: Vec::new(),
            body: CustomBody::None,
            is_idempotent: None,
            invalid: None,
        }
    }

    /// Returns the HTTP method and the path, for errors, logs and stored pages.
    pub(crate) fn name(&self) -> EndpointName {
        let path = redact_url(&self.path.replace(char::is_control, " "));
        let path: String = path.chars().take(MAX_SHOWN_LEN).collect();
        format!("{} {path}", self.method).into()
    }

    /// Returns the name under which a page is stored: the HTTP method and the path with the values of its parameters.
    pub(crate) fn stored_name(&self) -> EndpointName {
        match self.encoded_path() {
            Ok(path) => format!("{} {path}", self.method).into(),
            Err(_) => self.name(),
        }
    }

    /// Returns the request of a stored page. Only that of a GET request can be sent again without a body.
    pub(crate) fn from_stored_name(name: &str) -> Option<Self> {
        let path = name.strip_prefix("GET ")?;
        Some(Self::new(Method::GET, path.to_owned()))
    }

    pub(crate) fn path_template(&self) -> &str {
        &self.path
    }

    /// Returns whether the request may be repeated after its response was lost.
    pub(crate) fn is_idempotent(&self) -> bool {
        self.is_idempotent
            .unwrap_or_else(|| self.method.is_idempotent())
    }

    /// Returns whether parameters are sent in the query.
    pub(crate) fn has_params_in_query(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD | Method::DELETE)
    }

    /// Returns whether the body contains a file.
    pub(crate) fn has_file(&self) -> bool {
        match &self.body {
            CustomBody::Json(values) | CustomBody::Form(values) => values.has_file(),
            CustomBody::None | CustomBody::Bytes { .. } => false,
        }
    }

    /// Returns whether the caller has set a header.
    pub(crate) fn has_header(&self, name: &HeaderName) -> bool {
        let mut headers = self.headers.iter();
        headers.any(|(own, _)| own.eq_ignore_ascii_case(name.as_str()))
    }

    pub(crate) fn body(&self) -> &CustomBody {
        &self.body
    }

    pub(crate) fn set_idempotent(&mut self, is_idempotent: bool) {
        self.is_idempotent = Some(is_idempotent);
    }

    pub(crate) fn set_path_value(&mut self, name: impl Into<Cow<'static, str>>, value: Value) {
        let name = name.into();
        if !self.path.contains(&format!("{{{name}}}")) {
            self.fail("path_param", format!("the path contains no `{{{name}}}`"));
        }
        self.path_values.set(name, value);
    }

    pub(crate) fn set_header(&mut self, name: String, value: SecretString) {
        self.headers.push((name, value));
    }

    /// Sets a named value of a JSON body.
    pub(crate) fn set_json_value(&mut self, name: impl Into<Cow<'static, str>>, value: Value) {
        if let CustomBody::None = self.body {
            self.body = CustomBody::Json(Group::new());
        }
        match &mut self.body {
            CustomBody::Json(values) => values.set(name, value),
            _ => self.fail("param", MIXED_BODY.to_owned()),
        }
    }

    /// Sets a named value of a form.
    pub(crate) fn set_form_value(&mut self, name: impl Into<Cow<'static, str>>, value: Value) {
        if let CustomBody::None = self.body {
            self.body = CustomBody::Form(Group::new());
        }
        match &mut self.body {
            CustomBody::Form(values) => values.set(name, value),
            _ => self.fail("form", MIXED_BODY.to_owned()),
        }
    }

    /// Sets the whole body to JSON.
    pub(crate) fn set_json(&mut self, body: &impl Serialize) {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.set_bytes("body", "application/json".into(), bytes.into()),
            Err(error) => self.fail("body", format!("it cannot be converted to JSON: {error}")),
        }
    }

    /// Sets the whole body.
    pub(crate) fn set_bytes(
        &mut self,
        argument: &'static str,
        content_type: Cow<'static, str>,
        bytes: Bytes,
    ) {
        if let CustomBody::Json(_) | CustomBody::Form(_) = self.body {
            self.fail(argument, MIXED_BODY.to_owned());
        }
        self.body = CustomBody::Bytes {
            content_type,
            bytes,
        };
    }

    fn fail(&mut self, argument: &'static str, reason: String) {
        self.invalid.get_or_insert((argument, reason));
    }

    /// Fails if the caller has made a mistake.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.invalid {
            None => Ok(()),
            Some((argument, reason)) => Err(Error::argument(self.name(), *argument, reason)),
        }
    }

    /// Returns the path with the values of its parameters, which cannot lead to another host or folder.
    pub(crate) fn encoded_path(&self) -> Result<String, Error> {
        let invalid = |reason: &str| Error::argument(self.name(), "path", reason);
        check_path(&self.path).map_err(invalid)?;
        if self.path.split(['{', '}']).count().is_multiple_of(2) {
            return Err(invalid("a brace is not closed or not opened"));
        }
        let path = super::encode::path(self.name(), &self.path, &self.path_values)?;
        // Two adjacent parameters can be `..` together.
        check_path(&path).map_err(invalid)?;
        Ok(path.into_owned())
    }

    /// Returns the headers.
    pub(crate) fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
        let parse = |(name, value): &(String, SecretString)| {
            let parsed = parse_header(name, value.expose());
            parsed.map_err(|reason| {
                let reason = format!("the header `{name}` cannot be set: {reason}");
                Error::argument(self.name(), "header", reason)
            })
        };
        self.headers.iter().map(parse).collect()
    }

    /// Returns the endpoint of the specification with this method and path, if there is one.
    pub(crate) fn known_endpoint(&self) -> Option<&'static Endpoint> {
        let path = self.encoded_path().ok()?;
        let endpoints = Endpoint::all().iter().copied();
        let matching = endpoints
            .filter(|endpoint| endpoint.method == self.method && matches(endpoint.path, &path));
        matching.min_by_key(|endpoint| endpoint.path.matches('{').count())
    }

    /// Returns the rate limit bucket: that of the known endpoint, or the one of all requests to such paths.
    pub(crate) fn bucket(&self) -> RateLimitBucket {
        match self.known_endpoint() {
            Some(endpoint) => endpoint.bucket,
            None if self.path.starts_with(API_PATH) => RateLimitBucket::General,
            None => RateLimitBucket::Address,
        }
    }

    /// Returns the values of all secret parameters and headers, except those in the query.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let mut secrets = self.path_values.secret_values();
        let headers = self.headers.iter();
        let secret_headers = headers.filter(|(name, _)| is_secret_header(&name.to_lowercase()));
        secrets.extend(secret_headers.map(|(_, value)| value.clone()));
        match &self.body {
            CustomBody::Json(values) | CustomBody::Form(values) => {
                secrets.extend(values.secret_values());
            }
            CustomBody::Bytes { bytes, .. } => {
                let json: serde_json::Value = from_json_bytes(bytes).unwrap_or_default();
                let whole = Group::new().with("body", json);
                secrets.extend(whole.secret_values());
            }
            CustomBody::None => {}
        }
        secrets
    }
}

/// Why a body cannot be changed.
const MIXED_BODY: &str =
    "the request has another body already; use only one of `param`, `form`, `body` and `bytes`";

/// Returns whether a path is one of an endpoint.
fn matches(template: &str, path: &str) -> bool {
    let mut template = template.split('/');
    let mut path = path.split('/');
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(expected), Some(actual)) => {
                let is_parameter = expected.starts_with('{') && !actual.is_empty();
                if !is_parameter && expected != actual {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// Fails if a path could lead elsewhere than below the URL of the server.
fn check_path(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') {
        return Err(
            "it must start with `/`, such as `/api/v1/instance`: requests are sent to the server of the client only",
        );
    }
    if path.starts_with("//") {
        return Err("it must not start with `//`, which is the start of the URL of another host");
    }
    if path.contains(['?', '#']) {
        return Err(
            "it must not contain `?` or `#`; set the query with `query`, and use `path_param` for other values",
        );
    }
    if path.contains('\\') || path.contains(char::is_control) {
        return Err(
            "it must contain neither `\\` nor control characters; use `path_param` for values that do",
        );
    }
    let is_dots = |segment: &str| {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        matches!(&*decoded, "." | "..")
    };
    if path.split('/').any(is_dots) {
        return Err("it must not contain the segments `.` and `..`");
    }
    Ok(())
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.iter().map(|(name, _)| name);
        f.debug_struct("Custom")
            .field("path_values", &self.path_values)
            .field("headers", &headers.collect::<Vec<_>>())
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CustomBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Json(values) | Self::Form(values) => values.fmt(f),
            Self::Bytes {
                content_type,
                bytes,
            } => write!(f, "{} bytes of {content_type}", bytes.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_strategy::unicode_text;
    use proptest::prelude::*;
    use url::Url;

    fn custom(path: &str) -> Custom {
        Custom::new(Method::GET, path.to_owned())
    }

    #[test]
    fn paths_that_lead_elsewhere_are_rejected() {
        for path in [
            "",
            "api/v1/x",
            "https://evil.example/x",
            "//evil.example/x",
            "/\\evil.example",
            "\\\\evil.example",
            "/api/../admin",
            "/api/%2e%2E/admin",
            "/api/./x",
            "/..",
            "/x?access_token=hunter2",
            "/x#y",
            "/x\r\nhost: evil.example",
            "/\t/evil.example",
            "/{a",
            "/a}",
            "/{id}",
            "@evil.example",
        ] {
            let error = custom(path).encoded_path().unwrap_err().to_string();
            assert!(error.starts_with("GET "), "{path}: {error}");
            assert!(
                !error.contains("hunter2") && !error.contains('\n'),
                "{error}"
            );
        }
    }

    #[test]
    fn path_parameters_are_encoded_and_cannot_change_the_path() {
        let mut call = custom("/api/v1/x/{a}/y");
        call.set_path_value("a", "../ä?#@\\".into());
        assert_eq!(
            call.encoded_path().unwrap(),
            "/api/v1/x/..%2F%C3%A4%3F%23%40%5C/y"
        );
        for value in ["", ".", ".."] {
            let mut call = custom("/api/{a}");
            call.set_path_value("a", value.to_owned().into());
            assert!(call.encoded_path().is_err(), "{value}");
        }
        let mut call = custom("/api/{a}{b}");
        call.set_path_value("a", Value::from("a"));
        call.set_path_value("b", 12i64.into());
        assert_eq!(call.encoded_path().unwrap(), "/api/a12");
        assert_eq!(custom("/@alice/a b").encoded_path().unwrap(), "/@alice/a b");
    }

    #[test]
    fn a_path_counts_against_the_rate_limit_of_its_endpoint() {
        let bucket = |method: Method, path: &'static str| Custom::new(method, path).bucket();
        for (method, path, expected) in [
            (Method::POST, "/api/v1/statuses", RateLimitBucket::Statuses),
            (
                Method::DELETE,
                "/api/v1/statuses/1",
                RateLimitBucket::Deletions,
            ),
            (Method::GET, "/api/v1/statuses/1", RateLimitBucket::General),
            (Method::POST, "/api/v1/apps", RateLimitBucket::Apps),
            (
                Method::GET,
                "/api/v1/pleroma/chats",
                RateLimitBucket::General,
            ),
            (Method::GET, "/about/more", RateLimitBucket::Address),
            (Method::POST, "/oauth/token", RateLimitBucket::Address),
        ] {
            assert_eq!(bucket(method.clone(), path), expected, "{method} {path}");
        }
        let known = Custom::new(Method::GET, "/api/v1/accounts/lookup").known_endpoint();
        assert_eq!(known.unwrap().name, "account_lookup");
    }

    proptest! {
        #[test]
        fn any_path_stays_below_the_url_of_the_server(text in unicode_text()) {
            for path in [text.clone(), format!("/{text}"), format!("/api/{text}/x")] {
                let Ok(path) = custom(&path).encoded_path() else { continue };
                for base in ["https://a.example", "https://a.example/mastodon"] {
                    let mut url = Url::parse(base).unwrap();
                    let prefix = url.path().trim_end_matches('/').to_owned();
                    url.set_path(&(prefix.clone() + &path));
                    prop_assert_eq!(url.host_str(), Some("a.example"));
                    prop_assert!(url.username().is_empty() && url.query().is_none());
                    let start = prefix.clone() + "/";
                    prop_assert!(url.path().starts_with(&start));
                }
            }
        }
    }
}
