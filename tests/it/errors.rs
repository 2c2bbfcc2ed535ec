//! Error messages: they name the cause and the remedy, and contain no secret.

use mastodon_sdk::error::ApiErrorKind;
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Error, Mastodon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{ScriptedServer, error_response, json_response, response};

#[tokio::test]
async fn error_of_an_html_page_asks_whether_the_host_is_a_mastodon_server() {
    let page = response(200, "text/html; charset=utf-8", "", "<html>");
    let server = ScriptedServer::start(vec![page]).await;
    let error = server.client().account_block("1").await.unwrap_err();
    assert!(matches!(error, Error::NotMastodon { .. }));
    assert!(
        error
            .to_string()
            .contains("is 127.0.0.1 a Mastodon server?"),
        "{error}"
    );
}

#[tokio::test]
async fn decoding_error_names_the_json_path_and_no_secret() {
    let body = r#"{"id":"1","account":{"id":{},"access_token":"s3cret"}}"#;
    let server = ScriptedServer::start(vec![json_response(200, "", body)]).await;
    let error = server.client().status("1").await.unwrap_err();
    let Error::Decode(decode) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (&*decode.endpoint, decode.path.as_str()),
        ("status", "account.id")
    );
    assert!(!decode.is_applied);
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[tokio::test]
async fn refused_connection_is_reported_without_the_token() {
    let client = Mastodon::builder("http://127.0.0.1:1")
        .access_token("hunter2")
        .max_retries(0);
    let client = client.version_check(VersionCheck::Off).build().unwrap();
    let error = client.account_block("1").await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }));
    assert!(!format!("{error} {error:?} {client:?}").contains("hunter2"));
}

/// Names under `.invalid` never resolve; a machine without a resolver reports the same error.
#[tokio::test]
async fn error_of_an_unknown_host_names_the_host_and_not_the_token() {
    let client = Mastodon::builder("mastodon.invalid")
        .access_token("hunter2")
        .max_retries(0);
    let client = client.version_check(VersionCheck::Off).build().unwrap();
    let error = client.account_block("1").await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains("cannot connect to mastodon.invalid: "),
        "{message}"
    );
    assert!(
        message.ends_with("; check its name and your network"),
        "{message}"
    );
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn response_above_the_size_limit_is_an_error() {
    let server = ScriptedServer::start(vec![json_response(200, "", &" ".repeat(5000))]).await;
    let client = server.builder().max_body(4096).build().unwrap();
    let error = client.account_block("1").await.unwrap_err();
    assert!(!error.is_retryable() && !error.is_network());
    let error = error.to_string();
    assert_eq!(
        error,
        "account_block (200 OK): the response body cannot be read: it is larger than 4096 bytes; raise the limit with `max_body`; the server has carried out the call"
    );
}

/// A server on a thread of its own, with a certificate that no root certificate has signed.
#[cfg(feature = "rustls")]
pub(crate) fn self_signed_server() -> (String, std::sync::mpsc::Receiver<()>) {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    let certificate = CertificateDer::from_pem_slice(include_bytes!("support/tls/self_signed.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("support/tls/self_signed.key.pem"));
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap()], key.unwrap())
        .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let (connected, connections) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _test_has_ended = connected.send(());
            let mut connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let _rejected = connection.complete_io(&mut stream.unwrap());
        }
    });
    (url, connections)
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn unknown_certificate_is_not_retried_and_the_error_names_it() {
    let (url, connections) = self_signed_server();
    let client = Mastodon::builder(url).version_check(VersionCheck::Off);
    let error = client.build().unwrap().timeline_public().await.unwrap_err();
    assert!(error.is_network() && !error.is_retryable(), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains("certificate") && message.contains("check the certificate of the server"),
        "{message}"
    );
    assert_eq!(connections.try_iter().count(), 1);
}

/// The error of a call to which the server responds with this.
async fn error_of(response: String) -> Error {
    let server = ScriptedServer::start(vec![response; 4]).await;
    let client = server.builder().max_retries(0).build().unwrap();
    client.account_block("1").await.unwrap_err()
}

#[tokio::test]
async fn page_of_a_proxy_that_blocks_the_request_is_not_an_error_of_the_token() {
    let cloudflare = "server: cloudflare\r\ncf-mitigated: challenge\r\n";
    let page = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>";
    for status in [403, 503] {
        let error = error_of(response(
            status,
            "text/html; charset=UTF-8",
            cloudflare,
            page,
        ))
        .await;
        assert!(!error.is_forbidden() && !error.is_retryable() && !error.is_server_error());
        assert_eq!(error.api().unwrap().kind, ApiErrorKind::Blocked);
        let message = error.to_string();
        assert!(
            message.contains("Cloudflare, a proxy in front of the server, blocked the request before it reached Mastodon"),
            "{message}"
        );
        assert!(
            !message.contains("scope") && !message.contains("token"),
            "{message}"
        );
    }
    let error = error_of(response(
        403,
        "text/html",
        "",
        "<html><title>403 Forbidden</title>",
    ))
    .await;
    assert!(!error.is_forbidden());
    assert_eq!(
        error.to_string(),
        "account_block (403 Forbidden): a proxy in front of the server blocked the request before it reached Mastodon \
         with the title \"403 Forbidden\"; ask the administrators of the server to allow API clients"
    );
}

#[tokio::test]
async fn errors_distinguish_no_token_a_wrong_token_and_a_missing_scope() {
    let invalid = error_response(401, "The access token is invalid");
    let scope = error_response(403, "This action is outside the authorized scopes");
    let permission = error_response(403, "This action is not allowed");
    let user = error_response(422, "This method requires an authenticated user");
    let server =
        ScriptedServer::start(vec![invalid.clone(), scope, permission, user, invalid]).await;
    let mut messages = Vec::new();
    for _ in 0..4 {
        let error = server.client().status_post("Hi").await.unwrap_err();
        messages.push(error.to_string());
    }
    let without_token = Mastodon::builder(&server.url).version_check(VersionCheck::Off);
    let without_token = without_token.build().unwrap();
    // The server requires an access token although the endpoint does not.
    let error = without_token.timeline_public().await.unwrap_err();
    messages.push(error.to_string());
    assert_eq!(
        messages,
        [
            "status_post (401 Unauthorized): The access token is invalid; the access token is invalid, expired or revoked; authorize the application again",
            "status_post (403 Forbidden): This action is outside the authorized scopes; the access token lacks the scope \"write:statuses\"; add it to the scopes of the application (`create_app`) and of the login (`auth_request_url`), and log in again",
            "status_post (403 Forbidden): This action is not allowed",
            "status_post (422 Unprocessable Entity): This method requires an authenticated user; use the access token of a user",
            "timeline_public (401 Unauthorized): The access token is invalid; this client has no access token; set one with `access_token` of the builder",
        ]
    );
}

#[tokio::test]
async fn missing_scope_is_recognized_by_its_header_in_every_language() {
    let header = "www-authenticate: Bearer realm=\"Doorkeeper\", error=\"insufficient_scope\", error_description=\"x\"\r\n";
    let body = r#"{"error":"Diese Aktion ist nicht erlaubt"}"#;
    let server = ScriptedServer::start(vec![json_response(403, header, body)]).await;
    let error = server.client().account_follow("1").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "account_follow (403 Forbidden): Diese Aktion ist nicht erlaubt; the access token has none of the scopes \"write:follows\", \"follow\"; \
         add one of them to the scopes of the application (`create_app`) and of the login (`auth_request_url`), and log in again"
    );
}

/// A server that sends this in response to anything.
async fn raw_server(bytes: &'static [u8]) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            if stream.read(&mut [0; 1024]).await.is_ok() {
                let _closed = stream.write_all(bytes).await;
                open.push(stream);
            }
        }
    });
    address
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn tls_to_a_port_of_plain_http_is_named_and_not_retried() {
    let page = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    let url = format!("https://{}", raw_server(page).await);
    let client = Mastodon::builder(url).version_check(VersionCheck::Off);
    let error = client.build().unwrap().timeline_public().await.unwrap_err();
    assert!(error.is_network() && !error.is_retryable(), "{error:?}");
    let message = error.to_string();
    assert!(
        message.ends_with("; the server does not respond with TLS; the port may be one of plain HTTP: check the port, or use http://"),
        "{message}"
    );
}

#[tokio::test]
async fn plain_http_to_a_port_of_tls_is_named() {
    let alert = b"\x15\x03\x01\x00\x02\x02\x0a";
    let url = format!("http://{}", raw_server(alert).await);
    let client = Mastodon::builder(url).max_retries(0);
    let client = client.version_check(VersionCheck::Off).build().unwrap();
    let message = client.timeline_public().await.unwrap_err().to_string();
    assert!(
        message.ends_with("; the response is not HTTP; if the port is one of TLS, use https://"),
        "{message}"
    );
}

#[tokio::test]
async fn port_without_a_server_is_named() {
    let client = Mastodon::builder("http://127.0.0.1:1").max_retries(0);
    let client = client.version_check(VersionCheck::Off).build().unwrap();
    let message = client.timeline_public().await.unwrap_err().to_string();
    assert!(
        message.ends_with(
            "; nothing accepts connections there; check the port, and whether the server is running"
        ),
        "{message}"
    );
}
