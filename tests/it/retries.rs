//! When a call is sent again, after how long, and what stays the same.

use std::time::Duration;

use mastodon_sdk::{Mastodon, VersionCheck};
use mastodon_test_server::{Fault, TestServer};
use tokio::time::Instant;

use crate::server::{Server, json};

/// The values of a header in all requests so far.
fn header(server: &Server, name: &str) -> Vec<String> {
    let value = |request: &String| {
        let prefix = format!("{name}: ");
        let mut lines = request.lines();
        lines.find_map(|line| line.to_lowercase().strip_prefix(&prefix).map(str::to_owned))
    };
    server.seen().iter().filter_map(value).collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_proxy_answers_for_a_server_is_asked_again_and_other_failures_are_not() {
    for status in [502, 503, 504] {
        let server = Server::start(vec![json(status, "", ""), json(200, "", "[]")]).await;
        server.client().blocks().await.unwrap();
        assert_eq!(server.seen().len(), 2, "{status}");
        let server = Server::start(vec![json(status, "", ""); 9]).await;
        let error = server.client().app_create("x", "y").await.unwrap_err();
        assert_eq!(error.api().unwrap().status, status);
        assert_eq!(server.seen().len(), 1, "{status}: it may not be repeated");
        let error = server.client().blocks().await.unwrap_err();
        assert_eq!(error.api().unwrap().status, status);
        assert_eq!(
            server.seen().len(),
            5,
            "{status}: three times again, and no more"
        );
    }
    for status in [500, 501, 505, 520, 400, 404] {
        let server = Server::start(vec![json(status, "", "{}"); 2]).await;
        server.client().blocks().await.unwrap_err();
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_tells_when_to_come_back_is_asked_then() {
    let date =
        "date: Fri, 07 Aug 2026 12:00:00 GMT\r\nretry-after: Fri, 07 Aug 2026 12:00:40 GMT\r\n";
    for (told, seconds) in [
        ("retry-after: 7\r\n", 7),
        (date, 40),
        ("retry-after: 86400\r\n", 60),
    ] {
        let server = Server::start(vec![json(503, told, ""), json(200, "", "[]")]).await;
        let began = Instant::now();
        server.client().blocks().await.unwrap();
        let waited = began.elapsed();
        assert_eq!(waited.as_secs(), seconds, "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_ends_at_a_date_is_waited_for() {
    let told =
        "date: Fri, 07 Aug 2026 12:00:00 GMT\r\nretry-after: Fri, 07 Aug 2026 12:01:40 GMT\r\n";
    let server = Server::start(vec![json(429, told, "{}"), json(200, "", "[]")]).await;
    let began = Instant::now();
    server.client().blocks().await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_ones_own_goes_with_every_attempt() {
    let status = r#"{"id":"9","scheduled_at":"2030-01-01T00:00:00.000Z","params":{"text":"Hi"},"media_attachments":[]}"#;
    let server = Server::start(vec![
        String::new(),
        json(504, "", ""),
        json(200, "", status),
    ])
    .await;
    let post = server.client().status_post("Hi").idempotency_key("mine-1");
    post.await.unwrap();
    assert_eq!(header(&server, "idempotency-key"), ["mine-1"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_cut_before_anything_is_done_is_made_again() {
    let server = TestServer::start().await.unwrap();
    let builder = Mastodon::builder(server.url()).access_token(server.token("alice", "read write"));
    let client = builder.build().unwrap();
    server.inject(Fault::cut().times(3).on("GET", "/api/v1/blocks"));
    client.blocks().await.unwrap();
    server.inject(Fault::cut().times(4).on("GET", "/api/v1/blocks"));
    assert!(client.blocks().await.unwrap_err().is_network());
    server.inject(Fault::truncated().on("GET", "/api/v1/timelines/home"));
    client.timeline_home().await.unwrap();
}

/// Nothing was sent where there was no connection, so even what may not be repeated is sent again.
#[tokio::test(start_paused = true)]
async fn what_never_left_is_sent_again_whatever_it_is() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let builder = Mastodon::builder(format!("http://{address}")).version_check(VersionCheck::Off);
    let client = builder.max_retries(1000).build().unwrap();
    let late = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let list = r#"{"id":"1","title":"Friends","replies_policy":"list"}"#;
        Server::at(address, vec![json(200, "", list); 2]).await
    };
    let call = IntoFuture::into_future(client.list_create("Friends"));
    let (late, answer) = futures_util::future::join(late, call).await;
    assert_eq!(answer.unwrap().title, "Friends");
    assert_eq!(late.seen().len(), 1);
}
