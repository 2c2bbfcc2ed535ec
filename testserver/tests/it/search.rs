//! Search and trending hashtags.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, Response};

async fn search(client: &Client<'_>, query: &str) -> Response {
    client.get(&format!("/api/v2/search?{query}")).await
}

fn texts(results: &Value) -> Vec<String> {
    let statuses = results["statuses"].as_array().unwrap().iter();
    let plain = |html: &str| {
        html.trim_start_matches("<p>")
            .split('<')
            .next()
            .unwrap()
            .trim()
            .to_owned()
    };
    statuses
        .map(|status| plain(status["content"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn search_matches_prefixes_of_names_and_words_of_statuses() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    bob.post_status(json!({ "status": "Bobsleigh for everyone #bobsled" }))
        .await;
    let results = search(&alice, "q=bob").await.ok();
    assert_eq!(results["accounts"][0]["username"], "bob");
    assert_eq!(results["hashtags"][0]["name"], "bobsled");
    assert_eq!(results["hashtags"][0]["history"][0]["uses"], "1");
    assert_eq!(
        (&results["statuses"], &results["collections"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(
        texts(&search(&alice, "q=EVERYONE").await.ok()),
        ["Bobsleigh for everyone"]
    );
    let hashtags_only = search(&alice, "q=bob&type=hashtags").await.ok();
    assert_eq!(
        (
            &hashtags_only["accounts"],
            hashtags_only["hashtags"].as_array().unwrap().len()
        ),
        (&json!([]), 1)
    );
}

#[tokio::test]
async fn search_supports_phrases_and_operators() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    bob.post_status(json!({ "status": "red green blue", "language": "en" }))
        .await;
    bob.post_status(json!({ "status": "blue green red", "language": "de" }))
        .await;
    alice
        .post_status(json!({ "status": "green https://example.org/", "sensitive": true }))
        .await;
    bob.post_status(json!({ "status": "green @alice", "poll": { "options": ["violet", "b"], "expires_in": 600 } })).await;
    for (query, count) in [
        ("%22red+green%22", 1),
        ("green", 4),
        ("green+-red", 2),
        ("from:bob+green", 3),
        ("green+-from:bob", 1),
        ("language:de+green", 1),
        ("has:poll+green", 1),
        ("violet", 1),
        ("has:link", 1),
        ("is:sensitive", 1),
        ("green+in:library", 2),
        ("green+before:2020-01-01", 0),
        ("green+after:2020-01-01", 4),
    ] {
        let results = search(&alice, &format!("type=statuses&q={query}"))
            .await
            .ok();
        assert_eq!(texts(&results).len(), count, "{query}");
    }
    let bob_id = search(&alice, "q=bob&type=accounts").await.ok()["accounts"][0]["id"].clone();
    let from_bob = search(
        &alice,
        &format!("q=green&account_id={}", bob_id.as_str().unwrap()),
    )
    .await
    .ok();
    assert_eq!(texts(&from_bob).len(), 3);
}

#[tokio::test]
async fn statuses_that_are_not_public_or_not_indexable_are_not_found() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    bob.post_status(json!({ "status": "secret", "visibility": "direct" }))
        .await;
    bob.post_status(json!({ "status": "secret", "visibility": "unlisted" }))
        .await;
    assert_eq!(texts(&search(&alice, "q=secret").await.ok()).len(), 0);
    assert_eq!(texts(&search(&bob, "q=secret").await.ok()).len(), 2);
    bob.post_status(json!({ "status": "public" })).await;
    assert_eq!(texts(&search(&alice, "q=public").await.ok()).len(), 1);
    bob.send_json(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        &json!({ "indexable": false }),
    )
    .await
    .ok();
    assert_eq!(texts(&search(&alice, "q=public").await.ok()).len(), 0);
}

#[tokio::test]
async fn searching_a_url_finds_the_status_or_account() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let status = alice.post_status(json!({ "status": "here" })).await;
    for (name, url) in [
        ("statuses", status["url"].clone()),
        ("statuses", status["uri"].clone()),
        ("accounts", status["account"]["url"].clone()),
    ] {
        let query = format!("q={}&resolve=true", url.as_str().unwrap());
        let results = search(&alice, &query).await.ok();
        assert_eq!(results[name].as_array().unwrap().len(), 1, "{url}");
    }
    let erin = search(&alice, "q=@erin@elsewhere.example&resolve=true")
        .await
        .ok();
    assert_eq!(erin["accounts"][0]["acct"], "erin@elsewhere.example");
}

#[tokio::test]
async fn search_offset_needs_a_type_and_a_user_token() {
    let server = TestServer::start().await.unwrap();
    let (alice, anonymous) = (Client::user(&server, "alice"), Client::anonymous(&server));
    for text in ["word 1", "word 2", "word 3"] {
        alice.post_status(json!({ "status": text })).await;
    }
    let second = search(&alice, "q=word&type=statuses&limit=1&offset=1")
        .await
        .ok();
    assert_eq!(texts(&second), ["word 2"]);
    let untyped = search(&alice, "q=word&limit=1&offset=1").await.ok();
    assert_eq!(texts(&untyped), ["word 3"]);
    let older = format!(
        "q=word&type=statuses&max_id={}",
        second["statuses"][0]["id"].as_str().unwrap()
    );
    assert_eq!(texts(&search(&alice, &older).await.ok()), ["word 1"]);
    for query in ["q=word&type=statuses&offset=1", "q=word&resolve=true"] {
        assert_eq!(search(&anonymous, query).await.status, 401, "{query}");
    }
    assert_eq!(texts(&search(&anonymous, "q=word").await.ok()).len(), 0);
    let empty = search(&alice, "q=").await;
    assert_eq!(
        (empty.status, empty.error()),
        (400, "param is missing or the value is empty or invalid: q")
    );
}

#[tokio::test]
async fn account_search_can_be_restricted_to_followed_accounts() {
    let server = TestServer::start().await.unwrap();
    let bob = Client::user(&server, "bob");
    let all = search(&bob, "q=alice&type=accounts").await.ok();
    assert_eq!(all["accounts"].as_array().unwrap().len(), 1);
    let followed = search(&bob, "q=carol&type=accounts&following=true")
        .await
        .ok();
    assert_eq!(followed["accounts"], json!([]));
}

#[tokio::test]
async fn trending_hashtags_are_ranked_by_accounts_and_paged_by_offset() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    alice.post_status(json!({ "status": "#quiet" })).await;
    for client in [&alice, &bob] {
        client.post_status(json!({ "status": "#Loud" })).await;
    }
    let first = alice.get("/api/v1/trends/tags?limit=1").await;
    assert_eq!(
        (&first.json[0]["name"], &first.json[0]["following"]),
        (&json!("Loud"), &json!(false))
    );
    assert_eq!(first.json[0]["history"].as_array().unwrap().len(), 7);
    let next = first.link("next").unwrap();
    assert!(
        next.contains("limit=1") && next.contains("offset=1"),
        "{next}"
    );
    assert_eq!(alice.get(&next).await.json.as_array().unwrap().len(), 1);
    let v1 = Client::anonymous(&server)
        .get("/api/v1/trends?limit=1")
        .await;
    assert_eq!(
        (v1.header("deprecation"), &v1.json[0]["name"]),
        (Some("@1648598400"), &json!("Loud"))
    );
    assert_eq!(v1.json[0].get("following"), None);
    assert_eq!(alice.get("/api/v1/trends/links").await.ok(), json!([]));
}
