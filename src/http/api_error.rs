//! Decodes error responses.

use http::{HeaderMap, header};

use super::RawResponse;
use super::headers::header_str;
use super::html_page::html_page;
use crate::error::{ApiError, ApiErrorKind, EndpointName, Error, FieldError, names_missing_scope};
use crate::redact::redact_json;

/// Decodes an error response. Servers use several formats: Mastodon's own, OAuth's, and plain text.
pub(crate) fn api_error(endpoint: impl Into<EndpointName>, response: &RawResponse) -> Error {
    let status = response.status;
    let body = String::from_utf8_lossy(&response.body);
    let mut value: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    redact_json(&mut value, &response.secrets);
    // The collections API wraps the error and its details in another object.
    let inner = value
        .get("error")
        .filter(|error| error.is_object())
        .unwrap_or(&value);
    let string = |key: &str| {
        inner
            .get(key)
            .and_then(|value| value.as_str())
            .map(str::to_owned)
    };
    let details = inner.get("details").and_then(|details| details.as_object());
    let details = details.into_iter().flatten().flat_map(|(field, errors)| {
        errors
            .as_array()
            .into_iter()
            .flatten()
            .map(move |error| FieldError {
                field: field.clone(),
                code: error["error"].as_str().unwrap_or_default().to_owned(),
                description: error["description"].as_str().unwrap_or_default().to_owned(),
            })
    });
    let own_message = string("error").or_else(|| header_message(response));
    let is_own = own_message.is_some();
    let page = match own_message {
        Some(_) => None,
        None => html_page(response),
    };
    let mut kind = ApiErrorKind::from_status(status);
    if page.as_ref().is_some_and(|page| page.is_block) {
        kind = ApiErrorKind::Blocked;
    }
    let sent_message = own_message.or(page.map(|page| page.message));
    let message = sent_message.unwrap_or_else(|| {
        let plain = response.excerpt(0);
        match plain.as_str() {
            "" | "{}" | "[]" | "null" => NO_REASON.to_owned(),
            _ => plain,
        }
    });
    Error::Api(Box::new(ApiError {
        endpoint: endpoint.into(),
        status,
        kind,
        advice: advice(kind, &message, response),
        message,
        description: string("error_description"),
        details: details.collect(),
        body: value,
        is_own,
    }))
}

/// Returns the message in the header `X-Error-Message`, which the streaming server sends instead of a body when it
/// refuses a WebSocket. Since Mastodon 4.3.
fn header_message(response: &RawResponse) -> Option<String> {
    let text = header_str(&response.headers, "x-error-message")?;
    let redacted = response.redact(text);
    (!text.is_empty()).then(|| redacted.chars().take(MAX_HEADER_LEN).collect())
}

/// Maximum number of characters of a message in a header.
const MAX_HEADER_LEN: usize = 200;

/// Returns whether the header `WWW-Authenticate` says that the access token lacks a scope (RFC 6750). Unlike the message,
/// it is never translated.
fn is_insufficient_scope(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all(header::WWW_AUTHENTICATE).iter();
    let mut challenges = challenges.filter_map(|challenge| challenge.to_str().ok());
    challenges.any(|challenge| challenge.contains("insufficient_scope"))
}

/// Message of an error response without content.
const NO_REASON: &str = "the server gave no reason";

/// Returns how to resolve an error. OAuth error codes are more precise than the status.
fn advice(kind: ApiErrorKind, message: &str, response: &RawResponse) -> Option<String> {
    let authorization = response.authorization;
    let is_insufficient_scope = is_insufficient_scope(&response.headers);
    let advice = match (message, kind) {
        ("invalid_grant", _) => {
            "request a new authorization: a code is valid once and for a few minutes"
        }
        ("invalid_client", _) => {
            "check the application's client ID and secret, or register it again"
        }
        ("invalid_scope", _) => "request only scopes that the application was registered with",
        (_, ApiErrorKind::Blocked) => "ask the administrators of the server to allow API clients",
        (_, ApiErrorKind::RateLimited) => "wait before the next request",
        _ if message.to_lowercase().contains("authenticated user") => {
            "use the access token of a user"
        }
        (_, ApiErrorKind::Unauthorized | ApiErrorKind::Forbidden)
            if authorization.has_token == Some(false) =>
        {
            "this client has no access token; set one with `access_token` of the builder"
        }
        // The streaming server responds with 401 to a missing scope.
        (_, ApiErrorKind::Forbidden | ApiErrorKind::Unauthorized)
            if names_missing_scope(message) || is_insufficient_scope =>
        {
            return Some(missing_scope(authorization.scopes));
        }
        (NO_REASON, ApiErrorKind::Forbidden) => {
            "check the scopes of the access token and the permissions of the user"
        }
        (_, ApiErrorKind::Unauthorized) if authorization.has_token == Some(true) => {
            "the access token is invalid, expired or revoked; authorize the application again"
        }
        (_, ApiErrorKind::Unauthorized) => "check the access token",
        _ => return None,
    };
    Some(advice.to_owned())
}

/// Names the scopes that an endpoint requires, and where to add one. An application cannot request scopes that it was
/// registered without.
fn missing_scope(scopes: &[&str]) -> String {
    let quoted: Vec<String> = scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
    let (lacks, what) = match quoted.as_slice() {
        [] => ("lacks a scope that the method requires".to_owned(), "it"),
        [scope] => (format!("lacks the scope {scope}"), "it"),
        [..] => (
            format!("has none of the scopes {}", quoted.join(", ")),
            "one of them",
        ),
    };
    format!(
        "the access token {lacks}; add {what} to the scopes of the application (`create_app`) and of the login (`auth_request_url`), and log in again"
    )
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn decode(status: u16, body: &str) -> ApiError {
        let response = RawResponse::new(StatusCode::from_u16(status).unwrap(), body.to_owned());
        let error = api_error("status", &response);
        error.api().unwrap().clone()
    }

    #[test]
    fn every_format_of_an_error_response_is_decoded() {
        assert_eq!(
            decode(404, r#"{"error":"Record not found"}"#).message,
            "Record not found"
        );
        let oauth = decode(
            400,
            r#"{"error":"invalid_grant","error_description":"The code is used up."}"#,
        );
        assert_eq!(oauth.description.as_deref(), Some("The code is used up."));
        let details = r#"{"error":"Validation failed","details":{"username":[{"error":"ERR_TAKEN","description":"is taken"}]}}"#;
        for body in [details.to_owned(), format!(r#"{{"error":{details}}}"#)] {
            let error = decode(422, &body);
            assert_eq!(
                (error.message.as_str(), error.kind),
                ("Validation failed", ApiErrorKind::Validation)
            );
            assert_eq!(
                (
                    error.details[0].field.as_str(),
                    error.details[0].code.as_str()
                ),
                ("username", "ERR_TAKEN")
            );
        }
        assert_eq!(
            decode(502, "<html>Bad gateway").message,
            "the server, or a proxy in front of it, responded with an HTML page"
        );
        assert_eq!(decode(404, "").message, "the server gave no reason");
        assert_eq!(decode(400, "Invalid token").message, "Invalid token");
    }

    #[test]
    fn message_in_a_header_is_the_servers_own_and_can_name_a_missing_scope() {
        let mut response = RawResponse::new(StatusCode::UNAUTHORIZED, "");
        let text = http::HeaderValue::from_static("Access token does not have the required scopes");
        response.headers.insert("x-error-message", text);
        response.authorization.scopes = &["read:statuses"];
        response.authorization.has_token = Some(true);
        let error = api_error("status", &response);
        let error = error.api().unwrap();
        assert_eq!(
            (error.kind, error.is_own),
            (ApiErrorKind::Unauthorized, true)
        );
        assert!(
            error
                .to_string()
                .contains("required scopes; the access token lacks the scope"),
            "{error}"
        );
    }

    #[test]
    fn response_is_the_servers_own_if_it_has_the_error_object_or_the_header() {
        for (body, expected) in [
            (
                r#"{"error":"This method requires an authenticated user"}"#,
                true,
            ),
            (r#"{"error":{"error":"Validation failed"}}"#, true),
            (r#"{"error":1010}"#, false),
            (r#"{"message":"forbidden"}"#, false),
            (r#""error""#, false),
            ("<html>", false),
            ("Forbidden", false),
            ("", false),
        ] {
            assert_eq!(decode(403, body).is_own, expected, "{body}");
        }
    }

    #[test]
    fn an_entity_in_an_error_response_can_be_decoded_and_secrets_are_redacted() {
        let error = decode(
            422,
            r#"{"error":"Stricter limits are there","existing_domain_block":{"id":"1","domain":"a.example",
            "created_at":"2022-11-16T08:15:34.238Z","severity":"noop"},"access_token":"abc"}"#,
        );
        let block: crate::entities::AdminDomainBlock =
            error.attached("existing_domain_block").unwrap();
        assert_eq!(block.domain, "a.example");
        assert_eq!(error.attached::<crate::entities::Account>("nothing"), None);
        assert!(!format!("{error:?}").contains("abc"));
        assert!(decode(502, "<html>").body.is_null());
    }
}
