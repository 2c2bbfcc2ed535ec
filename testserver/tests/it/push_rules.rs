//! Push subscriptions and messages by the rules of the real server.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, Response, send};
use crate::push_delivery::{self, Endpoint};

const PATH: &str = "/api/v1/push/subscription";
const DAY: Duration = Duration::from_secs(86_400);

fn keys() -> Value {
    json!({
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    })
}

async fn subscribe(user: &Client<'_>, data: Value) -> Response {
    let subscription = json!({ "endpoint": "https://push.example/", "keys": keys() });
    let body = json!({ "subscription": subscription, "data": data });
    user.post(PATH, body).await
}

async fn sent(server: &TestServer) -> usize {
    server.push_messages().wait_until_idle().await.len()
}

#[tokio::test]
async fn subscription_replaces_that_of_the_token_and_an_update_replaces_alerts_and_policy() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let first = subscribe(
        &alice,
        json!({ "alerts": { "mention": true }, "policy": "none" }),
    )
    .await
    .ok();
    let second = subscribe(&alice, json!({})).await.ok();
    assert_ne!(first["id"], second["id"]);
    assert_eq!(
        (&second["alerts"], &second["policy"]),
        (&json!({}), &json!("all"))
    );
    bob.post_text("@alice without alerts").await;
    assert_eq!(sent(&server).await, 0);
    // Unknown alerts are dropped, an unknown policy is stored and pushes nothing.
    let data = json!({ "alerts": { "mention": true, "dance": true }, "policy": "friends" });
    let changed = alice.put(PATH, json!({ "data": data })).await.ok();
    assert_eq!(changed["alerts"], json!({ "mention": true }));
    assert_eq!(changed["policy"], "friends");
    bob.post_text("@alice with an unknown policy").await;
    assert_eq!(sent(&server).await, 0);
    let changed = alice
        .put(PATH, json!({ "data": { "alerts": { "mention": true } } }))
        .await
        .ok();
    assert_eq!(changed["policy"], "all");
    bob.post_text("@alice at last").await;
    assert_eq!(sent(&server).await, 1);
    alice.delete(PATH).await.ok();
    let missing = alice.get(PATH).await;
    assert_eq!((missing.status, missing.error()), (404, "Not Found"));
}

#[tokio::test]
async fn endpoint_must_be_a_url_and_the_keys_must_work() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for (pointer, value, error) in [
        ("/endpoint", "nowhere", "Endpoint is invalid"),
        (
            "/endpoint",
            "",
            "Endpoint can't be blank, Endpoint is invalid",
        ),
        (
            "/keys/p256dh",
            "AAAA",
            "is not a valid Ed25519 or Curve25519 key",
        ),
    ] {
        let mut subscription = json!({ "endpoint": "https://push.example/", "keys": keys() });
        *subscription.pointer_mut(pointer).unwrap() = value.into();
        let rejected = alice
            .post(PATH, json!({ "subscription": subscription }))
            .await;
        let error = format!("Validation failed: {error}");
        assert_eq!((rejected.status, rejected.error()), (422, &*error));
    }
    subscribe(&alice, json!({})).await.ok();
    assert_eq!(sent(&server).await, 0, "nothing is sent to a new endpoint");
}

#[tokio::test]
async fn unsubscribe_address_ends_the_subscription_without_a_token_for_two_days() {
    for (age, is_ended) in [(DAY, true), (2 * DAY, false)] {
        let server = TestServer::start().await.unwrap();
        let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
        subscribe(&alice, json!({ "alerts": { "mention": true } }))
            .await
            .ok();
        bob.post_text("@alice Hello").await;
        let messages = server.push_messages().wait_until_idle().await;
        let url = messages[0].headers["unsubscribe-url"].to_str().unwrap();
        let path = url.strip_prefix(server.url()).unwrap();
        assert!(path.starts_with("/api/web/push_subscriptions/"), "{path}");
        server.clock().advance(age);
        assert_eq!(
            send(&server, "DELETE", path, "", &[], b"").await.status,
            200
        );
        assert_eq!(alice.get(PATH).await.status == 404, is_ended);
    }
}

#[tokio::test]
async fn policy_is_evaluated_again_when_the_message_is_sent() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    subscribe(
        &alice,
        json!({ "alerts": { "mention": true }, "policy": "follower" }),
    )
    .await
    .ok();
    bob.post_text("@alice one").await;
    assert_eq!(sent(&server).await, 1);
    let dave = Client::user(&server, "dave");
    dave.post_text("@alice from someone who does not follow")
        .await;
    assert_eq!(sent(&server).await, 1);
}

#[tokio::test]
async fn server_key_is_that_of_the_instance_and_of_applications() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let subscription = subscribe(&alice, json!({})).await.ok();
    let app = json!({ "client_name": "x", "redirect_uris": "https://a.example" });
    let app = alice.post("/api/v1/apps", app).await.ok();
    assert_eq!(subscription["server_key"], app["vapid_key"]);
    let instance = alice.get("/api/v2/instance").await.ok();
    let key = &instance["configuration"]["vapid"]["public_key"];
    assert_eq!(subscription["server_key"], *key);
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn retry_is_given_up_when_the_notification_is_gone() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let endpoint = Endpoint::new().await;
    push_delivery::subscribe(&alice, &endpoint.url, &["mention"], json!({})).await;
    let (_, status) = tokio::join!(endpoint.respond(503), bob.post_text("@alice Hello"));
    assert_eq!(sent(&server).await, 1);
    bob.delete(&format!("/api/v1/statuses/{status}")).await.ok();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(sent(&server).await, 1);
    assert_eq!(alice.get(PATH).await.status, 200);
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn redirect_of_the_endpoint_is_not_followed() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let endpoint = Endpoint::new().await;
    push_delivery::subscribe(&alice, &endpoint.url, &["mention"], json!({})).await;
    tokio::join!(endpoint.respond(302), bob.post_text("@alice Hello"));
    endpoint.respond(201).await;
    let messages = server.push_messages().wait_until_idle().await;
    let statuses: Vec<_> = messages
        .iter()
        .map(|message| message.response_status)
        .collect();
    assert_eq!(
        statuses,
        [Some(302), Some(201)],
        "the same address is tried again"
    );
}
