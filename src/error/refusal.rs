//! What a server says when it refuses a request.

use std::fmt;

use http::StatusCode;

use super::{Error, excerpt};
use crate::secret::redact_json;
use crate::transport::RawResponse;

/// The server's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// The method's name.
    pub endpoint: &'static str,
    /// The status.
    pub status: StatusCode,
    /// What kind of refusal it is.
    pub kind: ApiErrorKind,
    /// The server's own words, or what stood in place of them.
    pub message: String,
    /// The longer text of OAuth errors.
    pub description: Option<String>,
    /// What is wrong with each field, where the server tells.
    pub details: Vec<FieldError>,
    /// All that the server said, secrets taken out; null where it was not JSON. A few refusals carry
    /// an entity along; see [`attached`](Self::attached).
    pub body: serde_json::Value,
}

impl ApiError {
    /// What the refusal carries along under a name: the block that stands in the way of
    /// `admin_create_domain_block` is under `existing_domain_block`, an `AdminDomainBlock`.
    pub fn attached<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.body.get(name)?).ok()
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// The field.
    pub field: String,
    /// The code, such as `ERR_TAKEN`.
    pub code: String,
    /// What people read.
    pub description: String,
}

/// The kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// 400: the request cannot be read.
    BadRequest,
    /// 401: the token is missing, wrong or revoked.
    Unauthorized,
    /// 403: the token's scopes or the user's rights do not reach that far.
    Forbidden,
    /// 404: there is no such thing, or it may not be seen.
    NotFound,
    /// 409: it was changed meanwhile.
    Conflict,
    /// 410: it is gone for good.
    Gone,
    /// 422: a value is not acceptable.
    Validation,
    /// 429: too many requests.
    RateLimited,
    /// 5xx: the server failed.
    Server,
    /// Any other status.
    Other,
}

impl ApiErrorKind {
    fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            400 => Self::BadRequest,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 => Self::Conflict,
            410 => Self::Gone,
            422 => Self::Validation,
            429 => Self::RateLimited,
            500..=599 => Self::Server,
            _ => Self::Other,
        }
    }

    /// What to do about it. Some codes of OAuth tell more than the status.
    fn advice(self, message: &str) -> &'static str {
        match (message, self) {
            ("invalid_grant", _) => {
                "; ask the user again: a code is good for one use and some minutes"
            }
            ("invalid_client", _) => "; check the program's id and secret, or register it again",
            ("invalid_scope", _) => "; ask only for scopes that the program was registered with",
            (_, kind) => kind.plain_advice(),
        }
    }

    fn plain_advice(self) -> &'static str {
        match self {
            Self::Unauthorized => "; check the access token",
            Self::Forbidden => "; check the scopes of the access token",
            Self::RateLimited => "; wait before the next request",
            _ => "",
        }
    }
}

impl std::error::Error for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            endpoint,
            status,
            kind,
            message,
            description,
            details,
            body: _,
        } = self;
        // The sentence goes on after what the server says.
        let open = |text: &str| text.trim_end_matches('.').to_owned();
        write!(f, "{endpoint} ({status}): {}", open(message))?;
        if let Some(description) = description {
            write!(f, ": {}", open(description))?;
        }
        for FieldError {
            field,
            code,
            description,
        } in details
        {
            write!(f, "; {field}: {description} ({code})")?;
        }
        f.write_str(kind.advice(message))
    }
}

/// Reads the body of a refusal, in whichever of its shapes it comes.
pub(crate) fn refusal(endpoint: &'static str, response: &RawResponse) -> Error {
    let status = response.status;
    let body = response
        .secrets
        .hide(&String::from_utf8_lossy(&response.body));
    let mut value: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    redact_json(&mut value);
    // Collections wrap error and details in one more object.
    let inner = value
        .get("error")
        .filter(|error| error.is_object())
        .unwrap_or(&value);
    let text = |key: &str| {
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
    let message = text("error").unwrap_or_else(|| {
        let plain = excerpt(response, 0);
        match plain.as_str() {
            "" | "{}" | "[]" | "null" => "the server gave no reason".to_owned(),
            html if html.starts_with('<') => "the server answered with an HTML page".to_owned(),
            _ => plain,
        }
    });
    Error::Api(Box::new(ApiError {
        endpoint,
        status,
        kind: ApiErrorKind::of(status),
        message,
        description: text("error_description"),
        details: details.collect(),
        body: value,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> ApiError {
        let response = RawResponse::new(StatusCode::from_u16(status).unwrap(), body.to_owned());
        let error = refusal("status", &response);
        error.api().unwrap().clone()
    }

    #[test]
    fn each_shape_of_an_error_is_understood() {
        assert_eq!(
            read(404, r#"{"error":"Record not found"}"#).message,
            "Record not found"
        );
        let oauth = read(
            400,
            r#"{"error":"invalid_grant","error_description":"The code is used up."}"#,
        );
        assert_eq!(oauth.description.as_deref(), Some("The code is used up."));
        let details = r#"{"error":"Validation failed","details":{"username":[{"error":"ERR_TAKEN","description":"is taken"}]}}"#;
        for body in [details.to_owned(), format!(r#"{{"error":{details}}}"#)] {
            let error = read(422, &body);
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
            read(502, "<html>Bad gateway").message,
            "the server answered with an HTML page"
        );
        assert_eq!(read(404, "").message, "the server gave no reason");
        assert_eq!(read(400, "Invalid token").message, "Invalid token");
    }

    #[test]
    fn an_entity_that_a_refusal_carries_is_reached_and_a_secret_is_not() {
        let error = read(
            422,
            r#"{"error":"Stricter limits are there","existing_domain_block":{"id":"1","domain":"a.example",
            "created_at":"2022-11-16T08:15:34.238Z","severity":"noop"},"access_token":"abc"}"#,
        );
        let block: crate::entities::AdminDomainBlock =
            error.attached("existing_domain_block").unwrap();
        assert_eq!(block.domain, "a.example");
        assert_eq!(error.attached::<crate::entities::Account>("nothing"), None);
        assert!(!format!("{error:?}").contains("abc"));
        assert!(read(502, "<html>").body.is_null());
    }
}
