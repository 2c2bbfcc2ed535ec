//! Proxies: of the builder, and of the environment in `environment.rs`.

use mastodon_sdk::streaming::{StreamEvent, StreamTransport};
use mastodon_sdk::{Error, Mastodon, reqwest};
use mastodon_test_server::TestServer;

#[cfg(any(feature = "rustls", feature = "rustls-aws-lc", feature = "native-tls"))]
use crate::support::authority::Authority;
use crate::support::forwarder::{Forwarder, address_of};
use crate::support::{ScriptedServer, json_response, request_header};

#[tokio::test]
async fn everything_is_sent_through_the_proxy_of_the_builder() {
    let server = TestServer::start().await.unwrap();
    let proxy = Forwarder::http_proxy(address_of(server.url())).await;
    let client = Mastodon::builder("http://mastodon.example")
        .access_token(server.token("alice", "read write"))
        .allow_plain_http(true)
        .proxy(format!("http://user:s3cr3t@{}", proxy.address))
        .build()
        .unwrap();
    assert_eq!(client.me().await.unwrap().acct, "alice");
    let head = &proxy.requests()[0];
    assert!(
        head.starts_with("GET http://mastodon.example/api/"),
        "{head}"
    );
    assert_eq!(
        request_header(head, "proxy-authorization"),
        Some("Basic dXNlcjpzM2NyM3Q=")
    );
    for transport in [
        StreamTransport::WebSocket,
        StreamTransport::ServerSentEvents,
    ] {
        let call = client.stream_user().transport(transport);
        let mut events = call.await.unwrap();
        let event = events.try_next().await.unwrap().unwrap();
        assert!(matches!(event, StreamEvent::Connected), "{event:?}");
    }
    let missing = client
        .download("http://files.example/cat.png")
        .bytes()
        .await;
    assert!(missing.unwrap_err().is_not_found());
    let head = proxy.requests().pop().unwrap();
    assert!(
        head.starts_with("GET http://files.example/cat.png "),
        "{head}"
    );
    assert_eq!(request_header(&head, "authorization"), None);
    let discovery = Mastodon::builder("http://mastodon.example/@alice")
        .allow_plain_http(true)
        .proxy(proxy.url("http"));
    drop(discovery.discover().await.unwrap());
}

#[cfg(any(feature = "rustls", feature = "rustls-aws-lc", feature = "native-tls"))]
#[tokio::test]
async fn encrypted_requests_are_tunneled_through_the_proxy() {
    let server = TestServer::start().await.unwrap();
    let authority = Authority::new();
    let tls = Forwarder::tls(address_of(server.url()), &authority).await;
    let proxy = Forwarder::http_proxy(tls.address).await;
    let client = Mastodon::builder("https://mastodon.example")
        .access_token(server.token("alice", "read"))
        .proxy(proxy.address.to_string())
        .add_root_certificate(authority.pem())
        .build()
        .unwrap();
    assert_eq!(client.me().await.unwrap().acct, "alice");
    drop(client.stream_user().await.unwrap());
    for head in proxy.requests() {
        assert!(head.starts_with("CONNECT mastodon.example:443 "), "{head}");
        assert_eq!(request_header(&head, "authorization"), None);
    }
}

#[cfg(feature = "socks")]
#[tokio::test]
async fn socks_proxy_resolves_the_name_of_the_server() {
    let server = TestServer::start().await.unwrap();
    let proxy = Forwarder::socks_proxy(address_of(server.url())).await;
    let client = Mastodon::builder("http://mastodon.example")
        .access_token(server.token("alice", "read"))
        .allow_plain_http(true)
        .proxy(proxy.url("socks5h"))
        .build()
        .unwrap();
    assert_eq!(client.me().await.unwrap().acct, "alice");
    drop(client.stream_user().await.unwrap());
    assert_eq!(proxy.requests()[0], "mastodon.example:80");
}

#[test]
fn invalid_proxy_is_an_error_that_names_the_method_and_contains_no_password() {
    let builder = Mastodon::builder("a.example").proxy("ftp://user:s3cr3t@proxy.example");
    let shown = format!("{builder:?}");
    let error = builder.build().unwrap_err();
    assert!(
        matches!(
            error,
            Error::Configuration {
                setting: "proxy",
                ..
            }
        ),
        "{error:?}"
    );
    let shown = format!("{shown} {error} {error:?}");
    assert!(
        shown.contains("proxy.example") && !shown.contains("s3cr3t"),
        "{shown}"
    );
}

#[tokio::test]
async fn error_of_a_proxy_that_does_not_run_names_it_without_its_password() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = unused.local_addr().unwrap();
    drop(unused);
    let client = Mastodon::builder("http://mastodon.example")
        .max_retries(0)
        .proxy(format!("http://user:s3cr3t@{address}"))
        .build()
        .unwrap();
    let error = client.instance_v2().await.unwrap_err();
    let shown = format!("{error} {error:?} {client:?}");
    assert!(error.is_network() && !shown.contains("s3cr3t"), "{shown}");
    let advice = "check whether the proxy runs and reaches the host";
    assert!(error.to_string().ends_with(advice), "{error}");
}

#[tokio::test]
async fn http_client_can_set_a_proxy_with_exceptions() {
    let server = ScriptedServer::start(vec![json_response(200, "", "[]")]).await;
    let proxied = ScriptedServer::start(vec![json_response(200, "", "meow")]).await;
    let proxy = Forwarder::http_proxy(address_of(&proxied.url)).await;
    let url = proxy.url("http");
    let client = server.builder().http_client(move |client| {
        let exceptions = reqwest::NoProxy::from_string("127.0.0.1");
        let proxy = reqwest::Proxy::all(&url).unwrap();
        client.proxy(proxy.no_proxy(exceptions))
    });
    let client = client.build().unwrap();
    client.blocks().await.unwrap();
    let file = client
        .download("http://files.example/cat.png")
        .bytes()
        .await;
    assert_eq!(file.unwrap(), "meow");
    assert_eq!((server.requests().len(), proxy.requests().len()), (1, 1));
}
