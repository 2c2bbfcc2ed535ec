//! Pages and their links.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::accounts::account_id;
use crate::client::{Client, id, ids};
use crate::relationships::account_action;

/// Creates items in many lists. Returns the paths of the lists.
async fn lists_of_alice(server: &TestServer) -> [Vec<String>; 3] {
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| Client::user(server, name));
    let alice_id = account_id(&alice, "alice").await;
    let bob_id = account_id(&alice, "bob").await;
    for client in [&bob, &carol] {
        client.post_text("@alice #cats").await;
    }
    account_action(&alice, &bob_id, "follow", json!({})).await;
    let own = alice.post_text("own #cats").await;
    for client in [&alice, &bob] {
        client.act_on_status(&own, "favourite").await;
        client.act_on_status(&own, "reblog").await;
    }
    alice.act_on_status(&own, "bookmark").await;
    bob.post_direct("@alice psst", None).await;
    account_action(&alice, &bob_id, "endorse", json!({})).await;
    alice.post("/api/v1/tags/cats/follow", json!({})).await.ok();
    let block = json!({ "domain": "elsewhere.example" });
    alice.post("/api/v1/domain_blocks", block).await.ok();
    let always = [
        "timelines/home",
        "timelines/public",
        "timelines/tag/cats",
        "notifications",
    ];
    let by_min_id = [
        format!("accounts/{alice_id}/statuses"),
        "favourites".to_owned(),
        "bookmarks".to_owned(),
        "conversations".to_owned(),
    ];
    let by_since_id = [
        format!("accounts/{alice_id}/followers"),
        format!("accounts/{alice_id}/following"),
        format!("statuses/{own}/favourited_by"),
        format!("statuses/{own}/reblogged_by"),
        "endorsements".to_owned(),
        "domain_blocks".to_owned(),
        "followed_tags".to_owned(),
    ];
    let path = |name: &str| format!("/api/v1/{name}");
    [
        always.iter().map(|name| path(name)).collect(),
        by_min_id.iter().map(|name| path(name)).collect(),
        by_since_id.iter().map(|name| path(name)).collect(),
    ]
}

#[tokio::test]
async fn links_of_a_page_depend_on_the_list() {
    let server = TestServer::start().await.unwrap();
    let lists = lists_of_alice(&server).await;
    let alice = Client::user(&server, "alice");
    for (kind, lists) in lists.iter().enumerate() {
        let previous = ["min_id=", "min_id=", "since_id="][kind];
        for list in lists {
            let page = alice.get(list).await;
            // Only timelines and notifications have a next page after one that is not full.
            assert_eq!(page.link("next").is_some(), kind == 0, "{list}");
            let link = page.link("prev").unwrap();
            assert!(link.contains(previous), "{link}");
            let full = alice.get(&format!("{list}?limit=1")).await;
            let next = full.link("next").unwrap();
            assert!(next.contains("?limit=1&max_id="), "{next}");
            // An empty page has no links.
            let separator = if list.contains('?') { '&' } else { '?' };
            let empty = alice.get(&format!("{list}{separator}max_id=1")).await;
            assert_eq!(empty.header("link"), None, "{list}");
            assert_eq!(empty.ok(), json!([]), "{list}");
        }
    }
}

#[tokio::test]
async fn limit_of_zero_is_an_empty_page_or_an_error() {
    let server = TestServer::start().await.unwrap();
    let [always, by_min_id, by_since_id] = lists_of_alice(&server).await;
    let alice = Client::user(&server, "alice");
    for list in always {
        let page = alice.get(&format!("{list}?limit=0")).await;
        assert_eq!(page.header("link"), None, "{list}");
        assert_eq!(page.ok(), json!([]), "{list}");
    }
    // Mastodon looks for the last item of a page that it takes for a full one.
    for list in by_min_id.iter().chain(&by_since_id) {
        let page = alice.get(&format!("{list}?limit=0")).await;
        if list.contains("endorsements") {
            assert_eq!(page.header("link"), None);
            assert_eq!(page.ok().as_array().unwrap().len(), 1);
        } else {
            assert_eq!(page.status, 500, "{list}");
        }
    }
}

#[tokio::test]
async fn limit_is_bounded_and_loses_its_sign() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    let mut posted = Vec::new();
    for number in 0..45 {
        posted.insert(0, alice.post_text(&number.to_string()).await);
    }
    let home = async |limit: &str| {
        let path = format!("/api/v1/timelines/home?limit={limit}");
        ids(&alice.get(&path).await.ok())
    };
    assert_eq!(home("400").await, posted[..40]);
    assert_eq!(home("-3").await, posted[..3]);
    assert_eq!(home("2x").await, posted[..2]);
    assert_eq!(home("x").await, [""; 0]);
}

#[tokio::test]
async fn min_id_takes_precedence_over_since_id() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut posted = Vec::new();
    for number in 0..5 {
        posted.insert(0, alice.post_text(&number.to_string()).await);
    }
    for list in ["timelines/home", "timelines/public"] {
        let page = async |query: String| {
            let path = format!("/api/v1/{list}?limit=2&{query}");
            ids(&alice.get(&path).await.ok())
        };
        let both = page(format!("since_id={}&min_id={}", posted[2], posted[4])).await;
        assert_eq!(both, posted[2..4], "{list}");
        let between = page(format!("min_id={}&max_id={}", posted[4], posted[2])).await;
        assert_eq!(between, posted[3..4], "{list}");
        let newest = page(format!("since_id={}", posted[4])).await;
        assert_eq!(newest, posted[..2], "{list}");
        // Blank cursors are ignored.
        let blank = page("min_id=&max_id=&since_id=".to_owned()).await;
        assert_eq!(blank, posted[..2], "{list}");
    }
}

#[tokio::test]
async fn previous_link_of_the_newest_page_leads_to_new_items() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    alice.post_text("old").await;
    let previous = alice
        .get("/api/v1/timelines/home")
        .await
        .link("prev")
        .unwrap();
    let empty = alice.get(&previous).await;
    assert_eq!(empty.header("link"), None);
    assert_eq!(empty.ok(), json!([]));
    let new = alice.post_text("new").await;
    assert_eq!(ids(&alice.get(&previous).await.ok()), [new]);
}

#[tokio::test]
async fn links_are_sorted_and_encoded_and_keep_only_listed_parameters() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    bob.post_text("@alice").await;
    let query = "types[]=mention&limit=1&other=1&exclude_types[]=follow";
    let page = alice.get(&format!("/api/v1/notifications?{query}")).await;
    let newest = id(&page.json[0]);
    let next = page.header("link").unwrap().split_once("; ").unwrap().0;
    let expected = format!(
        "<{}/api/v1/notifications?exclude_types%5B%5D=follow&limit=1&max_id={newest}&types%5B%5D=mention>",
        server.url()
    );
    assert_eq!(next, expected);
}

#[tokio::test]
async fn cursors_of_lists_of_accounts_are_not_account_ids() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = format!(
        "/api/v1/accounts/{}/followers",
        account_id(&alice, "alice").await
    );
    let page = alice.get(&path).await;
    let previous = page.link("prev").unwrap();
    let cursor = previous.split_once("since_id=").unwrap().1;
    assert!(!ids(&page.ok()).contains(&cursor.to_owned()));
}

#[tokio::test]
async fn items_move_between_pages_that_are_addressed_by_offset() {
    let server = TestServer::start().await.unwrap();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| Client::user(&server, name));
    let (first, second) = (alice.post_text("1").await, alice.post_text("2").await);
    for client in [&bob, &carol] {
        client.act_on_status(&first, "favourite").await;
    }
    bob.act_on_status(&second, "favourite").await;
    let trends = "/api/v1/trends/statuses?limit=1";
    let page = alice.get(trends).await;
    let next = page.link("next").unwrap();
    assert_eq!(ids(&page.ok()), [first.as_str()]);
    for action in ["favourite", "reblog"] {
        carol.act_on_status(&second, action).await;
    }
    // The first item is repeated.
    let page = alice.get(&next).await;
    // The second page has no link to the first one.
    assert_eq!(page.link("prev"), None);
    assert_eq!(ids(&page.ok()), [first]);
}

/// Posts replies, each to the one before. Returns the IDs.
async fn chain(client: &Client<'_>, length: usize) -> Vec<String> {
    let mut posted: Vec<String> = Vec::new();
    for _ in 0..length {
        let body = json!({ "status": "x", "in_reply_to_id": posted.last() });
        posted.push(id(&client.post_status(body).await));
    }
    posted
}

#[tokio::test]
async fn context_is_shorter_without_a_user() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    let posted = chain(&alice, 65).await;
    let anonymous = Client::anonymous(&server);
    let context = async |client: &Client<'_>, status: &str| {
        let path = format!("/api/v1/statuses/{status}/context");
        client.get(&path).await.ok()
    };
    let count = |list: &Value| list.as_array().unwrap().len();
    let deep = context(&anonymous, &posted[0]).await;
    // At most 20 levels of replies.
    assert_eq!(ids(&deep["descendants"]), posted[1..=20]);
    let deep = context(&alice, &posted[0]).await;
    assert_eq!(count(&deep["descendants"]), 64);
    let ancestors = context(&anonymous, &posted[64]).await;
    assert_eq!(ids(&ancestors["ancestors"]), posted[24..64]);
    let ancestors = context(&alice, &posted[64]).await;
    assert_eq!(count(&ancestors["ancestors"]), 64);
    // At most 60 replies.
    let root = alice.post_text("root").await;
    let bob = Client::user(&server, "bob");
    for _ in 0..61 {
        let reply = json!({ "status": "x", "in_reply_to_id": root });
        bob.post_status(reply).await;
    }
    assert_eq!(count(&context(&anonymous, &root).await["descendants"]), 60);
    let own = json!({ "status": "own", "in_reply_to_id": root });
    let own = id(&alice.post_status(own).await);
    // Replies of the author come first.
    let wide = context(&alice, &root).await;
    assert_eq!(count(&wide["descendants"]), 62);
    assert_eq!(wide["descendants"][0]["id"], own);
}
