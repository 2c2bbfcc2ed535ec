//! Tests of error messages and predicates, with examples of every variant.

use std::io;
use std::path::Path;
use std::time::Duration;

use http::StatusCode;

use super::{
    ApiErrorKind, DecodeError, Error, FileAction, LimitBound, LimitUnit, OAuthError, PushError,
    ThreadProgress, TimeoutSetting,
};
use crate::call::endpoints::STATUS_DELETE;
use crate::facts::RateLimitBucket;
use crate::facts::Version;
use crate::http::rate_limit::RateLimitStatus;
use crate::http::{RawResponse, api_error};

/// Examples of each variant. A missing variant does not compile.
macro_rules! variants {
    ($($variant:pat => [$($example:expr),+ $(,)?];)*) => {
        fn examples() -> Vec<Error> {
            fn is_listed(error: &Error) {
                match error {
                    $($variant => {})*
                }
            }
            let mut all = Vec::new();
            $(for example in [$($example),+] {
                is_listed(&example);
                assert!(matches!(example, $variant), "{example:?} is listed under another variant");
                all.push(example);
            })*
            all
        }
    };
}

fn response(status: u16, body: &str) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    api_error("status_delete", &RawResponse::new(status, body.to_owned()))
}

fn timeout(setting: TimeoutSetting) -> Error {
    Error::timeout(STATUS_DELETE.name, setting, Duration::from_secs(10))
}

fn file(action: FileAction, reason: &str) -> Error {
    let path = Path::new("bot.json");
    Error::file(action, path, io::Error::other(reason.to_owned()))
}

variants! {
    Error::Api(_) => [
        response(400, "Bad request"),
        response(401, r#"{"error":"The access token is invalid"}"#),
        response(403, r#"{"error":"This action is outside the authorized scopes"}"#),
        response(403, "<title>Blocked</title>"),
        response(522, "<title>Connection timed out</title>"),
        response(404, ""),
        response(409, r#"{"error":"Conflict during update, please try again"}"#),
        response(410, "{}"),
        response(418, "<html>"),
        response(422, r#"{"error":"Validation failed","details":{"name":[{"error":"ERR_TAKEN","description":"is taken"}]}}"#),
        response(429, r#"{"error":"Too many requests"}"#),
        response(500, "[]"),
        response(400, r#"{"error":"invalid_grant","error_description":"The code is used up."}"#),
        response(401, r#"{"error":"invalid_client"}"#),
        response(400, r#"{"error":"invalid_scope"}"#),
    ];
    Error::Network { .. } => [Error::network(
        STATUS_DELETE.name,
        "the connection was closed before the response was complete",
    )];
    Error::Redirect { .. } => [Error::Redirect {
        endpoint: STATUS_DELETE.name.into(),
        location: "https://b.example/api/v1/statuses/1".to_owned(),
        reason: "it redirected more than 5 times; check the base URL".to_owned(),
    }];
    Error::Body { .. } => [Error::Body {
        endpoint: STATUS_DELETE.name.into(),
        status: StatusCode::OK,
        reason: "it is larger than 64 bytes; raise the limit with `max_body`".to_owned(),
        source: None,
    }];
    Error::Timeout { .. } => [
        timeout(TimeoutSetting::Connect),
        timeout(TimeoutSetting::Read),
        timeout(TimeoutSetting::Attempt),
        timeout(TimeoutSetting::Deadline),
        timeout(TimeoutSetting::Idle),
        timeout(TimeoutSetting::Condition),
    ];
    Error::ResponseLost { .. } => [
        Error::lost_result(STATUS_DELETE.name, StatusCode::NOT_FOUND),
        Error::response_lost(STATUS_DELETE.name, "the user's statuses", None, timeout(TimeoutSetting::Attempt)),
    ];
    Error::Decode(_) => [Error::Decode(Box::new(DecodeError {
        endpoint: STATUS_DELETE.name.into(),
        status: StatusCode::OK,
        is_applied: false,
        path: "account.id".to_owned(),
        reason: "invalid type: sequence, expected a string".to_owned(),
        excerpt: r#"{"account":{"id":[7]}}"#.to_owned(),
    }))];
    Error::NotMastodon { .. } => [Error::NotMastodon {
        endpoint: STATUS_DELETE.name.into(),
        host: "a.example".to_owned(),
        is_write: true,
    }];
    Error::Version { .. } => [Error::Version {
        endpoint: STATUS_DELETE.name.into(),
        what: "the endpoint".to_owned(),
        since: Some(Version::new(4, 5, 0)),
        required: "Mastodon 4.5.0".to_owned(),
        server: "Mastodon (4.2.0)".to_owned(),
    }];
    Error::Paging { .. } => [Error::Paging {
        endpoint: STATUS_DELETE.name.into(),
        reason: "the server's link leads back to an earlier page".to_owned(),
    }];
    Error::StoredPage { .. } => [Error::StoredPage {
        reason: "it is from https://a.example, the client is for https://b.example".to_owned(),
    }];
    Error::NoAccessToken { .. } => [
        Error::NoAccessToken { endpoint: STATUS_DELETE.name.into(), needs_user: true },
        Error::NoAccessToken { endpoint: STATUS_DELETE.name.into(), needs_user: false },
    ];
    Error::IllegalArgument { .. } => [Error::argument(
        STATUS_DELETE.name,
        "id",
        "`.` is not valid in a path; pass an ID",
    )];
    Error::NotFound { .. } => [Error::NotFound {
        endpoint: STATUS_DELETE.name,
        what: "the account `alice@a.example`".to_owned(),
        reason: "neither this server nor a.example has it".to_owned(),
        needs_user: false,
    }];
    Error::ThreadIncomplete { .. } => [Error::ThreadIncomplete {
        progress: Box::new(ThreadProgress::new("key".to_owned())),
        total: 3,
        source: Box::new(timeout(TimeoutSetting::Deadline)),
    }];
    Error::NotProvided { .. } => [Error::NotProvided {
        endpoint: STATUS_DELETE.name.into(),
        what: "a valid `Date` header",
    }];
    Error::OAuth(_) => [
        OAuthError::StateMismatch.into(),
        OAuthError::InvalidRedirect { reason: "contains no code".to_owned() }.into(),
        OAuthError::ScopesNotRegistered { scopes: vec!["push".to_owned()] }.into(),
        OAuthError::ScopesNotGranted { scopes: vec!["push".to_owned()] }.into(),
        OAuthError::GrantNotSupported { grant_type: "password".to_owned() }.into(),
        OAuthError::NoAccessToken.into(),
        OAuthError::NoServer.into(),
    ];
    Error::BlockingInAsync => [Error::BlockingInAsync];
    Error::Store { .. } => [
        Error::store("Redis at redis://redis.internal/: connection refused", true),
        Error::store("the record `home` of `bot` has another type", false),
    ];
    Error::LeaseLost { .. } => [Error::lease_lost("bot")];
    Error::Internal { .. } => [Error::internal("the operating system returned no random numbers")];
    Error::Limit { .. } => [Error::Limit {
        endpoint: STATUS_DELETE.name.into(),
        argument: "status".to_owned(),
        unit: LimitUnit::Characters,
        bound: LimitBound::AtMost,
        limit: 500,
        actual: 501,
    }];
    Error::Stream { .. } => [Error::stream(STATUS_DELETE.name, "the server closed the connection")];
    Error::Push(_) => [PushError::Decryption.into(), PushError::MissingHeader("Encryption").into()];
    Error::MediaProcessing { .. } => [Error::MediaProcessing {
        id: "7".into(),
        reason: "the server is still processing it after 600s".to_owned(),
        source: None,
    }];
    Error::FileTooLarge { .. } => [Error::FileTooLarge {
        endpoint: STATUS_DELETE.name.into(),
        limit: 1_000_000,
    }];
    Error::Configuration { .. } => [Error::configuration(
        "pace_factor",
        "`pace_factor` is 0; it must be a number above 0, such as 1.1",
    )];
    Error::AuthorizationDenied { .. } => [
        Error::authorization_denied("access_denied", None),
        Error::authorization_denied("invalid_scope", Some("The requested scope is unknown.")),
        Error::authorization_denied("server_error", None),
    ];
    Error::File(_) => [
        file(FileAction::Read, "No such file or directory"),
        file(FileAction::Write, "Permission denied"),
    ];
    Error::RateLimited { .. } => [
        RateLimitStatus::new(Some(30), 0, Duration::from_secs(1800))
            .into_error(STATUS_DELETE.name, RateLimitBucket::Deletions),
    ];
}

#[test]
fn every_message_is_one_sentence_that_names_the_method() {
    for error in examples() {
        let message = error.to_string();
        assert!(
            message.split_whitespace().count() >= 4,
            "too short: {message}"
        );
        assert!(
            message.len() <= 300 && !message.contains('\n'),
            "too long: {message}"
        );
        assert!(
            !message.ends_with(['.', ':', ' ', ';']),
            "it ends with punctuation: {message}"
        );
        for raw in [
            "Some(", "None", "Error(", "{}", "[]", " { ", "::", "  ", "()", "\\\"",
        ] {
            assert!(
                !message.contains(raw),
                "it contains debug output: {message}"
            );
        }
        let names_method = !matches!(
            error,
            Error::Configuration { .. }
                | Error::OAuth(_)
                | Error::StoredPage { .. }
                | Error::BlockingInAsync
                | Error::Store { .. }
                | Error::LeaseLost { .. }
                | Error::Internal { .. }
                | Error::File(_)
                | Error::AuthorizationDenied { .. }
                | Error::Push(_)
                | Error::MediaProcessing { .. }
                | Error::ThreadIncomplete { .. }
        );
        assert_eq!(
            message.starts_with("status_delete"),
            names_method,
            "{message}"
        );
    }
}

#[test]
fn each_predicate_matches_its_variants_and_no_others() {
    type Predicate = (&'static str, fn(&Error) -> bool);
    let predicates: [Predicate; 13] = [
        ("not_found", Error::is_not_found),
        ("unauthorized", Error::is_unauthorized),
        ("forbidden", Error::is_forbidden),
        ("validation", Error::is_validation),
        ("rate_limited", Error::is_rate_limited),
        ("conflict", Error::is_conflict),
        ("timeout", Error::is_timeout),
        ("network", Error::is_network),
        ("response_lost", Error::is_response_lost),
        ("authorization_denied", Error::is_authorization_denied),
        ("retryable", Error::is_retryable),
        ("server_error", Error::is_server_error),
        ("api", |error| error.api().is_some()),
    ];
    for error in examples() {
        let matching: Vec<&str> = predicates
            .iter()
            .filter(|(_, predicate)| predicate(&error))
            .map(|(name, _)| *name)
            .collect();
        let expected: &[&str] = match &error {
            Error::Api(error) if error.kind == ApiErrorKind::Blocked => &["api"],
            Error::Api(error) => match error.status.as_u16() {
                401 => &["unauthorized", "api"],
                403 => &["forbidden", "api"],
                404 | 410 => &["not_found", "api"],
                409 => &["conflict", "retryable", "api"],
                422 => &["validation", "api"],
                429 => &["rate_limited", "retryable", "api"],
                500 | 522 => &["retryable", "server_error", "api"],
                _ => &["api"],
            },
            Error::Network { .. } | Error::Stream { .. } => &["network", "retryable"],
            Error::Timeout { .. } => &["timeout", "retryable"],
            Error::Store {
                is_retryable: true, ..
            } => &["retryable"],
            Error::ResponseLost { .. } => &["response_lost"],
            Error::NoAccessToken { .. } => &["unauthorized"],
            Error::NotFound { .. } => &["not_found"],
            Error::Limit { .. } => &["validation"],
            Error::AuthorizationDenied { .. } => &["authorization_denied"],
            Error::RateLimited { .. } => &["rate_limited", "retryable"],
            _ => &[],
        };
        assert_eq!(matching, expected, "{error}");
    }
}
