//! Calls: the request that they send and the response that they return.

use std::time::Duration;

use mastodon_sdk::methods::NewPoll;
use mastodon_sdk::{Error, Mastodon, Upload, Visibility};

use crate::support::{ScriptedServer, json_response};

const RELATIONSHIP: &str = r#"{"id":23,"following":true,"requested":false}"#;

#[tokio::test]
async fn token_is_sent_in_a_header_and_the_id_in_the_path() {
    let server = ScriptedServer::start(vec![json_response(200, "", RELATIONSHIP)]).await;
    let relationship = server.client().account_block("a/b:c d").await.unwrap();
    assert_eq!(relationship.id.as_str(), "23");
    let request = &server.requests()[0];
    assert!(
        request.starts_with("POST /api/v1/accounts/a%2Fb%3Ac%20d/block HTTP/1.1"),
        "{request}"
    );
    assert!(
        request
            .to_lowercase()
            .contains("authorization: bearer hunter2"),
        "{request}"
    );
}

#[test]
fn post_is_sent_as_nested_json_without_unset_parameters() {
    let client = Mastodon::builder("a.example").build().unwrap();
    let request = client
        .status_post("Hi")
        .visibility(Visibility::Unlisted)
        .poll(NewPoll::new(["yes", "no"], Duration::from_secs(600)).multiple(true))
        .http_request()
        .unwrap();
    assert_eq!(request.headers()["content-type"], "application/json");
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "status": "Hi",
            "visibility": "unlisted",
            "poll": { "multiple": true, "options": ["yes", "no"], "expires_in": 600 },
        })
    );
}

#[test]
fn query_arrays_are_sent_with_brackets() {
    let client = Mastodon::builder("a.example").build().unwrap();
    let request = client
        .timeline_hashtag("rust & c")
        .any(["a b", "c"])
        .limit(5)
        .http_request()
        .unwrap();
    assert_eq!(
        request.uri().to_string(),
        "https://a.example/api/v1/timelines/tag/rust%20%26%20c?any%5B%5D=a+b&any%5B%5D=c&limit=5"
    );
}

#[test]
fn file_is_sent_as_multipart_with_its_name_and_content_type() {
    let client = Mastodon::builder("a.example").build().unwrap();
    let image = Upload::bytes(&b"\x89PNG\r\n\x1a\n"[..]).file_name("cat\".png");
    let request = client
        .media_post_v2(image)
        .description("A cat")
        .http_request()
        .unwrap();
    let content_type = request.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        content_type.starts_with("multipart/form-data; boundary="),
        "{content_type}"
    );
    let body = String::from_utf8_lossy(request.body());
    assert!(
        body.contains("name=\"file\"; filename=\"cat%22.png\"\r\ncontent-type: image/png\r\n\r\n"),
        "{body}"
    );
    assert!(
        body.contains("name=\"description\"\r\n\r\nA cat\r\n"),
        "{body}"
    );
}

#[test]
fn missing_file_is_named_when_the_request_is_built() {
    let client = Mastodon::builder("a.example").build().unwrap();
    let error = client
        .media_post_v2("no/such/cat.png")
        .http_request()
        .unwrap_err()
        .to_string();
    assert!(error.contains("no/such/cat.png"), "{error}");
}

#[tokio::test]
async fn call_without_a_result_accepts_any_response_body() {
    let script = vec![
        json_response(200, "", "{}"),
        json_response(200, "", ""),
        json_response(200, "", r#"{"more":1}"#),
    ];
    let server = ScriptedServer::start(script).await;
    for _ in 0..3 {
        server.client().notifications_clear().await.unwrap();
    }
}

#[tokio::test]
async fn call_can_be_spawned() {
    let server = ScriptedServer::start(vec![json_response(200, "", RELATIONSHIP)]).await;
    let call = IntoFuture::into_future(server.client().account_block("1"));
    assert!(tokio::spawn(call).await.unwrap().unwrap().following);
}

#[tokio::test]
async fn call_can_return_headers_or_json_or_the_raw_body() {
    let headers = "date: Fri, 07 Aug 2026 12:00:00 GMT\r\nx-ratelimit-limit: 300\r\n\
                  x-ratelimit-remaining: 299\r\nx-ratelimit-reset: 2026-08-07T12:05:00.000Z\r\n";
    let script = vec![
        json_response(200, headers, RELATIONSHIP),
        json_response(200, "", RELATIONSHIP),
        json_response(200, "", RELATIONSHIP),
    ];
    let server = ScriptedServer::start(script).await;
    let client = server.client();
    let call = client.account_block("1");
    assert_eq!(call.endpoint().path, "/api/v1/accounts/{id}/block");
    let response = call.response().await.unwrap();
    assert!(response.value.following && response.status == 200);
    let rate_limit = response.rate_limit_status.unwrap();
    assert_eq!((rate_limit.limit, rate_limit.remaining), (Some(300), 299));
    let json = client.account_block("1").json().await.unwrap();
    assert_eq!(json["id"], 23);
    let raw = client.account_block("1").raw().await.unwrap();
    assert_eq!(&raw.body[..], RELATIONSHIP.as_bytes());
}

#[tokio::test]
async fn missing_file_is_an_error_and_no_request_is_sent() {
    let server = ScriptedServer::start(Vec::new()).await;
    let error = server
        .client()
        .media_post_v2("no/such/cat.png")
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::File(_)), "{error:?}");
    assert!(server.requests().is_empty());
}
