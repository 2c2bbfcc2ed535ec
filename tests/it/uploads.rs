//! Uploads: file errors, failures during the transfer, and the encoding of multipart forms.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use mastodon_sdk::methods::{FieldAttributes, SourceAttributes};
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Error, Mastodon, Upload, Visibility};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{ScriptedServer, json_response, request_body};

/// Much larger than the buffers of a connection.
const LARGE: u64 = 200 << 20;

fn video(length: u64) -> Upload {
    Upload::reader(tokio::io::repeat(7), length).file_name("video.mp4")
}

/// A client of a server that calls `handle` with each connection after the request head.
async fn client_of<F: Future<Output = ()> + Send + 'static>(
    handle: impl Fn(TcpStream) -> F + Send + 'static,
) -> Mastodon {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            tokio::spawn(handle(stream));
        }
    });
    let builder = Mastodon::builder(url).access_token("hunter2");
    builder.version_check(VersionCheck::Off).build().unwrap()
}

#[tokio::test]
async fn unusable_files_are_reported_with_the_reason_before_sending() {
    let server = ScriptedServer::start(Vec::new()).await;
    let client = server.client();
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.png");
    File::create(&empty).unwrap();
    let below_a_file = empty.join("cat.png");
    // The reasons are those of the operating system.
    let (missing, not_a_folder) = if cfg!(windows) {
        ("cannot find the file", "cannot find the path")
    } else {
        ("No such file", "Not a directory")
    };
    let cases = [
        (folder.path().join("missing.png"), "missing.png", missing),
        (folder.path().to_owned(), "", "it is a directory"),
        (empty, "empty.png", "it is empty"),
        (below_a_file, "cat.png", not_a_folder),
    ];
    for (path, name, reason) in cases {
        let error = client.media_post(path).await.unwrap_err();
        let Error::File(file) = &error else {
            panic!("{error:?}")
        };
        assert!(file.path.ends_with(name), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let no_bytes = Upload::bytes(Vec::new()).file_name("cat.png");
    let error = client.media_post(no_bytes).await.unwrap_err();
    assert!(
        error.to_string().contains("\"cat.png\": it is empty"),
        "{error}"
    );
    let empty_reader = client.media_post(video(0)).await.unwrap_err();
    assert!(empty_reader.to_string().contains("it is empty"));
    if cfg!(unix) {
        let error = client.media_post(Path::new("/dev/null")).await.unwrap_err();
        assert!(error.to_string().contains("not a regular file"), "{error}");
    }
    assert!(server.requests().is_empty());
}

/// Uploads a file of 1 MiB and applies `change` to it after each chunk.
async fn upload_and_change(change: impl Fn(&Path) + Send + Sync + 'static) -> (Error, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("video.mp4");
    std::fs::write(&path, vec![7; 1 << 20]).unwrap();
    let server = ScriptedServer::start(vec![json_response(200, "", "{}"); 3]).await;
    let file = path.clone();
    let upload = Upload::path(&path).on_progress(move |_, _| change(&file));
    let error = server.client().media_post(upload).await.unwrap_err();
    let Error::File(failed) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(failed.path, path);
    (error, server.requests())
}

#[tokio::test]
async fn file_that_changes_its_length_during_the_upload_is_an_error() {
    let shrink = |path: &Path| {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(300_000).unwrap();
    };
    let (error, requests) = upload_and_change(shrink).await;
    assert!(
        error
            .to_string()
            .contains("it ended after 300000 of 1048576 bytes"),
        "{error}"
    );
    assert!(
        requests.is_empty(),
        "the server received a complete request"
    );
    let grow = |path: &Path| {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"more").unwrap();
    };
    let (error, requests) = upload_and_change(grow).await;
    assert!(
        error
            .to_string()
            .contains("it is longer than 1048576 bytes"),
        "{error}"
    );
    assert!(requests.is_empty());
}

#[tokio::test]
async fn reader_that_fails_or_has_another_length_is_an_error() {
    for (length, reason) in [
        (10, "it is longer than 10"),
        (12, "it ended after 11 of 12"),
    ] {
        let server = ScriptedServer::start(vec![json_response(200, "", "{}"); 3]).await;
        let reader = Upload::reader(&b"eleven here"[..], length).file_name("cat.png");
        let error = server.client().media_post(reader).await.unwrap_err();
        assert!(matches!(error, Error::File(_)), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
        assert!(server.requests().is_empty());
    }
    let server = ScriptedServer::start(Vec::new()).await;
    let broken = Upload::reader(FailingReader::default(), 10).file_name("cat.png");
    let error = server.client().media_post(broken).await.unwrap_err();
    assert!(error.to_string().contains("disk failure"), "{error}");
}

/// A reader that fails after a few bytes.
#[derive(Default)]
struct FailingReader {
    has_returned_bytes: bool,
}

impl AsyncRead for FailingReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if std::mem::replace(&mut self.has_returned_bytes, true) {
            return Poll::Ready(Err(io::Error::other("disk failure")));
        }
        buffer.put_slice(b"some");
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn error_response_during_the_upload_is_returned_and_stops_the_upload() {
    for (status, message) in [
        (413, "Payload Too Large"),
        (401, "The access token is invalid"),
        (422, "No"),
    ] {
        let response = json_response(status, "", &format!(r#"{{"error":"{message}"}}"#));
        let client = client_of(move |mut stream| {
            let response = response.clone();
            async move {
                stream.write_all(response.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
                // Closing the socket with unread data would reset the connection and lose the response.
                let _closed = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            }
        })
        .await;
        let sent = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&sent);
        let upload = video(LARGE).on_progress(move |sent, _| count.store(sent, Ordering::Relaxed));
        let error = client.media_post(upload).await.unwrap_err();
        let api_error = error.api().unwrap_or_else(|| panic!("{error:?}"));
        assert_eq!(
            (api_error.status.as_u16(), api_error.message.as_str()),
            (status, message)
        );
        assert!(
            sent.load(Ordering::Relaxed) < LARGE,
            "the upload was not stopped"
        );
    }
}

#[tokio::test]
async fn closed_connection_during_a_reader_upload_is_not_retried() {
    let connections = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&connections);
    let client = client_of(move |mut stream| {
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            let mut received = vec![0; 1 << 20];
            stream.read_exact(&mut received).await.unwrap();
        }
    })
    .await;
    let error = client.media_post(video(LARGE)).await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error:?}");
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn upload_without_progress_times_out() {
    let client = client_of(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let call = client.media_post(video(LARGE));
    let error = call.timeout(Duration::from_secs(20)).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert!(error.to_string().contains("within 20s"), "{error}");
}

#[tokio::test]
async fn form_with_an_image_is_encoded_as_rails_expects() {
    let server = ScriptedServer::start(vec![json_response(200, "", "{}")]).await;
    let avatar = Upload::bytes(&b"\x89PNG\r\n\x1a\n"[..]).file_name("a \"quoted\"\r\nnäme.png");
    let call = server
        .client()
        .account_update_credentials()
        .display_name("Ä")
        .avatar(avatar)
        .fields_attributes([FieldAttributes::new("Site", "https://a.example")])
        .source(SourceAttributes::new().privacy(Visibility::Private));
    call.raw().await.unwrap();
    let requests = server.requests();
    let head = requests[0].split_once("\r\n\r\n").unwrap().0;
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
    let body = request_body(&requests[0]).replace(boundary, "B");
    assert_eq!(body, expected.concat());
    let length = head.split("content-length: ").nth(1).unwrap();
    let length: usize = length.lines().next().unwrap().parse().unwrap();
    // The scripted server replaced one byte of the image, which is not UTF-8, with a three-byte character.
    assert_eq!(length, request_body(&requests[0]).len() - 2);
}
