//! A server that a proxy publishes below a path.

use mastodon_sdk::auth::OUT_OF_BAND;
use mastodon_sdk::streaming::{StreamEvent, StreamTransport};
use mastodon_sdk::{Mastodon, Method};
use mastodon_test_server::TestServer;

use crate::support::fixtures::tag;
use crate::support::forwarder::{Forwarder, address_of};
use crate::support::{ScriptedServer, json_response, request_line};

const PATH: &str = "/social/mastodon";

async fn below_path(url: &str) -> (Forwarder, String) {
    let proxy = Forwarder::below_path(address_of(url), PATH).await;
    let url = proxy.url("http") + PATH;
    (proxy, url)
}

#[tokio::test]
async fn calls_pages_streams_and_logins_are_sent_below_the_path() {
    let server = TestServer::start().await.unwrap();
    let (proxy, url) = below_path(server.url()).await;
    let token = server.token("alice", "read write");
    let client = Mastodon::builder(&url).access_token(token).build().unwrap();
    assert_eq!(client.server(), url);
    let me = client.me().await.unwrap();
    for number in 1..=3 {
        client
            .status_post(format!("Number {number}"))
            .await
            .unwrap();
    }
    let mut statuses = client.account_statuses(&me).limit(1).items();
    let mut count = 0;
    while statuses.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert!(count >= 3);
    let call = client.request(Method::GET, "/api/v1/preferences");
    call.json().await.unwrap();
    for transport in [
        StreamTransport::WebSocket,
        StreamTransport::ServerSentEvents,
    ] {
        let mut events = client.stream_user().transport(transport).await.unwrap();
        let event = events.try_next().await.unwrap().unwrap();
        assert!(matches!(event, StreamEvent::Connected), "{event:?}");
    }
    assert!(client.stream_healthy().await.unwrap());
    for request in proxy.requests() {
        let target = request_line(&request).split_once(' ').unwrap().1.to_owned();
        assert!(target.starts_with(&format!("{PATH}/")), "{target}");
    }
}

#[tokio::test]
async fn login_is_below_the_path_and_credentials_keep_it() {
    let server = TestServer::start().await.unwrap();
    let (proxy, url) = below_path(server.url()).await;
    let client = Mastodon::builder(&url).build().unwrap();
    let app = client
        .create_app("Test", OUT_OF_BAND, "read", None)
        .await
        .unwrap();
    let request = client.auth_request_url(&app, "read").await.unwrap();
    assert!(
        request
            .url()
            .starts_with(&format!("{url}/oauth/authorize?"))
    );
    let login = client.log_in_with_client_credentials(&app, "read");
    let (client, _) = login.await.unwrap();
    let requests = proxy.requests();
    assert!(
        requests
            .iter()
            .all(|request| !request.starts_with("POST /oauth/token"))
    );
    let stored = client.credentials(Some(&app));
    assert_eq!(stored.builder().unwrap().build().unwrap().server(), url);
}

#[tokio::test]
async fn redirects_downloads_and_urls_of_the_server_are_below_the_path() {
    let redirect = format!("location: {PATH}/api/v1/followed_tags/\r\n");
    let server = ScriptedServer::start(vec![
        json_response(301, &redirect, ""),
        json_response(200, "", &format!("[{}]", tag("a"))),
        json_response(200, "", "meow"),
        json_response(
            200,
            "",
            r#"{"links":[{"rel":"2.0","href":"/nodeinfo/2.0"}]}"#,
        ),
        json_response(404, "", "{}"),
    ])
    .await;
    let (proxy, url) = below_path(&server.url).await;
    let client = Mastodon::builder(&url)
        .access_token("hunter2")
        .version_check(mastodon_sdk::server::VersionCheck::Off)
        .build()
        .unwrap();
    assert_eq!(client.followed_tags().await.unwrap().len(), 1);
    let file = client.download(format!("{url}/cat.png")).bytes().await;
    assert_eq!(file.unwrap(), "meow");
    let missing = client.instance_nodeinfo().await;
    assert!(missing.unwrap_err().is_not_found());
    assert_eq!(proxy.requests().len(), 5);
    assert_eq!(server.request_lines()[4], "GET /nodeinfo/2.0");
}
