//! Bodies that decompress to far more than they are: error responses are read up to 64 KiB, wherever they are read.

use std::io::Write;

use mastodon_sdk::error::ApiErrorKind;
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::streaming::StreamTransport;
use mastodon_sdk::{Error, Mastodon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{ScriptedServer, response};

/// Number of bytes that the body decompresses to: more than the default of `max_body`.
const DECOMPRESSED: usize = 65 << 20;

/// An error response whose body of 64 KB decompresses to 65 MiB.
fn compressed_response(status: u16) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..DECOMPRESSED >> 20 {
        encoder.write_all(&[b'x'; 1 << 20]).unwrap();
    }
    let body = encoder.finish().unwrap();
    assert!(body.len() < 70_000, "{}", body.len());
    let head = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), &body].concat()
}

/// Starts a server that sends this response to every request.
async fn server_with(response: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let response = response.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                if stream.read(&mut request).await.is_ok() {
                    let _closed = stream.write_all(&response).await;
                }
            });
        }
    });
    url
}

fn client(url: &str) -> Mastodon {
    let builder = Mastodon::builder(url)
        .access_token("hunter2")
        .max_retries(0);
    builder.version_check(VersionCheck::Off).build().unwrap()
}

/// Checks that the status was reported, which the size of the body must not hide.
fn assert_status<T: std::fmt::Debug>(result: Result<T, Error>, status: u16) {
    let error = result.unwrap_err();
    let api = error.api().unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!(api.status.as_u16(), status);
    assert!(error.to_string().len() < 2000);
}

#[tokio::test]
async fn error_body_of_a_call_is_read_up_to_its_limit() {
    for status in [400, 404, 500] {
        let url = server_with(compressed_response(status)).await;
        let client = client(&url);
        assert_status(client.status("1").raw().await, status);
        let token = client.oauth_token("authorization_code", "id", "secret-secret");
        assert_status(token.code("code-code").await, status);
    }
}

#[tokio::test]
async fn error_bodies_of_server_data_are_read_up_to_their_limit() {
    let url = server_with(compressed_response(422)).await;
    assert_status(client(&url).instance_nodeinfo().await, 422);
    assert_status(client(&url).instance().await, 422);
    assert_status(client(&url).oauth_userinfo().await, 422);
    let error = Mastodon::discover(&url).await.unwrap_err().to_string();
    assert!(
        error.contains("status 422") && !error.contains("larger"),
        "{error}"
    );
}

#[tokio::test]
async fn error_bodies_of_streams_and_downloads_are_read_up_to_their_limit() {
    let url = server_with(compressed_response(403)).await;
    let download = client(&url).download(format!("{url}/1.png"));
    assert_status(download.bytes().await, 403);
    for transport in [
        StreamTransport::ServerSentEvents,
        StreamTransport::WebSocket,
    ] {
        let stream = client(&url)
            .stream_user()
            .backfill(false)
            .transport(transport);
        assert_status(stream.await.map(|_| ()), 403);
    }
}

#[tokio::test]
async fn error_object_at_the_limit_is_still_decoded() {
    let body = |length: usize| {
        let start = r#"{"error":"Record not found","x":""#;
        format!("{start}{}\"}}", "y".repeat(length - start.len() - 2))
    };
    let script = [body(64 << 10), body((64 << 10) + 1)];
    let script = script.map(|body| response(404, "application/json", "", &body));
    let server = ScriptedServer::start(script.into()).await;
    let whole = server.client().status("1").await.unwrap_err();
    assert_eq!(whole.api().unwrap().message, "Record not found");
    let cut = server.client().status("1").await.unwrap_err();
    assert_eq!(cut.api().unwrap().kind, ApiErrorKind::NotFound);
    assert!(cut.to_string().len() < 1000);
}

#[tokio::test]
async fn announced_length_above_the_limit_is_refused_before_the_body_is_read() {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n[";
    let url = server_with(head.as_bytes().to_vec()).await;
    let error = client(&url).blocks().await.unwrap_err();
    assert!(matches!(error, Error::Body { .. }), "{error:?}");
}
