//! Attachments come to disk whole, bounded, once, and without the token.

use std::sync::{Arc, Mutex};

use mastodon_sdk::{Error, Mastodon, MediaAttachment, Upload};
use mastodon_test_server::{Fault, TestServer};

use crate::server::{Server, answer};

/// A host of media: whole files, and ranges of them.
fn media(status: u16, headers: &str, body: &str) -> String {
    answer(status, "image/png", headers, body)
}

/// An answer that promises ten bytes and is cut off after some.
fn cut(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\n{headers}\r\n{body}")
}

const ETAG: &str = "etag: \"v1\"\r\n";

fn rest(start: usize, body: &str) -> String {
    media(
        206,
        &format!("{ETAG}content-range: bytes {start}-9/10\r\n"),
        body,
    )
}

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn a_file_comes_to_disk_from_another_host_without_the_token() {
    let elsewhere = Server::start(vec![media(200, "", "0123456789")]).await;
    let moved = format!("location: {}/file.png\r\n", elsewhere.url);
    let server = Server::start(vec![media(302, &moved, "")]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.png");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let progress = Arc::clone(&seen);
    let file = server
        .client()
        .download(format!("{}/moved.png", server.url))
        .to_file(&path)
        .on_progress(move |there, all| progress.lock().unwrap().push((there, all)))
        .await
        .unwrap();
    assert_eq!(
        (file.size, file.fetched, read(&path)),
        (10, 10, "0123456789".to_owned())
    );
    assert_eq!(seen.lock().unwrap().last(), Some(&(10, Some(10))));
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing is left beside it"
    );
    let requests = [server.seen(), elsewhere.seen()].concat();
    assert_eq!(requests.len(), 2);
    assert!(
        requests.iter().all(|request| !request.contains("hunter2")),
        "{requests:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_cut_off_goes_on_where_it_stopped() {
    let server = Server::start(vec![cut(ETAG, "0123"), rest(4, "456789")]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let file = server
        .client()
        .download(format!("{}/f", server.url))
        .to_file(&path)
        .await
        .unwrap();
    assert_eq!((file.size, read(&path)), (10, "0123456789".to_owned()));
    let again = &server.seen()[1].to_lowercase();
    assert!(
        again.contains("range: bytes=4-\r\n") && again.contains("if-range: \"v1\"\r\n"),
        "{again}"
    );
}

#[tokio::test]
async fn a_later_run_goes_on_and_one_after_that_fetches_nothing() {
    let script = vec![cut(ETAG, "0123"), rest(4, "456789")];
    let server = Server::start(script).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let client = server.builder().max_retries(0).build().unwrap();
    let download = || {
        client
            .download(format!("{}/f", server.url))
            .to_file(&path)
            .resume()
    };
    let error = download().await.unwrap_err();
    assert!(error.is_network() && !path.exists(), "{error}");
    let file = download().await.unwrap();
    assert_eq!(
        (file.size, file.fetched, read(&path)),
        (10, 6, "0123456789".to_owned())
    );
    assert_eq!(download().await.unwrap().fetched, 0);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_cannot_continue_or_has_another_file_now_begins_anew() {
    for second in [
        // Another file, which the validator does not fit.
        vec![media(200, "etag: \"v2\"\r\n", "abcdefghij")],
        // Another part than was asked for.
        vec![rest(2, "cdefghij"), media(200, "", "abcdefghij")],
        vec![
            media(416, "content-range: bytes */3\r\n", ""),
            media(200, "", "abcdefghij"),
        ],
    ] {
        let script = [vec![cut(ETAG, "0123")], second].concat();
        let server = Server::start(script).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        server
            .client()
            .download(format!("{}/f", server.url))
            .to_file(&path)
            .await
            .unwrap();
        assert_eq!(read(&path), "abcdefghij");
    }
    // Without a validator nobody knows whether it is still the same file.
    let server = Server::start(vec![cut("", "0123"), media(200, "", "abcdefghij")]).await;
    let bytes = server
        .client()
        .download(format!("{}/f", server.url))
        .bytes()
        .await
        .unwrap();
    assert_eq!(bytes, "abcdefghij");
    assert!(!server.seen()[1].to_lowercase().contains("range:"));
}

#[tokio::test]
async fn a_file_that_was_all_there_but_not_put_in_its_place_is_not_fetched_again() {
    let server = Server::start(vec![media(416, "content-range: bytes */10\r\n", "")]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(folder.path().join("file.part"), "0123456789").unwrap();
    std::fs::write(folder.path().join("file.part.etag"), "\"v1\"").unwrap();
    let file = server
        .client()
        .download(format!("{}/f", server.url))
        .to_file(&path)
        .resume()
        .await
        .unwrap();
    assert_eq!(
        (file.size, file.fetched, read(&path)),
        (10, 0, "0123456789".to_owned())
    );
}

#[tokio::test]
async fn a_file_that_is_too_large_is_given_up() {
    let chunked = "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n";
    for large in [media(200, "", "0123456789"), chunked.to_owned()] {
        let server = Server::start(vec![large]).await;
        let download = server
            .client()
            .download(format!("{}/f", server.url))
            .max_size(9);
        let error = download.bytes().await.unwrap_err();
        assert!(matches!(error, Error::TooLarge { limit: 9, .. }), "{error}");
        assert!(
            error
                .to_string()
                .contains("larger than 9 bytes; allow more with `max_size`")
        );
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn what_cannot_be_downloaded_is_told() {
    let server = Server::start(vec![media(404, "", "gone")]).await;
    let client = server.client();
    let error = client
        .download(format!("{}/f", server.url))
        .bytes()
        .await
        .unwrap_err();
    assert!(
        error.is_not_found() && error.to_string().starts_with("download (404"),
        "{error}"
    );
    for address in ["", "file:///etc/passwd", "ftp://a.example/x", "/relative"] {
        let error = client
            .download(address)
            .bytes()
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("one begins with https://"), "{error}");
    }
    let waiting: MediaAttachment =
        serde_json::from_str(r#"{"id":"1","type":"unknown","url":null,"preview_url":null}"#)
            .unwrap();
    let error = client
        .download(&waiting)
        .bytes()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("has no address yet"), "{error}");
    let into_nowhere = client
        .download("https://a.example/f")
        .to_file("/no/such/folder/f")
        .await;
    assert!(matches!(into_nowhere, Err(Error::File(_))));
}

#[tokio::test(start_paused = true)]
async fn an_attachment_survives_the_troubles_of_its_server() {
    let server = TestServer::start().await.unwrap();
    let client = Mastodon::builder(server.url())
        .access_token(server.token("alice", "read write"))
        .build()
        .unwrap();
    let gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
    let media = client.media_post_v2(Upload::bytes(&gif[..])).await.unwrap();
    for fault in [Fault::status(503), Fault::cut(), Fault::truncated()] {
        server.inject(fault.on("GET", "/media/"));
    }
    assert_eq!(client.download(&media).bytes().await.unwrap(), &gif[..]);
}
