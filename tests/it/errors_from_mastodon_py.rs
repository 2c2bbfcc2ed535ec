//! The guide to the errors of Mastodon.py tells the truth.

use std::collections::BTreeMap;
use std::time::Duration;

use mastodon_sdk::{Credentials, Error, Mastodon, RateLimit, ServerVersion, VersionCheck};

use crate::server::{Server, answer, json};

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

/// The rows of the table: the class, and what stands beside it.
fn rows() -> Vec<(&'static str, &'static str)> {
    let row = |line: &'static str| line.strip_prefix("| `")?.split_once("` | ");
    GUIDE.lines().filter_map(row).collect()
}

/// The error of a call to a server that answers so.
async fn answered(response: String) -> Error {
    let server = Server::start(vec![response]).await;
    let builder = server.builder().max_retries(0).rate_limit(RateLimit::Throw);
    builder.build().unwrap().status("1").await.unwrap_err()
}

/// An error for each kind that the guide names.
async fn errors() -> Vec<Error> {
    let mut all = Vec::new();
    for status in [401, 403, 404, 410, 422, 409, 429, 500, 502, 503, 504] {
        all.push(answered(json(status, "", r#"{"error":"No"}"#)).await);
    }
    all.push(answered(String::new()).await);
    all.push(answered(json(200, "", "[]")).await);
    all.push(answered(answer(200, "text/html", "", "<p>")).await);
    let client = Mastodon::builder("a.example").server_version(ServerVersion::parse("3.0.0", None));
    let client = client.build().unwrap();
    all.push(client.status_quotes("1").await.unwrap_err());
    all.push(client.status(".").await.unwrap_err());
    all.push(Mastodon::builder("").build().unwrap_err());
    all.push(Credentials::load("no/such/file").unwrap_err());
    let client = Mastodon::builder("https://127.0.0.1:1").version_check(VersionCheck::Off);
    let client = client.deadline(Duration::ZERO).build().unwrap();
    all.push(client.status("1").await.unwrap_err());
    all
}

/// The name of an error's kind.
fn kind(error: &Error) -> String {
    let shown = format!("{error:?}");
    let name: String = shown
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    format!("Error::{name}")
}

#[test]
fn every_class_of_mastodon_py_stands_in_the_guide_once() {
    let rows: Vec<&str> = rows().into_iter().map(|(class, _)| class).collect();
    assert_eq!(rows, CLASSES);
}

#[tokio::test]
async fn each_question_of_the_guide_is_answered_with_yes_by_a_kind_that_stands_beside_it() {
    type Questions = BTreeMap<&'static str, fn(&Error) -> bool>;
    let questions = Questions::from([
        ("is_network()", Error::is_network as fn(&Error) -> bool),
        ("is_timeout()", Error::is_timeout),
        ("is_server_error()", Error::is_server_error),
        ("is_not_found()", Error::is_not_found),
        ("is_unauthorized()", Error::is_unauthorized),
        ("is_rate_limited()", Error::is_rate_limited),
        ("api()", |error| error.api().is_some()),
    ]);
    let errors = errors().await;
    for (class, beside) in rows() {
        let pieces: Vec<&str> = beside.split('`').skip(1).step_by(2).collect();
        let kinds: Vec<&&str> = pieces
            .iter()
            .filter(|piece| piece.starts_with("Error::"))
            .collect();
        for named in &kinds {
            assert!(
                errors.iter().any(|error| kind(error) == ***named),
                "{class}: there is no {named}"
            );
        }
        for asked in pieces
            .iter()
            .filter(|piece| piece.ends_with("()") && **piece != "deprecation()")
        {
            let ask = questions
                .get(asked)
                .unwrap_or_else(|| panic!("{class}: there is no {asked}"));
            let says_yes =
                |error: &&Error| ask(error) && kinds.iter().any(|named| kind(error) == ***named);
            let found = errors.iter().filter(says_yes);
            let status = beside
                .split("the status ")
                .nth(1)
                .and_then(|rest| rest.split(' ').next());
            let fits = |error: &Error| {
                let own = error
                    .api()
                    .map(|refused| refused.status.as_str().to_owned());
                status.is_none() || own.as_deref() == status
            };
            assert!(
                found.into_iter().any(fits),
                "{class}: nothing answers {asked}"
            );
        }
    }
}
