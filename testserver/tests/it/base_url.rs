//! What the server calls itself in links: the configured URL, or the address that the client used.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use mastodon_test_server::TestServer;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::client::{Client, Response, id, send, send_to};
use crate::streaming::client::SseClient;

/// Sends a GET request to the server as alice, with other headers than those of the address that the server listens on.
async fn get(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> Response {
    let token = server.token("alice", "read");
    send(server, "GET", path, &token, headers, b"").await
}

/// Asks for the instance by a host, and returns the base URL in its links and that of the streaming API.
async fn links_by(server: &TestServer, headers: &[(&str, &str)]) -> (String, String) {
    let instance = get(server, "/api/v2/instance", headers).await.ok();
    let urls = &instance["configuration"]["urls"];
    let about = urls["about"].as_str().unwrap();
    let base = about.strip_suffix("/about").unwrap();
    (
        base.to_owned(),
        urls["streaming"].as_str().unwrap().to_owned(),
    )
}

fn own(http: &str, ws: &str) -> (String, String) {
    (http.to_owned(), ws.to_owned())
}

#[tokio::test]
async fn links_name_the_host_that_the_client_used() {
    let server = TestServer::start().await.unwrap();
    let host = [("host", "mastodon:8080")];
    let links = links_by(&server, &host).await;
    assert_eq!(links, own("http://mastodon:8080", "ws://mastodon:8080"));

    let alice = Client::user(&server, "alice");
    let status = alice.post_text("Hello #links").await;
    let path = format!("/api/v1/statuses/{status}");
    let status = get(&server, &path, &host).await.ok();
    let id = id(&status);
    let base = "http://mastodon:8080";
    assert_eq!(status["url"], format!("{base}/@alice/{id}"));
    assert_eq!(status["account"]["url"], format!("{base}/@alice"));
    assert_eq!(status["tags"][0]["url"], format!("{base}/tags/links"));
    let avatar = status["account"]["avatar"].as_str().unwrap();
    assert!(avatar.starts_with(base), "{avatar}");

    let list = get(&server, "/api/v1/timelines/home?limit=1", &host).await;
    assert!(list.header("link").unwrap().contains(base));
    let metadata = "/.well-known/oauth-authorization-server";
    let metadata = get(&server, metadata, &host).await.ok();
    assert_eq!(metadata["token_endpoint"], format!("{base}/oauth/token"));
    let nodeinfo = get(&server, "/.well-known/nodeinfo", &host).await.ok();
    assert_eq!(nodeinfo["links"][0]["href"], format!("{base}/nodeinfo/2.0"));
}

#[tokio::test]
async fn identifiers_are_the_same_whatever_host_a_client_uses() {
    let server = TestServer::start().await.unwrap();
    let status = Client::user(&server, "alice").post_text("Hello").await;
    let path = format!("/api/v1/statuses/{status}");
    let here = get(&server, &path, &[]).await.ok();
    let elsewhere = get(&server, &path, &[("host", "mastodon:8080")]).await.ok();
    assert_eq!(here["uri"], elsewhere["uri"]);
    assert_eq!(here["account"]["uri"], elsewhere["account"]["uri"]);
    assert_ne!(here["url"], elsewhere["url"]);
}

#[tokio::test]
async fn instance_has_the_domain_that_the_client_used() {
    let server = TestServer::start().await.unwrap();
    for host in ["localhost:3000", "mastodon"] {
        let headers = [("host", host)];
        let instance = get(&server, "/api/v2/instance", &headers).await.ok();
        assert_eq!(instance["domain"], host);
        let instance = get(&server, "/api/v1/instance", &headers).await.ok();
        assert_eq!(instance["uri"], host);
    }
}

#[tokio::test]
async fn local_accounts_are_found_by_the_host_that_the_client_used() {
    let server = TestServer::start().await.unwrap();
    let path = "/api/v1/accounts/lookup?acct=bob@mastodon:8080";
    let found = get(&server, path, &[("host", "mastodon:8080")]).await.ok();
    assert_eq!(found["acct"], "bob");
    assert_eq!(get(&server, path, &[]).await.status, 404);
}

#[tokio::test]
async fn links_name_the_host_and_scheme_that_a_proxy_forwards() {
    let server = TestServer::start().await.unwrap();
    for (headers, expected) in [
        (
            &[
                ("x-forwarded-host", "social.example"),
                ("x-forwarded-proto", "https"),
            ][..],
            own("https://social.example", "wss://social.example"),
        ),
        (
            &[
                ("x-forwarded-host", "outer.example, inner.example"),
                ("x-forwarded-proto", "https, http"),
            ],
            own("https://outer.example", "wss://outer.example"),
        ),
        (
            &[("host", "social.example"), ("x-forwarded-proto", "gopher")],
            own("http://social.example", "ws://social.example"),
        ),
    ] {
        assert_eq!(links_by(&server, headers).await, expected);
    }
}

#[tokio::test]
async fn host_that_could_stand_in_no_link_is_ignored() {
    let server = TestServer::start().await.unwrap();
    let expected = own(server.url(), server.streaming_url());
    for host in [
        "0.0.0.0:3000",
        "[::]:3000",
        "a b",
        "",
        "user@host",
        "a/b",
        ":3",
    ] {
        let headers = [("host", host)];
        assert_eq!(links_by(&server, &headers).await, expected, "{host:?}");
    }
}

#[tokio::test]
async fn configured_url_stands_in_every_link() {
    let server = TestServer::builder().url("https://social.example/");
    let server = server.start().await.unwrap();
    assert_eq!(server.url(), "https://social.example");
    assert_eq!(server.streaming_url(), "wss://social.example");
}

#[tokio::test]
async fn clients_may_use_any_host_of_a_server_with_a_configured_url() {
    let builder = TestServer::builder().url("https://social.example");
    let server = builder.domain("example").start().await.unwrap();
    let address = server.address().unwrap();
    let token = server.token("alice", "read write");
    let url = format!("http://{address}");
    let headers = [("content-type", "application/json")];
    let body = json!({ "status": "Hello @bob@example" }).to_string();
    let path = "/api/v1/statuses";
    let posted = send_to(&url, "POST", path, &token, &headers, body.as_bytes()).await;
    let status = posted.ok();
    let id = id(&status);
    assert_eq!(status["url"], format!("https://social.example/@alice/{id}"));
    assert_eq!(
        status["uri"],
        format!("https://social.example/users/alice/statuses/{id}")
    );
    assert_eq!(status["account"]["acct"], "alice");
    assert_eq!(status["mentions"][0]["acct"], "bob");
    let instance = send_to(&url, "GET", "/api/v2/instance", "", &[], b"").await;
    assert_eq!(instance.ok()["domain"], "example");
}

#[tokio::test]
async fn separate_streaming_api_keeps_its_port_on_the_host_that_the_client_used() {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = TestServer::builder().streaming_address(any);
    let server = server.start().await.unwrap();
    let port = server.streaming_url().rsplit(':').next().unwrap();
    let (_, streaming) = links_by(&server, &[("host", "mastodon:8080")]).await;
    assert_eq!(streaming, format!("ws://mastodon:{port}"));
    let (_, streaming) = links_by(&server, &[("host", "[::1]:8080")]).await;
    assert_eq!(streaming, format!("ws://[::1]:{port}"));

    let builder = TestServer::builder().streaming_address(any);
    let server = builder.url("https://social.example:8443").start().await;
    let url = server.unwrap().streaming_url().to_owned();
    assert!(url.starts_with("wss://social.example:"), "{url}");
    assert!(!url.ends_with(":8443"), "{url}");
}

#[tokio::test]
async fn address_of_all_interfaces_stands_in_no_link() {
    let any_v4 = SocketAddr::from(([0, 0, 0, 0], 0));
    let server = TestServer::builder()
        .address(any_v4)
        .streaming_address(any_v4);
    let server = server.start().await.unwrap();
    assert!(server.url().starts_with("http://127.0.0.1:"));
    assert!(server.streaming_url().starts_with("ws://127.0.0.1:"));
    let expected = own(server.url(), server.streaming_url());
    assert_eq!(links_by(&server, &[("host", "0.0.0.0:1")]).await, expected);

    let any_v6 = SocketAddr::from((IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0));
    // Not every machine has IPv6.
    if let Ok(server) = TestServer::builder().address(any_v6).start().await {
        assert!(server.url().starts_with("http://localhost:"));
    }
}

#[tokio::test]
async fn event_of_a_stream_has_the_links_of_the_request_that_caused_it() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read write");
    let mut stream = SseClient::open(&server, "/user", &token).await;
    server.streaming().wait_for_connections(1).await;
    let headers = [
        ("host", "mastodon:8080"),
        ("content-type", "application/json"),
    ];
    let body = json!({ "status": "Hello" }).to_string();
    send(
        &server,
        "POST",
        "/api/v1/statuses",
        &token,
        &headers,
        body.as_bytes(),
    )
    .await
    .ok();
    let (event, payload) = stream.next_event().await;
    let status: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(event, "update");
    assert_eq!(status["account"]["url"], "http://mastodon:8080/@alice");
}

#[tokio::test]
async fn taken_port_is_named_in_the_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = listener.local_addr().unwrap();
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    for builder in [
        TestServer::builder().address(taken),
        TestServer::builder().address(free).streaming_address(taken),
    ] {
        let error = builder.start().await.err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
        let port = taken.port();
        assert_eq!(
            error.to_string(),
            format!("port {port} is taken: choose another, or 0 for a free one")
        );
    }
}
