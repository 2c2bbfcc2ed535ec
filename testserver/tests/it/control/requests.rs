//! What a client has requested, and which push messages the server has sent.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use super::{call, client, get, post, seeded};
use crate::client::{Client, send};

#[tokio::test]
async fn requests_are_listed_without_secrets() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let body = json!({ "status": "Hello" }).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "k"),
        ("cookie", "secret"),
    ];
    send(
        &server,
        "POST",
        "/api/v1/statuses?a=b",
        &alice.token,
        &headers,
        body.as_bytes(),
    )
    .await
    .ok();
    let path = format!(
        "/api/v1/accounts/verify_credentials?access_token={}",
        alice.token
    );
    Client::anonymous(&server).get(&path).await.ok();
    Client::anonymous(&server).get("/nothing").await;
    get(&server, "/clock").await;
    let requests = get(&server, "/requests").await;
    let requests = requests.as_array().unwrap();
    assert_eq!(requests.len(), 3);
    let [posted, read, unknown] = requests.as_slice() else {
        panic!()
    };
    for (field, expected) in [
        ("number", json!(1)),
        ("method", json!("POST")),
        ("path", json!("/api/v1/statuses")),
        ("query", json!("a=b")),
        ("body", json!(body)),
        ("is_body_truncated", json!(false)),
        ("user", json!("alice")),
        ("status", json!(200)),
    ] {
        assert_eq!(posted[field], expected, "{field}");
    }
    assert_eq!(
        (
            &posted["headers"]["idempotency-key"],
            &posted["headers"]["authorization"],
            &posted["headers"]["cookie"]
        ),
        (&json!("k"), &json!("[redacted]"), &json!("[redacted]"))
    );
    assert_eq!(
        (&read["query"], &read["user"]),
        (&json!("access_token=[redacted]"), &json!("alice"))
    );
    assert_eq!(
        (&unknown["user"], &unknown["status"]),
        (&Value::Null, &json!(404))
    );
    assert_eq!(
        get(&server, "/requests?after=1&user=alice")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        get(&server, "/requests?method=post&path=/api/v1/st")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(server.requests().len(), 3);
    call(&server, "DELETE", "/requests", &Value::Null)
        .await
        .ok();
    assert_eq!(get(&server, "/requests").await, json!([]));
    let invalid = call(&server, "GET", "/requests?sort=up", &Value::Null).await;
    assert_eq!(invalid.status, 422);
    assert!(
        invalid.error().contains("unknown field `sort`"),
        "{}",
        invalid.error()
    );
}

#[tokio::test]
async fn long_body_is_listed_up_to_a_bound() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    alice
        .post("/api/v1/statuses", json!({ "status": "x".repeat(20_000) }))
        .await;
    let request = &server.requests()[0];
    assert_eq!(
        (request.body.len(), request.is_body_truncated),
        (16_384, true)
    );
    assert_eq!(
        (request.path.as_str(), request.status),
        ("/api/v1/statuses", Some(422))
    );
}

#[tokio::test]
async fn test_can_wait_for_a_request() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let waiting = get(&server, "/requests?path=/api/v1/timelines&wait_for=2");
    let requesting = async {
        alice.get("/api/v1/timelines/home").await.ok();
        alice.get("/api/v1/timelines/public").await.ok();
    };
    let (requests, ()) = tokio::join!(waiting, requesting);
    assert_eq!(requests[1]["path"], "/api/v1/timelines/public");
    let path = "/requests?path=/api/v1/timelines&wait_for=3&timeout=0";
    let missing = call(&server, "GET", path, &Value::Null).await;
    assert_eq!(
        (missing.status, missing.error()),
        (408, "there are 2 matching requests, not 3")
    );
}

#[tokio::test]
async fn push_messages_are_listed_with_their_content() {
    let server =
        seeded("{ users: [{ username: a, tokens: [{ token: t }] }, { username: b }] }").await;
    // The subscription keys of the example in RFC 8291, appendix A.
    let keys = json!({
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    });
    let subscription = json!({
        "subscription": { "endpoint": "https://push.example/1", "standard": true, "keys": keys },
        "data": { "alerts": { "follow": true } },
    });
    client(&server, "t")
        .post("/api/v1/push/subscription", subscription)
        .await
        .ok();
    post(&server, "/follows", json!({ "from": "b", "to": "a" })).await;
    let messages = get(
        &server,
        "/push_messages?wait=true&endpoint=https://push.example/",
    )
    .await;
    let message = &messages[0];
    assert_eq!(
        (
            &message["endpoint"],
            &message["payload"]["notification_type"],
            &message["response_status"]
        ),
        (
            &json!("https://push.example/1"),
            &json!("follow"),
            &Value::Null
        )
    );
    assert_eq!(message["headers"]["content-encoding"], "aes128gcm");
    assert!(!message["body"].as_str().unwrap().is_empty());
    call(&server, "DELETE", "/push_messages", &Value::Null)
        .await
        .ok();
    assert_eq!(get(&server, "/push_messages").await, json!([]));
}
