//! Mutes and blocks remove what is in the feeds already, and stream a deletion for each entry.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::accounts::account_id;
use crate::client::{Client, id};
use crate::feeds::{home, list_of, list_timeline};
use crate::relationships::account_action;
use crate::streaming::client::WsClient;

/// Performs an action of bob on alice. Returns the events that bob receives, as stream, event and payload.
async fn events_of(action: &str, body: Value) {
    let server = TestServer::start().await.unwrap();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| Client::user(&server, name));
    let list = list_of(&bob, json!({ "title": "friends" }), &["alice", "carol"]).await;
    let by_alice = alice.post_text("by alice").await;
    let about = carol.post_text("hello @alice").await;
    let dora = Client::user(&server, "dora");
    let other = dora.post_text("other").await;
    let boost = id(&carol.act_on_status(&by_alice, "reblog").await);
    let boost_by_alice = id(&alice.act_on_status(&other, "reblog").await);
    // The boost is not shown, because the status is.
    assert!(!home(&bob).await.contains(&boost));
    let mut stream = WsClient::open(&server, "?stream=user", &bob.token).await;
    let subscription = json!({ "stream": "list", "list": list });
    stream.subscribe(&server, &[subscription]).await;
    let alice_id = account_id(&bob, "alice").await;
    account_action(&bob, &alice_id, action, body).await;
    let end = bob.post_text("end").await;
    let mut deleted = Vec::new();
    loop {
        let event = stream.next_json().await;
        if event["event"] == "update" {
            assert!(event["payload"].as_str().unwrap().contains(&end));
            break;
        }
        assert_eq!(event["event"], "delete");
        let stream = event["stream"][0].as_str().unwrap().to_owned();
        deleted.push((stream, event["payload"].as_str().unwrap().to_owned()));
    }
    // Newest first.
    let expected = [&boost_by_alice, &about, &by_alice];
    let newest = |name: &str| {
        let entries = deleted.iter().filter(|(stream, _)| stream == name);
        entries
            .map(|(_, id)| id)
            .take(expected.len())
            .collect::<Vec<_>>()
    };
    assert_eq!(newest("user"), expected);
    assert_eq!(newest("list"), expected);
    let shown = home(&bob).await;
    for removed in [&by_alice, &about, &boost_by_alice] {
        assert!(!shown.contains(removed));
        assert!(!list_timeline(&bob, &list).await.contains(removed));
        // The statuses themselves still exist.
        carol.fetch_status(removed).await;
    }
}

#[tokio::test]
async fn mute_removes_everything_that_involves_the_account() {
    events_of("mute", json!({})).await;
    events_of("mute", json!({ "notifications": false })).await;
}

#[tokio::test]
async fn block_removes_everything_that_involves_the_account() {
    events_of("block", json!({})).await;
}

#[tokio::test]
async fn unmute_merges_the_newest_statuses_and_unblock_nothing() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let post = alice.post_text("x").await;
    let alice_id = account_id(&bob, "alice").await;
    account_action(&bob, &alice_id, "mute", json!({})).await;
    assert!(!home(&bob).await.contains(&post));
    account_action(&bob, &alice_id, "unmute", json!({})).await;
    assert_eq!(home(&bob).await[0], post);
    account_action(&bob, &alice_id, "block", json!({})).await;
    account_action(&bob, &alice_id, "unblock", json!({})).await;
    assert!(!home(&bob).await.contains(&post));
}

#[tokio::test]
async fn suspension_removes_an_account_from_feeds_without_events() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let post = alice.post_text("x").await;
    assert_eq!(home(&bob).await[0], post);
    server.suspend_account("alice");
    assert!(!home(&bob).await.contains(&post));
}
