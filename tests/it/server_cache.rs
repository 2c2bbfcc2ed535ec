//! The cache of server data that clones of a client share.

use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Error, Mastodon};
use serde_json::json;

use crate::support::{ScriptedServer, error_response, json_response, ok_json, response};

#[tokio::test]
async fn clones_request_the_version_once() {
    let server =
        ScriptedServer::start(vec![json_response(200, "", r#"{"version":"3.5.3"}"#)]).await;
    let client = server
        .builder()
        .version_check(VersionCheck::Endpoints)
        .build()
        .unwrap();
    let calls = (0..8).map(|_| IntoFuture::into_future(client.clone().status_quotes("1")));
    for result in futures_util::future::join_all(calls).await {
        assert!(matches!(result, Err(Error::Version { .. })));
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn clones_share_cached_server_data_until_the_cache_is_cleared() {
    let instance = |version: &str| {
        ok_json(&json!({
            "domain": "a.example", "title": "A", "version": version, "rules": [], "registrations": {},
            "configuration": {},
        }))
    };
    let newer = instance("4.7.0");
    let server = ScriptedServer::start(vec![instance("4.6.5"), newer.clone(), newer]).await;
    let client = server.client();
    let clone = client.clone();
    assert_eq!(client.instance().await.unwrap().title, "A");
    let version = async |client: &Mastodon| client.retrieve_mastodon_version().await.unwrap().raw;
    assert_eq!(
        version(&clone).await,
        "4.6.5",
        "the response to an explicit call is cached, too"
    );
    assert_eq!(server.requests().len(), 1);
    client.clear_caches();
    assert_eq!(version(&clone).await, "4.7.0");
    assert_eq!(version(&client).await, "4.7.0");
    assert_eq!(server.requests().len(), 2);
    client.instance().await.unwrap();
    assert_eq!(
        server.requests().len(),
        3,
        "an explicit call always sends a request"
    );
}

#[tokio::test]
async fn page_of_a_proxy_is_not_cached_as_missing_server_data() {
    let page = response(403, "text/html", "", "<title>Blocked</title>");
    let version = json_response(200, "", r#"{"version":"3.5.3"}"#);
    let server = ScriptedServer::start(vec![page, error_response(404, "x"), version]).await;
    let builder = server.builder().version_check(VersionCheck::Endpoints);
    let client = builder.build().unwrap();
    // Without the version, the call is sent.
    assert!(client.status_quotes("1").await.unwrap_err().is_not_found());
    let error = client.status_quotes("1").await.unwrap_err();
    assert!(matches!(error, Error::Version { .. }), "{error}");
}
