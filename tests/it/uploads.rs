//! Uploads that go wrong, on this side, on the way and on the other; and what they look like on the wire.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use mastodon_sdk::methods::{FieldAttributes, SourceAttributes};
use mastodon_sdk::{Error, Mastodon, Upload, VersionCheck, Visibility};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::server::{Server, json, text};

/// Far more than what the buffers of a connection hold.
const LARGE: u64 = 200 << 20;

fn endless(length: u64) -> Upload {
    Upload::reader(tokio::io::repeat(7), length).file_name("film.mp4")
}

/// A client of a server that does as it is told with each connection, once the head of a request came.
async fn server<F: Future<Output = ()> + Send + 'static>(
    does: impl Fn(TcpStream) -> F + Send + 'static,
) -> Mastodon {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            tokio::spawn(does(stream));
        }
    });
    let builder = Mastodon::builder(url).access_token("hunter2");
    builder.version_check(VersionCheck::Off).build().unwrap()
}

#[tokio::test]
async fn what_is_no_file_to_send_is_named_with_the_reason_and_nothing_is_sent() {
    let server = Server::start(Vec::new()).await;
    let client = server.client();
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.png");
    File::create(&empty).unwrap();
    let through = empty.join("cat.png");
    let cases = [
        (folder.path().join("none.png"), "none.png", "No such file"),
        (folder.path().to_owned(), "", "it is a directory"),
        (empty, "empty.png", "it is empty"),
        (through, "cat.png", "Not a directory"),
    ];
    for (path, name, reason) in cases {
        let error = client.media_post(path).await.unwrap_err();
        let Error::File(file) = &error else {
            panic!("{error:?}")
        };
        assert!(file.path.ends_with(name), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let nothing = Upload::bytes(Vec::new()).file_name("cat.png");
    let error = client.media_post(nothing).await.unwrap_err();
    assert!(
        error.to_string().contains("\"cat.png\": it is empty"),
        "{error}"
    );
    let wrong_length = client.media_post(endless(0)).await.unwrap_err();
    assert!(wrong_length.to_string().contains("it is empty"));
    if cfg!(unix) {
        let error = client.media_post(Path::new("/dev/null")).await.unwrap_err();
        assert!(error.to_string().contains("no plain file"), "{error}");
    }
    assert!(server.seen().is_empty());
}

/// Sends a file on which something is done once its first bytes are under way.
async fn meanwhile(does: impl Fn(&Path) + Send + Sync + 'static) -> (Error, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    std::fs::write(&path, vec![7; 1 << 20]).unwrap();
    let server = Server::start(vec![json(200, "", "{}"); 3]).await;
    let file = path.clone();
    let upload = Upload::path(&path).on_progress(move |_, _| does(&file));
    let error = server.client().media_post(upload).await.unwrap_err();
    let Error::File(failed) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(failed.path, path);
    (error, server.seen())
}

#[tokio::test]
async fn a_file_that_shrinks_or_grows_on_its_way_is_told_and_never_arrives_as_a_whole() {
    let shrinks = |path: &Path| {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(300_000).unwrap();
    };
    let (error, seen) = meanwhile(shrinks).await;
    assert!(
        error
            .to_string()
            .contains("it ends after 300000 bytes, and had 1048576"),
        "{error}"
    );
    assert!(seen.is_empty(), "a whole request is none of these");
    let grows = |path: &Path| {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"more").unwrap();
    };
    let (error, seen) = meanwhile(grows).await;
    assert!(
        error.to_string().contains("it goes on after 1048576 bytes"),
        "{error}"
    );
    assert!(seen.is_empty());
}

#[tokio::test]
async fn a_reader_that_fails_or_has_another_length_is_told() {
    for (length, reason) in [(10, "it goes on after 10"), (12, "it ends after 11")] {
        let server = Server::start(vec![json(200, "", "{}"); 3]).await;
        let reader = Upload::reader(&b"eleven here"[..], length).file_name("cat.png");
        let error = server.client().media_post(reader).await.unwrap_err();
        assert!(matches!(error, Error::File(_)), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
        assert!(server.seen().is_empty());
    }
    let server = Server::start(Vec::new()).await;
    let broken = Upload::reader(Broken(false), 10).file_name("cat.png");
    let error = server.client().media_post(broken).await.unwrap_err();
    assert!(error.to_string().contains("the disk is on fire"), "{error}");
}

/// A reader that fails after a few bytes.
struct Broken(bool);

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(Err(io::Error::other("the disk is on fire")));
        }
        buffer.put_slice(b"some");
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_server_that_refuses_before_it_has_everything_is_understood_and_sent_no_more() {
    for (status, refusal) in [
        (413, "Payload Too Large"),
        (401, "The access token is invalid"),
        (422, "No"),
    ] {
        let answer = json(status, "", &format!(r#"{{"error":"{refusal}"}}"#));
        let client = server(move |mut stream| {
            let answer = answer.clone();
            async move {
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
                // As servers do, so that the answer is not lost with what is still under way.
                let _ended = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            }
        })
        .await;
        let sent = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&sent);
        let upload =
            endless(LARGE).on_progress(move |sent, _| count.store(sent, Ordering::Relaxed));
        let error = client.media_post(upload).await.unwrap_err();
        let told = error.api().unwrap_or_else(|| panic!("{error:?}"));
        assert_eq!(
            (told.status.as_u16(), told.message.as_str()),
            (status, refusal)
        );
        assert!(
            sent.load(Ordering::Relaxed) < LARGE,
            "the rest was not sent"
        );
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_during_an_upload_is_a_network_error_and_nothing_is_sent_twice() {
    let connections = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&connections);
    let client = server(move |mut stream| {
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            let mut some = vec![0; 1 << 20];
            stream.read_exact(&mut some).await.unwrap();
        }
    })
    .await;
    let error = client.media_post(endless(LARGE)).await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error:?}");
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_reads_no_further_is_given_up() {
    let client = server(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let call = client.media_post(endless(LARGE));
    let error = call.timeout(Duration::from_secs(20)).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert!(error.to_string().contains("within 20s"), "{error}");
}

#[tokio::test]
async fn a_form_with_a_picture_is_written_as_rails_reads_it() {
    let server = Server::start(vec![json(200, "", "{}")]).await;
    let picture = Upload::bytes(&b"\x89PNG\r\n\x1a\n"[..]).file_name("a \"quoted\"\r\nnäme.png");
    let call = server
        .client()
        .account_update_credentials()
        .display_name("Ä")
        .avatar(picture)
        .fields_attributes([FieldAttributes::new("Site", "https://a.example")])
        .source(SourceAttributes::new().privacy(Visibility::Private));
    call.raw().await.unwrap();
    let seen = server.seen();
    let head = seen[0].split_once("\r\n\r\n").unwrap().0;
    let boundary = head
        .split("boundary=")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let part = |name: &str| format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"");
    let expected = [
        format!("{}\r\n\r\nÄ\r\n", part("display_name")),
        format!(
            "{}; filename=\"a %22quoted%22%0D%0Anäme.png\"\r\ncontent-type: image/png\r\n\r\n\u{fffd}PNG\r\n\x1a\n\r\n",
            part("avatar")
        ),
        format!("{}\r\n\r\nSite\r\n", part("fields_attributes[0][name]")),
        format!(
            "{}\r\n\r\nhttps://a.example\r\n",
            part("fields_attributes[0][value]")
        ),
        format!("{}\r\n\r\nprivate\r\n--B--\r\n", part("source[privacy]")),
    ];
    let body = text(&seen[0]).replace(boundary, "B");
    assert_eq!(body, expected.concat());
    let length = head.split("content-length: ").nth(1).unwrap();
    let length: usize = length.lines().next().unwrap().parse().unwrap();
    // One byte of the picture is no UTF-8, and was replaced by three.
    assert_eq!(length, text(&seen[0]).len() - 2);
}
