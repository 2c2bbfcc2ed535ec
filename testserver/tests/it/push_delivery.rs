//! Web Push delivery: recipients, request headers and retries.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

use crate::client::Client;

const PATH: &str = "/api/v1/push/subscription";
/// The subscription keys of the example in RFC 8291, appendix A.
const P256DH: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

/// A push endpoint.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    listener: TcpListener,
}

/// A received request: the lines of its head, and its body.
pub(crate) struct PushRequest {
    head: Vec<String>,
    body: Vec<u8>,
}

impl PushRequest {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.iter().filter_map(|line| line.split_once(": "));
        lines.find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
    }
}

impl Endpoint {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/push?for=me", listener.local_addr().unwrap());
        Self { url, listener }
    }

    /// Accepts the next request and responds with the given status.
    pub(crate) async fn respond(&self, status: u16) -> PushRequest {
        let (mut socket, _) = self.listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let head: Vec<String> = head.lines().map(str::to_owned).collect();
        let mut request = PushRequest {
            head,
            body: Vec::new(),
        };
        let length = request.header("content-length").unwrap().parse().unwrap();
        request.body.resize(length, 0);
        socket.read_exact(&mut request.body).await.unwrap();
        let response = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
        socket.write_all(response.as_bytes()).await.unwrap();
        request
    }
}

/// Subscribes a user to the given types of notification.
pub(crate) async fn subscribe(
    user: &Client<'_>,
    endpoint: &str,
    alerts: &[&str],
    options: Value,
) -> Value {
    let alerts: Value = alerts
        .iter()
        .map(|name| ((*name).to_owned(), json!(true)))
        .collect();
    let subscription = json!({
        "endpoint": endpoint, "standard": options["standard"], "keys": { "p256dh": P256DH, "auth": AUTH },
    });
    let data = json!({ "alerts": alerts, "policy": options["policy"].as_str().unwrap_or("all") });
    user.post(PATH, json!({ "subscription": subscription, "data": data }))
        .await
        .ok()
}

/// Returns the endpoint of each push message that was sent.
async fn pushed_endpoints(server: &TestServer) -> Vec<String> {
    let sent = server.push_messages().wait_until_idle().await.into_iter();
    sent.map(|message| message.endpoint).collect()
}

#[tokio::test]
async fn push_request_has_mastodons_headers() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let endpoint = Endpoint::new().await;
    for standard in [false, true] {
        let options = json!({ "standard": standard });
        let key =
            subscribe(&alice, &endpoint.url, &["mention"], options).await["server_key"].clone();
        let key = key.as_str().unwrap().trim_end_matches('=').to_owned();
        let (request, _) = tokio::join!(endpoint.respond(201), bob.post_text("@alice Hello"));
        let header = |name| request.header(name).unwrap_or_default();
        assert_eq!(request.head[0], "POST /push?for=me HTTP/1.1");
        assert_eq!(header("ttl"), "172800");
        assert_eq!(header("urgency"), "normal");
        assert_eq!(header("content-type"), "application/octet-stream");
        assert!(endpoint.url.contains(header("host")) && !header("host").is_empty());
        if standard {
            assert_eq!(header("content-encoding"), "aes128gcm");
            assert!(header("authorization").starts_with("vapid t=ey"));
            assert!(header("authorization").ends_with(&format!(",k={key}")));
            assert_eq!(
                (request.header("encryption"), request.header("crypto-key")),
                (None, None)
            );
            let size = u32::from_be_bytes(request.body[16..20].try_into().unwrap());
            assert_eq!(
                size as usize,
                request.body.len() - 86,
                "record size in the header"
            );
        } else {
            assert_eq!(header("content-encoding"), "aesgcm");
            assert!(header("authorization").starts_with("WebPush ey"));
            let salt = header("encryption").strip_prefix("salt=").unwrap();
            assert_eq!(salt.len(), 22);
            let keys = header("crypto-key").strip_prefix("dh=").unwrap();
            assert!(keys.ends_with(&format!(";p256ecdsa={key}")));
        }
        let sent = server.push_messages().wait_until_idle().await;
        let last = sent.last().unwrap();
        assert_eq!(last.response_status, Some(201));
        assert_eq!(last.body, request.body);
        assert_eq!(last.headers["authorization"], header("authorization"));
    }
}

#[tokio::test]
async fn only_subscribed_alert_types_are_pushed() {
    let server = TestServer::start().await.unwrap();
    let user = |name| Client::user(&server, name);
    let (alice, bob, dave) = (user("alice"), user("bob"), user("dave"));
    // Endpoints on other hosts are never contacted, but their messages are recorded.
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
    bob.post_text("@alice Hello").await;
    assert_eq!(
        pushed_endpoints(&server).await,
        ["https://push.example/mentions"]
    );
    let alice_id = alice.get("/api/v1/accounts/lookup?acct=alice").await.ok();
    let follow = format!(
        "/api/v1/accounts/{}/follow",
        alice_id["id"].as_str().unwrap()
    );
    dave.post(&follow, json!({})).await.ok();
    assert_eq!(pushed_endpoints(&server).await.len(), 2);
    assert_eq!(
        pushed_endpoints(&server).await[1],
        "https://push.example/follows"
    );
    assert!(
        server
            .push_messages()
            .sent()
            .iter()
            .all(|message| message.response_status.is_none())
    );

    // Neither a disabled alert nor a deleted subscription causes a push.
    alice
        .put(PATH, json!({ "data": { "alerts": { "mention": false } } }))
        .await
        .ok();
    other.delete(PATH).await.ok();
    bob.post_text("@alice Hello?").await;
    assert_eq!(pushed_endpoints(&server).await.len(), 2);
}

#[tokio::test]
async fn push_policy_restricts_the_senders() {
    // Bob and Carol follow Alice; Alice follows only Carol.
    for (policy, expected) in [("all", 3), ("followed", 1), ("follower", 2), ("none", 0)] {
        let server = TestServer::start().await.unwrap();
        let user = |name| Client::user(&server, name);
        let (alice, carol) = (user("alice"), user("carol"));
        let carol_id = alice.get("/api/v1/accounts/lookup?acct=carol").await.ok();
        let follow = format!(
            "/api/v1/accounts/{}/follow",
            carol_id["id"].as_str().unwrap()
        );
        alice.post(&follow, json!({})).await.ok();
        let options = json!({ "policy": policy });
        subscribe(&alice, "https://push.example/", &["mention"], options).await;
        for sender in [user("bob"), carol, user("dave")] {
            sender.post_text("@alice Hello").await;
        }
        assert_eq!(pushed_endpoints(&server).await.len(), expected, "{policy}");
    }
}

#[tokio::test]
async fn filtered_notifications_and_revoked_tokens_push_nothing() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    subscribe(&alice, "https://push.example/", &["mention"], json!({})).await;
    let direct = json!({ "status": "@alice psst", "visibility": "direct" });
    bob.post("/api/v1/statuses", direct).await.ok();
    assert!(pushed_endpoints(&server).await.is_empty());
    let revoke = json!({ "token": alice.token });
    let anonymous = Client::anonymous(&server);
    anonymous.post("/oauth/revoke", revoke).await.ok();
    bob.post_text("@alice Hello").await;
    assert!(pushed_endpoints(&server).await.is_empty());
}

#[tokio::test]
async fn subscription_is_deleted_when_its_endpoint_rejects_a_message() {
    for status in [404, 410, 400] {
        let server = TestServer::start().await.unwrap();
        let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
        let endpoint = Endpoint::new().await;
        subscribe(&alice, &endpoint.url, &["mention"], json!({})).await;
        tokio::join!(endpoint.respond(status), bob.post_text("@alice Hello"));
        let sent = server.push_messages().wait_until_idle().await;
        assert_eq!(sent[0].response_status, Some(status));
        assert_eq!(alice.get(PATH).await.status, 404, "after {status}");
        bob.post_text("@alice Hello?").await;
        assert_eq!(server.push_messages().wait_until_idle().await.len(), 1);
    }
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn failing_endpoint_is_retried_with_a_freshly_encrypted_message() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let endpoint = Endpoint::new().await;
    subscribe(&alice, &endpoint.url, &["mention"], json!({})).await;
    let start = tokio::time::Instant::now();
    let (first, _) = tokio::join!(endpoint.respond(503), bob.post_text("@alice Hello"));
    let mut bodies = vec![first.body];
    for status in [429, 408, 200] {
        bodies.push(endpoint.respond(status).await.body);
    }
    let sent = server.push_messages().wait_until_idle().await;
    let responses: Vec<_> = sent.iter().map(|message| message.response_status).collect();
    assert_eq!(responses, [503, 429, 408, 200].map(Some));
    assert!(start.elapsed().as_secs() >= 15 + 16 + 31);
    let length = bodies[0].len();
    assert!(bodies.iter().all(|body| body.len() == length));
    bodies.dedup();
    assert_eq!(bodies.len(), 4);
    assert_eq!(alice.get(PATH).await.status, 200);
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn unreachable_endpoint_is_tried_six_times_and_its_subscription_is_kept() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    // A socket that does not listen refuses connections, and no other test can use its port.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/push", socket.local_addr().unwrap());
    subscribe(&alice, &url, &["mention"], json!({})).await;
    bob.post_text("@alice Hello").await;
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    let sent = server.push_messages().wait_until_idle().await;
    assert!(sent.iter().all(|message| message.response_status.is_none()));
    assert_eq!(sent.len(), 6);
    assert_eq!(alice.get(PATH).await.status, 200);
}
