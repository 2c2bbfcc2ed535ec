//! Opening connections on software other than Mastodon: transports, and locations of the access token.

use mastodon_sdk::Mastodon;
use mastodon_sdk::server::ServerVersion;

use super::TRANSPORT;
use super::opening::{open, redirect, respond_raw};
use super::server::StreamServer;
use crate::support::CapturedLog;

const PLEROMA: &str = "2.7.2 (compatible; Pleroma 2.7.0)";
const GOTOSOCIAL: &str = "0.20.0+git-57cb4fe";
const ICESHRIMP_NET: &str = "4.2.1 (compatible; Iceshrimp.NET/2024.1)";

/// A client of a server with this version string.
fn client_of(server: &StreamServer, version: &str) -> Mastodon {
    let version = ServerVersion::parse(version, None);
    let builder = server.builder().server_version(version).max_retries(0);
    builder.build().unwrap()
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn token_is_sent_as_subprotocol_and_then_in_the_query_only_where_the_software_needs_it() {
    let (log, _guard) = CapturedLog::start();
    let mut server = StreamServer::start().await;
    let client = client_of(&server, PLEROMA);
    let serving = async {
        let mut first = server.next_request().await;
        assert!(first.head.contains("sec-websocket-protocol: hunter2"));
        assert!(!first.head.contains("authorization") && !first.head.contains("access_token"));
        respond_raw(&mut first, "403 Forbidden", "").await;
        server.accept().await
    };
    let (events, connection) = open(&client, None, serving).await;
    drop(events.unwrap());
    assert!(
        connection
            .head
            .contains("stream=user&access_token=hunter2 http")
    );
    assert!(!connection.head.contains("authorization"));
    assert!(!connection.head.contains("sec-websocket-protocol"));
    // Software that takes it as subprotocol only.
    let client = client_of(&server, ICESHRIMP_NET);
    let serving = async {
        let mut connection = server.next_request().await;
        respond_raw(&mut connection, "403 Forbidden", "").await;
        connection
    };
    let (refused, connection) = open(&client, None, serving).await;
    assert!(connection.head.contains("sec-websocket-protocol: hunter2"));
    assert!(!refused.unwrap_err().to_string().contains("hunter2"));
    assert!(server.has_no_stream_request());
    // Other software.
    for version in ["4.6.5", GOTOSOCIAL, "4.0.0 (compatible; Unheard 1.0)"] {
        let client = client_of(&server, version);
        let serving = async {
            let mut connection = server.next_request().await;
            respond_raw(&mut connection, "403 Forbidden", "").await;
            connection
        };
        let (refused, connection) = open(&client, None, serving).await;
        refused.unwrap_err();
        assert!(connection.head.contains("authorization: bearer hunter2"));
        assert_eq!(connection.head.matches("hunter2").count(), 1);
        assert!(server.has_no_stream_request());
    }
    assert!(!log.text().contains("hunter2"), "{}", log.text());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn url_with_the_token_is_in_no_error_and_no_log() {
    let (log, _guard) = CapturedLog::start();
    let mut server = StreamServer::start().await;
    let client = client_of(&server, PLEROMA);
    for response in [
        "".to_owned(),
        "HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n".to_owned(),
        "no HTTP\r\n\r\n".to_owned(),
        redirect(301, "https://other.example/?access_token=hunter2"),
        redirect(307, "//[?access_token=hunter2"),
    ] {
        let serving = async {
            let mut first = server.next_request().await;
            respond_raw(&mut first, "401 Unauthorized", "").await;
            let mut second = server.next_request().await;
            assert!(second.head.contains("access_token=hunter2"));
            second.send(&response).await;
        };
        let error = open(&client, None, serving).await.0.unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            shown += &format!("{error} {error:?}");
            source = error.source();
        }
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert!(!log.text().contains("hunter2"), "{}", log.text());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn another_origin_receives_the_token_in_the_header_only() {
    let mut streaming = StreamServer::start().await;
    let server = StreamServer::start().await;
    let address = streaming.url.replace("http", "ws");
    let instance = format!(r#"{{"configuration":{{"urls":{{"streaming":"{address}"}}}}}}"#);
    *server.instance.lock().unwrap() = Some(instance);
    let client = client_of(&server, PLEROMA);
    let (events, connection) = open(&client, None, streaming.accept()).await;
    drop(events.unwrap());
    assert!(connection.head.contains("authorization: bearer hunter2"));
    assert_eq!(connection.head.matches("hunter2").count(), 1);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn error_of_a_server_that_offers_only_websockets_names_them() {
    for version in [GOTOSOCIAL, PLEROMA, ICESHRIMP_NET] {
        let mut server = StreamServer::start().await;
        let client = client_of(&server, version);
        let serving = async {
            server
                .next_request()
                .await
                .reject("404 X", "Not found")
                .await;
        };
        let error = open(&client, Some(TRANSPORT), serving).await.0.unwrap_err();
        assert_eq!(
            error.to_string(),
            "stream_user: the server does not provide server-sent events, only WebSockets; use the transport `WebSocket`"
        );
        let (events, connection) = open(&client, None, server.accept()).await;
        drop(events.unwrap());
        assert!(connection.head.contains("upgrade: websocket"));
    }
    // A wrong token is not a missing path.
    let mut server = StreamServer::start().await;
    let client = client_of(&server, GOTOSOCIAL);
    let serving = async {
        server
            .next_request()
            .await
            .reject("401 X", "Unauthorized")
            .await;
    };
    let error = open(&client, Some(TRANSPORT), serving).await.0.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
}
