//! Headers of the builder.

use mastodon_sdk::streaming::StreamTransport;
use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::TestServer;

use crate::support::forwarder::{Forwarder, address_of};
use crate::support::{ScriptedServer, client_builder, json_response, request_header};

#[tokio::test]
async fn headers_are_sent_to_the_server_and_its_streams_and_to_no_other_host() {
    let server = TestServer::start().await.unwrap();
    let proxy = Forwarder::http_proxy(address_of(server.url())).await;
    let client = Mastodon::builder("http://mastodon.example")
        .allow_plain_http(true)
        .access_token(server.token("alice", "read"))
        .proxy(proxy.url("http"))
        .header("X-Access", "old")
        .header("x-access", "s3cr3t")
        .build()
        .unwrap();
    client.me().await.unwrap();
    for transport in [
        StreamTransport::WebSocket,
        StreamTransport::ServerSentEvents,
    ] {
        let call = client.stream_user().transport(transport);
        drop(call.await.unwrap());
    }
    let download = |host: &str| client.download(format!("http://{host}/cat.png")).bytes();
    download("mastodon.example").await.unwrap_err();
    for head in proxy.requests() {
        assert_eq!(request_header(&head, "x-access"), Some("s3cr3t"), "{head}");
    }
    download("files.example").await.unwrap_err();
    let head = proxy.requests().pop().unwrap();
    assert_eq!(request_header(&head, "x-access"), None, "{head}");
}

#[tokio::test]
async fn header_of_a_call_takes_precedence() {
    let server = ScriptedServer::start(vec![json_response(200, "", "[]")]).await;
    let client = server
        .builder()
        .header("Accept", "text/plain")
        .build()
        .unwrap();
    client.blocks().await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(request_header(request, "accept"), Some("application/json"));
}

#[test]
fn reserved_and_invalid_headers_are_errors_without_their_value() {
    for (name, value, expected) in [
        (
            "Authorization",
            "s3cr3t",
            "use `access_token` of the builder",
        ),
        ("User-Agent", "s3cr3t", "use `user_agent` of the builder"),
        ("Proxy-Authorization", "s3cr3t", "the URL of the `proxy`"),
        ("Host", "s3cr3t", "the SDK sets it"),
        ("content-length", "3", "the SDK sets it"),
        ("Transfer-Encoding", "s3cr3t", "the SDK sets it"),
        ("Sec-WebSocket-Key", "s3cr3t", "the SDK sets it"),
        ("a b", "s3cr3t", "its name is not valid"),
        ("x", "s3cr3t\r\nhost: x", "its value contains characters"),
    ] {
        let error = Mastodon::builder("a.example").header(name, value).build();
        let error = error.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Configuration {
                    setting: "header",
                    ..
                }
            ),
            "{error:?}"
        );
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("`header`: the header `{name}` cannot be set: "))
                && message.contains(expected)
                && !message.contains("s3cr3t"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn values_of_headers_are_not_in_debug_output() {
    let server = TestServer::start().await.unwrap();
    let builder = client_builder(&server, "alice", "read").header("X-Access", "s3cr3t");
    let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    assert!(
        shown.contains("x-access") && !shown.contains("s3cr3t"),
        "{shown}"
    );
}
