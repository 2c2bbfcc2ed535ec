//! Push messages: to whom, for what, and what becomes of an endpoint that takes them or does not.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::client::Client;

const PATH: &str = "/api/v1/push/subscription";
/// The keys of the example in appendix A of RFC 8291.
const P256DH: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

/// An address to push to, which answers each message with the next of these statuses and then goes away.
struct Endpoint {
    url: String,
    listener: TcpListener,
}

/// What came: the lines of its head in lower case, and its body.
struct Got {
    head: Vec<String>,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.iter().filter_map(|line| line.split_once(": "));
        lines.find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
    }
}

impl Endpoint {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/push?for=me", listener.local_addr().unwrap());
        Self { url, listener }
    }

    /// Takes the next message and answers it.
    async fn answer(&self, status: u16) -> Got {
        let (mut socket, _) = self.listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let head: Vec<String> = head.lines().map(str::to_owned).collect();
        let mut got = Got {
            head,
            body: Vec::new(),
        };
        let length = got.header("content-length").unwrap().parse().unwrap();
        got.body.resize(length, 0);
        socket.read_exact(&mut got.body).await.unwrap();
        let answer = format!("HTTP/1.1 {status} So\r\ncontent-length: 0\r\n\r\n");
        socket.write_all(answer.as_bytes()).await.unwrap();
        got
    }
}

/// Subscribes a user to types of notification.
async fn subscribe(user: &Client<'_>, endpoint: &str, alerts: &[&str], more: Value) -> Value {
    let alerts: Value = alerts
        .iter()
        .map(|name| ((*name).to_owned(), json!(true)))
        .collect();
    let subscription = json!({
        "endpoint": endpoint, "standard": more["standard"], "keys": { "p256dh": P256DH, "auth": AUTH },
    });
    let data = json!({ "alerts": alerts, "policy": more["policy"].as_str().unwrap_or("all") });
    user.post(PATH, json!({ "subscription": subscription, "data": data }))
        .await
        .ok()
}

/// The endpoints that were sent to, each once for each message.
async fn sent_to(server: &TestServer) -> Vec<String> {
    let sent = server.pushes().settled().await.into_iter();
    sent.map(|message| message.endpoint).collect()
}

#[tokio::test]
async fn a_push_message_has_the_headers_that_mastodon_sends() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let endpoint = Endpoint::new().await;
    for standard in [false, true] {
        let more = json!({ "standard": standard });
        let key = subscribe(&alice, &endpoint.url, &["mention"], more).await["server_key"].clone();
        let key = key.as_str().unwrap().trim_end_matches('=').to_owned();
        let (got, _) = tokio::join!(endpoint.answer(201), bob.says("@alice Hello"));
        let header = |name| got.header(name).unwrap_or_default();
        assert_eq!(got.head[0], "POST /push?for=me HTTP/1.1");
        assert_eq!(header("ttl"), "172800");
        assert_eq!(header("urgency"), "normal");
        assert_eq!(header("content-type"), "application/octet-stream");
        assert!(endpoint.url.contains(header("host")) && !header("host").is_empty());
        if standard {
            assert_eq!(header("content-encoding"), "aes128gcm");
            assert!(header("authorization").starts_with("vapid t=ey"));
            assert!(header("authorization").ends_with(&format!(",k={key}")));
            assert_eq!(
                (got.header("encryption"), got.header("crypto-key")),
                (None, None)
            );
            let size = u32::from_be_bytes(got.body[16..20].try_into().unwrap());
            assert_eq!(
                size as usize,
                got.body.len() - 86,
                "the size of the one record"
            );
        } else {
            assert_eq!(header("content-encoding"), "aesgcm");
            assert!(header("authorization").starts_with("WebPush ey"));
            let salt = header("encryption").strip_prefix("salt=").unwrap();
            assert_eq!(salt.len(), 22);
            let keys = header("crypto-key").strip_prefix("dh=").unwrap();
            assert!(keys.ends_with(&format!(";p256ecdsa={key}")));
        }
        let sent = server.pushes().settled().await;
        let last = sent.last().unwrap();
        assert_eq!(last.answer, Some(201));
        assert_eq!(last.body, got.body);
        assert_eq!(last.headers["authorization"], header("authorization"));
    }
}

#[tokio::test]
async fn only_what_a_subscription_asks_for_is_pushed() {
    let server = TestServer::start().await.unwrap();
    let user = |name| Client::user(&server, name);
    let (alice, bob, dave) = (user("alice"), user("bob"), user("dave"));
    // Addresses on other machines are never reached; what would be sent is told all the same.
    subscribe(
        &alice,
        "https://push.example/mentions",
        &["mention"],
        json!({}),
    )
    .await;
    let other = user("alice");
    subscribe(
        &other,
        "https://push.example/follows",
        &["follow", "poll"],
        json!({}),
    )
    .await;
    bob.says("@alice Hello").await;
    assert_eq!(sent_to(&server).await, ["https://push.example/mentions"]);
    let alices = alice.get("/api/v1/accounts/lookup?acct=alice").await.ok();
    let follow = format!("/api/v1/accounts/{}/follow", alices["id"].as_str().unwrap());
    dave.post(&follow, json!({})).await.ok();
    assert_eq!(sent_to(&server).await.len(), 2);
    assert_eq!(sent_to(&server).await[1], "https://push.example/follows");
    assert!(
        server
            .pushes()
            .sent()
            .iter()
            .all(|message| message.answer.is_none())
    );

    // An alert that is off, and a subscription that is gone, bring nothing.
    alice
        .put(PATH, json!({ "data": { "alerts": { "mention": false } } }))
        .await
        .ok();
    other.delete(PATH).await.ok();
    bob.says("@alice Hello?").await;
    assert_eq!(sent_to(&server).await.len(), 2);
}

#[tokio::test]
async fn a_policy_says_whose_doings_are_pushed() {
    // Bob follows alice, carol does too; alice follows carol alone.
    for (policy, expected) in [("all", 3), ("followed", 1), ("follower", 2), ("none", 0)] {
        let server = TestServer::start().await.unwrap();
        let user = |name| Client::user(&server, name);
        let (alice, carol) = (user("alice"), user("carol"));
        let carols = alice.get("/api/v1/accounts/lookup?acct=carol").await.ok();
        let follow = format!("/api/v1/accounts/{}/follow", carols["id"].as_str().unwrap());
        alice.post(&follow, json!({})).await.ok();
        let more = json!({ "policy": policy });
        subscribe(&alice, "https://push.example/", &["mention"], more).await;
        for sender in [user("bob"), carol, user("dave")] {
            sender.says("@alice Hello").await;
        }
        assert_eq!(sent_to(&server).await.len(), expected, "{policy}");
    }
}

#[tokio::test]
async fn what_is_held_back_and_what_a_revoked_token_wanted_is_not_pushed() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    subscribe(&alice, "https://push.example/", &["mention"], json!({})).await;
    let direct = json!({ "status": "@alice psst", "visibility": "direct" });
    bob.post("/api/v1/statuses", direct).await.ok();
    assert!(sent_to(&server).await.is_empty());
    let revoke = json!({ "token": alice.token });
    let visitor = Client::visitor(&server);
    visitor.post("/oauth/revoke", revoke).await.ok();
    bob.says("@alice Hello").await;
    assert!(sent_to(&server).await.is_empty());
}

#[tokio::test]
async fn an_endpoint_that_refuses_is_sent_nothing_more() {
    for status in [404, 410, 400] {
        let server = TestServer::start().await.unwrap();
        let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
        let endpoint = Endpoint::new().await;
        subscribe(&alice, &endpoint.url, &["mention"], json!({})).await;
        tokio::join!(endpoint.answer(status), bob.says("@alice Hello"));
        let sent = server.pushes().settled().await;
        assert_eq!(sent[0].answer, Some(status));
        assert_eq!(alice.get(PATH).await.status, 404, "after {status}");
        bob.says("@alice Hello?").await;
        assert_eq!(server.pushes().settled().await.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_in_trouble_is_sent_the_message_again_encrypted_anew() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let endpoint = Endpoint::new().await;
    subscribe(&alice, &endpoint.url, &["mention"], json!({})).await;
    let began = tokio::time::Instant::now();
    let (first, _) = tokio::join!(endpoint.answer(503), bob.says("@alice Hello"));
    let mut bodies = vec![first.body];
    for status in [429, 408, 200] {
        bodies.push(endpoint.answer(status).await.body);
    }
    let sent = server.pushes().settled().await;
    let answers: Vec<_> = sent.iter().map(|message| message.answer).collect();
    assert_eq!(answers, [503, 429, 408, 200].map(Some));
    assert!(began.elapsed().as_secs() >= 15 + 16 + 31);
    let length = bodies[0].len();
    assert!(bodies.iter().all(|body| body.len() == length));
    bodies.dedup();
    assert_eq!(bodies.len(), 4);
    assert_eq!(alice.get(PATH).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_where_nobody_listens_is_tried_six_times_and_kept() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let Endpoint { url, listener } = Endpoint::new().await;
    drop(listener);
    subscribe(&alice, &url, &["mention"], json!({})).await;
    bob.says("@alice Hello").await;
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    let sent = server.pushes().settled().await;
    assert!(sent.iter().all(|message| message.answer.is_none()));
    assert_eq!(sent.len(), 6);
    assert_eq!(alice.get(PATH).await.status, 200);
}
