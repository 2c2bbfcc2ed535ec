//! Clients of several users of one server: `Mastodon::with_token`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mastodon_sdk::rate_limit::RateLimitBucket;
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::streaming::StreamEvent;
use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::TestServer;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::support::fixtures::{account, with_fields};
use crate::support::{ScriptedServer, ok_json};

/// Starts a server that keeps its connections open and responds with the account that the access token names. Returns
/// its URL and the number of connections.
async fn keep_alive_server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                let mut token = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if let Some(value) = line.strip_prefix("authorization: Bearer ") {
                        token = value.to_owned();
                    } else if line.is_empty() {
                        let body = account("1", &token).to_string();
                        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json";
                        let length = body.len();
                        let response = format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}");
                        write.write_all(response.as_bytes()).await.unwrap();
                    }
                }
            });
        }
    });
    (url, connections)
}

#[tokio::test]
async fn clients_with_other_tokens_share_connections_and_send_their_own_token() {
    let (url, connections) = keep_alive_server().await;
    let base = Mastodon::builder(url).version_check(VersionCheck::Off);
    let base = base.build().unwrap();
    for number in 0..20 {
        let token = format!("token{number}");
        let client = base.with_token(token.as_str());
        assert_eq!(client.account("1").await.unwrap().acct, token);
        assert_eq!(client.clone().account("1").await.unwrap().acct, token);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn clients_with_other_tokens_share_server_data_and_settings() {
    let instance = ok_json(&json!({
        "domain": "a.example", "title": "A", "version": "4.6.5", "rules": [],
        "registrations": {}, "configuration": {},
    }));
    let account = ok_json(&with_fields(account("1", "a"), &json!({ "source": {} })));
    let server = ScriptedServer::start(vec![instance, account]).await;
    let base = server.client();
    base.set_language(Some("de".to_owned()));
    base.retrieve_mastodon_version().await.unwrap();
    let client = base.with_token("other");
    assert_eq!(
        client.retrieve_mastodon_version().await.unwrap().raw,
        "4.6.5"
    );
    client.account("1").await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[1].contains("?lang=de "), "{}", requests[1]);
    assert!(requests[1].contains("Bearer other"), "{}", requests[1]);
    client.set_language(None);
    let request = base.account("1").http_request().unwrap();
    assert_eq!(request.uri().query(), Some("lang=de"));
}

#[tokio::test]
async fn each_token_has_its_own_rate_limit_and_user() {
    let server = TestServer::start().await.unwrap();
    let base = Mastodon::builder(server.url()).build().unwrap();
    let client = |user: &str| base.with_token(server.token(user, "read write"));
    let (alice, bob) = (client("alice"), client("bob"));
    for _ in 0..3 {
        alice.notifications().await.unwrap();
    }
    bob.notifications().await.unwrap();
    let remaining = |client: &Mastodon| {
        let status = client.rate_limit_status(RateLimitBucket::General).unwrap();
        status.remaining
    };
    assert_eq!(remaining(&bob), remaining(&alice) + 2);
    assert_eq!(alice.me().await.unwrap().acct, "alice");
    assert_eq!(bob.me().await.unwrap().acct, "bob");
    assert!(matches!(base.me().await, Err(Error::NoAccessToken { .. })));
}

#[tokio::test]
async fn streams_of_clients_with_other_tokens_receive_the_events_of_their_users() {
    let server = TestServer::start().await.unwrap();
    let base = Mastodon::builder(server.url()).build().unwrap();
    let client = |user: &str| base.with_token(server.token(user, "read write"));
    let (alice, bob) = (client("alice"), client("bob"));
    let mut of_alice = alice.stream_user().await.unwrap();
    let mut of_bob = bob.stream_user().await.unwrap();
    alice.status_post("@bob hello").await.unwrap();
    bob.status_post("@alice good morning").await.unwrap();
    for (stream, text) in [(&mut of_alice, "good morning"), (&mut of_bob, "hello")] {
        let notification = loop {
            if let StreamEvent::Notification(it) = stream.try_next().await.unwrap().unwrap() {
                break it;
            }
        };
        let status = notification.status.unwrap();
        assert!(status.content.as_str().contains(text));
    }
}

#[tokio::test]
async fn token_of_another_client_is_not_sent_unencrypted_to_another_machine() {
    let base = Mastodon::builder("http://a.example").build().unwrap();
    let error = base.with_token("hunter2").account("1").await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("unencrypted to http://a.example"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    let error = base.with_token("hunter2").stream_user().await.unwrap_err();
    assert!(error.to_string().contains("unencrypted"), "{error}");
}
