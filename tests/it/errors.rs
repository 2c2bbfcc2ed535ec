//! Error messages: they name the cause and the remedy, and contain no secret.

use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Error, Mastodon};

use crate::support::{ScriptedServer, json_response, response};

#[tokio::test]
async fn error_of_an_html_page_asks_whether_the_host_is_a_mastodon_server() {
    let page = response(200, "text/html; charset=utf-8", "", "<html>");
    let server = ScriptedServer::start(vec![page]).await;
    let error = server.client().account_block("1").await.unwrap_err();
    assert!(matches!(error, Error::NotMastodon { .. }));
    assert!(
        error
            .to_string()
            .contains("is 127.0.0.1 a Mastodon server?"),
        "{error}"
    );
}

#[tokio::test]
async fn decoding_error_names_the_json_path_and_no_secret() {
    let body = r#"{"id":"1","account":{"id":{},"access_token":"s3cret"}}"#;
    let server = ScriptedServer::start(vec![json_response(200, "", body)]).await;
    let error = server.client().status("1").await.unwrap_err();
    let Error::Decode(decode) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (decode.endpoint, decode.path.as_str()),
        ("status", "account.id")
    );
    assert!(!decode.is_accepted);
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[tokio::test]
async fn refused_connection_is_reported_without_the_token() {
    let client = Mastodon::builder("http://127.0.0.1:1")
        .access_token("hunter2")
        .max_retries(0);
    let client = client.version_check(VersionCheck::Off).build().unwrap();
    let error = client.account_block("1").await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }));
    assert!(!format!("{error} {error:?} {client:?}").contains("hunter2"));
}

/// Names under `.invalid` never resolve; a machine without a resolver reports the same error.
#[tokio::test]
async fn error_of_an_unknown_host_names_the_host_and_not_the_token() {
    let client = Mastodon::builder("mastodon.invalid")
        .access_token("hunter2")
        .max_retries(0);
    let client = client.version_check(VersionCheck::Off).build().unwrap();
    let error = client.account_block("1").await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains("cannot connect to mastodon.invalid: "),
        "{message}"
    );
    assert!(
        message.ends_with("; check its name and your network"),
        "{message}"
    );
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn response_above_the_size_limit_is_an_error() {
    let server = ScriptedServer::start(vec![json_response(200, "", &" ".repeat(5000))]).await;
    let client = server.builder().max_body(4096).build().unwrap();
    let error = client.account_block("1").await.unwrap_err().to_string();
    assert!(error.contains("larger than 4096 bytes"), "{error}");
}
