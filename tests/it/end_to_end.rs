//! The main use cases end to end, against the test server.

use mastodon_sdk::auth::OUT_OF_BAND;
use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::TestServer;

use crate::support::{client_builder, client_for};

#[tokio::test]
async fn application_registers_logs_in_with_pkce_and_revokes_its_token() {
    let server = TestServer::start().await.unwrap();
    let visitor = Mastodon::builder(server.url()).build().unwrap();
    let app = visitor
        .create_app("test", OUT_OF_BAND, "read write", Some("https://a.example"))
        .await
        .unwrap();
    let login = visitor.auth_request_url(&app, "read").await.unwrap();
    let code = server.authorize(&login.url(), "alice").unwrap();

    // Another login has another PKCE verifier; its attempt fails and consumes the code.
    let other = visitor.auth_request_url(&app, "read").await.unwrap();
    let error = visitor
        .log_in_with_code(&app, &other, &code)
        .await
        .unwrap_err();
    assert_eq!(error.api().unwrap().message, "invalid_grant");

    let code = server.authorize(&login.url(), "alice").unwrap();
    let (client, token) = visitor.log_in_with_code(&app, &login, &code).await.unwrap();
    assert!(!format!("{token:?}").contains(token.access_token.expose()));
    assert_eq!(
        client.account_verify_credentials().await.unwrap().acct,
        "alice"
    );
    assert!(client.status_post("no").await.unwrap_err().is_forbidden());
    client.revoke_access_token(&app).await.unwrap();
    assert!(
        client
            .account_verify_credentials()
            .await
            .unwrap_err()
            .is_unauthorized()
    );
}

#[tokio::test]
async fn error_of_a_wrong_token_differs_from_that_of_a_missing_one() {
    let server = TestServer::start().await.unwrap();
    for (client, advice) in [
        (Mastodon::builder(server.url()), "has no access token"),
        (
            Mastodon::builder(server.url()).access_token("wrong"),
            "invalid, expired or revoked",
        ),
    ] {
        let error = client.build().unwrap().timeline_home().await.unwrap_err();
        assert!(
            error.is_unauthorized() && error.to_string().contains(advice),
            "{error}"
        );
    }
}

#[tokio::test]
async fn reply_mentions_the_author_but_not_the_user_and_keeps_visibility_and_warning() {
    let server = TestServer::start().await.unwrap();
    let client = |user| client_for(&server, user);
    let posted = client("alice")
        .status_post("psst @bob")
        .visibility("direct")
        .spoiler_text("secret")
        .await
        .unwrap();
    let reply = client("bob").status_reply(&posted, "yes?").await.unwrap();
    let mentioned: Vec<&str> = reply
        .mentions
        .iter()
        .map(|mention| mention.acct.as_str())
        .collect();
    assert_eq!(mentioned, ["alice"]);
    assert_eq!(
        (reply.visibility.as_str(), reply.spoiler_text.as_str()),
        ("direct", "secret")
    );
    assert_eq!(reply.in_reply_to_id.as_ref(), Some(&posted.id));
    let error: Error = client("carol").status(&posted).await.unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn too_long_status_is_a_validation_error_and_unknown_id_is_not_found() {
    let server = TestServer::start().await.unwrap();
    let client = client_for(&server, "alice");
    let error = client.status_post("x".repeat(501)).await.unwrap_err();
    assert!(error.is_validation(), "{error}");
    assert_eq!(
        error.to_string(),
        "status_post: `status` has 501 characters, the server allows at most 500"
    );
    let unchecked = client_builder(&server, "alice", "read write")
        .check_limits(false)
        .build()
        .unwrap();
    let error = unchecked.status_post("x".repeat(501)).await.unwrap_err();
    assert!(error.is_validation(), "{error}");
    assert!(
        error.to_string().contains("character limit of 500"),
        "{error}"
    );
    let error = client.status("no-such-status").await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(error.to_string().starts_with("status (404"), "{error}");
}
