//! What the real server finds, and whom it refuses.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, Response, id, ids};

async fn search(client: &Client<'_>, query: &str) -> Response {
    client.get(&format!("/api/v2/search?{query}")).await
}

fn count(results: &Value, kind: &str) -> usize {
    results[kind].as_array().unwrap().len()
}

fn nothing() -> Value {
    json!({ "accounts": [], "statuses": [], "hashtags": [], "collections": [] })
}

#[tokio::test]
async fn address_is_resolved_only_on_request_and_gives_one_result_of_its_kind() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let status = alice.post_status(json!({ "status": "here" })).await;
    let status_url = status["url"].as_str().unwrap();
    let account_url = status["account"]["url"].as_str().unwrap();
    let found = search(&alice, &format!("q={status_url}&resolve=true"))
        .await
        .ok();
    assert_eq!(ids(&found["statuses"]), [id(&status)]);
    assert_eq!(count(&found, "accounts") + count(&found, "hashtags"), 0);
    let found = search(&alice, &format!("q={account_url}&resolve=true"))
        .await
        .ok();
    assert_eq!(
        (count(&found, "accounts"), count(&found, "statuses")),
        (1, 0)
    );
    for query in [
        format!("q={status_url}&resolve=true&type=accounts"),
        format!("q={status_url}&resolve=true&type=statuses&offset=1"),
        format!("q={account_url}&resolve=true&type=statuses"),
        "q=https://elsewhere.example/unknown&resolve=true".to_owned(),
        // Without `resolve` an address is plain text.
        format!("q={status_url}"),
    ] {
        assert_eq!(search(&alice, &query).await.ok(), nothing(), "{query}");
    }
}

#[tokio::test]
async fn exact_address_of_an_account_comes_first_and_visitors_resolve_nothing() {
    let server = TestServer::start().await.unwrap();
    server.token("bobby@elsewhere.example", "read");
    let alice = Client::user(&server, "alice");
    let host = server.url().strip_prefix("http://").unwrap().to_owned();
    for query in [
        "q=@erin@elsewhere.example&resolve=true".to_owned(),
        "q=erin@elsewhere.example".to_owned(),
    ] {
        let found = search(&alice, &query).await.ok();
        assert_eq!(
            found["accounts"][0]["acct"], "erin@elsewhere.example",
            "{query}"
        );
    }
    let local = search(&alice, &format!("q=bob@{host}&type=accounts"))
        .await
        .ok();
    assert_eq!(local["accounts"][0]["acct"], "bob");
    let unknown = search(&alice, "q=@nobody@elsewhere.example&resolve=true")
        .await
        .ok();
    assert_eq!(count(&unknown, "accounts"), 0);
    let anonymous = Client::anonymous(&server);
    for (query, error) in [
        (
            "q=bob&resolve=true",
            "Search queries that resolve remote resources are not supported without authentication",
        ),
        (
            "q=bob&type=accounts&offset=1",
            "Search queries pagination is not supported without authentication",
        ),
    ] {
        let rejected = search(&anonymous, query).await;
        assert_eq!((rejected.status, rejected.error()), (401, error));
    }
}

#[tokio::test]
async fn statuses_are_found_only_by_users() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    alice.post_text("needle").await;
    let found = search(&alice, "q=needle").await.ok();
    assert_eq!(count(&found, "statuses"), 1);
    let app = crate::signup::app_client(&server).await;
    for client in [&Client::anonymous(&server), &app] {
        let found = search(client, "q=needle").await.ok();
        assert_eq!(count(&found, "statuses"), 0);
    }
}

#[tokio::test]
async fn limits_and_offsets_are_checked_and_an_unknown_type_finds_nothing() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for text in ["word 1", "word 2", "word 3"] {
        alice.post_text(text).await;
    }
    for query in ["q=word&limit=-1", "q=word&type=statuses&offset=-1"] {
        let rejected = search(&alice, query).await;
        let error = "Pagination values for `offset` and `limit` must be positive";
        assert_eq!((rejected.status, rejected.error()), (400, error), "{query}");
    }
    for query in ["q=word&limit=0", "q=word&limit=abc", "q=word&type=dances"] {
        assert_eq!(search(&alice, query).await.ok(), nothing(), "{query}");
    }
    let untyped = search(&alice, "q=word&limit=1&offset=1").await.ok();
    assert!(
        untyped["statuses"][0]["content"]
            .as_str()
            .unwrap()
            .contains("word 3")
    );
    let blank = search(&alice, "q=").await;
    let error = "param is missing or the value is empty or invalid: q";
    assert_eq!((blank.status, blank.error()), (400, error));
}

#[tokio::test]
async fn unknown_author_is_not_found_and_cursors_are_for_statuses() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let missing = search(&alice, "q=word&account_id=7").await;
    assert_eq!((missing.status, missing.error()), (404, "Not Found"));
    // Accounts are searched without the author.
    let found = search(&alice, "q=bob&type=accounts&account_id=7")
        .await
        .ok();
    assert_eq!(count(&found, "accounts"), 1);
    let found = search(&alice, "q=bob&type=accounts&max_id=1").await.ok();
    assert_eq!(count(&found, "accounts"), 1, "cursors are for statuses");
}

#[tokio::test]
async fn short_query_of_a_visitor_finds_accounts_only_by_their_address() {
    let server = TestServer::start().await.unwrap();
    server.token("bo", "read");
    let (alice, anonymous) = (Client::user(&server, "alice"), Client::anonymous(&server));
    let found = search(&alice, "q=bo&type=accounts").await.ok();
    assert_eq!(count(&found, "accounts"), 2);
    let found = search(&anonymous, "q=bo&type=accounts").await.ok();
    assert_eq!(count(&found, "accounts"), 0);
    let found = search(&anonymous, "q=bob&type=accounts").await.ok();
    assert_eq!(count(&found, "accounts"), 1);
}

#[tokio::test]
async fn lookup_never_asks_another_server_and_account_search_needs_a_user() {
    let server = TestServer::start().await.unwrap();
    let (alice, anonymous) = (Client::user(&server, "alice"), Client::anonymous(&server));
    for (acct, status) in [
        ("erin@elsewhere.example", 200),
        ("new@elsewhere.example", 404),
    ] {
        let path = format!("/api/v1/accounts/lookup?acct={acct}");
        assert_eq!(anonymous.get(&path).await.status, status, "{acct}");
    }
    assert_eq!(
        anonymous.get("/api/v1/accounts/search?q=bob").await.status,
        401
    );
    let all = alice.get("/api/v1/accounts/search?q=a&limit=80").await.ok();
    let second = alice
        .get("/api/v1/accounts/search?q=a&limit=1&offset=1")
        .await
        .ok();
    assert_eq!(second[0], all[1]);
}

#[tokio::test]
async fn private_status_is_not_found_by_its_address() {
    let server = TestServer::start().await.unwrap();
    let (alice, dave) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dave"),
    );
    let secret = alice
        .post_status(json!({ "status": "psst", "visibility": "private" }))
        .await;
    let query = format!("q={}&resolve=true", secret["url"].as_str().unwrap());
    assert_eq!(search(&dave, &query).await.ok(), nothing());
    assert_eq!(count(&search(&alice, &query).await.ok(), "statuses"), 1);
}
