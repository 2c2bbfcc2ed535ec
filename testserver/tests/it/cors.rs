//! Cross-origin resource sharing: what scripts of other origins may do in a browser.

use std::net::SocketAddr;

use mastodon_test_server::{Fault, TestServer};

use crate::client::{Client, Response, send, send_raw, send_to};

const ORIGIN: (&str, &str) = ("origin", "https://app.example");
const ALL_METHODS: &str = "POST, PUT, DELETE, GET, PATCH, OPTIONS";
const EXPOSED: &str = "Link, Mastodon-Async-Refresh, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id";

async fn get(server: &TestServer, path: &str) -> Response {
    send(server, "GET", path, "", &[ORIGIN], b"").await
}

async fn preflight(server: &TestServer, path: &str, method: &str) -> Response {
    let headers = [
        ORIGIN,
        ("access-control-request-method", method),
        (
            "access-control-request-headers",
            "authorization,idempotency-key",
        ),
    ];
    send(server, "OPTIONS", path, "", &headers, b"").await
}

#[tokio::test]
async fn scripts_of_any_origin_may_read_the_api_and_its_headers() {
    let server = TestServer::start().await.unwrap();
    let response = get(&server, "/api/v2/instance").await;
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", ALL_METHODS),
        ("access-control-expose-headers", EXPOSED),
        ("access-control-max-age", "7200"),
    ] {
        assert_eq!(response.header(name), Some(value));
    }
    assert_eq!(response.header("access-control-allow-credentials"), None);
    assert!(response.header("vary").unwrap().ends_with("Origin"));
}

#[tokio::test]
async fn preflight_allows_every_method_and_header_of_the_api() {
    let server = TestServer::start().await.unwrap();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let response = preflight(&server, "/api/v1/statuses/1", method).await;
        assert_eq!((response.status, response.bytes.len()), (200, 0));
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", ALL_METHODS),
            (
                "access-control-allow-headers",
                "authorization,idempotency-key",
            ),
        ] {
            assert_eq!(response.header(name), Some(value));
        }
    }
}

#[tokio::test]
async fn preflight_of_a_method_that_is_not_shared_allows_nothing() {
    let server = TestServer::start().await.unwrap();
    for (path, method) in [
        ("/.well-known/webfinger", "POST"),
        ("/oauth/token", "GET"),
        ("/oauth/authorize", "GET"),
        ("/settings", "GET"),
    ] {
        let response = preflight(&server, path, method).await;
        assert_eq!(response.status, 200);
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn only_the_paths_for_other_origins_are_shared() {
    let server = TestServer::start().await.unwrap();
    for (path, method, is_shared) in [
        ("/oauth/token", "POST", true),
        ("/oauth/revoke", "POST", true),
        ("/oauth/userinfo", "POST", true),
        ("/.well-known/oauth-authorization-server", "GET", true),
        ("/nodeinfo/2.0", "GET", true),
        ("/@alice", "GET", true),
        ("/users/alice", "GET", true),
        ("/@alice/1", "GET", false),
        ("/oauth/authorize", "GET", false),
        ("/media/1", "GET", false),
        ("/", "GET", false),
        ("/apis", "GET", false),
    ] {
        let response = send(&server, method, path, "", &[ORIGIN], b"").await;
        let allowed = response.header("access-control-allow-origin");
        assert_eq!(allowed, is_shared.then_some("*"), "{path}");
    }
}

#[tokio::test]
async fn errors_and_exceeded_rate_limits_are_shared() {
    let server = TestServer::builder().rate_limit("general", 2);
    let server = server.start().await.unwrap();
    for (path, status) in [
        ("/api/v1/accounts/0", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1/instance", 429),
    ] {
        let response = get(&server, path).await;
        assert_eq!(response.status, status, "{path}");
        assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    }
}

#[tokio::test]
async fn response_of_a_fault_is_shared_and_a_preflight_meets_no_fault() {
    let server = TestServer::start().await.unwrap();
    server.inject(Fault::status(503));
    let response = preflight(&server, "/api/v1/instance", "GET").await;
    assert_eq!(response.status, 200);
    let response = get(&server, "/api/v1/instance").await;
    assert_eq!(response.status, 503);
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn request_without_an_origin_has_no_headers_of_other_origins() {
    let server = TestServer::start().await.unwrap();
    let response = Client::anonymous(&server).get("/api/v1/instance").await;
    assert_eq!(response.header("access-control-allow-origin"), None);
    assert_eq!(response.header("vary"), Some("Origin"));
}

#[tokio::test]
async fn streams_are_shared_with_every_origin() {
    let separate = SocketAddr::from(([127, 0, 0, 1], 0));
    for builder in [
        TestServer::builder(),
        TestServer::builder().streaming_address(separate),
    ] {
        let server = builder.start().await.unwrap();
        let url = server.streaming_url().replace("ws", "http");
        let health = send_to(&url, "GET", "/api/v1/streaming/health", "", &[], b"").await;
        assert_eq!((health.status, &health.bytes[..]), (200, &b"OK"[..]));
        assert_eq!(health.header("access-control-allow-origin"), Some("*"));
        assert_eq!(health.header("access-control-expose-headers"), None);
        let refused = send_to(&url, "GET", "/api/v1/streaming/user", "", &[ORIGIN], b"").await;
        assert_eq!(refused.status, 401);
        assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
        let asked = [ORIGIN, ("access-control-request-headers", "authorization")];
        let path = "/api/v1/streaming/user";
        let preflight = send_to(&url, "OPTIONS", path, "", &asked, b"").await;
        assert_eq!(preflight.status, 204);
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            (
                "access-control-allow-methods",
                "GET,HEAD,PUT,PATCH,POST,DELETE",
            ),
            ("access-control-allow-headers", "authorization"),
            ("vary", "access-control-request-headers"),
        ] {
            assert_eq!(preflight.header(name), Some(value));
        }
    }
}

#[tokio::test]
async fn connection_that_a_fault_cuts_has_no_response() {
    let server = TestServer::start().await.unwrap();
    server.inject(Fault::disconnect());
    let request = "GET /api/v1/instance HTTP/1.1\r\nhost: x\r\norigin: https://app.example\r\n\r\n";
    assert_eq!(send_raw(&server, request).await, "");
}
