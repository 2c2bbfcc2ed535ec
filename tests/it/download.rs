//! Downloads: size limits, retries, range requests, resumption, and no access token on other hosts.

use std::sync::{Arc, Mutex};

use mastodon_sdk::{Error, Mastodon, MediaAttachment, Upload};
use mastodon_test_server::{Fault, TestServer};

use crate::support::{ScriptedServer, response};

/// A response of a media host.
fn media(status: u16, headers: &str, body: &str) -> String {
    response(status, "image/png", headers, body)
}

/// A response that announces ten bytes and contains fewer.
fn truncated(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\n{headers}\r\n{body}")
}

const ETAG: &str = "etag: \"v1\"\r\n";

/// A partial response with the bytes from `start` on.
fn partial(start: usize, body: &str) -> String {
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
async fn file_from_another_host_is_downloaded_without_the_token() {
    let media_host = ScriptedServer::start(vec![media(200, "", "0123456789")]).await;
    let location = format!("location: {}/file.png\r\n", media_host.url);
    let server = ScriptedServer::start(vec![media(302, &location, "")]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.png");
    let reported = Arc::new(Mutex::new(Vec::new()));
    let calls = Arc::clone(&reported);
    let file = server
        .client()
        .download(format!("{}/moved.png", server.url))
        .to_file(&path)
        .on_progress(move |received, total| calls.lock().unwrap().push((received, total)))
        .await
        .unwrap();
    assert_eq!(
        (file.size, file.fetched, read(&path)),
        (10, 10, "0123456789".to_owned())
    );
    assert_eq!(reported.lock().unwrap().last(), Some(&(10, Some(10))));
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "temporary files were not deleted"
    );
    let requests = [server.requests(), media_host.requests()].concat();
    assert_eq!(requests.len(), 2);
    assert!(
        requests.iter().all(|request| !request.contains("hunter2")),
        "{requests:?}"
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn truncated_download_continues_with_a_range_request() {
    let server = ScriptedServer::start(vec![truncated(ETAG, "0123"), partial(4, "456789")]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let file = server
        .client()
        .download(format!("{}/f", server.url))
        .to_file(&path)
        .await
        .unwrap();
    assert_eq!((file.size, read(&path)), (10, "0123456789".to_owned()));
    let retry = &server.requests()[1].to_lowercase();
    assert!(
        retry.contains("range: bytes=4-\r\n") && retry.contains("if-range: \"v1\"\r\n"),
        "{retry}"
    );
}

#[tokio::test]
async fn later_download_resumes_and_a_complete_file_is_not_fetched() {
    let script = vec![truncated(ETAG, "0123"), partial(4, "456789")];
    let server = ScriptedServer::start(script).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let client = server.builder().max_retries(0).build().unwrap();
    let download = || {
        client
            .download(format!("{}/f", server.url))
            .to_file(&path)
            .continue_partial(true)
    };
    let error = download().await.unwrap_err();
    assert!(error.is_network() && !path.exists(), "{error}");
    let file = download().await.unwrap();
    assert_eq!(
        (file.size, file.fetched, read(&path)),
        (10, 6, "0123456789".to_owned())
    );
    assert_eq!(download().await.unwrap().fetched, 0);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn download_starts_over_if_the_file_changed_or_the_range_is_wrong() {
    for responses in [
        // The file has changed: the validator does not match.
        vec![media(200, "etag: \"v2\"\r\n", "abcdefghij")],
        // Another range than requested.
        vec![partial(2, "cdefghij"), media(200, "", "abcdefghij")],
        vec![
            media(416, "content-range: bytes */3\r\n", ""),
            media(200, "", "abcdefghij"),
        ],
    ] {
        let script = [vec![truncated(ETAG, "0123")], responses].concat();
        let server = ScriptedServer::start(script).await;
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
    // Without a validator, a changed file cannot be detected.
    let server =
        ScriptedServer::start(vec![truncated("", "0123"), media(200, "", "abcdefghij")]).await;
    let bytes = server
        .client()
        .download(format!("{}/f", server.url))
        .bytes()
        .await
        .unwrap();
    assert_eq!(bytes, "abcdefghij");
    assert!(!server.requests()[1].to_lowercase().contains("range:"));
}

#[tokio::test]
async fn complete_partial_file_is_renamed_without_another_fetch() {
    let server = ScriptedServer::start(vec![media(416, "content-range: bytes */10\r\n", "")]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(folder.path().join("file.part"), "0123456789").unwrap();
    std::fs::write(folder.path().join("file.part.etag"), "\"v1\"").unwrap();
    let file = server
        .client()
        .download(format!("{}/f", server.url))
        .to_file(&path)
        .continue_partial(true)
        .await
        .unwrap();
    assert_eq!(
        (file.size, file.fetched, read(&path)),
        (10, 0, "0123456789".to_owned())
    );
}

#[tokio::test]
async fn file_larger_than_max_size_is_rejected() {
    let chunked = "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n";
    for response in [media(200, "", "0123456789"), chunked.to_owned()] {
        let server = ScriptedServer::start(vec![response]).await;
        let download = server
            .client()
            .download(format!("{}/f", server.url))
            .max_size(9);
        let error = download.bytes().await.unwrap_err();
        assert!(
            matches!(error, Error::FileTooLarge { limit: 9, .. }),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .contains("larger than 9 bytes; raise the limit with `max_size`")
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn errors_name_what_cannot_be_downloaded() {
    let server = ScriptedServer::start(vec![media(404, "", "gone")]).await;
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
    for url in ["", "file:///etc/passwd", "ftp://a.example/x", "/relative"] {
        let error = client.download(url).bytes().await.unwrap_err().to_string();
        assert!(error.contains("starts with https://"), "{error}");
    }
    let unprocessed: MediaAttachment =
        serde_json::from_str(r#"{"id":"1","type":"unknown","url":null,"preview_url":null}"#)
            .unwrap();
    let error = client
        .download(&unprocessed)
        .bytes()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("has no URL yet"), "{error}");
    let result = client
        .download("https://a.example/f")
        .to_file("/no/such/folder/f")
        .await;
    assert!(matches!(result, Err(Error::File(_))));
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn download_is_retried_after_server_and_network_errors() {
    let server = TestServer::start().await.unwrap();
    let client = Mastodon::builder(server.url())
        .access_token(server.token("alice", "read write"))
        .build()
        .unwrap();
    let gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
    let media = client.media_post_v2(Upload::bytes(&gif[..])).await.unwrap();
    for fault in [
        Fault::status(503),
        Fault::disconnect(),
        Fault::truncated_body(),
    ] {
        server.inject(fault.on("GET", "/system/media_attachments/"));
    }
    assert_eq!(client.download(&media).bytes().await.unwrap(), &gif[..]);
}

/// Names and contents of the files in a folder, links followed.
fn files(folder: &std::path::Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (
                name,
                std::fs::read_to_string(entry.path()).unwrap_or_default(),
            )
        })
        .collect();
    files.sort();
    files
}

#[cfg(unix)]
#[tokio::test]
async fn planted_links_are_refused_before_anything_is_fetched() {
    use std::os::unix::fs::symlink;

    for name in ["file.part", "file.part.etag"] {
        for (is_hard, exists) in [(false, true), (false, false), (true, true)] {
            for continue_partial in [false, true] {
                let server = ScriptedServer::start(vec![media(200, ETAG, "0123456789")]).await;
                let folder = tempfile::tempdir().unwrap();
                let victim = folder.path().join("victim");
                if exists {
                    std::fs::write(&victim, "precious").unwrap();
                }
                std::fs::write(folder.path().join("file.part.etag"), "\"v1\"").unwrap();
                let _not_there = std::fs::remove_file(folder.path().join(name));
                let planted = folder.path().join(name);
                if is_hard {
                    std::fs::hard_link(&victim, planted).unwrap();
                } else {
                    symlink(&victim, planted).unwrap();
                }
                let before = files(folder.path());
                let download = server.client().download(format!("{}/f", server.url));
                let download = download.to_file(folder.path().join("file"));
                let error = download
                    .continue_partial(continue_partial)
                    .await
                    .unwrap_err();
                assert!(matches!(error, Error::File(_)), "{error:?}");
                let message = error.to_string();
                assert!(
                    message.contains(name) && message.ends_with("; delete it"),
                    "{message}"
                );
                assert_eq!(files(folder.path()), before);
                assert!(server.requests().is_empty());
            }
        }
    }
}

#[tokio::test]
async fn folder_in_place_of_the_partial_file_is_refused() {
    let server = ScriptedServer::start(vec![media(200, ETAG, "0123456789")]).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("file.part")).unwrap();
    let download = server.client().download(format!("{}/f", server.url));
    let error = download
        .to_file(folder.path().join("file"))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("not a regular file; delete it"),
        "{error}"
    );
}

#[tokio::test]
async fn refused_download_leaves_no_file() {
    let chunked = "HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"v1\"\r\ntransfer-encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n";
    let other = "location: ftp://a.example/\r\n";
    for (response, max_size) in [
        (media(404, ETAG, "gone"), 20),
        (media(403, "", ""), 20),
        (media(302, other, ""), 20),
        (media(200, ETAG, "0123456789"), 9),
        (chunked.to_owned(), 9),
        (truncated("", "0123"), 20),
        (truncated(ETAG, ""), 20),
        (String::new(), 20),
    ] {
        let server = ScriptedServer::start(vec![response.clone()]).await;
        let folder = tempfile::tempdir().unwrap();
        let client = server.builder().max_retries(0).build().unwrap();
        let download = client.download(format!("{}/f", server.url));
        let download = download.to_file(folder.path().join("file"));
        assert!(download.max_size(max_size).await.is_err());
        assert_eq!(files(folder.path()), [], "{response}");
    }
}

#[tokio::test]
async fn interrupted_download_is_kept_if_it_can_be_continued() {
    let server = ScriptedServer::start(vec![truncated(ETAG, "0123"), media(404, "", "")]).await;
    let folder = tempfile::tempdir().unwrap();
    let client = server.builder().max_retries(0).build().unwrap();
    for _ in 0..2 {
        let download = client.download(format!("{}/f", server.url));
        let download = download.to_file(folder.path().join("file"));
        assert!(download.continue_partial(true).await.is_err());
        let kept = [("file.part", "0123"), ("file.part.etag", "\"v1\"")];
        let kept = kept.map(|(name, content)| (name.to_owned(), content.to_owned()));
        assert_eq!(files(folder.path()), kept);
    }
}
