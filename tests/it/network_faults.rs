//! Slow, silent and broken connections.

use std::io::Write;
use std::time::Duration;

use mastodon_sdk::error::TimeoutSetting;
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Error, Mastodon, MastodonBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{ScriptedServer, json_response};

/// Client of a server that sends these bytes in response to every request, then nothing, and keeps the
/// connection open.
async fn client_of_stalling_server(bytes: Vec<u8>) -> Mastodon {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).await;
            let _closed = stream.write_all(&bytes).await;
            open.push(stream);
        }
    });
    let builder = Mastodon::builder(url).version_check(VersionCheck::Off);
    builder.max_body(1 << 20).build().unwrap()
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn server_that_stops_sending_is_a_timeout() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n";
    for sent in [
        String::new(),
        head.to_owned(),
        format!("{head}\r\n{{\"id\":"),
    ] {
        let client = client_of_stalling_server(sent.into_bytes()).await;
        let call = client.account_block("1").timeout(Duration::from_secs(7));
        let error = call.await.unwrap_err();
        assert!(error.is_timeout() && error.is_retryable());
        assert_eq!(
            error.to_string(),
            "account_block: no response within 7s; raise the limit with `timeout`"
        );
    }
}

/// Builder of a client of a server that responds to every request with these pieces and a pause after each.
async fn builder_for_slow_server(
    pieces: &'static [&'static str],
    pause: Duration,
) -> MastodonBuilder {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).await;
            for piece in pieces {
                let _closed = stream.write_all(piece.as_bytes()).await;
                tokio::time::sleep(pause).await;
            }
        }
    });
    Mastodon::builder(url).version_check(VersionCheck::Off)
}

const SLOW_BODY: &[&str] = &[
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n",
    "[ ",
    "  ",
    "  ",
    " ]",
];

const SLOW_HEAD: &[&str] = &[
    "HTTP/1.1 200 OK\r\n",
    "content-type: application/json\r\n",
    "content-length: 2\r\n",
    "\r\n[]",
];

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn timeout_names_the_setting_that_was_exceeded() {
    let seconds = Duration::from_secs;
    let timeout_message = async |builder: MastodonBuilder| {
        let error = builder.build().unwrap().blocks().await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        error.to_string()
    };
    let builder = builder_for_slow_server(SLOW_BODY, seconds(5)).await;
    assert!(
        builder
            .clone()
            .build()
            .unwrap()
            .blocks()
            .await
            .unwrap()
            .is_empty(),
        "no timeout was exceeded"
    );
    assert_eq!(
        timeout_message(builder.clone().read_timeout(seconds(4))).await,
        "blocks: no further bytes of the response within 4s; raise the limit with `read_timeout`"
    );
    assert_eq!(
        timeout_message(builder.timeout(seconds(12))).await,
        "blocks: no response within 12s; raise the limit with `timeout`"
    );
    let builder = builder_for_slow_server(SLOW_HEAD, seconds(5))
        .await
        .read_timeout(seconds(4));
    assert!(
        builder
            .clone()
            .build()
            .unwrap()
            .blocks()
            .await
            .unwrap()
            .is_empty(),
        "the read timeout starts with the body"
    );
    assert_eq!(
        timeout_message(builder.clone().timeout(seconds(12))).await,
        "blocks: no response within 12s; raise the limit with `timeout`"
    );
    assert_eq!(
        timeout_message(builder.deadline(seconds(13))).await,
        "blocks: no response within 13s; raise the limit with `deadline`"
    );
}

#[cfg(feature = "_rustls")]
#[tokio::test]
async fn connect_timeout_is_named_in_the_error() {
    // The listener accepts connections but never sends a TLS handshake.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let builder = Mastodon::builder(url)
        .version_check(VersionCheck::Off)
        .max_retries(0);
    let client = builder
        .connect_timeout(Duration::from_millis(20))
        .build()
        .unwrap();
    let error = client.blocks().await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable());
    assert_eq!(
        error.to_string(),
        "blocks: no connection within 20ms; raise the limit with `connect_timeout`"
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn deadline_ends_retries_and_prevents_longer_rate_limit_waits() {
    let server = ScriptedServer::start(vec![json_response(503, "", ""); 100]).await;
    let client = server
        .builder()
        .max_retries(1000)
        .deadline(Duration::from_secs(20));
    let error = client.build().unwrap().status("1").await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Timeout {
                setting: TimeoutSetting::Deadline,
                ..
            }
        ),
        "{error}"
    );
    assert!(server.requests().len() > 1, "the call was retried");
    let rate_limited = json_response(
        429,
        "retry-after: 3600\r\n",
        r#"{"error":"Too many requests"}"#,
    );
    let server = ScriptedServer::start(vec![rate_limited]).await;
    let call = server
        .client()
        .status("1")
        .deadline(Duration::from_secs(60));
    let start = tokio::time::Instant::now();
    let error = call.await.unwrap_err();
    assert!(
        error.is_rate_limited() && start.elapsed() < Duration::from_secs(1),
        "the server asks for an hour, the deadline is a minute: {error}"
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn incomplete_response_is_retried_only_if_the_call_is_safe() {
    let half = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n[{";
    let server = ScriptedServer::start(vec![half.to_owned(), json_response(200, "", "[]")]).await;
    assert!(server.client().blocks().await.unwrap().is_empty());
    let server = ScriptedServer::start(vec![half.to_owned(), json_response(200, "", "{}")]).await;
    let call = server
        .client()
        .app_create("Example app", "https://a.example/");
    let error = call.await.unwrap_err();
    assert!(error.is_network(), "{error}");
    assert_eq!(
        server.requests().len(),
        1,
        "the application may have been registered, so the call is not retried"
    );
}

#[tokio::test]
async fn compressed_response_is_limited_by_its_decompressed_size() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        encoder.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let compressed = encoder.finish().unwrap();
    let mut response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        compressed.len()
    )
    .into_bytes();
    response.extend(compressed);
    let error = client_of_stalling_server(response)
        .await
        .status("1")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "status (200 OK): the response body cannot be read: it is larger than 1048576 bytes; raise the limit with `max_body`"
    );
}

#[tokio::test]
async fn response_that_cannot_be_decompressed_is_not_retried() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&[b' '; 4096]).unwrap();
    let compressed = encoder.finish().unwrap();
    let mut corrupt = compressed.clone();
    // The checksum is in the last eight bytes.
    let checksum = corrupt.len() - 8;
    corrupt[checksum] ^= 0xff;
    for body in [
        b"[]".to_vec(),
        b"[            ]".to_vec(),
        corrupt,
        compressed[..20].to_vec(),
    ] {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let client = client_of_stalling_server([head.as_bytes(), &body].concat()).await;
        let call = client.blocks().timeout(Duration::from_secs(5));
        let error = call.await.unwrap_err();
        assert!(
            !error.is_retryable() && !error.is_network(),
            "{body:?} {error:?}"
        );
        let message = error.to_string();
        assert!(
            message.starts_with(
                "blocks (200 OK): the response body cannot be read: it cannot be decompressed: "
            ),
            "{message}"
        );
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn incomplete_compressed_response_is_retried() {
    let half = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 900\r\n\r\n\x1f";
    let server = ScriptedServer::start(vec![half.to_owned(), json_response(200, "", "[]")]).await;
    assert!(server.client().blocks().await.unwrap().is_empty());
}
