//! Finding accounts.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::accounts::account;
use crate::client::Client;

fn accts(list: &Value) -> Vec<String> {
    let accounts = list.as_array().unwrap().iter();
    accounts
        .map(|one| one["acct"].as_str().unwrap().to_owned())
        .collect()
}

async fn search(client: &Client<'_>, query: &str) -> Vec<String> {
    accts(
        &client
            .get(&format!("/api/v1/accounts/search?{query}"))
            .await
            .ok(),
    )
}

#[tokio::test]
async fn accounts_are_found_by_name_address_and_profile() {
    let server = TestServer::start().await.unwrap();
    let bob = Client::user(&server, "bob");
    let note = json!({ "note": "Bakes bread in Ghent", "display_name": "The Baker" });
    bob.call("PATCH", "/api/v1/accounts/update_credentials", &note)
        .await
        .ok();
    for query in ["q=bo", "q=BOB", "q=@bob", "q=baker", "q=bread"] {
        assert_eq!(search(&bob, query).await, ["bob"], "{query}");
    }
    for query in ["q=erin", "q=elsewhere.example", "q=erin@elsewhere.example"] {
        assert_eq!(
            search(&bob, query).await,
            ["erin@elsewhere.example"],
            "{query}"
        );
    }
    assert!(
        search(&bob, "q=nobody@nowhere.example&resolve=true")
            .await
            .is_empty()
    );
    assert!(search(&bob, "q=").await.is_empty());
}

#[tokio::test]
async fn a_search_shows_the_meant_account_first_then_followed_ones_and_goes_by_offset() {
    let server = TestServer::start().await.unwrap();
    let bob = Client::user(&server, "bob");
    for name in ["al", "alan", "albert"] {
        server.token(name, "read");
    }
    let albert = account(&bob, "albert").await;
    bob.post(&format!("/api/v1/accounts/{albert}/follow"), json!({}))
        .await
        .ok();
    assert_eq!(
        search(&bob, "q=al").await,
        ["al", "alice", "albert", "alan"]
    );
    assert_eq!(
        search(&bob, "q=al&following=true").await,
        ["alice", "albert"]
    );
    assert_eq!(
        search(&bob, "q=al&limit=2&offset=1").await,
        ["alice", "albert"]
    );
    let page = bob.get("/api/v1/accounts/search?q=al&limit=1").await;
    assert_eq!(page.header("link"), None);
}

#[tokio::test]
async fn accounts_that_the_user_does_not_know_are_proposed_friends_of_friends_first() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let carol = account(&bob, "carol").await;
    alice
        .post(&format!("/api/v1/accounts/{carol}/follow"), json!({}))
        .await
        .ok();
    let found = bob.get("/api/v2/suggestions").await.ok();
    let proposed: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["account"]["acct"].clone())
        .collect();
    assert_eq!(proposed, ["carol", "dave", "erin@elsewhere.example"]);
    assert_eq!(
        (&found[0]["source"], &found[0]["sources"]),
        (&json!("past_interactions"), &json!(["friends_of_friends"]))
    );
    assert_eq!(
        (&found[1]["source"], &found[1]["sources"]),
        (&json!("global"), &json!(["most_followed"]))
    );
    let old = bob.get("/api/v1/suggestions?limit=2&offset=1").await.ok();
    assert_eq!(accts(&old), ["dave", "erin@elsewhere.example"]);

    assert_eq!(
        bob.delete(&format!("/api/v1/suggestions/{carol}"))
            .await
            .ok(),
        json!({})
    );
    let erin = account(&bob, "erin@elsewhere.example").await;
    bob.post(&format!("/api/v1/accounts/{erin}/mute"), json!({}))
        .await
        .ok();
    assert_eq!(accts(&bob.get("/api/v1/suggestions").await.ok()), ["dave"]);
    // Who was asked is not proposed again, and neither is who does not wish it.
    let dave = account(&bob, "dave").await;
    bob.post(&format!("/api/v1/accounts/{dave}/follow"), json!({}))
        .await
        .ok();
    assert_eq!(bob.get("/api/v2/suggestions").await.ok(), json!([]));
}

#[tokio::test]
async fn the_directory_has_those_who_agreed_the_active_or_the_new_first() {
    let server = TestServer::start().await.unwrap();
    let (visitor, dave) = (Client::visitor(&server), Client::user(&server, "dave"));
    let listed = async |query: &str| {
        accts(
            &visitor
                .get(&format!("/api/v1/directory?{query}"))
                .await
                .ok(),
        )
    };
    assert_eq!(
        listed("").await,
        ["alice", "bob", "erin@elsewhere.example", "dave", "carol"]
    );
    assert_eq!(
        listed("order=new").await,
        ["erin@elsewhere.example", "dave", "carol", "bob", "alice"]
    );
    assert_eq!(
        listed("order=new&local=true&limit=2&offset=1").await,
        ["carol", "bob"]
    );
    dave.says("here I am").await;
    assert_eq!(listed("local=1&limit=1").await, ["dave"]);
    let hide = json!({ "discoverable": false });
    dave.call("PATCH", "/api/v1/accounts/update_credentials", &hide)
        .await
        .ok();
    assert!(!listed("").await.contains(&"dave".to_owned()));
}
