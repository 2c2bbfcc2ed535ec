//! Calls that cannot succeed are not sent, and the error says what to do: without an access token, with a handle or a URL
//! in place of an ID.

use mastodon_sdk::server::{ServerVersion, VersionCheck};
use mastodon_sdk::streaming::StreamTransport;
use mastodon_sdk::{Error, Mastodon};

use crate::support::{ScriptedServer, error_response, json_response, ok_json};

fn without_token(server: &ScriptedServer) -> Mastodon {
    let builder = Mastodon::builder(&server.url).version_check(VersionCheck::Off);
    builder.max_retries(0).build().unwrap()
}

#[tokio::test]
async fn call_without_an_access_token_is_not_sent() {
    let server = ScriptedServer::start(Vec::new()).await;
    let checked = Mastodon::builder(&server.url).build().unwrap();
    for client in [without_token(&server), checked] {
        let errors = [
            client.status_post("Hi").await.map(drop).unwrap_err(),
            client.timeline_home().await.map(drop).unwrap_err(),
            client.account_follow("1").await.map(drop).unwrap_err(),
            client.status_quotes("1").await.map(drop).unwrap_err(),
            client.stream_user().await.map(drop).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::NoAccessToken { .. }), "{error:?}");
            assert!(error.is_unauthorized() && !error.is_retryable());
            let message = error.to_string();
            assert!(
                message.ends_with(
                    ": this client has no access token; set one with `access_token` of the builder, or request one with `log_in_with_browser`"
                ),
                "{message}"
            );
        }
        let call = client.account_create("bob", "b@b.example", "password", true, "en");
        let message = call.await.unwrap_err().to_string();
        assert!(
            message.ends_with("`log_in_with_client_credentials`"),
            "{message}"
        );
    }
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}

#[tokio::test]
async fn endpoints_that_require_no_access_token_are_called_without_one() {
    let empty = json_response(200, "", "[]");
    let server = ScriptedServer::start(vec![empty; 3]).await;
    let client = without_token(&server);
    client.timeline_public().await.unwrap();
    client.account_statuses("1").await.unwrap();
    client.trending_tags().await.unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn public_stream_without_an_access_token_depends_on_the_version() {
    let refused = error_response(401, "Missing access token");
    for (version, is_sent) in [("4.1.9", true), ("4.5.0", false)] {
        let server = ScriptedServer::start(vec![refused.clone(); 3]).await;
        let client = Mastodon::builder(&server.url).max_retries(0);
        let client = client.server_version(ServerVersion::parse(version, None));
        let stream = client.build().unwrap().stream_public().backfill(false);
        let stream = stream.transport(StreamTransport::ServerSentEvents);
        let error = stream.await.map(drop).unwrap_err();
        let requests = server.requests();
        let requests = requests.iter().filter(|line| line.contains("/streaming/"));
        assert_eq!(requests.count() > 0, is_sent, "{version}");
        assert_eq!(matches!(error, Error::NoAccessToken { .. }), !is_sent);
        let message = error.to_string();
        assert!(
            message.contains("this client has no access token; set one with"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn handle_or_url_in_place_of_an_id_is_not_sent_and_the_method_that_finds_it_is_named() {
    let server = ScriptedServer::start(Vec::new()).await;
    let client = server.client();
    let errors = [
        client.account_follow("@bob").await.map(drop),
        client
            .account_relationships(["1", "bob@b.example"])
            .await
            .map(drop),
        client.account("https://b.example/@bob").await.map(drop),
        client
            .status("https://u:s3cr3t@b.example/@bob/1?token=s3cr3t")
            .await
            .map(drop),
        client.status_favourite("@bob").await.map(drop),
        client
            .status_post("Hi")
            .in_reply_to_id("https://b.example/1")
            .await
            .map(drop),
        client.list("https://b.example/lists/1").await.map(drop),
    ];
    let messages: Vec<String> = errors
        .into_iter()
        .map(|result| {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::IllegalArgument { .. }), "{error:?}");
            error.to_string()
        })
        .collect();
    assert_eq!(
        messages,
        [
            "account_follow: `id`: `@bob` is a handle, not the ID of an account; find the account with `account_find` and pass its ID",
            "account_relationships: `id`: `bob@b.example` is a handle, not the ID of an account; find the account with `account_find` and pass its ID",
            "account: `id`: `https://b.example/@bob` is a URL, not the ID of an account; find the account with `account_find` and pass its ID",
            "status: `id`: `https://…@bob/1` is a URL, not the ID of a status; find the status with `status_find` and pass its ID",
            "status_favourite: `id`: `@bob` is a handle, not the ID of a status; pass the ID that the server returned",
            "status_post: `in_reply_to_id`: `https://b.example/1` is a URL, not the ID of a status; find the status with `status_find` and pass its ID",
            "list: `id`: `https://b.example/lists/1` is a URL, not the ID of a list; pass the ID that the server returned",
        ]
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn ids_of_other_software_are_sent() {
    let account = serde_json::json!({"id": "x", "username": "x", "acct": "x"});
    for id in [
        "01HZXJ3E8V9K2M4N6P8Q0R2S4T",
        "2026-11-23T19:24:20.830Z/mention/9f0c",
        "a/b c~_.1",
    ] {
        let server = ScriptedServer::start(vec![ok_json(&account)]).await;
        let _decoded = server.client().account(id).await;
        assert_eq!(server.requests().len(), 1, "{id}");
    }
}
