//! TLS: certificates that the server makes, or that it is given.

use std::sync::Arc;

use futures_util::StreamExt;
use mastodon_sdk::Mastodon;
use mastodon_test_server::{Fault, TestServer};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

async fn encrypted() -> TestServer {
    TestServer::builder().tls().start().await.unwrap()
}

/// Connects under a name, with trust in one authority only.
async fn connect(
    server: &TestServer,
    name: &str,
    authority: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(authority.as_bytes()).unwrap();
    roots.add(authority).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let socket = TcpStream::connect(server.address().unwrap()).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await
}

/// Sends a request on an open connection and reads its JSON.
async fn get(stream: &mut TlsStream<TcpStream>, host: &str, path: &str) -> Value {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if length.unwrap().parse() == Ok(body.len()) {
                return serde_json::from_str(body).unwrap();
            }
        }
        assert_ne!(stream.read_buf(&mut received).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn client_that_trusts_the_authority_uses_https() {
    let server = encrypted().await;
    assert!(server.url().starts_with("https://127.0.0.1:"));
    assert!(server.streaming_url().starts_with("wss://127.0.0.1:"));
    let token = server.token("alice", "read write");
    let builder = Mastodon::builder(server.url()).access_token(token);
    let trusting = builder
        .clone()
        .add_root_certificate(server.tls_authority().unwrap());
    let alice = trusting.build().unwrap();
    let status = alice.status_post("Encrypted").await.unwrap();
    assert!(status.url.unwrap().starts_with(server.url()));
    let distrusting = builder.build().unwrap();
    assert!(distrusting.me().await.unwrap_err().is_network());
}

#[tokio::test]
async fn certificate_is_valid_for_each_name_that_a_client_asks_for() {
    let server = encrypted().await;
    let authority = server.tls_authority().unwrap();
    for name in ["localhost", "127.0.0.1", "mastodon", "social.example"] {
        let mut stream = connect(&server, name, authority).await.unwrap();
        let instance = get(&mut stream, name, "/api/v2/instance").await;
        let about = &instance["configuration"]["urls"]["about"];
        assert_eq!(*about, format!("https://{name}/about"));
    }
}

#[tokio::test]
async fn encrypted_connection_serves_several_requests() {
    let server = encrypted().await;
    let authority = server.tls_authority().unwrap();
    let mut stream = connect(&server, "localhost", authority).await.unwrap();
    for _ in 0..3 {
        let rules = get(&mut stream, "localhost", "/api/v1/instance/rules").await;
        assert!(rules.is_array());
    }
}

#[tokio::test]
async fn fault_cuts_an_encrypted_connection() {
    let server = encrypted().await;
    let authority = server.tls_authority().unwrap();
    let mut stream = connect(&server, "localhost", authority).await.unwrap();
    server.inject(Fault::disconnect());
    let request = "GET /api/v1/instance HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.unwrap_err();
    assert_eq!(received, b"");
}

#[tokio::test]
async fn web_socket_is_encrypted() {
    let server = encrypted().await;
    let authority = server.tls_authority().unwrap();
    let token = server.token("alice", "read write");
    let stream = connect(&server, "localhost", authority).await.unwrap();
    let url = format!("wss://localhost/api/v1/streaming?stream=user&access_token={token}");
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    server.streaming().wait_for_connections(1).await;
    let alice = Mastodon::builder(server.url()).access_token(token);
    let alice = alice.add_root_certificate(authority).build().unwrap();
    alice.status_post("Encrypted").await.unwrap();
    let message = socket.next().await.unwrap().unwrap().into_text().unwrap();
    let message: Value = serde_json::from_str(&message).unwrap();
    assert_eq!(message["event"], "update");
}

#[tokio::test]
async fn connection_that_never_encrypts_holds_up_no_other() {
    let server = encrypted().await;
    let address = server.address().unwrap();
    let _silent = TcpStream::connect(address).await.unwrap();
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let authority = server.tls_authority().unwrap();
    let mut stream = connect(&server, "localhost", authority).await.unwrap();
    get(&mut stream, "localhost", "/api/v1/instance/rules").await;
}

#[tokio::test]
async fn given_certificate_is_used() {
    let names = vec!["social.example".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let builder = TestServer::builder().tls_certificate(cert.pem(), signing_key.serialize_pem());
    let server = builder.start().await.unwrap();
    assert_eq!(server.tls_authority(), None);
    let mut stream = connect(&server, "social.example", &cert.pem())
        .await
        .unwrap();
    get(&mut stream, "social.example", "/api/v1/instance/rules").await;
    connect(&server, "localhost", &cert.pem())
        .await
        .unwrap_err();
}

#[tokio::test]
async fn invalid_certificate_is_named_in_the_error() {
    let names = vec!["social.example".to_owned()];
    let own = generate_simple_self_signed(names.clone()).unwrap();
    let other = generate_simple_self_signed(names).unwrap();
    for (certificate, key, problem) in [
        (own.cert.pem(), String::new(), "the private key is no PEM"),
        (
            String::new(),
            own.signing_key.serialize_pem(),
            "the file of the certificate contains none",
        ),
        (
            own.cert.pem(),
            other.signing_key.serialize_pem(),
            "the private key does not fit the certificate",
        ),
    ] {
        let builder = TestServer::builder().tls_certificate(certificate, key);
        let error = builder.start().await.err().unwrap();
        assert!(error.to_string().starts_with(problem), "{error}");
    }
}
