//! An unreadable response to a request that the server carried out is reported as that, and never repeated.

use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::{Fault, TestServer};

use super::{full_status, with_json};
use crate::support::{ScriptedServer, client_for, error_variant, json_response, response};

/// Bodies of successful responses that cannot be decoded.
fn unreadable() -> Vec<String> {
    let status = full_status("1").to_string();
    vec![
        json_response(200, "", "{\"id\":\"1\",,}"),
        json_response(200, "", "OK"),
        json_response(200, "", ""),
        json_response(200, "", &status[..status.len() / 2]),
        json_response(200, "", &with_json(full_status("1"), "/account", "7")),
        json_response(202, "", "[1]"),
    ]
}

/// Checks the error of a call to which the server sends each unreadable response.
async fn check<T: std::fmt::Debug>(call: impl AsyncFn(&Mastodon) -> Result<T, Error>) {
    check_each(&unreadable(), call).await;
}

async fn check_each<T: std::fmt::Debug>(
    responses: &[String],
    call: impl AsyncFn(&Mastodon) -> Result<T, Error>,
) {
    for response in responses {
        let server = ScriptedServer::start(vec![response.clone()]).await;
        let error = call(&server.client()).await.unwrap_err();
        let Error::Decode(decode) = &error else {
            panic!("{response}: {error:?}")
        };
        assert!(decode.is_applied, "{response}: {error:?}");
        assert!(
            error
                .to_string()
                .contains("the server accepted the request"),
            "{error}"
        );
        assert!(!error.is_retryable(), "{error}");
        assert_eq!(server.requests().len(), 1, "{response}");
    }
}

#[tokio::test]
async fn unreadable_response_to_a_post_says_that_the_server_accepted_it() {
    check(async |client| client.status_post("Hi").await).await;
    check(async |client| client.status_favourite("1").await).await;
    check_each(&unreadable()[..4], async |client| {
        client.account_follow("2").await
    })
    .await;
}

#[tokio::test]
async fn unreadable_response_to_a_put_patch_or_delete_says_that_the_server_accepted_it() {
    let not_json = &unreadable()[..4];
    check_each(not_json, async |client| {
        client.list_update("1", "Friends").await
    })
    .await;
    check_each(not_json, async |client| {
        client.media_update("1").description("A cat").await
    })
    .await;
    check(async |client| client.account_update_credentials().display_name("A").await).await;
    check(async |client| client.account_delete_avatar().await).await;
}

#[tokio::test]
async fn web_page_in_response_to_a_post_is_not_requested_again() {
    let page = "<!DOCTYPE html><html><body>Done</body></html>";
    let server = ScriptedServer::start(vec![response(200, "text/html", "", page); 2]).await;
    let error = server.client().status_post("Hi").await.unwrap_err();
    assert_eq!(error_variant(&error), "NotMastodon");
    assert!(
        error.to_string().contains("do not send the request again"),
        "{error}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn unreadable_response_to_a_get_does_not_mention_an_accepted_request() {
    for response in unreadable().into_iter().take(5) {
        let server = ScriptedServer::start(vec![response.clone()]).await;
        let error = server.client().status("1").await.unwrap_err();
        let Error::Decode(decode) = &error else {
            panic!("{response}: {error:?}")
        };
        assert!(!decode.is_applied);
        assert!(!error.to_string().contains("accepted"), "{error}");
    }
}

#[tokio::test]
async fn status_whose_response_was_cut_is_posted_once() {
    let server = TestServer::start().await.unwrap();
    let client = client_for(&server, "alice");
    server.inject(Fault::shortened_body().on("POST", "/api/v1/statuses"));
    let error = client.status_post("Hi once").await.unwrap_err();
    let Error::Decode(decode) = &error else {
        panic!("{error:?}")
    };
    assert!(decode.is_applied);
    let timeline = client.timeline_home().await.unwrap();
    assert_eq!(
        timeline
            .iter()
            .filter(|status| status.content.to_text() == "Hi once")
            .count(),
        1
    );
}

#[tokio::test]
async fn response_with_an_unreadable_optional_value_is_a_success() {
    let body = with_json(full_status("1"), "/poll", r#"{"id":[]}"#);
    let server = ScriptedServer::start(vec![json_response(200, "", &body); 3]).await;
    let client = server.client();
    assert!(client.status_post("Hi").await.unwrap().poll.is_none());
    assert!(client.status_favourite("1").await.unwrap().poll.is_none());
    assert!(client.status_bookmark("1").await.unwrap().poll.is_none());
}
