//! Account search, suggestions and the directory.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::accounts::account_id;
use crate::client::Client;

fn accts(list: &Value) -> Vec<String> {
    let accounts = list.as_array().unwrap().iter();
    accounts
        .map(|account| account["acct"].as_str().unwrap().to_owned())
        .collect()
}

async fn search_accounts(client: &Client<'_>, query: &str) -> Vec<String> {
    accts(
        &client
            .get(&format!("/api/v1/accounts/search?{query}"))
            .await
            .ok(),
    )
}

#[tokio::test]
async fn account_search_matches_name_address_and_profile() {
    let server = TestServer::start().await.unwrap();
    let bob = Client::user(&server, "bob");
    let note = json!({ "note": "Bakes bread in Ghent", "display_name": "The Baker" });
    bob.send_json("PATCH", "/api/v1/accounts/update_credentials", &note)
        .await
        .ok();
    for query in ["q=bo", "q=BOB", "q=@bob", "q=baker", "q=bread"] {
        assert_eq!(search_accounts(&bob, query).await, ["bob"], "{query}");
    }
    for query in ["q=erin", "q=elsewhere.example", "q=erin@elsewhere.example"] {
        assert_eq!(
            search_accounts(&bob, query).await,
            ["erin@elsewhere.example"],
            "{query}"
        );
    }
    assert!(
        search_accounts(&bob, "q=nobody@nowhere.example&resolve=true")
            .await
            .is_empty()
    );
    assert!(search_accounts(&bob, "q=").await.is_empty());
}

#[tokio::test]
async fn account_search_ranks_exact_matches_then_followed_accounts_and_pages_by_offset() {
    let server = TestServer::start().await.unwrap();
    let bob = Client::user(&server, "bob");
    for name in ["al", "alan", "albert"] {
        server.token(name, "read");
    }
    let albert = account_id(&bob, "albert").await;
    bob.post(&format!("/api/v1/accounts/{albert}/follow"), json!({}))
        .await
        .ok();
    assert_eq!(
        search_accounts(&bob, "q=al").await,
        ["al", "alice", "albert", "alan"]
    );
    assert_eq!(
        search_accounts(&bob, "q=al&following=true").await,
        ["alice", "albert"]
    );
    assert_eq!(
        search_accounts(&bob, "q=al&limit=2&offset=1").await,
        ["alice", "albert"]
    );
    let page = bob.get("/api/v1/accounts/search?q=al&limit=1").await;
    assert_eq!(page.header("link"), None);
}

#[tokio::test]
async fn suggestions_list_friends_of_friends_first() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let carol = account_id(&bob, "carol").await;
    alice
        .post(&format!("/api/v1/accounts/{carol}/follow"), json!({}))
        .await
        .ok();
    let suggestions = bob.get("/api/v2/suggestions").await.ok();
    let suggested: Vec<_> = suggestions
        .as_array()
        .unwrap()
        .iter()
        .map(|suggestion| suggestion["account"]["acct"].clone())
        .collect();
    assert_eq!(suggested, ["carol", "dave", "erin@elsewhere.example"]);
    assert_eq!(
        (&suggestions[0]["source"], &suggestions[0]["sources"]),
        (&json!("past_interactions"), &json!(["friends_of_friends"]))
    );
    assert_eq!(
        (&suggestions[1]["source"], &suggestions[1]["sources"]),
        (&json!("global"), &json!(["most_followed"]))
    );
    let v1 = bob.get("/api/v1/suggestions?limit=2&offset=1").await.ok();
    assert_eq!(accts(&v1), ["dave", "erin@elsewhere.example"]);

    assert_eq!(
        bob.delete(&format!("/api/v1/suggestions/{carol}"))
            .await
            .ok(),
        json!({})
    );
    let erin = account_id(&bob, "erin@elsewhere.example").await;
    bob.post(&format!("/api/v1/accounts/{erin}/mute"), json!({}))
        .await
        .ok();
    assert_eq!(accts(&bob.get("/api/v1/suggestions").await.ok()), ["dave"]);
    // Accounts with a pending follow request are not suggested.
    let dave = account_id(&bob, "dave").await;
    bob.post(&format!("/api/v1/accounts/{dave}/follow"), json!({}))
        .await
        .ok();
    assert_eq!(bob.get("/api/v2/suggestions").await.ok(), json!([]));
}

#[tokio::test]
async fn directory_lists_discoverable_accounts_by_activity_or_age() {
    let server = TestServer::start().await.unwrap();
    let (anonymous, dave) = (Client::anonymous(&server), Client::user(&server, "dave"));
    let directory = async |query: &str| {
        accts(
            &anonymous
                .get(&format!("/api/v1/directory?{query}"))
                .await
                .ok(),
        )
    };
    assert_eq!(
        directory("").await,
        ["alice", "bob", "erin@elsewhere.example", "dave", "carol"]
    );
    assert_eq!(
        directory("order=new").await,
        ["erin@elsewhere.example", "dave", "carol", "bob", "alice"]
    );
    assert_eq!(
        directory("order=new&local=true&limit=2&offset=1").await,
        ["carol", "bob"]
    );
    dave.post_text("here I am").await;
    assert_eq!(directory("local=1&limit=1").await, ["dave"]);
    let hide = json!({ "discoverable": false });
    dave.send_json("PATCH", "/api/v1/accounts/update_credentials", &hide)
        .await
        .ok();
    assert!(!directory("").await.contains(&"dave".to_owned()));
}
