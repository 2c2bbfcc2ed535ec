//! `param` of calls: parameters that the SDK does not know.

use mastodon_sdk::call::Value;
use mastodon_sdk::server::VersionCheck;
use serde_json::json;

use crate::support::fixtures::{status, tag};
use crate::support::{ScriptedServer, json_body, json_response, multipart_body, ok_json};

#[tokio::test]
async fn unknown_parameter_is_sent_where_those_of_the_endpoint_are() {
    let server = ScriptedServer::start(vec![
        ok_json(&status(&[])),
        json_response(200, "", "[]"),
        ok_json(&json!({})),
        ok_json(&json!({ "id": "1", "type": "image", "url": "https://a.example/1" })),
    ])
    .await;
    let client = server.client();
    let nested = Value::Object(vec![("a".into(), vec![1i64, 2].into())]);
    let call = client
        .status_post("*x*")
        .param("content_type", "text/markdown");
    call.param("nested", nested).await.unwrap();
    let call = client
        .timeline_home()
        .param("exclude_visibilities", vec!["direct"]);
    call.await.unwrap();
    // A POST request whose endpoint has no parameters in the body.
    client
        .status_pin("5")
        .param("expires_in", 60)
        .raw()
        .await
        .unwrap();
    let upload = mastodon_sdk::Upload::bytes("meow").file_name("cat.png");
    let call = client
        .media_post(upload)
        .limits(mastodon_sdk::media::MediaLimits::default());
    call.param("folder", "cats").await.unwrap();
    let requests = server.requests();
    let body = json_body(&requests[0]);
    assert_eq!(body["status"], "*x*");
    assert_eq!(body["content_type"], "text/markdown");
    assert_eq!(body["nested"], json!({ "a": [1, 2] }));
    assert_eq!(
        server.request_lines()[1],
        "GET /api/v1/timelines/home?exclude_visibilities%5B%5D=direct"
    );
    assert_eq!(server.request_lines()[2], "POST /api/v1/statuses/5/pin");
    assert_eq!(json_body(&requests[2]), json!({ "expires_in": 60 }));
    let parts = multipart_body(&requests[3]);
    assert!(
        parts
            .iter()
            .any(|part| (part.name, part.value) == ("folder", "cats"))
    );
}

#[tokio::test]
async fn known_parameter_can_have_another_value() {
    let server = ScriptedServer::start(vec![ok_json(&status(&[])); 2]).await;
    let client = server.client();
    let call = client.status_post("Hi").param("visibility", "mutuals_only");
    call.await.unwrap();
    client.status("5").param("id", "6/7").await.unwrap();
    assert_eq!(
        json_body(&server.requests()[0])["visibility"],
        "mutuals_only"
    );
    assert_eq!(server.request_lines()[1], "GET /api/v1/statuses/6%2F7");
}

#[tokio::test]
async fn unknown_parameter_is_sent_with_every_page() {
    let link = "link: <https://other.example/x?max_id=7>; rel=\"next\"\r\n";
    let page = json_response(200, link, &format!("[{}]", tag("a")));
    let server = ScriptedServer::start(vec![page, json_response(200, "", "[]")]).await;
    let mut tags = server.client().followed_tags().param("x", "y").items();
    while tags.try_next().await.unwrap().is_some() {}
    assert_eq!(
        server.request_lines(),
        [
            "GET /api/v1/followed_tags?x=y",
            "GET /api/v1/followed_tags?x=y&max_id=7"
        ]
    );
}

#[tokio::test]
async fn unknown_parameter_passes_every_version_check_and_its_secret_is_redacted() {
    let server = ScriptedServer::start(vec![]).await;
    let client = server.builder().version_check(VersionCheck::Parameters);
    let client = client
        .server_version(mastodon_sdk::server::ServerVersion::parse("4.6.5", None))
        .build()
        .unwrap();
    let call = client
        .status_post("Hi")
        .param("x", "y")
        .param("token", "s3cr3t");
    let shown = format!("{call:?} {:?}", call.clone().await.unwrap_err());
    assert!(
        shown.contains("token") && !shown.contains("s3cr3t"),
        "{shown}"
    );
    assert_eq!(json_body(&server.requests()[0])["token"], "s3cr3t");
}
