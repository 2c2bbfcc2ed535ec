//! Timelines.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id, ids};
use crate::media::png;

async fn own_id(who: &Client<'_>) -> String {
    id(&who.get("/api/v1/accounts/verify_credentials").await.ok())
}

#[tokio::test]
async fn home_has_ones_own_statuses_and_those_of_followed_accounts() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let dora = Client::user(&server, "dora");
    let (by_alice, by_bob) = (alice.says("a").await, bob.says("b").await);
    let by_dora = dora.says("d").await;
    // bob follows alice, not dora; so he sees what alice answers to him and to herself alone.
    let reply = async |to: &str| {
        let body = json!({ "status": "re", "in_reply_to_id": to });
        id(&alice.status(body).await)
    };
    let (to_bob, to_dora, to_self) = (
        reply(&by_bob).await,
        reply(&by_dora).await,
        reply(&by_alice).await,
    );
    let home = ids(&bob.get("/api/v1/timelines/home").await.ok());
    assert_eq!(home[..4], [to_self, to_bob, by_bob, by_alice]);
    assert!(!home.contains(&to_dora) && !home.contains(&by_dora));
}

#[tokio::test]
async fn the_public_timeline_has_public_statuses_that_answer_nobody_else() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let root = alice.says("root").await;
    let body = |visibility: &str| json!({ "status": visibility, "visibility": visibility });
    for visibility in ["unlisted", "private", "direct"] {
        alice.status(body(visibility)).await;
    }
    let reply = json!({ "status": "re", "in_reply_to_id": root });
    bob.status(reply.clone()).await;
    let thread = id(&alice.status(reply).await);
    bob.act(&root, "reblog").await;
    let public = "/api/v1/timelines/public";
    let visitor = Client::visitor(&server);
    let seen = ids(&visitor.get(&format!("{public}?limit=2")).await.ok());
    assert_eq!(seen, [thread, root]);
    let local = visitor.get(&format!("{public}?local=true&limit=2")).await;
    assert_eq!(ids(&local.ok()), seen);
    let remote = visitor.get(&format!("{public}?remote=true")).await;
    assert_eq!(remote.ok(), json!([]));
}

#[tokio::test]
async fn only_media_leaves_out_statuses_without() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let media = alice
        .multipart("POST", "/api/v2/media", &[("file@", &png(2, 2))])
        .await
        .ok();
    let body = json!({ "status": "#pic", "media_ids": [media["id"]] });
    let with = id(&alice.status(body).await);
    alice.says("#pic without").await;
    let account = own_id(&alice).await;
    for path in [
        "timelines/public".to_owned(),
        "timelines/tag/pic".to_owned(),
        format!("accounts/{account}/statuses"),
    ] {
        let found = alice
            .get(&format!("/api/v1/{path}?only_media=true"))
            .await
            .ok();
        assert_eq!(ids(&found), [with.as_str()], "{path}");
    }
}

#[tokio::test]
async fn a_hashtag_timeline_can_want_more_and_fewer_hashtags() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let (a, b, ab) = (
        alice.says("#aa").await,
        alice.says("#bb").await,
        alice.says("#Aa #bb").await,
    );
    let found = async |query: &str| {
        let path = format!("/api/v1/timelines/tag/AA?{query}");
        ids(&alice.get(&path).await.ok())
    };
    assert_eq!(found("").await, [ab.clone(), a.clone()]);
    assert_eq!(found("any[]=bb").await, [ab.clone(), b, a.clone()]);
    assert_eq!(found("all[]=bb").await, [ab]);
    assert_eq!(found("none[]=bb").await, [a]);
    let unknown = alice.get("/api/v1/timelines/tag/nobody_wrote_this").await;
    assert_eq!(unknown.ok(), json!([]));
}

#[tokio::test]
async fn the_links_of_a_hashtag_timeline_forget_the_further_hashtags() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    alice.says("#aa").await;
    let path = "/api/v1/timelines/tag/aa?any[]=bb&local=true&limit=1&nonsense=1";
    let next = alice.get(path).await.link("next").unwrap();
    assert!(
        next.starts_with("/api/v1/timelines/tag/aa?local=true&limit=1&max_id="),
        "{next}"
    );
}

#[tokio::test]
async fn cursors_lead_back_and_forth() {
    let server = TestServer::start().await.unwrap();
    let dora = Client::user(&server, "dora");
    let mut said = Vec::new();
    for number in 0..5 {
        said.insert(0, dora.says(&number.to_string()).await);
    }
    let path = format!("/api/v1/accounts/{}/statuses", own_id(&dora).await);
    let page = async |query: &str| ids(&dora.get(&format!("{path}?{query}")).await.ok());
    let first = dora.get(&format!("{path}?limit=2")).await;
    let next = first.link("next").unwrap();
    assert_eq!(ids(&first.ok()), said[..2]);
    let second = dora.get(&next).await;
    let previous = second.link("prev").unwrap();
    assert_eq!(ids(&second.ok()), said[2..4]);
    assert_eq!(ids(&dora.get(&previous).await.ok()), said[..2]);
    // since_id means the newest above it, min_id those directly above it.
    assert_eq!(
        page(&format!("limit=2&since_id={}", said[4])).await,
        said[..2]
    );
    assert_eq!(
        page(&format!("limit=2&min_id={}", said[4])).await,
        said[2..4]
    );
    let between = format!("max_id={}&min_id={}", said[1], said[3]);
    assert_eq!(page(&between).await, said[2..3]);
    assert_eq!(page("limit=0").await, said[..0]);
    let end = dora.get(&format!("{path}?max_id={}", said[4])).await;
    assert_eq!(end.header("link"), None);
}

#[tokio::test]
async fn the_statuses_of_an_account_can_be_filtered() {
    let server = TestServer::start().await.unwrap();
    let (alice, dora) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dora"),
    );
    let original = alice.says("other").await;
    let plain = dora.says("plain #tag").await;
    let thread = json!({ "status": "thread", "in_reply_to_id": plain });
    let thread = id(&dora.status(thread).await);
    let reply = json!({ "status": "re", "in_reply_to_id": original });
    let reply = id(&dora.status(reply).await);
    let boost = id(&dora.act(&original, "reblog").await);
    let direct = json!({ "status": "psst @alice", "visibility": "direct" });
    let direct = id(&dora.status(direct).await);
    let path = format!("/api/v1/accounts/{}/statuses", own_id(&dora).await);
    let seen =
        async |who: &Client<'_>, query: &str| ids(&who.get(&format!("{path}?{query}")).await.ok());
    let all = [&direct, &boost, &reply, &thread, &plain].map(Clone::clone);
    assert_eq!(seen(&alice, "").await, all);
    assert_eq!(seen(&Client::visitor(&server), "").await, all[1..]);
    assert_eq!(seen(&alice, "exclude_direct=true").await, all[1..]);
    assert_eq!(
        seen(&alice, "exclude_replies=true&exclude_direct=1").await,
        [boost.clone(), thread.clone(), plain.clone()]
    );
    assert_eq!(
        seen(&alice, "exclude_reblogs=true").await,
        [direct, reply, thread, plain.clone()]
    );
    assert_eq!(seen(&alice, "tagged=TAG").await, [plain]);
    assert_eq!(alice.get("/api/v1/accounts/1/statuses").await.status, 404);
}

#[tokio::test]
async fn a_link_has_a_timeline_when_several_accounts_link_to_it() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let path = "/api/v1/timelines/link?url=https%3A%2F%2Fexample.org%2Fnews";
    let one = alice.says("Look: https://example.org/news.").await;
    assert_eq!(alice.get(path).await.status, 404);
    let two = bob.says("https://example.org/news !").await;
    assert_eq!(ids(&alice.get(path).await.ok()), [two, one]);
}

#[tokio::test]
async fn what_many_favourite_and_boost_trends_and_pages_by_offset() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (strong, weak) = (alice.says("strong").await, alice.says("weak").await);
    alice.says("none").await;
    bob.act(&strong, "favourite").await;
    bob.act(&strong, "reblog").await;
    bob.act(&weak, "favourite").await;
    alice.act(&weak, "favourite").await;
    let visitor = Client::visitor(&server);
    let first = visitor.get("/api/v1/trends/statuses?limit=1").await;
    let next = first.link("next").unwrap();
    assert!(next.ends_with("?limit=1&offset=1"), "{next}");
    assert_eq!(ids(&first.ok()), [strong]);
    assert_eq!(ids(&visitor.get(&next).await.ok()), [weak]);
    let empty = visitor.get("/api/v1/trends/statuses?offset=2").await;
    assert_eq!(empty.json, Value::Array(Vec::new()));
}
