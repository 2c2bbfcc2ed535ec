//! Retries: which calls are sent again, after which delay, with which idempotency key.

use std::time::Duration;

use mastodon_sdk::Mastodon;
use mastodon_sdk::server::VersionCheck;
use mastodon_test_server::{Fault, TestServer};
use tokio::net::TcpSocket;
use tokio::time::Instant;

use crate::posting_once::lost_post_and_searches;
use crate::support::fixtures::{RELATIONSHIP, status};
use crate::support::{ScriptedServer, client_for, json_response, ok_json, request_header};

const SCHEDULED_STATUS: &str = r#"{"id":"9","scheduled_at":"2030-01-01T00:00:00.000Z","params":{"text":"Hi"},"media_attachments":[]}"#;

/// The idempotency keys of the requests so far.
fn idempotency_keys(server: &ScriptedServer) -> Vec<String> {
    let requests = server.requests();
    let keys = requests
        .iter()
        .filter_map(|request| request_header(request, "idempotency-key"));
    keys.map(str::to_owned).collect()
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn safe_calls_are_retried_after_502_to_504_and_520_to_527_and_after_no_other_status() {
    for status in [502, 503, 504, 520, 523, 527] {
        let server = ScriptedServer::start(vec![
            json_response(status, "", ""),
            json_response(200, "", "[]"),
        ])
        .await;
        server.client().blocks().await.unwrap();
        assert_eq!(server.requests().len(), 2, "{status}");
        let server = ScriptedServer::start(vec![json_response(status, "", ""); 9]).await;
        let error = server.client().app_create("x", "y").await.unwrap_err();
        assert_eq!(error.api().unwrap().status, status);
        assert_eq!(
            server.requests().len(),
            1,
            "{status}: the call is not idempotent"
        );
        let error = server.client().blocks().await.unwrap_err();
        assert_eq!(error.api().unwrap().status, status);
        assert_eq!(
            server.requests().len(),
            5,
            "{status}: one attempt and three retries"
        );
    }
    for status in [500, 501, 505, 519, 528, 400, 404] {
        let server = ScriptedServer::start(vec![json_response(status, "", "{}"); 2]).await;
        server.client().blocks().await.unwrap_err();
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn retry_after_header_sets_the_delay_up_to_one_minute() {
    let date =
        "date: Fri, 07 Aug 2026 12:00:00 GMT\r\nretry-after: Fri, 07 Aug 2026 12:00:40 GMT\r\n";
    for (headers, seconds) in [
        ("retry-after: 7\r\n", 7),
        (date, 40),
        ("retry-after: 86400\r\n", 60),
    ] {
        let server = ScriptedServer::start(vec![
            json_response(503, headers, ""),
            json_response(200, "", "[]"),
        ])
        .await;
        let start = Instant::now();
        server.client().blocks().await.unwrap();
        assert_eq!(start.elapsed().as_secs(), seconds, "{headers}");
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn safe_call_is_retried_up_to_three_times_after_a_closed_connection() {
    let server = TestServer::start().await.unwrap();
    let client = client_for(&server, "alice");
    server.inject(Fault::disconnect().times(3).on("GET", "/api/v1/blocks"));
    client.blocks().await.unwrap();
    server.inject(Fault::disconnect().times(4).on("GET", "/api/v1/blocks"));
    assert!(client.blocks().await.unwrap_err().is_network());
    server.inject(Fault::truncated_body().on("GET", "/api/v1/timelines/home"));
    client.timeline_home().await.unwrap();
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn call_that_is_not_idempotent_is_retried_if_there_was_no_connection() {
    // A socket that does not listen refuses connections, and no other test can use its port.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let builder = Mastodon::builder(format!("http://{address}")).version_check(VersionCheck::Off);
    let builder = builder.access_token("hunter2");
    let client = builder.max_retries(1000).build().unwrap();
    let late_server = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let list = r#"{"id":"1","title":"Friends","replies_policy":"list"}"#;
        let listener = socket.listen(16).unwrap();
        ScriptedServer::start_on(listener, vec![json_response(200, "", list); 2])
    };
    let call = IntoFuture::into_future(client.list_create("Friends"));
    let (server, list) = futures_util::future::join(late_server, call).await;
    assert_eq!(list.unwrap().title, "Friends");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn retried_post_keeps_its_generated_idempotency_key() {
    let mut script = lost_post_and_searches(2);
    script.push(json_response(503, "", ""));
    script.extend(vec![json_response(200, "", "[]"); 10]);
    script.push(json_response(200, "", SCHEDULED_STATUS));
    let server = ScriptedServer::start(script).await;
    let posted = server
        .client()
        .status_post("Hi")
        .scheduled_at(
            "2030-01-01T00:00:00Z"
                .parse::<mastodon_sdk::Timestamp>()
                .unwrap(),
        )
        .await
        .unwrap();
    assert!(posted.as_scheduled_status().is_some());
    let keys = idempotency_keys(&server);
    assert_eq!(keys.len(), 3);
    assert!(
        keys.iter().all(|key| *key == keys[0] && key.len() == 32),
        "{keys:?}"
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn given_idempotency_key_is_sent_with_every_attempt() {
    let mut script = lost_post_and_searches(1);
    script.push(json_response(504, "", ""));
    script.extend(vec![json_response(200, "", "[]"); 5]);
    script.push(ok_json(&status(&[])));
    let server = ScriptedServer::start(script).await;
    let post = server.client().status_post("Hi").idempotency_key("mine-1");
    post.await.unwrap();
    assert_eq!(idempotency_keys(&server), ["mine-1"; 3]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn call_that_is_not_idempotent_is_sent_once() {
    let server = ScriptedServer::start(vec![
        json_response(503, "", "{}"),
        json_response(200, "", RELATIONSHIP),
    ])
    .await;
    let error = server.client().app_create("x", "y").await.unwrap_err();
    assert!(error.is_server_error());
    assert_eq!(server.requests().len(), 1);
}
