//! What a network does to a call.

use std::io::Write;
use std::time::Duration;

use mastodon_sdk::{Error, Mastodon, VersionCheck};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::server::{Server, json};

/// A server that sends these bytes for every request, and then nothing more.
async fn stalling(bytes: Vec<u8>) -> Mastodon {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).await;
            let _cut = stream.write_all(&bytes).await;
            open.push(stream);
        }
    });
    let builder = Mastodon::builder(url).version_check(VersionCheck::Off);
    builder.max_body(1 << 20).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_or_stops_halfway_is_given_up() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n";
    for sent in [
        String::new(),
        head.to_owned(),
        format!("{head}\r\n{{\"id\":"),
    ] {
        let client = stalling(sent.into_bytes()).await;
        let call = client.account_block("1").timeout(Duration::from_secs(7));
        let error = call.await.unwrap_err();
        assert!(error.is_timeout() && error.is_retryable());
        assert_eq!(
            error.to_string(),
            "account_block: no answer within 7s; allow more with `timeout`"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_repetitions_and_waiting() {
    let busy = || json(503, "", "");
    let server = Server::start((0..100).map(|_| busy()).collect()).await;
    let client = server
        .builder()
        .max_retries(1000)
        .deadline(Duration::from_secs(20));
    let error = client.build().unwrap().status("1").await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Timeout {
                setting: "deadline",
                ..
            }
        ),
        "{error}"
    );
    assert!(server.seen().len() > 1, "it tried again");
    let full = json(
        429,
        "retry-after: 3600\r\n",
        r#"{"error":"Too many requests"}"#,
    );
    let server = Server::start(vec![full]).await;
    let call = server
        .client()
        .status("1")
        .deadline(Duration::from_secs(60));
    assert!(
        call.await.unwrap_err().is_timeout(),
        "an hour is longer than the deadline"
    );
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_is_asked_for_again_where_that_is_safe() {
    let half = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n[{";
    let server = Server::start(vec![half.to_owned(), json(200, "", "[]")]).await;
    assert!(server.client().blocks().await.unwrap().is_empty());
    let server = Server::start(vec![half.to_owned(), json(200, "", "{}")]).await;
    let call = server
        .client()
        .app_create("A program", "https://a.example/");
    let error = call.await.unwrap_err();
    assert!(error.is_network(), "{error}");
    assert_eq!(
        server.seen().len(),
        1,
        "whether the program was registered is not known, so it is not registered twice"
    );
}

#[tokio::test]
async fn a_small_answer_that_unpacks_to_a_huge_one_is_not_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        packed.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let packed = packed.finish().unwrap();
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    )
    .into_bytes();
    answer.extend(packed);
    let error = stalling(answer).await.status("1").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "status: no answer from the server: the answer is larger than 1048576 bytes; allow more with `max_body`"
    );
}
