//! Timelines and trending statuses.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id, ids};
use crate::media::png;

async fn own_account_id(client: &Client<'_>) -> String {
    id(&client.get("/api/v1/accounts/verify_credentials").await.ok())
}

#[tokio::test]
async fn home_timeline_contains_own_and_followed_statuses() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let dora = Client::user(&server, "dora");
    let (by_alice, by_bob) = (alice.post_text("a").await, bob.post_text("b").await);
    let by_dora = dora.post_text("d").await;
    // Bob follows Alice, not Dora, so he receives only the replies of Alice to him and to herself.
    let reply = async |to: &str| {
        let body = json!({ "status": "re", "in_reply_to_id": to });
        id(&alice.post_status(body).await)
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
async fn public_timeline_omits_replies_to_others() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let root = alice.post_text("root").await;
    let body = |visibility: &str| json!({ "status": visibility, "visibility": visibility });
    for visibility in ["unlisted", "private", "direct"] {
        alice.post_status(body(visibility)).await;
    }
    let reply = json!({ "status": "re", "in_reply_to_id": root });
    bob.post_status(reply.clone()).await;
    let thread = id(&alice.post_status(reply).await);
    bob.act_on_status(&root, "reblog").await;
    let public = "/api/v1/timelines/public";
    let anonymous = Client::anonymous(&server);
    let expected = ids(&anonymous.get(&format!("{public}?limit=2")).await.ok());
    assert_eq!(expected, [thread, root]);
    let local = anonymous.get(&format!("{public}?local=true&limit=2")).await;
    assert_eq!(ids(&local.ok()), expected);
    let remote = anonymous.get(&format!("{public}?remote=true")).await;
    assert_eq!(remote.ok(), json!([]));
}

#[tokio::test]
async fn only_media_omits_statuses_without_media() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let media = alice
        .send_multipart("POST", "/api/v2/media", &[("file@", &png(2, 2))])
        .await
        .ok();
    let body = json!({ "status": "#pic", "media_ids": [media["id"]] });
    let with_media = id(&alice.post_status(body).await);
    alice.post_text("#pic without").await;
    let account = own_account_id(&alice).await;
    for path in [
        "timelines/public".to_owned(),
        "timelines/tag/pic".to_owned(),
        format!("accounts/{account}/statuses"),
    ] {
        let page = alice
            .get(&format!("/api/v1/{path}?only_media=true"))
            .await
            .ok();
        assert_eq!(ids(&page), [with_media.as_str()], "{path}");
    }
}

#[tokio::test]
async fn hashtag_timeline_combines_any_all_and_none() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let (a, b, ab) = (
        alice.post_text("#aa").await,
        alice.post_text("#bb").await,
        alice.post_text("#Aa #bb").await,
    );
    let fetch = async |query: &str| {
        let path = format!("/api/v1/timelines/tag/AA?{query}");
        ids(&alice.get(&path).await.ok())
    };
    assert_eq!(fetch("").await, [ab.clone(), a.clone()]);
    assert_eq!(fetch("any[]=bb").await, [ab.clone(), b, a.clone()]);
    assert_eq!(fetch("all[]=bb").await, [ab]);
    assert_eq!(fetch("none[]=bb").await, [a]);
    let unknown = alice.get("/api/v1/timelines/tag/nobody_wrote_this").await;
    assert_eq!(unknown.ok(), json!([]));
}

#[tokio::test]
async fn hashtag_timeline_links_omit_the_additional_hashtags() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    alice.post_text("#aa").await;
    let path = "/api/v1/timelines/tag/aa?any[]=bb&local=true&limit=1&nonsense=1";
    let next = alice.get(path).await.link("next").unwrap();
    assert!(
        next.starts_with("/api/v1/timelines/tag/aa?limit=1&local=true&max_id="),
        "{next}"
    );
}

#[tokio::test]
async fn public_timelines_leave_out_limited_and_suspended_authors() {
    let server = TestServer::start().await.unwrap();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| Client::user(&server, name));
    for author in [&alice, &bob, &carol] {
        author.post_text("#cats https://example.org/cats").await;
    }
    // Not even those who follow Alice see her statuses there.
    server.limit_account("alice");
    server.suspend_account("bob");
    for path in [
        "public?limit=1",
        "tag/cats",
        "link?url=https%3A%2F%2Fexample.org%2Fcats",
    ] {
        let path = format!("/api/v1/timelines/{path}");
        let page = carol.get(&path).await;
        if path.contains("link") {
            // Two accounts are necessary for a trend.
            assert_eq!(page.status, 404);
            continue;
        }
        let page = page.ok();
        let authors = page.as_array().unwrap().iter();
        let authors: Vec<_> = authors.map(|status| &status["account"]["acct"]).collect();
        assert_eq!(authors, ["carol"], "{path}");
    }
    assert_eq!(
        carol.get("/api/v1/timelines/home").await.ok()[1]["account"]["acct"],
        "alice"
    );
}

#[tokio::test]
async fn local_and_remote_together_select_all_statuses() {
    let server = TestServer::start().await.unwrap();
    let erin = Client::user(&server, "erin@elsewhere.example");
    let near = Client::user(&server, "alice").post_text("near #cats").await;
    let far = erin.post_text("far #cats").await;
    let anonymous = Client::anonymous(&server);
    for path in ["public", "tag/cats"] {
        let page = async |query: &str| {
            let path = format!("/api/v1/timelines/{path}?limit=2&{query}");
            ids(&anonymous.get(&path).await.ok())
        };
        assert_eq!(
            page("local=true&remote=true").await,
            [far.clone(), near.clone()]
        );
        assert_eq!(page("remote=true").await, [far.as_str()]);
        assert_eq!(page("local=true").await[0], near);
    }
}

#[tokio::test]
async fn hashtag_timeline_uses_four_hashtags_of_each_kind() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut posted = Vec::new();
    for tag in ["a1", "b1", "c1", "d1", "e1"] {
        posted.push(alice.post_text(&format!("#{tag}")).await);
    }
    let page = async |path: &str| {
        let path = format!("/api/v1/timelines/tag/{path}");
        ids(&alice.get(&path).await.ok())
    };
    // The hashtag of the path is one of the four.
    let any = page("a1?any[]=b1&any[]=c1&any[]=d1&any[]=e1").await;
    assert_eq!(
        any,
        [&posted[3], &posted[2], &posted[1], &posted[0]].map(Clone::clone)
    );
    let none = page("e1?none[]=a1&none[]=b1&none[]=c1&none[]=d1&none[]=e1").await;
    assert_eq!(none, [posted[4].clone()]);
    // An unknown hashtag in the path selects nothing, and is ignored elsewhere.
    assert_eq!(page("unknown?any[]=a1").await, [""; 0]);
    assert_eq!(page("a1?all[]=unknown").await, [posted[0].clone()]);
}

#[tokio::test]
async fn cursors_page_in_both_directions() {
    let server = TestServer::start().await.unwrap();
    let dora = Client::user(&server, "dora");
    let mut posted = Vec::new();
    for number in 0..5 {
        posted.insert(0, dora.post_text(&number.to_string()).await);
    }
    let path = format!("/api/v1/accounts/{}/statuses", own_account_id(&dora).await);
    let page = async |query: &str| ids(&dora.get(&format!("{path}?{query}")).await.ok());
    let first = dora.get(&format!("{path}?limit=2")).await;
    let next = first.link("next").unwrap();
    assert_eq!(ids(&first.ok()), posted[..2]);
    let second = dora.get(&next).await;
    let previous = second.link("prev").unwrap();
    assert_eq!(ids(&second.ok()), posted[2..4]);
    assert_eq!(ids(&dora.get(&previous).await.ok()), posted[..2]);
    // since_id returns the newest items after the cursor, min_id those directly after it.
    assert_eq!(
        page(&format!("limit=2&since_id={}", posted[4])).await,
        posted[..2]
    );
    assert_eq!(
        page(&format!("limit=2&min_id={}", posted[4])).await,
        posted[2..4]
    );
    let between = format!("max_id={}&min_id={}", posted[1], posted[3]);
    assert_eq!(page(&between).await, posted[2..3]);
    let end = dora.get(&format!("{path}?max_id={}", posted[4])).await;
    assert_eq!(end.header("link"), None);
}

#[tokio::test]
async fn account_statuses_can_be_filtered() {
    let server = TestServer::start().await.unwrap();
    let (alice, dora) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dora"),
    );
    let original = alice.post_text("other").await;
    let plain = dora.post_text("plain #tag").await;
    let thread = json!({ "status": "thread", "in_reply_to_id": plain });
    let thread = id(&dora.post_status(thread).await);
    let reply = json!({ "status": "re", "in_reply_to_id": original });
    let reply = id(&dora.post_status(reply).await);
    let boost = id(&dora.act_on_status(&original, "reblog").await);
    let direct = json!({ "status": "psst @alice", "visibility": "direct" });
    let direct = id(&dora.post_status(direct).await);
    let path = format!("/api/v1/accounts/{}/statuses", own_account_id(&dora).await);
    let fetch = async |client: &Client<'_>, query: &str| {
        ids(&client.get(&format!("{path}?{query}")).await.ok())
    };
    let all = [&direct, &boost, &reply, &thread, &plain].map(Clone::clone);
    assert_eq!(fetch(&alice, "").await, all);
    assert_eq!(fetch(&Client::anonymous(&server), "").await, all[1..]);
    assert_eq!(fetch(&alice, "exclude_direct=true").await, all[1..]);
    assert_eq!(
        fetch(&alice, "exclude_replies=true&exclude_direct=1").await,
        [boost.clone(), thread.clone(), plain.clone()]
    );
    assert_eq!(
        fetch(&alice, "exclude_reblogs=true").await,
        [direct, reply, thread, plain.clone()]
    );
    assert_eq!(fetch(&alice, "tagged=TAG").await, [plain]);
    assert_eq!(alice.get("/api/v1/accounts/1/statuses").await.status, 404);
}

#[tokio::test]
async fn link_timeline_exists_once_several_accounts_share_the_link() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let path = "/api/v1/timelines/link?url=https%3A%2F%2Fexample.org%2Fnews";
    let first = alice.post_text("Look: https://example.org/news.").await;
    assert_eq!(alice.get(path).await.status, 404);
    let second = bob.post_text("https://example.org/news !").await;
    assert_eq!(ids(&alice.get(path).await.ok()), [second, first]);
}

#[tokio::test]
async fn trending_statuses_are_ranked_by_interactions_and_paged_by_offset() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (strong, weak) = (
        alice.post_text("strong").await,
        alice.post_text("weak").await,
    );
    alice.post_text("none").await;
    bob.act_on_status(&strong, "favourite").await;
    bob.act_on_status(&strong, "reblog").await;
    bob.act_on_status(&weak, "favourite").await;
    alice.act_on_status(&weak, "favourite").await;
    let anonymous = Client::anonymous(&server);
    let first = anonymous.get("/api/v1/trends/statuses?limit=1").await;
    let next = first.link("next").unwrap();
    assert!(next.ends_with("?limit=1&offset=1"), "{next}");
    assert_eq!(ids(&first.ok()), [strong]);
    assert_eq!(ids(&anonymous.get(&next).await.ok()), [weak]);
    let empty = anonymous.get("/api/v1/trends/statuses?offset=2").await;
    assert_eq!(empty.json, Value::Array(Vec::new()));
}
