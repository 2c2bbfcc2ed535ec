//! The migration guide for Mastodon.py's errors: it is complete, and each row matches an SDK error.

use std::collections::BTreeMap;
use std::time::Duration;

use mastodon_sdk::auth::Credentials;
use mastodon_sdk::rate_limit::RateLimitMode;
use mastodon_sdk::server::{ServerVersion, VersionCheck};
use mastodon_sdk::{Error, Mastodon};

use crate::support::{ScriptedServer, error_response, error_variant, json_response, response};

const GUIDE: &str = include_str!("../../docs/errors-from-mastodon-py.md");

/// The exceptions and warnings of Mastodon.py 2.3.3.
const CLASSES: [&str; 19] = [
    "MastodonError",
    "MastodonVersionError",
    "MastodonIllegalArgumentError",
    "MastodonIOError",
    "MastodonFileNotFoundError",
    "MastodonNetworkError",
    "MastodonReadTimeout",
    "MastodonAPIError",
    "MastodonServerError",
    "MastodonInternalServerError",
    "MastodonBadGatewayError",
    "MastodonServiceUnavailableError",
    "MastodonGatewayTimeoutError",
    "MastodonNotFoundError",
    "MastodonUnauthorizedError",
    "MastodonRatelimitError",
    "MastodonMalformedEventError",
    "MastodonWarning",
    "MastodonDeprecationWarning",
];

/// The rows of the table: the Python class and the Rust column.
fn rows() -> Vec<(&'static str, &'static str)> {
    let row = |line: &'static str| line.strip_prefix("| `")?.split_once("` | ");
    GUIDE.lines().filter_map(row).collect()
}

/// The error of a call for which the server sends this response.
async fn error_after(response: String) -> Error {
    let server = ScriptedServer::start(vec![response]).await;
    let builder = server
        .builder()
        .max_retries(0)
        .rate_limit_mode(RateLimitMode::Throw);
    builder.build().unwrap().status("1").await.unwrap_err()
}

/// At least one error of each variant that the guide names.
async fn sample_errors() -> Vec<Error> {
    let mut all = Vec::new();
    for status in [401, 403, 404, 410, 422, 409, 429, 500, 502, 503, 504] {
        all.push(error_after(error_response(status, "No")).await);
    }
    all.push(error_after(String::new()).await);
    all.push(error_after(json_response(200, "", "[]")).await);
    let not_compressed = json_response(200, "content-encoding: gzip\r\n", "[]");
    all.push(error_after(not_compressed).await);
    all.push(error_after(response(200, "text/html", "", "<p>")).await);
    let client = Mastodon::builder("a.example").server_version(ServerVersion::parse("3.0.0", None));
    let client = client.access_token("hunter2").build().unwrap();
    all.push(client.status_quotes("1").await.unwrap_err());
    all.push(client.status(".").await.unwrap_err());
    all.push(Mastodon::builder("").build().unwrap_err());
    all.push(Credentials::load("no/such/file").unwrap_err());
    let client = Mastodon::builder("https://127.0.0.1:1").version_check(VersionCheck::Off);
    let client = client.deadline(Duration::ZERO).build().unwrap();
    all.push(client.status("1").await.unwrap_err());
    all
}

#[test]
fn guide_lists_every_error_class_of_mastodon_py_once() {
    let rows: Vec<&str> = rows().into_iter().map(|(class, _)| class).collect();
    assert_eq!(rows, CLASSES);
}

#[tokio::test]
async fn each_predicate_in_the_guide_holds_for_a_listed_error_variant() {
    type Predicates = BTreeMap<&'static str, fn(&Error) -> bool>;
    let predicates = Predicates::from([
        ("is_network()", Error::is_network as fn(&Error) -> bool),
        ("is_timeout()", Error::is_timeout),
        ("is_server_error()", Error::is_server_error),
        ("is_not_found()", Error::is_not_found),
        ("is_unauthorized()", Error::is_unauthorized),
        ("is_rate_limited()", Error::is_rate_limited),
        ("api()", |error| error.api().is_some()),
    ]);
    let errors = sample_errors().await;
    for (class, replacement) in rows() {
        let code: Vec<&str> = replacement.split('`').skip(1).step_by(2).collect();
        let variants: Vec<&str> = code
            .iter()
            .filter_map(|piece| piece.strip_prefix("Error::"))
            .collect();
        for variant in &variants {
            assert!(
                errors.iter().any(|error| error_variant(error) == *variant),
                "{class}: no sample error is Error::{variant}"
            );
        }
        let status = replacement
            .split("the status ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let has_status = |error: &Error| {
            let own = error.api().map(|api| api.status.as_str().to_owned());
            status.is_none() || own.as_deref() == status
        };
        for name in code
            .iter()
            .filter(|piece| piece.ends_with("()") && **piece != "deprecation()")
        {
            let predicate = predicates
                .get(name)
                .unwrap_or_else(|| panic!("{class}: {name} does not exist"));
            assert!(
                errors.iter().any(|error| predicate(error)
                    && has_status(error)
                    && variants.contains(&error_variant(error).as_str())),
                "{class}: {name} holds for no listed variant"
            );
        }
    }
}
