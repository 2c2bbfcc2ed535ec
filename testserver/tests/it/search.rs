//! Search and trends.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Answer, Client};

async fn post(client: &Client<'_>, status: Value) -> Value {
    client.post("/api/v1/statuses", status).await.ok()
}

async fn search(client: &Client<'_>, query: &str) -> Answer {
    client.get(&format!("/api/v2/search?{query}")).await
}

fn texts(found: &Value) -> Vec<String> {
    let statuses = found["statuses"].as_array().unwrap().iter();
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
async fn a_search_finds_accounts_hashtags_and_statuses_by_their_beginnings_and_words() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    post(&bob, json!({ "status": "Bobsleigh for everyone #bobsled" })).await;
    let found = search(&alice, "q=bob").await.ok();
    assert_eq!(found["accounts"][0]["username"], "bob");
    assert_eq!(found["hashtags"][0]["name"], "bobsled");
    assert_eq!(found["hashtags"][0]["history"][0]["uses"], "1");
    assert_eq!(
        (&found["statuses"], &found["collections"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(
        texts(&search(&alice, "q=EVERYONE").await.ok()),
        ["Bobsleigh for everyone"]
    );
    let only = search(&alice, "q=bob&type=hashtags").await.ok();
    assert_eq!(
        (
            &only["accounts"],
            only["hashtags"].as_array().unwrap().len()
        ),
        (&json!([]), 1)
    );
}

#[tokio::test]
async fn statuses_are_found_by_phrases_and_conditions() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    post(
        &bob,
        json!({ "status": "red green blue", "language": "en" }),
    )
    .await;
    post(
        &bob,
        json!({ "status": "blue green red", "language": "de" }),
    )
    .await;
    post(
        &alice,
        json!({ "status": "green https://example.org/", "sensitive": true }),
    )
    .await;
    post(&bob, json!({ "status": "green @alice", "poll": { "options": ["violet", "b"], "expires_in": 600 } })).await;
    for (query, found) in [
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
        let got = search(&alice, &format!("type=statuses&q={query}"))
            .await
            .ok();
        assert_eq!(texts(&got).len(), found, "{query}");
    }
    let bob_id = search(&alice, "q=bob&type=accounts").await.ok()["accounts"][0]["id"].clone();
    let of_bob = search(
        &alice,
        &format!("q=green&account_id={}", bob_id.as_str().unwrap()),
    )
    .await
    .ok();
    assert_eq!(texts(&of_bob).len(), 3);
}

#[tokio::test]
async fn what_is_not_meant_to_be_found_is_not() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    post(&bob, json!({ "status": "secret", "visibility": "direct" })).await;
    post(
        &bob,
        json!({ "status": "secret", "visibility": "unlisted" }),
    )
    .await;
    assert_eq!(texts(&search(&alice, "q=secret").await.ok()).len(), 0);
    assert_eq!(texts(&search(&bob, "q=secret").await.ok()).len(), 2);
    post(&bob, json!({ "status": "public" })).await;
    assert_eq!(texts(&search(&alice, "q=public").await.ok()).len(), 1);
    bob.call(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        &json!({ "indexable": false }),
    )
    .await
    .ok();
    assert_eq!(texts(&search(&alice, "q=public").await.ok()).len(), 0);
}

#[tokio::test]
async fn an_address_finds_what_is_there() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let status = post(&alice, json!({ "status": "here" })).await;
    for (name, url) in [
        ("statuses", status["url"].clone()),
        ("statuses", status["uri"].clone()),
        ("accounts", status["account"]["url"].clone()),
    ] {
        let query = format!("q={}&resolve=true", url.as_str().unwrap());
        let found = search(&alice, &query).await.ok();
        assert_eq!(found[name].as_array().unwrap().len(), 1, "{url}");
    }
    let erin = search(&alice, "q=@erin@elsewhere.example&resolve=true")
        .await
        .ok();
    assert_eq!(erin["accounts"][0]["acct"], "erin@elsewhere.example");
}

#[tokio::test]
async fn results_have_a_limit_and_an_offset_that_needs_a_type_and_a_user() {
    let server = TestServer::start().await.unwrap();
    let (alice, visitor) = (Client::user(&server, "alice"), Client::visitor(&server));
    for text in ["word 1", "word 2", "word 3"] {
        post(&alice, json!({ "status": text })).await;
    }
    let one = search(&alice, "q=word&type=statuses&limit=1&offset=1")
        .await
        .ok();
    assert_eq!(texts(&one), ["word 2"]);
    let untyped = search(&alice, "q=word&limit=1&offset=1").await.ok();
    assert_eq!(texts(&untyped), ["word 3"]);
    let older = format!(
        "q=word&type=statuses&max_id={}",
        one["statuses"][0]["id"].as_str().unwrap()
    );
    assert_eq!(texts(&search(&alice, &older).await.ok()), ["word 1"]);
    for query in ["q=word&type=statuses&offset=1", "q=word&resolve=true"] {
        assert_eq!(search(&visitor, query).await.status, 401, "{query}");
    }
    assert_eq!(texts(&search(&visitor, "q=word").await.ok()).len(), 0);
    let empty = search(&alice, "q=").await;
    assert_eq!(
        (empty.status, empty.error()),
        (400, "param is missing or the value is empty or invalid: q")
    );
}

#[tokio::test]
async fn accounts_that_the_user_follows_are_found_alone_if_wanted() {
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
async fn hashtags_trend_by_the_accounts_that_use_them_in_pages_by_offset() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    post(&alice, json!({ "status": "#quiet" })).await;
    for client in [&alice, &bob] {
        post(client, json!({ "status": "#Loud" })).await;
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
    let old = Client::visitor(&server).get("/api/v1/trends?limit=1").await;
    assert_eq!(
        (old.header("deprecation"), &old.json[0]["name"]),
        (Some("@1648598400"), &json!("Loud"))
    );
    assert_eq!(old.json[0].get("following"), None);
    assert_eq!(alice.get("/api/v1/trends/links").await.ok(), json!([]));
}
