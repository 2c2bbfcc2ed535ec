//! Every error is one useful sentence.

use std::io;
use std::path::Path;
use std::time::Duration;

use http::StatusCode;

use super::PushError;
use super::{DecodeError, Error, FileAction, refusal};
use crate::call::endpoints::STATUS_DELETE;
use crate::facts::Version;
use crate::http::RawResponse;
use crate::http::rate_limit::RateLimitStatus;

/// An example of each kind. A kind that is missing here does not compile.
macro_rules! kinds {
    ($($kind:pat => [$($example:expr),+ $(,)?];)*) => {
        fn examples() -> Vec<Error> {
            fn is_listed(error: &Error) {
                match error {
                    $($kind => {})*
                }
            }
            let mut all = Vec::new();
            $(for example in [$($example),+] {
                is_listed(&example);
                assert!(matches!(example, $kind), "{example:?} stands with another kind");
                all.push(example);
            })*
            all
        }
    };
}

fn refused(status: u16, body: &str) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    refusal("status_delete", &RawResponse::new(status, body.to_owned()))
}

fn timeout(setting: &'static str) -> Error {
    Error::timeout(&STATUS_DELETE, setting, Duration::from_secs(10))
}

fn file(action: FileAction, reason: &str) -> Error {
    let path = Path::new("bot.json");
    Error::file(action, path, io::Error::other(reason.to_owned()))
}

kinds! {
    Error::Api(_) => [
        refused(400, "Bad request"),
        refused(401, r#"{"error":"The access token is invalid"}"#),
        refused(403, r#"{"error":"This action is outside the authorized scopes"}"#),
        refused(404, ""),
        refused(409, r#"{"error":"Conflict during update, please try again"}"#),
        refused(410, "{}"),
        refused(418, "<html>"),
        refused(422, r#"{"error":"Validation failed","details":{"name":[{"error":"ERR_TAKEN","description":"is taken"}]}}"#),
        refused(429, r#"{"error":"Too many requests"}"#),
        refused(500, "[]"),
        refused(400, r#"{"error":"invalid_grant","error_description":"The code is used up."}"#),
        refused(401, r#"{"error":"invalid_client"}"#),
        refused(400, r#"{"error":"invalid_scope"}"#),
    ];
    Error::Network { .. } => [Error::Network {
        endpoint: STATUS_DELETE.name,
        reason: "the server redirects in a circle".to_owned(),
        source: None,
    }];
    Error::Timeout { .. } => [
        timeout("connect_timeout"),
        timeout("read_timeout"),
        timeout("timeout"),
        timeout("deadline"),
        timeout("silence_timeout"),
    ];
    Error::ResponseLost { .. } => [Error::ResponseLost {
        endpoint: STATUS_DELETE.name,
        status: StatusCode::NOT_FOUND,
    }];
    Error::Decode(_) => [Error::Decode(Box::new(DecodeError {
        endpoint: STATUS_DELETE.name,
        status: StatusCode::OK,
        path: "account.id".to_owned(),
        reason: "invalid type: sequence, expected a string".to_owned(),
        excerpt: r#"{"account":{"id":[7]}}"#.to_owned(),
    }))];
    Error::NotMastodon { .. } => [Error::NotMastodon {
        endpoint: STATUS_DELETE.name,
        host: "a.example".to_owned(),
    }];
    Error::Version { .. } => [Error::Version {
        endpoint: STATUS_DELETE.name,
        what: "the endpoint".to_owned(),
        needed: Version::new(4, 5, 0),
        server: "Mastodon (4.2.0)".to_owned(),
    }];
    Error::Paging { .. } => [Error::Paging {
        endpoint: STATUS_DELETE.name,
        reason: "the server's link leads back to a page that was there already".to_owned(),
    }];
    Error::IllegalArgument { .. } => [Error::argument(
        &STATUS_DELETE,
        "id",
        "`.` cannot stand in a path; give an id".to_owned(),
    )];
    Error::Limit { .. } => [Error::Limit {
        endpoint: STATUS_DELETE.name,
        argument: "status".to_owned(),
        unit: "characters",
        bound: "at most",
        limit: 500,
        actual: 501,
    }];
    Error::Stream { .. } => [Error::stream(&STATUS_DELETE, "nothing came for 60s")];
    Error::Push(_) => [PushError::Decryption.into(), PushError::MissingHeader("Encryption").into()];
    Error::MediaProcessing { .. } => [Error::MediaProcessing {
        id: "7".into(),
        reason: "the server still works on it after 600s".to_owned(),
        source: None,
    }];
    Error::FileTooLarge { .. } => [Error::FileTooLarge {
        endpoint: STATUS_DELETE.name,
        limit: 1_000_000,
    }];
    Error::Config(_) => [Error::Config("there is no access token to revoke".to_owned())];
    Error::AuthorizationDenied { .. } => [
        Error::authorization_denied("access_denied", None),
        Error::authorization_denied("invalid_scope", Some("The requested scope is unknown.")),
        Error::authorization_denied("server_error", None),
    ];
    Error::File(_) => [
        file(FileAction::Read, "No such file or directory"),
        file(FileAction::Write, "Permission denied"),
    ];
    Error::RateLimited { .. } => [Error::rate_limited(
        &STATUS_DELETE,
        RateLimitStatus { limit: Some(30), remaining: 0, reset_in: Duration::from_secs(1800) },
    )];
}

#[test]
fn every_error_is_one_sentence_that_says_where_and_what() {
    for error in examples() {
        let said = error.to_string();
        assert!(said.split_whitespace().count() >= 4, "too short: {said}");
        assert!(
            said.len() <= 300 && !said.contains('\n'),
            "too long: {said}"
        );
        assert!(
            !said.ends_with(['.', ':', ' ', ';']),
            "it goes on or has ended: {said}"
        );
        for raw in [
            "Some(", "None", "Error(", "{}", "[]", " { ", "::", "  ", "()", "\\\"",
        ] {
            assert!(!said.contains(raw), "it shows its making: {said}");
        }
        let of_a_call = !matches!(
            error,
            Error::Config(_)
                | Error::File(_)
                | Error::AuthorizationDenied { .. }
                | Error::Push(_)
                | Error::MediaProcessing { .. }
        );
        assert_eq!(said.starts_with("status_delete"), of_a_call, "{said}");
    }
}

#[test]
fn each_error_answers_to_its_questions_and_to_no_others() {
    type Question = (&'static str, fn(&Error) -> bool);
    let questions: [Question; 13] = [
        ("not_found", Error::is_not_found),
        ("unauthorized", Error::is_unauthorized),
        ("forbidden", Error::is_forbidden),
        ("validation", Error::is_validation),
        ("rate_limited", Error::is_rate_limited),
        ("conflict", Error::is_conflict),
        ("timeout", Error::is_timeout),
        ("network", Error::is_network),
        ("answer_lost", Error::is_response_lost),
        ("authorization_denied", Error::is_authorization_denied),
        ("retryable", Error::is_retryable),
        ("server_error", Error::is_server_error),
        ("api", |error| error.api().is_some()),
    ];
    for error in examples() {
        let is: Vec<&str> = questions
            .iter()
            .filter(|(_, ask)| ask(&error))
            .map(|(name, _)| *name)
            .collect();
        let expected: &[&str] = match &error {
            Error::Api(refused) => match refused.status.as_u16() {
                401 => &["unauthorized", "api"],
                403 => &["forbidden", "api"],
                404 | 410 => &["not_found", "api"],
                409 => &["conflict", "api"],
                422 => &["validation", "api"],
                429 => &["rate_limited", "retryable", "api"],
                500 => &["retryable", "server_error", "api"],
                _ => &["api"],
            },
            Error::Network { .. } | Error::Stream { .. } => &["network", "retryable"],
            Error::Timeout { .. } => &["timeout", "retryable"],
            Error::ResponseLost { .. } => &["answer_lost"],
            Error::Limit { .. } => &["validation"],
            Error::AuthorizationDenied { .. } => &["authorization_denied"],
            Error::RateLimited { .. } => &["rate_limited", "retryable"],
            _ => &[],
        };
        assert_eq!(is, expected, "{error}");
    }
}
