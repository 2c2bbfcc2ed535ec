//! Home timelines and lists are stored feeds: what is inserted, when, and how they are paged.

use std::time::Duration;

use mastodon_test_server::{FeedBehavior, TestServer};
use serde_json::{Value, json};

use crate::accounts::account_id;
use crate::client::{Client, id, ids};
use crate::relationships::account_action;
use crate::streaming::client::WsClient;

pub(crate) const HOME: &str = "/api/v1/timelines/home";
const ERIN: &str = "erin@elsewhere.example";

/// Changes the rules of feeds.
pub(crate) fn set_feeds(server: &TestServer, change: impl FnOnce(&mut FeedBehavior)) {
    let mut behavior = server.behavior();
    change(&mut behavior.feeds);
    server.set_behavior(behavior);
}

pub(crate) async fn home(client: &Client<'_>) -> Vec<String> {
    ids(&client.get(HOME).await.ok())
}

/// Creates a list with the given members, which the user follows first.
pub(crate) async fn list_of(client: &Client<'_>, list: Value, members: &[&str]) -> String {
    let list = id(&client.post("/api/v1/lists", list).await.ok());
    for name in members {
        let member = account_id(client, name).await;
        account_action(client, &member, "follow", json!({})).await;
        let path = format!("/api/v1/lists/{list}/accounts");
        let added = client.post(&path, json!({ "account_ids": [member] })).await;
        added.ok();
    }
    list
}

pub(crate) async fn list_timeline(client: &Client<'_>, list: &str) -> Vec<String> {
    ids(&client
        .get(&format!("/api/v1/timelines/list/{list}"))
        .await
        .ok())
}

async fn reply(client: &Client<'_>, to: &str) -> String {
    let body = json!({ "status": "re", "in_reply_to_id": to });
    id(&client.post_status(body).await)
}

#[tokio::test]
async fn feed_has_only_its_newest_entries_and_nothing_older() {
    let server = TestServer::start().await.unwrap();
    set_feeds(&server, |feeds| feeds.capacity = 4);
    let alice = Client::user(&server, "alice");
    let list = list_of(&alice, json!({ "title": "bob" }), &["bob"]).await;
    let bob = Client::user(&server, "bob");
    let mut posted = Vec::new();
    for number in 0..6 {
        posted.insert(0, bob.post_text(&number.to_string()).await);
    }
    assert_eq!(home(&alice).await, posted[..4]);
    assert_eq!(list_timeline(&alice, &list).await, posted[..4]);
    // The older statuses exist.
    alice.fetch_status(&posted[5]).await;
    // The last page links to the next one, which is empty and has no links.
    let last = alice.get(&format!("{HOME}?max_id={}", posted[1])).await;
    let next = last.link("next").unwrap();
    assert_eq!(ids(&last.ok()), posted[2..4]);
    let end = alice.get(&next).await;
    assert_eq!(end.header("link"), None);
    assert_eq!(end.ok(), json!([]));
}

#[tokio::test]
async fn following_merges_the_newest_statuses_of_the_account() {
    let server = TestServer::start().await.unwrap();
    let (dora, alice) = (
        Client::user(&server, "dora"),
        Client::user(&server, "alice"),
    );
    let mut by_alice = Vec::new();
    for text in ["1", "2", "3"] {
        by_alice.insert(0, alice.post_text(text).await);
    }
    assert_eq!(home(&dora).await, [""; 0]);
    // A quarter of the capacity is merged.
    set_feeds(&server, |feeds| feeds.capacity = 8);
    let alice_id = account_id(&dora, "alice").await;
    account_action(&dora, &alice_id, "follow", json!({})).await;
    assert_eq!(home(&dora).await, by_alice[..2]);
    let direct = alice.post_direct("psst", None).await;
    let own = dora.post_text("own").await;
    assert_eq!(
        home(&dora).await,
        [own, by_alice[0].clone(), by_alice[1].clone()]
    );
    alice.fetch_status(&direct).await;
    // A feed with many entries gets no older ones.
    let carol = Client::user(&server, "carol");
    let old = carol.post_text("old").await;
    account_action(&dora, &alice_id, "unfollow", json!({})).await;
    for text in ["4", "5"] {
        dora.post_text(text).await;
    }
    set_feeds(&server, |feeds| feeds.capacity = 3);
    dora.post_text("6").await;
    let before = home(&dora).await;
    let carol_id = account_id(&dora, "carol").await;
    account_action(&dora, &carol_id, "follow", json!({})).await;
    assert_eq!(home(&dora).await, before);
    assert!(!before.contains(&old));
}

#[tokio::test]
async fn boost_is_not_inserted_while_the_status_is_among_the_newest_40() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| Client::user(&server, name));
    for name in ["bob", "carol"] {
        let friend = account_id(&alice, name).await;
        account_action(&alice, &friend, "follow", json!({})).await;
    }
    let dora = Client::user(&server, "dora");
    let original = dora.post_text("by a stranger").await;
    let first = id(&bob.act_on_status(&original, "reblog").await);
    let second = id(&carol.act_on_status(&original, "reblog").await);
    assert_eq!(home(&alice).await[0], first);
    // If the boost is undone, the other one is shown instead, without an event.
    let mut stream = WsClient::open(&server, "?stream=user", &alice.token).await;
    stream.synchronize().await;
    bob.act_on_status(&original, "unreblog").await;
    assert_eq!(home(&alice).await[0], second);
    let end = bob.post_text("0").await;
    assert_eq!(stream.next_json().await["payload"], first);
    let update = stream.next_json().await;
    assert_eq!(update["event"], "update");
    assert!(update["payload"].as_str().unwrap().contains(&end));
    for number in 1..39 {
        bob.post_text(&number.to_string()).await;
    }
    bob.act_on_status(&original, "reblog").await;
    assert!(!home(&alice).await.contains(&original));
    bob.act_on_status(&original, "unreblog").await;
    // 40 newer entries later it is shown again.
    bob.post_text("39").await;
    let again = id(&bob.act_on_status(&original, "reblog").await);
    assert_eq!(home(&alice).await[0], again);
    bob.act_on_status(&original, "unreblog").await;
    // The status itself counts as well.
    let own = bob.post_text("own").await;
    carol.act_on_status(&own, "reblog").await;
    assert_eq!(home(&alice).await[0], own);
}

#[tokio::test]
async fn deleted_statuses_of_followed_hashtags_leave_holes() {
    let server = TestServer::start().await.unwrap();
    let (dora, alice) = (
        Client::user(&server, "dora"),
        Client::user(&server, "alice"),
    );
    dora.post("/api/v1/tags/cats/follow", json!({})).await.ok();
    let mut posted = Vec::new();
    for number in 0..6 {
        posted.insert(0, alice.post_text(&format!("#cats {number}")).await);
    }
    for gone in [1, 2, 3] {
        alice
            .delete(&format!("/api/v1/statuses/{}", posted[gone]))
            .await
            .ok();
    }
    let first = dora.get(&format!("{HOME}?limit=2")).await;
    let next = first.link("next").unwrap();
    // The page is shorter than its limit, but not the last one.
    assert_eq!(ids(&first.ok()), posted[..1]);
    let middle = dora.get(&next).await;
    assert_eq!(middle.header("link"), None);
    assert_eq!(middle.ok(), json!([]));
    let beyond = dora
        .get(&format!("{HOME}?limit=2&max_id={}", posted[2]))
        .await;
    assert_eq!(ids(&beyond.ok()), posted[4..5]);
}

#[tokio::test]
async fn home_leaves_out_what_does_not_belong_there_when_it_is_posted() {
    let server = TestServer::start().await.unwrap();
    let [alice, bob, dora] = ["alice", "bob", "dora"].map(|name| Client::user(&server, name));
    let (dora_id, carol_id) = (
        account_id(&bob, "dora").await,
        account_id(&bob, "carol").await,
    );
    let alice_id = account_id(&bob, "alice").await;
    let follow = json!({ "languages": ["en", "de"] });
    account_action(&bob, &alice_id, "follow", follow).await;
    let (by_dora, by_bob) = (dora.post_text("d").await, bob.post_text("b").await);
    let to_stranger = reply(&alice, &by_dora).await;
    let to_bob = reply(&alice, &by_bob).await;
    let to_self = reply(&alice, &to_bob).await;
    let french = json!({ "status": "bonjour", "language": "fr" });
    let french = id(&alice.post_status(french).await);
    account_action(&bob, &dora_id, "mute", json!({})).await;
    let about_muted = alice.post_text("hello @dora").await;
    let boost_of_muted = id(&alice.act_on_status(&by_dora, "reblog").await);
    account_action(&bob, &carol_id, "block", json!({})).await;
    let about_blocked = alice.post_text("hello @carol").await;
    account_action(&bob, &alice_id, "follow", json!({ "reblogs": false })).await;
    let second = Client::user(&server, "frank").post_text("f").await;
    let boost = id(&alice.act_on_status(&second, "reblog").await);
    let shown = home(&bob).await;
    assert_eq!(shown[..3], [to_self, to_bob, by_bob]);
    for hidden in [
        &to_stranger,
        &french,
        &about_muted,
        &boost_of_muted,
        &about_blocked,
        &boost,
    ] {
        assert!(!shown.contains(hidden));
    }
    // What was left out does not appear when the reasons have gone.
    account_action(&bob, &dora_id, "unmute", json!({})).await;
    account_action(&bob, &carol_id, "unblock", json!({})).await;
    account_action(&bob, &dora_id, "follow", json!({})).await;
    let later = home(&bob).await;
    assert!(!later.contains(&to_stranger) && !later.contains(&about_muted));
    // Boosts of blocked domains are left out, too.
    account_action(&bob, &alice_id, "follow", json!({ "reblogs": true })).await;
    let far = Client::user(&server, ERIN).post_text("far").await;
    let block = json!({ "domain": "elsewhere.example" });
    bob.post("/api/v1/domain_blocks", block).await.ok();
    let boost = id(&alice.act_on_status(&far, "reblog").await);
    assert!(!home(&bob).await.contains(&boost));
}

#[tokio::test]
async fn home_leaves_out_new_statuses_of_exclusive_lists() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let before = alice.post_text("before").await;
    let list = json!({ "title": "alice", "exclusive": true });
    let list = list_of(&bob, list, &["alice"]).await;
    let after = alice.post_text("after").await;
    let shown = home(&bob).await;
    assert!(shown.contains(&before) && !shown.contains(&after));
    assert_eq!(list_timeline(&bob, &list).await[..2], [after, before]);
}

#[tokio::test]
async fn late_status_of_another_server_enters_below_what_was_seen() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let erin = account_id(&alice, ERIN).await;
    account_action(&alice, &erin, "follow", json!({})).await;
    server.accept_follow("alice", ERIN);
    server.clock().advance(Duration::from_secs(600));
    let seen = alice.post_text("seen").await;
    let mut stream = WsClient::open(&server, "?stream=user", &alice.token).await;
    stream.synchronize().await;
    let late = server
        .post_late(ERIN, "late", Duration::from_secs(300))
        .unwrap();
    assert_eq!(home(&alice).await[..2], [seen.clone(), late.clone()]);
    let update = stream.next_json().await;
    assert_eq!(update["event"], "update");
    let update: Value = serde_json::from_str(update["payload"].as_str().unwrap()).unwrap();
    assert_eq!(update["id"], late);
    // Polling for newer statuses misses it.
    let newer = alice.get(&format!("{HOME}?min_id={seen}")).await;
    assert_eq!(newer.ok(), json!([]));
    assert_eq!(
        server.post_late("nobody@x.example", "x", Duration::ZERO),
        None
    );
}

#[tokio::test]
async fn edit_inserts_a_status_that_was_left_out_and_removes_one_without_an_event() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let dora_id = account_id(&bob, "dave").await;
    account_action(&bob, &dora_id, "mute", json!({})).await;
    let hidden = alice.post_text("hello @dave").await;
    let shown = alice.post_text("hello").await;
    assert_eq!(home(&bob).await[0], shown);
    let mut stream = WsClient::open(&server, "?stream=user", &bob.token).await;
    stream.synchronize().await;
    let edit = async |status: &str, text: &str| {
        let path = format!("/api/v1/statuses/{status}");
        alice.put(&path, json!({ "status": text })).await.ok();
    };
    edit(&shown, "hello @dave").await;
    edit(&hidden, "hello").await;
    // It appears at its old place, as an edit.
    let event = stream.next_json().await;
    assert_eq!(event["event"], "status.update");
    assert!(event["payload"].as_str().unwrap().contains(&hidden));
    let home = home(&bob).await;
    assert_eq!(home[0], hidden);
    assert!(!home.contains(&shown));
}

#[tokio::test]
async fn unfollowing_removes_statuses_from_home_without_events() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let list = list_of(&bob, json!({ "title": "alice" }), &["alice"]).await;
    let post = alice.post_text("x").await;
    assert_eq!(list_timeline(&bob, &list).await[0], post);
    let mut stream = WsClient::open(&server, "?stream=user", &bob.token).await;
    let subscription = json!({ "stream": "list", "list": list });
    stream.subscribe(&server, &[subscription]).await;
    let alice_id = account_id(&bob, "alice").await;
    account_action(&bob, &alice_id, "unfollow", json!({})).await;
    assert_eq!(home(&bob).await.len(), 1);
    assert_eq!(list_timeline(&bob, &list).await, [""; 0]);
    let own = bob.post_text("own").await;
    let event = stream.next_json().await;
    assert_eq!(event["event"], "update");
    assert!(event["payload"].as_str().unwrap().contains(&own));
}

#[tokio::test]
async fn unfollowing_a_hashtag_spares_what_other_follows_bring() {
    let server = TestServer::start().await.unwrap();
    let [alice, bob, dora] = ["alice", "bob", "dora"].map(|name| Client::user(&server, name));
    let early = dora.post_text("#cats before").await;
    for tag in ["cats", "dogs"] {
        bob.post(&format!("/api/v1/tags/{tag}/follow"), json!({}))
            .await
            .ok();
    }
    let by_followed = alice.post_text("#cats").await;
    let both = dora.post_text("#cats #dogs").await;
    let cats = dora.post_text("#cats").await;
    let unlisted = json!({ "status": "#cats", "visibility": "unlisted" });
    dora.post_status(unlisted).await;
    let before = home(&bob).await;
    assert_eq!(before[..3], [cats, both.clone(), by_followed.clone()]);
    assert!(!before.contains(&early));
    bob.post("/api/v1/tags/cats/unfollow", json!({})).await.ok();
    assert_eq!(home(&bob).await[..2], [both, by_followed]);
}

#[tokio::test]
async fn list_gets_past_statuses_of_new_members_and_loses_those_of_former_ones() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let past = alice.post_text("past").await;
    let list = list_of(&bob, json!({ "title": "alice" }), &["alice"]).await;
    assert_eq!(list_timeline(&bob, &list).await[0], past);
    let alice_id = account_id(&bob, "alice").await;
    let path = format!("/api/v1/lists/{list}/accounts?account_ids[]={alice_id}");
    bob.delete(&path).await.ok();
    assert_eq!(list_timeline(&bob, &list).await, [""; 0]);
    assert_eq!(home(&bob).await[0], past);
}

#[tokio::test]
async fn older_versions_add_no_past_statuses_to_a_list() {
    let server = TestServer::start().await.unwrap();
    set_feeds(&server, |feeds| feeds.backfills_lists = false);
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let list = list_of(&bob, json!({ "title": "alice" }), &["alice"]).await;
    let new = alice.post_text("new").await;
    assert_eq!(list_timeline(&bob, &list).await, [new]);
}

#[tokio::test]
async fn requested_members_of_a_list_count_once_the_follow_is_accepted() {
    let server = TestServer::start().await.unwrap();
    let (bob, dave) = (Client::user(&server, "bob"), Client::user(&server, "dave"));
    let past = dave
        .post_status(json!({ "status": "past", "visibility": "public" }))
        .await;
    let list = list_of(&bob, json!({ "title": "dave" }), &["dave"]).await;
    let meanwhile = json!({ "status": "meanwhile", "visibility": "public" });
    let meanwhile = dave.post_status(meanwhile).await;
    assert_eq!(list_timeline(&bob, &list).await, [""; 0]);
    let bob_id = account_id(&dave, "bob").await;
    let accept = format!("/api/v1/follow_requests/{bob_id}/authorize");
    dave.post(&accept, json!({})).await.ok();
    assert_eq!(
        list_timeline(&bob, &list).await,
        [id(&meanwhile), id(&past)]
    );
}

#[tokio::test]
async fn own_statuses_are_in_a_list_with_oneself() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let list = alice
        .post("/api/v1/lists", json!({ "title": "me" }))
        .await
        .ok();
    let members = format!("/api/v1/lists/{}/accounts", id(&list));
    let own = account_id(&alice, "alice").await;
    alice
        .post(&members, json!({ "account_ids": [own] }))
        .await
        .ok();
    // Only new ones.
    assert_eq!(list_timeline(&alice, &id(&list)).await, [""; 0]);
    let post = alice.post_text("me").await;
    assert_eq!(list_timeline(&alice, &id(&list)).await, [post]);
}

#[tokio::test]
async fn list_shows_the_replies_that_its_policy_allows() {
    let server = TestServer::start().await.unwrap();
    let [alice, bob, dora] = ["alice", "bob", "dora"].map(|name| Client::user(&server, name));
    let mut lists = Vec::new();
    for (policy, members) in [
        ("followed", &["alice"][..]),
        ("list", &["alice", "dora"]),
        ("list", &["alice"]),
        ("none", &["alice"]),
    ] {
        let list = json!({ "title": policy, "replies_policy": policy });
        lists.push(list_of(&bob, list, members).await);
    }
    let (by_bob, by_dora) = (bob.post_text("b").await, dora.post_text("d").await);
    let to_bob = reply(&alice, &by_bob).await;
    let to_dora = reply(&alice, &by_dora).await;
    for (list, shows_reply) in lists.iter().zip([true, true, false, false]) {
        let shown = list_timeline(&bob, list).await;
        assert_eq!(shown.contains(&to_dora), shows_reply);
        assert!(shown.contains(&to_bob));
    }
}

#[tokio::test]
async fn local_is_kept_in_the_links_of_home_and_ignored_otherwise() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let erin = account_id(&alice, ERIN).await;
    account_action(&alice, &erin, "follow", json!({})).await;
    server.accept_follow("alice", ERIN);
    let far = Client::user(&server, ERIN).post_text("far").await;
    let page = alice.get(&format!("{HOME}?local=true&limit=1")).await;
    let next = page.link("next").unwrap();
    assert!(next.contains("local=true"), "{next}");
    assert_eq!(ids(&page.ok()), [far]);
}

#[tokio::test]
async fn follower_of_the_author_and_of_a_hashtag_receives_an_update_for_each() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    bob.post("/api/v1/tags/cats/follow", json!({})).await.ok();
    let mut stream = WsClient::open(&server, "?stream=user", &bob.token).await;
    stream.synchronize().await;
    let post = alice.post_text("#cats").await;
    for _ in 0..2 {
        let update = stream.next_json().await;
        assert_eq!(update["event"], "update");
        assert!(update["payload"].as_str().unwrap().contains(&post));
    }
    assert_eq!(home(&bob).await[0], post);
}
