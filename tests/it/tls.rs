//! TLS: root certificates of the application.

use mastodon_sdk::streaming::{StreamEvent, StreamTransport};
use mastodon_sdk::{Error, Mastodon, MastodonBuilder};
use mastodon_test_server::TestServer;

use crate::support::ScriptedServer;
use crate::support::authority::Authority;
use crate::support::forwarder::{Forwarder, address_of};

/// A test server with TLS, and the builder of a client with alice's token.
async fn encrypted(server: &TestServer, authority: &Authority) -> (Forwarder, MastodonBuilder) {
    let tls = Forwarder::tls(address_of(server.url()), authority).await;
    let url = format!("https://localhost:{}", tls.address.port());
    let token = server.token("alice", "read write");
    (tls, Mastodon::builder(url).access_token(token))
}

#[tokio::test]
async fn added_root_certificate_is_trusted_in_both_formats() {
    let server = TestServer::start().await.unwrap();
    let authority = Authority::new();
    let (_tls, builder) = encrypted(&server, &authority).await;
    let unknown = builder.clone().build().unwrap().me().await.unwrap_err();
    assert!(
        unknown.is_network() && !unknown.is_retryable(),
        "{unknown:?}"
    );
    assert!(
        unknown
            .to_string()
            .contains("check the certificate of the server"),
        "{unknown}"
    );
    let other = Authority::new();
    let bundle = other.pem() + "\n" + &authority.pem();
    for certificate in [
        authority.pem().into_bytes(),
        authority.der(),
        bundle.into_bytes(),
    ] {
        let client = builder.clone().add_root_certificate(certificate);
        assert_eq!(client.build().unwrap().me().await.unwrap().acct, "alice");
    }
    let client = builder
        .clone()
        .add_root_certificate(other.pem())
        .build()
        .unwrap();
    let error = client.me().await.unwrap_err();
    assert!(!error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn certificate_of_another_host_is_rejected_whatever_the_http_client_is_set_to() {
    let server = TestServer::start().await.unwrap();
    let authority = Authority::new();
    let tls = Forwarder::tls(address_of(server.url()), &authority).await;
    let address = tls.address;
    let client = Mastodon::builder(format!("https://other.example:{}", address.port()))
        .add_root_certificate(authority.pem())
        .http_client(move |client| {
            client
                .resolve("other.example", address)
                .tls_danger_accept_invalid_certs(true)
        });
    let error = client.build().unwrap().instance_v2().await.unwrap_err();
    assert!(error.is_network() && !error.is_retryable(), "{error:?}");
    let client = Mastodon::builder(format!("https://mastodon.example:{}", address.port()))
        .add_root_certificate(authority.pem())
        .http_client(move |client| client.resolve("mastodon.example", address));
    client.build().unwrap().instance_v2().await.unwrap();
}

#[tokio::test]
async fn streams_downloads_and_discovery_trust_the_added_root_certificate() {
    let server = TestServer::start().await.unwrap();
    let authority = Authority::new();
    let (tls, builder) = encrypted(&server, &authority).await;
    let client = builder
        .add_root_certificate(authority.pem())
        .build()
        .unwrap();
    for transport in [
        StreamTransport::WebSocket,
        StreamTransport::ServerSentEvents,
    ] {
        let mut events = client.stream_user().transport(transport).await.unwrap();
        let event = events.try_next().await.unwrap().unwrap();
        assert!(matches!(event, StreamEvent::Connected), "{event:?}");
    }
    let file = ScriptedServer::start(vec![crate::support::json_response(200, "", "meow")]).await;
    let files = Forwarder::tls(address_of(&file.url), &authority).await;
    let url = format!("https://localhost:{}/cat.png", files.address.port());
    assert_eq!(client.download(url).bytes().await.unwrap(), "meow");
    let address = format!("https://localhost:{}/@alice", tls.address.port());
    let found = Mastodon::builder(address).add_root_certificate(authority.pem());
    found
        .discover()
        .await
        .unwrap()
        .build()
        .unwrap()
        .instance_v2()
        .await
        .unwrap();
}

#[test]
fn invalid_root_certificate_is_an_error_that_names_the_method() {
    for certificate in [
        "",
        "certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n!\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ] {
        let builder = Mastodon::builder("a.example").add_root_certificate(certificate);
        let error = builder.build().unwrap_err();
        assert!(
            matches!(
                &error,
                Error::Configuration {
                    setting: "add_root_certificate",
                    ..
                }
            ),
            "{error:?}"
        );
        let message = error.to_string();
        assert!(message.starts_with("`add_root_certificate`: the certificate is not valid; pass"));
    }
}
