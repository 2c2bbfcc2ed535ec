//! What a network does to a call.

use std::io::Write;
use std::time::Duration;

use mastodon_sdk::{Error, Mastodon, MastodonBuilder, VersionCheck};
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

/// A server that sends one piece after the other, with pauses between them, for every request.
async fn dripping(pieces: &'static [&'static str], pause: Duration) -> MastodonBuilder {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).await;
            for piece in pieces {
                let _cut = stream.write_all(piece.as_bytes()).await;
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

#[tokio::test(start_paused = true)]
async fn each_limit_of_time_is_named_where_it_is_reached() {
    let seconds = Duration::from_secs;
    let said = async |builder: MastodonBuilder| {
        let error = builder.build().unwrap().blocks().await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        error.to_string()
    };
    let server = dripping(SLOW_BODY, seconds(5)).await;
    assert!(
        server
            .clone()
            .build()
            .unwrap()
            .blocks()
            .await
            .unwrap()
            .is_empty(),
        "slow is not too slow"
    );
    assert_eq!(
        said(server.clone().read_timeout(seconds(4))).await,
        "blocks: nothing more of the answer within 4s; allow more with `read_timeout`"
    );
    assert_eq!(
        said(server.timeout(seconds(12))).await,
        "blocks: no answer within 12s; allow more with `timeout`"
    );
    let server = dripping(SLOW_HEAD, seconds(5))
        .await
        .read_timeout(seconds(4));
    assert!(
        server
            .clone()
            .build()
            .unwrap()
            .blocks()
            .await
            .unwrap()
            .is_empty(),
        "the answer has not begun"
    );
    assert_eq!(
        said(server.clone().timeout(seconds(12))).await,
        "blocks: no answer within 12s; allow more with `timeout`"
    );
    assert_eq!(
        said(server.deadline(seconds(13))).await,
        "blocks: no answer within 13s; allow more with `deadline`"
    );
}

/// A port that takes connections and never speaks TLS.
#[cfg(feature = "_rustls")]
#[tokio::test]
async fn a_connection_that_does_not_come_about_names_its_limit() {
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
        "blocks: no connection within 20ms; allow more with `connect_timeout`"
    );
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
