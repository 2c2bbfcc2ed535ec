//! Finding accounts by handles and URLs, and statuses by URLs.

use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::support::fixtures::{account, status, with_fields};
use crate::support::{ScriptedServer, client_for, error_response, ok_json};

fn not_found() -> String {
    error_response(404, "Record not found")
}

fn account_at(acct: &str, url: &str) -> Value {
    let username = acct.split('@').next().unwrap();
    with_fields(account("7", username), &json!({ "acct": acct, "url": url }))
}

fn found(accounts: &[Value], statuses: &[Value]) -> String {
    ok_json(&json!({ "accounts": accounts, "statuses": statuses, "hashtags": [] }))
}

fn needs_user(error: &Error) -> bool {
    match error {
        Error::NotFound { needs_user, .. } => *needs_user,
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn account_is_found_by_every_form_of_its_address_without_a_token() {
    let server = TestServer::start().await.unwrap();
    let client = Mastodon::builder(server.url()).build().unwrap();
    let url = server.url();
    let id = client.account_lookup("bob").await.unwrap().id;
    for address in [
        "bob",
        "@bob",
        " acct:bob ",
        &format!("{url}/@bob"),
        &format!("{url}/@bob/media"),
        &format!("{url}/users/bob"),
        &format!("{url}/web/accounts/{id}"),
    ] {
        assert_eq!(
            client.account_find(address).await.unwrap().id,
            id,
            "{address}"
        );
    }
    for address in [
        "@erin@elsewhere.example",
        "erin@Elsewhere.example",
        "https://elsewhere.example/@erin",
        "elsewhere.example/users/erin",
        &format!("{url}/@erin@elsewhere.example"),
    ] {
        let erin = client.account_find(address).await.unwrap();
        assert_eq!(erin.acct, "erin@elsewhere.example", "{address}");
    }
}

#[tokio::test]
async fn unknown_account_is_an_error_that_says_whether_a_token_helps() {
    let server = TestServer::start().await.unwrap();
    let client = Mastodon::builder(server.url()).build().unwrap();
    let local = client.account_find("@nobody").await.unwrap_err();
    assert!(local.is_not_found() && !needs_user(&local), "{local}");
    for address in ["@nobody@b.example", "https://b.example/@nobody"] {
        let error = client.account_find(address).await.unwrap_err();
        assert!(error.is_not_found() && needs_user(&error), "{error}");
        assert!(
            error.to_string().contains("access token of a user"),
            "{error}"
        );
        let alice = client_for(&server, "alice");
        let error = alice.account_find(address).await.unwrap_err();
        assert!(error.is_not_found() && !needs_user(&error), "{error}");
    }
    for text in ["", "not a handle", "@@", "https://"] {
        let error = client.account_find(text).await.unwrap_err();
        assert!(
            matches!(error, Error::IllegalArgument { .. }),
            "{text}: {error}"
        );
    }
}

#[tokio::test]
async fn account_that_the_server_does_not_know_is_fetched_with_resolve() {
    let other = account_at("carol@c.example", "https://c.example/@carol");
    let carol = account_at("carol@b.example", "https://b.example/@carol");
    let script = vec![not_found(), ok_json(&json!([other, carol]))];
    let server = ScriptedServer::start(script).await;
    let account = server
        .client()
        .account_find("@carol@b.example")
        .await
        .unwrap();
    assert_eq!(account.acct, "carol@b.example");
    assert_eq!(
        server.request_lines(),
        [
            "GET /api/v1/accounts/lookup?acct=carol%40b.example",
            "GET /api/v1/accounts/search?q=carol%40b.example&resolve=true&limit=5",
        ]
    );
    let server = ScriptedServer::start(vec![not_found()]).await;
    let call = server
        .client()
        .account_find("@carol@b.example")
        .resolve(false);
    assert!(call.await.unwrap_err().is_not_found());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn handle_with_another_domain_than_its_pages_is_found() {
    let carol = account_at("carol@b.example", "https://social.b.example/@carol");
    for address in ["carol@b.example", "carol@social.b.example"] {
        let script = vec![not_found(), ok_json(&json!([carol]))];
        let server = ScriptedServer::start(script).await;
        let account = server.client().account_find(address).await.unwrap();
        assert_eq!(account.acct, "carol@b.example");
    }
}

#[tokio::test]
async fn profile_of_other_software_is_found_by_its_url() {
    let url = "https://b.example/video-channels/carol";
    let carol = account_at("carol@b.example", url);
    let server = ScriptedServer::start(vec![found(&[carol], &[])]).await;
    let account = server.client().account_find(url).await.unwrap();
    assert_eq!(account.acct, "carol@b.example");
    assert_eq!(
        server.request_lines(),
        [
            "GET /api/v2/search?q=https%3A%2F%2Fb.example%2Fvideo-channels%2Fcarol&type=accounts&resolve=true"
        ]
    );
}

#[tokio::test]
async fn account_with_the_name_of_a_page_is_not_taken_for_it() {
    let about = account_at("about@b.example", "https://b.example/@about");
    let script = vec![ok_json(&about), found(&[], &[])];
    let server = ScriptedServer::start(script).await;
    let error = server
        .client()
        .account_find("https://b.example/about")
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error}");
    let user = account_at("dave@b.example", "https://b.example/dave");
    let server = ScriptedServer::start(vec![ok_json(&user)]).await;
    let dave = server
        .client()
        .account_find("https://b.example/dave/")
        .await
        .unwrap();
    assert_eq!(dave.acct, "dave@b.example");
}

#[tokio::test]
async fn status_of_the_own_server_is_fetched_by_its_id_without_a_token() {
    let server = TestServer::start().await.unwrap();
    let posted = client_for(&server, "alice")
        .status_post("Hi")
        .await
        .unwrap();
    let client = Mastodon::builder(server.url()).build().unwrap();
    let (url, id) = (server.url(), &posted.id);
    for page in [
        posted.url.clone().unwrap(),
        posted.uri.clone(),
        format!("{url}/@alice/{id}"),
        format!("{url}/web/statuses/{id}?x=1"),
    ] {
        assert_eq!(
            client.status_find(page.as_str()).await.unwrap().id,
            posted.id,
            "{page}"
        );
    }
    let error = client
        .status_find(format!("{url}/@alice/1"))
        .await
        .unwrap_err();
    assert!(error.is_not_found() && !needs_user(&error), "{error}");
}

#[tokio::test]
async fn status_of_another_server_is_fetched_with_resolve() {
    let url = "https://b.example/@bob/1";
    let wrong = status(&[
        ("id", json!("8")),
        ("uri", json!("https://b.example/users/bob/statuses/2")),
    ]);
    let right = status(&[
        ("url", json!(url)),
        ("uri", json!("https://b.example/users/bob/statuses/1")),
    ]);
    let server = ScriptedServer::start(vec![found(&[], &[wrong, right])]).await;
    let found_status = server.client().status_find(url).await.unwrap();
    assert_eq!(found_status.id, "5");
    assert_eq!(
        server.request_lines(),
        ["GET /api/v2/search?q=https%3A%2F%2Fb.example%2F%40bob%2F1&type=statuses&resolve=true"]
    );
    let server = ScriptedServer::start(vec![found(&[], &[])]).await;
    let error = server.client().status_find(url).await.unwrap_err();
    assert!(
        error.is_not_found() && error.to_string().contains("b.example"),
        "{error}"
    );
}

#[tokio::test]
async fn status_of_another_server_needs_a_token() {
    let server = TestServer::start().await.unwrap();
    let client = Mastodon::builder(server.url()).build().unwrap();
    let error = client
        .status_find("https://b.example/@bob/1")
        .await
        .unwrap_err();
    assert!(error.is_not_found() && needs_user(&error), "{error}");
    let error = client.status_find("@bob").await.unwrap_err();
    assert!(matches!(error, Error::IllegalArgument { .. }), "{error}");
}
