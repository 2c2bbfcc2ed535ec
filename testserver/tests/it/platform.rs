//! What all endpoints share: rate limits, faults, headers.

use std::io::ErrorKind;
use std::time::Duration;

use mastodon_test_server::{Fault, TestServer};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Answer, Client, send};

const STATUSES: &str = "/api/v1/statuses";
const RULES: &str = "/api/v1/instance/rules";

fn limits(answer: &Answer) -> (u32, u32) {
    let number = |name: &str| answer.header(name).unwrap().parse().unwrap();
    (number("x-ratelimit-limit"), number("x-ratelimit-remaining"))
}

/// Sends a request and reads until the connection ends: what came, and whether it ended well.
async fn raw(server: &TestServer, request: &str) -> (String, bool) {
    let host = server.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let ended = match stream.read_to_end(&mut answer).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            false
        }
    };
    (String::from_utf8(answer).unwrap(), ended)
}

#[tokio::test]
async fn every_answer_of_the_api_tells_what_is_left_until_when() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let first = alice.get(RULES).await;
    assert_eq!(limits(&first), (300, 299));
    let reset = first.header("x-ratelimit-reset").unwrap();
    let reset: jiff::Timestamp = reset.parse().unwrap();
    assert_eq!(
        reset.as_second() % 300,
        0,
        "windows begin at whole multiples of their length"
    );
    assert!(reset > server.clock().now());
    let text = first.header("x-ratelimit-reset").unwrap();
    assert_eq!(text.len(), "2026-08-07T12:05:00.123456Z".len(), "{text}");
    // An error counts and tells as well.
    let missing = alice.get("/api/v1/statuses/1").await;
    assert_eq!((missing.status, limits(&missing)), (404, (300, 298)));
    assert_eq!(
        alice
            .get("/oauth/userinfo")
            .await
            .header("x-ratelimit-limit"),
        None
    );
}

#[tokio::test]
async fn who_has_used_up_a_limit_waits_for_the_next_window() {
    let server = TestServer::builder()
        .rate_limit("general", 2)
        .start()
        .await
        .unwrap();
    let (alice, visitor) = (Client::user(&server, "alice"), Client::visitor(&server));
    for left in [1, 0] {
        assert_eq!(limits(&alice.get(RULES).await), (2, left));
    }
    let refused = alice.get(RULES).await;
    assert_eq!(
        (refused.status, refused.error()),
        (429, "Too many requests")
    );
    assert_eq!(limits(&refused), (2, 0));
    assert_eq!(refused.header("retry-after"), None);
    // Another token has its own limit, and so has the address.
    assert_eq!(Client::user(&server, "alice").get(RULES).await.status, 200);
    assert_eq!(visitor.get(RULES).await.status, 200);
    server.clock().advance(Duration::from_secs(300));
    assert_eq!(alice.get(RULES).await.status, 200);
}

#[tokio::test]
async fn a_user_has_a_limit_over_all_tokens() {
    let server = TestServer::start().await.unwrap();
    let mut last = 0;
    for _ in 0..5 {
        let token = server.token("alice", "read");
        for _ in 0..300 {
            last = send(&server, "GET", RULES, &token, &[], b"").await.status;
        }
    }
    assert_eq!(last, 200);
    let one_more = send(
        &server,
        "GET",
        RULES,
        &server.token("alice", "read"),
        &[],
        b"",
    )
    .await;
    assert_eq!((one_more.status, limits(&one_more)), (429, (1500, 0)));
}

#[tokio::test]
async fn each_family_has_a_limit_of_its_own_and_the_headers_tell_the_nearest() {
    let server = TestServer::builder()
        .rate_limit("paging", 2)
        .rate_limit("deletions", 1)
        .rate_limit("apps", 1)
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    let page = "/api/v1/timelines/public?max_id=999999999999999999";
    assert_eq!(limits(&alice.get(page).await), (2, 1));
    assert_eq!(
        limits(&alice.get("/api/v1/timelines/public").await),
        (300, 298)
    );
    alice.get(page).await.ok();
    assert_eq!(alice.get(page).await.status, 429);
    let mut gone = Vec::new();
    for text in ["a", "b"] {
        let status = alice.post(STATUSES, json!({ "status": text })).await.ok();
        let path = format!("{STATUSES}/{}", status["id"].as_str().unwrap());
        gone.push(alice.delete(&path).await.status);
    }
    assert_eq!(gone, [200, 429]);
    let app = json!({ "client_name": "x", "redirect_uris": "https://a.example" });
    let visitor = Client::visitor(&server);
    visitor.post("/api/v1/apps", app.clone()).await.ok();
    assert_eq!(visitor.post("/api/v1/apps", app).await.status, 429);
}

#[tokio::test]
async fn posts_count_only_when_they_are_posted() {
    let server = TestServer::builder()
        .rate_limit("statuses", 2)
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    assert_eq!(
        alice.post(STATUSES, json!({ "status": "" })).await.status,
        422
    );
    let first = alice.post(STATUSES, json!({ "status": "a" })).await;
    assert_eq!(limits(&first), (2, 1));
    let path = format!("{STATUSES}/{}", first.json["id"].as_str().unwrap());
    let edited = alice.put(&path, json!({ "status": "b" })).await;
    assert_eq!(
        (edited.status, limits(&edited)),
        (200, (2, 1)),
        "an edit shows the numbers and does not count"
    );
    alice.post(STATUSES, json!({ "status": "c" })).await.ok();
    assert_eq!(
        alice.post(STATUSES, json!({ "status": "d" })).await.status,
        429
    );
    server.clock().advance(Duration::from_secs(10_800));
    alice.post(STATUSES, json!({ "status": "d" })).await.ok();
}

#[tokio::test]
async fn limits_can_be_left_out_and_must_be_known_by_name() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    for _ in 0..310 {
        alice.get(RULES).await.ok();
    }
    let unknown = TestServer::builder().rate_limit("dances", 1).start().await;
    assert_eq!(
        unknown.err().map(|error| error.kind()),
        Some(ErrorKind::InvalidInput)
    );
}

#[tokio::test]
async fn a_deprecated_route_says_since_when() {
    let server = TestServer::start().await.unwrap();
    let visitor = Client::visitor(&server);
    assert_eq!(
        visitor.get("/api/v1/instance").await.header("deprecation"),
        Some("@1668384000")
    );
    assert_eq!(
        visitor.get("/api/v2/instance").await.header("deprecation"),
        None
    );
}

#[tokio::test]
async fn the_date_is_that_of_the_clock() {
    let server = TestServer::start().await.unwrap();
    server.clock().advance(Duration::from_secs(365 * 86_400));
    let date = Client::visitor(&server).get(RULES).await;
    let year = server.clock().now().strftime("%Y").to_string();
    assert!(date.header("date").unwrap().contains(&year));
}

#[tokio::test]
async fn a_fault_strikes_as_often_and_only_where_it_should() {
    let server = TestServer::start().await.unwrap();
    server.inject(Fault::status(503).times(2).on("get", "/api/v1/instance/"));
    let alice = Client::user(&server, "alice");
    assert_eq!(alice.get("/api/v2/instance").await.status, 200);
    for _ in 0..2 {
        let answer = alice.get(RULES).await;
        assert_eq!(
            (answer.status, answer.error()),
            (503, "Service Unavailable")
        );
    }
    assert_eq!(alice.get(RULES).await.status, 200);
    server.inject(Fault::answer(502, "text/html", "<h1>Bad gateway</h1>"));
    let answer = alice.get(RULES).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (502, Some("text/html"))
    );
    server.inject(Fault::status(500).times(100));
    server.clear_faults();
    assert_eq!(alice.get(RULES).await.status, 200);
}

#[tokio::test]
async fn a_rate_limit_can_be_pretended() {
    let server = TestServer::start().await.unwrap();
    server.inject(Fault::rate_limited());
    let alice = Client::user(&server, "alice");
    let refused = alice.get(RULES).await;
    assert_eq!((refused.status, limits(&refused)), (429, (300, 0)));
    assert_eq!(limits(&alice.get(RULES).await), (300, 299));
}

#[tokio::test]
async fn a_cut_connection_brings_nothing_and_does_nothing() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "write");
    let post = format!(
        "POST {STATUSES} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 18\r\n\r\n{{\"status\":\"unique\"}}"
    )
    .replace("18", "19");
    let alice = Client::user(&server, "alice");
    let home = async || {
        let home = alice.get("/api/v1/timelines/home").await.ok();
        home.to_string().matches(">unique<").count()
    };
    server.inject(Fault::cut());
    assert_eq!(raw(&server, &post).await.0, "");
    assert_eq!(home().await, 0);
    server.inject(Fault::lost_answer());
    assert_eq!(raw(&server, &post).await.0, "");
    assert_eq!(home().await, 1);
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_its_length() {
    let server = TestServer::start().await.unwrap();
    server.inject(Fault::truncated());
    let get = format!("GET {RULES} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let (torn, _) = raw(&server, &get).await;
    let (whole, _) = raw(&server, &get).await;
    let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    let length = format!("content-length: {}\r\n", body(&whole).len());
    assert!(
        torn.starts_with("HTTP/1.1 200") && torn.contains(&length),
        "{torn}"
    );
    assert_eq!(body(&torn).len(), body(&whole).len() / 2);
}

#[tokio::test(start_paused = true)]
async fn latency_goes_by_the_clock() {
    let server = TestServer::start().await.unwrap();
    server.inject(Fault::latency(Duration::from_secs(5)));
    let before = server.clock().now();
    assert_eq!(Client::visitor(&server).get(RULES).await.status, 200);
    let waited = server.clock().now().duration_since(before);
    assert!(waited.as_secs() >= 5, "{waited}");
}

#[tokio::test]
async fn a_head_request_is_answered_without_a_body() {
    let server = TestServer::start().await.unwrap();
    for path in ["/", RULES] {
        let request = format!("HEAD {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let (answer, _) = raw(&server, &request).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"),
            "{answer}"
        );
    }
}
