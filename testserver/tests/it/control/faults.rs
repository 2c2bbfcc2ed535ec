//! Faults that a test injects.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use super::{call, client, get, post, seeded};
use crate::client::{Client, send_raw};

const HOME: &str = "/api/v1/timelines/home";
const STATUSES: &str = "/api/v1/statuses";

#[tokio::test]
async fn response_is_replaced_as_often_as_requested() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let fault = json!({
        "method": "get", "path": "/api/v1/timelines", "times": 2, "status": 503, "headers": { "Retry-After": "7" },
        "body": { "error": "Busy" },
    });
    let injected = post(&server, "/faults", fault.clone()).await;
    assert_eq!(
        (&injected["remaining"], &injected["fault"]["status"]),
        (&json!(2), &json!(503))
    );
    for remaining in [1, 0] {
        let response = alice.get(HOME).await;
        assert_eq!(
            (
                response.status,
                response.error(),
                response.header("retry-after")
            ),
            (503, "Busy", Some("7"))
        );
        let faults = get(&server, "/faults").await;
        assert_eq!(faults[0]["remaining"].as_u64().unwrap_or(0), remaining);
    }
    assert_eq!(alice.get(HOME).await.status, 200);
    post(
        &server,
        "/faults",
        json!({ "status": 502, "body": "<h1>Bad gateway</h1>" }),
    )
    .await;
    let page = alice.get(HOME).await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.bytes, b"<h1>Bad gateway</h1>");
    post(&server, "/faults", json!({ "rate_limited": true })).await;
    let limited = alice.get(HOME).await;
    assert_eq!(
        (limited.status, limited.header("x-ratelimit-remaining")),
        (429, Some("0"))
    );
}

#[tokio::test]
async fn connection_is_cut_before_or_after_processing() {
    let server = seeded("{ users: [{ username: a, tokens: [{ token: t }] }] }").await;
    let request = "POST /api/v1/statuses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\ncontent-length: 8\r\n\
                   content-type: application/x-www-form-urlencoded\r\nconnection: close\r\n\r\nstatus=x";
    let count = async || {
        client(&server, "t")
            .get("/api/v1/accounts/verify_credentials")
            .await
            .ok()["statuses_count"]
            .clone()
    };
    for (cut, posted) in [
        ("before_processing", 0),
        ("after_processing", 1),
        ("in_body", 2),
    ] {
        post(&server, "/faults", json!({ "path": STATUSES, "cut": cut })).await;
        let response = send_raw(&server, request).await;
        assert_eq!(
            response.contains("HTTP/1.1 200"),
            cut == "in_body",
            "{response}"
        );
        assert_eq!(count().await, posted, "{cut}");
    }
    let log = get(&server, "/requests?method=POST").await;
    let logged = |index: usize| {
        (
            log[index]["body"].as_str().unwrap(),
            log[index]["status"].clone(),
        )
    };
    assert_eq!(logged(0), ("status=x", Value::Null));
    assert_eq!(logged(1), ("status=x", Value::Null));
    assert_eq!(logged(2), ("status=x", json!(200)));
}

#[tokio::test]
async fn values_of_a_real_response_are_changed() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let fault = json!({
        "path": "/api/v1/accounts/verify_credentials", "headers": { "X-Test": "yes" },
        "set": [{ "pointer": "/followers_count", "text": "1e999" }, { "pointer": "/note", "value": { "a": [1] } }, { "pointer": "/bot" }],
        "remove": ["/username"],
    });
    post(&server, "/faults", fault).await;
    let response = alice.get("/api/v1/accounts/verify_credentials").await;
    let text = String::from_utf8(response.bytes.clone()).unwrap();
    assert_eq!(response.header("x-test"), Some("yes"));
    for part in [
        "\"followers_count\":1e999",
        "\"note\":{\"a\":[1]}",
        "\"bot\":null",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("\"username\":\"alice\""), "{text}");
    assert_eq!(get(&server, "/faults").await, json!([]));
}

#[tokio::test]
async fn fault_with_an_error_is_rejected() {
    let server = TestServer::start().await.unwrap();
    for (fault, expected) in [
        (
            json!({ "path": "/" }),
            "no fault is given; use `delay`, `status`,",
        ),
        (
            json!({ "status": 503, "cut": "in_body" }),
            "cut: cannot be combined with `status`",
        ),
        (
            json!({ "status": 99 }),
            "status: 99 is not an HTTP status from 200 to 599",
        ),
        (
            json!({ "cut": "now" }),
            "cut: unknown variant `now`, expected one of `before_processing`, `after_processing`, `in_body`",
        ),
        (
            json!({ "body": "x" }),
            "body: needs a `status`; use `set` to change a real response",
        ),
        (
            json!({ "remove": ["a"] }),
            "remove[0]: `a` is not a JSON pointer; start it with `/`",
        ),
        (
            json!({ "set": [{ "pointer": "", "text": "x", "base64": "eA==" }] }),
            "set[0].base64: cannot be combined with `text`",
        ),
        (
            json!({ "status": 500, "remove": ["/a"] }),
            "status: `set`, `remove`, `byte_order_mark` and `shortened_body` change a real response",
        ),
        (
            json!({ "headers": { "a b": "c" } }),
            "headers.a b: is not a valid header",
        ),
        (
            json!({ "status": 500, "times": 0 }),
            "times: must be at least 1",
        ),
        (json!({ "delay": -1 }), "-1 is not a duration in seconds"),
    ] {
        let rejected = call(&server, "POST", "/faults", &fault).await;
        assert_eq!(rejected.status, 422, "{fault}");
        assert!(
            rejected.error().contains(expected),
            "{fault}\n{}",
            rejected.error()
        );
    }
    let missing = call(&server, "DELETE", "/faults/9", &Value::Null).await;
    assert_eq!(missing.status, 404);
    assert_eq!(server.pending_faults(), 0);
}

#[tokio::test]
async fn faults_of_a_seed_are_injected_at_the_start_and_after_a_reset() {
    let server = seeded("faults: [{ path: /api/v2/instance, status: 500 }]").await;
    let anonymous = Client::anonymous(&server);
    assert_eq!(anonymous.get("/api/v2/instance").await.status, 500);
    assert_eq!(anonymous.get("/api/v2/instance").await.status, 200);
    post(&server, "/reset", json!({})).await;
    assert_eq!(anonymous.get("/api/v2/instance").await.status, 500);
}
