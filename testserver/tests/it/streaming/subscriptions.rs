//! Identity and labels of subscriptions, and the channels that events are published to.

use mastodon_test_server::TestServer;
use serde_json::json;

use super::client::{SseClient, WsClient, event};
use crate::accounts::account_id;
use crate::client::{Client, id, ids};

fn hashtag(kind: &str, tag: &str) -> serde_json::Value {
    json!({ "type": kind, "stream": "hashtag", "tag": tag })
}

#[tokio::test]
async fn spellings_of_a_hashtag_are_one_subscription_with_the_label_of_the_first() {
    for (first, second, used) in [
        ("Rust", "rust", "rust"),
        ("café", "cafe", "CAFÉ"),
        ("ＲＵＳＴ", "rust", "Rust"),
        ("rust-lang", "rustlang", "RustLang"),
    ] {
        let server = TestServer::start().await.unwrap();
        let alice = Client::user(&server, "alice");
        let mut ws = WsClient::open(&server, "", &alice.token).await;
        ws.send(&hashtag("subscribe", first)).await;
        ws.send(&hashtag("subscribe", second)).await;
        ws.synchronize().await;
        assert_eq!(
            server.streaming().connections()[0].streams,
            [["hashtag", first]]
        );
        alice.post_text(&format!("#{used}")).await;
        assert_eq!(ws.next_json().await["stream"], json!(["hashtag", first]));
        ws.send(&hashtag("unsubscribe", second)).await;
        server.streaming().wait_for_subscriptions(0).await;
    }
}

#[tokio::test]
async fn stream_of_a_hashtag_with_marks_is_silent_although_its_timeline_is_not() {
    for tag in ["हिन्दी", "தமிழ்", "ข่าว", "コーヒー・タイム"]
    {
        let server = TestServer::start().await.unwrap();
        let alice = Client::user(&server, "alice");
        let mut ws = WsClient::open(&server, "", &alice.token).await;
        let streams = [
            json!({ "stream": "hashtag", "tag": tag }),
            json!({ "stream": "hashtag:local", "tag": tag }),
            json!({ "stream": "user" }),
        ];
        ws.subscribe(&server, &streams).await;
        let status = alice.post_text(&format!("#{tag}")).await;
        alice.post_text("after").await;
        assert_eq!(ws.next_labels(2).await, ["user update", "user update"]);
        let mut path = "/api/v1/timelines/tag/".to_owned();
        path.extend(tag.bytes().map(|byte| format!("%{byte:02X}")));
        assert_eq!(ids(&alice.get(&path).await.ok()), [status]);
    }
}

#[tokio::test]
async fn hashtag_without_valid_characters_is_accepted_and_silent() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut ws = WsClient::open(&server, "", &alice.token).await;
    ws.subscribe(&server, &[json!({ "stream": "hashtag", "tag": "!!!" })])
        .await;
    alice.post_text("no hashtag").await;
    ws.synchronize().await;
}

#[tokio::test]
async fn list_label_has_the_id_as_the_client_sent_it() {
    let server = TestServer::start().await.unwrap();
    let bob = Client::user(&server, "bob");
    let list = json!({ "title": "x" });
    let list = id(&bob.post("/api/v1/lists", list).await.ok());
    let members = json!({ "account_ids": [account_id(&bob, "alice").await] });
    let path = format!("/api/v1/lists/{list}/accounts");
    bob.post(&path, members).await.ok();
    let number: u64 = list.parse().unwrap();
    for sent in [json!(list), json!(number)] {
        let mut ws = WsClient::open(&server, "", &bob.token).await;
        let message = json!({ "type": "subscribe", "stream": "list", "list": sent });
        ws.send(&message).await;
        ws.synchronize().await;
        Client::user(&server, "alice").post_text("x").await;
        assert_eq!(ws.next_json().await["stream"], json!(["list", sent]));
    }
}

#[tokio::test]
async fn hashtag_that_is_no_string_is_an_unexpected_error() {
    let server = TestServer::start().await.unwrap();
    let mut ws = WsClient::open(&server, "", &server.token("alice", "read")).await;
    for tag in [json!(12), json!(["rust"])] {
        let message = json!({ "type": "subscribe", "stream": "hashtag", "tag": tag });
        ws.send(&message).await;
        let expected = json!({ "error": "An unexpected error occurred", "status": 500 });
        assert_eq!(ws.next_json().await, expected);
    }
}

#[tokio::test]
async fn notification_arrives_once_for_each_stream_that_has_notifications() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut ws = WsClient::open(&server, "", &alice.token).await;
    let streams = [
        json!({ "stream": "user" }),
        json!({ "stream": "user:notification" }),
    ];
    ws.subscribe(&server, &streams).await;
    Client::user(&server, "bob").post_text("@alice").await;
    let expected = ["user notification", "user:notification notification"];
    assert_eq!(ws.next_labels(2).await, expected);
}

#[tokio::test]
async fn edit_and_deletion_reach_a_mentioned_follower_twice() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.post_text("hello @bob").await;
    let mut ws = WsClient::open(&server, "", &bob.token).await;
    let streams = [
        json!({ "stream": "user" }),
        json!({ "stream": "user:notification" }),
    ];
    ws.subscribe(&server, &streams).await;
    let path = format!("/api/v1/statuses/{status}");
    alice.put(&path, json!({ "status": "bye @bob" })).await.ok();
    alice.delete(&path).await.ok();
    let expected = [
        "user status.update",
        "user status.update",
        "user:notification status.update",
        "user delete",
        "user delete",
    ];
    assert_eq!(ws.next_labels(5).await, expected);
}

#[tokio::test]
async fn deletion_of_a_reply_reaches_public_streams() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let parent = bob.post_text("parent").await;
    let mut public = SseClient::open(&server, "/public", &bob.token).await;
    let reply = json!({ "status": "reply", "in_reply_to_id": parent });
    let reply = id(&alice.post_status(reply).await);
    let path = format!("/api/v1/statuses/{reply}");
    alice.delete(&path).await.ok();
    assert_eq!(public.next().await, event("delete", &reply));
}

#[tokio::test]
async fn mute_and_block_stream_a_deletion_of_each_entry_that_they_remove() {
    for action in ["mute", "block"] {
        let server = TestServer::start().await.unwrap();
        let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
        let list = json!({ "title": "x" });
        let list = id(&bob.post("/api/v1/lists", list).await.ok());
        let alice_id = account_id(&bob, "alice").await;
        let path = format!("/api/v1/lists/{list}/accounts");
        let members = json!({ "account_ids": [alice_id] });
        bob.post(&path, members).await.ok();
        let mut ws = WsClient::open(&server, "", &bob.token).await;
        let streams = [
            json!({ "stream": "user" }),
            json!({ "stream": "list", "list": list }),
        ];
        ws.subscribe(&server, &streams).await;
        let home = ids(&bob.get("/api/v1/timelines/home").await.ok());
        let path = format!("/api/v1/timelines/list/{list}");
        let in_list = ids(&bob.get(&path).await.ok());
        let path = format!("/api/v1/accounts/{alice_id}/{action}");
        bob.post(&path, json!({})).await.ok();
        let left = ids(&bob.get("/api/v1/timelines/home").await.ok());
        assert!(left.len() < home.len());
        for (stream, removed) in [(json!(["user"]), home), (json!(["list", list]), in_list)] {
            for status in removed.iter().filter(|id| !left.contains(id)) {
                let expected = json!({ "stream": stream, "event": "delete", "payload": status });
                assert_eq!(ws.next_json().await, expected);
                // The status itself still exists.
                alice.fetch_status(status).await;
            }
        }
    }
}
