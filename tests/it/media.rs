//! Uploads: the endpoint that the server has, the wait until it is done, the limits.

use std::time::Duration;

use mastodon_sdk::media::MediaLimits;
use mastodon_sdk::{Error, Mastodon, ServerVersion, Upload, VersionCheck};

use crate::server::{Server, json, line, text};

fn gif() -> Upload {
    Upload::bytes(&b"GIF89a"[..]).file_name("cat.gif")
}

const DONE: &str = "\"https://a.example/7.gif\"";

fn media(status: u16, url: &str) -> String {
    let body = format!(r#"{{"id":"7","type":"gifv","url":{url},"preview_url":null}}"#);
    json(status, "", &body)
}

#[tokio::test(start_paused = true)]
async fn a_file_is_waited_for_until_the_server_is_done_with_it() {
    let server = Server::start(vec![
        media(202, "null"),
        media(206, "null"),
        media(206, "null"),
        media(200, "\"https://a.example/7.mp4\""),
    ])
    .await;
    let call = server.client().media_post(gif()).description("A cat");
    let done = call.focus(0.0, 0.5).await.unwrap();
    assert_eq!(done.url.as_deref(), Some("https://a.example/7.mp4"));
    let seen = server.seen();
    let lines: Vec<&str> = seen.iter().map(|request| line(request)).collect();
    let asked = "GET /api/v1/media/7";
    assert_eq!(lines, ["POST /api/v2/media", asked, asked, asked]);
    for part in [
        "A cat",
        "\r\n\r\n0,0.5\r\n",
        "filename=\"cat.gif\"",
        "image/gif",
    ] {
        assert!(text(&seen[0]).contains(part), "{part}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_never_done_or_fails_is_an_error_with_the_files_id() {
    let mut script = vec![media(206, "null"); 20];
    script.insert(0, media(202, "null"));
    let server = Server::start(script).await;
    let patience = Duration::from_secs(20);
    let never = server.client().media_post(gif()).wait_at_most(patience);
    let error = never.await.unwrap_err();
    assert!(
        matches!(&error, Error::Processing { id, source: None, .. } if id.as_str() == "7"),
        "{error:?}"
    );
    assert!(error.to_string().contains("`wait_at_most`"), "{error}");

    let refused = json(422, "", r#"{"error":"Error processing thumbnail"}"#);
    let server = Server::start(vec![media(202, "null"), refused]).await;
    let error = server.client().media_post(gif()).await.unwrap_err();
    assert!(
        matches!(error, Error::Processing { .. }) && error.is_validation(),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("Error processing thumbnail"),
        "{error}"
    );
}

#[tokio::test]
async fn whoever_does_not_want_to_wait_gets_the_file_as_it_is() {
    let server = Server::start(vec![media(202, "null")]).await;
    let media = server
        .client()
        .media_post(gif())
        .without_waiting()
        .await
        .unwrap();
    assert_eq!(media.url, None);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn an_old_server_is_sent_the_file_by_its_own_endpoint() {
    // It is asked for its limits, and tells none.
    let nothing = json(404, "", "{}");
    let script = vec![nothing.clone(), nothing, media(200, DONE)];
    let server = Server::start(script).await;
    let old = server
        .builder()
        .version_check(VersionCheck::Created)
        .server_version(ServerVersion::parse("2.9.0", None));
    old.build().unwrap().media_post(gif()).await.unwrap();
    assert_eq!(line(&server.seen()[2]), "POST /api/v1/media");
}

#[tokio::test]
async fn what_the_server_would_not_take_is_not_sent() {
    let server = Server::start(Vec::new()).await;
    let client = server.client();
    let limits = |told: &str| -> MediaLimits {
        let told: mastodon_sdk::entities::InstanceConfigurationMediaAttachments =
            serde_json::from_str(told).unwrap();
        (&told).into()
    };
    let types = limits(r#"{"supported_mime_types":["image/png"]}"#);
    let error = client.media_post(gif()).limits(types).await.unwrap_err();
    assert!(
        error.to_string().contains("image/gif is not among"),
        "{error}"
    );
    let small = limits(r#"{"image_size_limit":5,"video_size_limit":5}"#);
    let error = client.media_post(gif()).limits(small).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "media_post_v2: `file` has 6 bytes, the server allows at most 5"
    );
    assert!(error.is_validation());
    let short = limits(r#"{"description_limit":3}"#);
    let described = client.media_post(gif()).description("A cat").limits(short);
    let error = described.await.unwrap_err();
    assert!(error.to_string().contains("5 characters"), "{error}");
    for (x, y) in [
        (0.0, 1.5),
        (-1.01, 0.0),
        (f64::NAN, 0.0),
        (0.0, f64::INFINITY),
    ] {
        let error = client.media_post(gif()).focus(x, y).await.unwrap_err();
        assert!(error.to_string().contains("from -1.0 to 1.0"), "{error}");
    }
    let folder = client
        .media_post(std::path::Path::new("tests"))
        .await
        .unwrap_err();
    assert!(matches!(folder, Error::File(_)), "{folder}");
    assert!(server.seen().is_empty());
}

/// What a server says of itself and of the media that it takes.
fn instance(version: &str, media: &str) -> String {
    let configuration = format!(r#"{{"media_attachments":{media}}}"#);
    let said = format!(r#"{{"version":"{version}","configuration":{configuration}}}"#);
    json(200, "", &said)
}

/// Six bytes are too much.
const SMALL: &str = r#"{"image_size_limit":5,"video_size_limit":5}"#;

fn checking(server: &Server) -> Mastodon {
    let builder = server.builder().version_check(VersionCheck::Created);
    builder.build().unwrap()
}

#[tokio::test]
async fn a_server_is_asked_once_for_all_clones_and_what_it_refuses_is_not_sent() {
    let limits = r#"{"image_size_limit":5,"video_size_limit":6}"#;
    let script = vec![
        instance("4.6.5", limits),
        media(200, DONE),
        media(200, DONE),
    ];
    let server = Server::start(script).await;
    let client = checking(&server);
    let jpeg = |bytes: &'static [u8]| Upload::bytes(bytes).file_name("cat.jpg");
    let large = client.media_post(jpeg(b"\xff\xd8\xff...")).await;
    assert!(
        matches!(
            large,
            Err(Error::Limit {
                limit: 5,
                actual: 6,
                unit: "bytes",
                ..
            })
        ),
        "{large:?}"
    );
    // The thumbnail is held against them, too.
    let film = || Upload::bytes(&b"....ftyp"[..6]).file_name("film.mp4");
    let call = client.clone().media_post(film());
    let error = call.thumbnail(jpeg(b"\xff\xd8\xff...")).await.unwrap_err();
    assert!(
        error.to_string().contains("`thumbnail` has 6 bytes"),
        "{error}"
    );
    client
        .clone()
        .media_post(jpeg(b"\xff\xd8\xff.."))
        .await
        .unwrap();
    // What may move may be as large as a video.
    client.media_post(gif()).await.unwrap();
    assert_eq!(client.media_limits().await.unwrap().image_bytes, Some(5));
    let seen = server.seen();
    let lines: Vec<&str> = seen.iter().map(|request| line(request)).collect();
    assert_eq!(
        lines,
        [
            "GET /api/v2/instance",
            "POST /api/v2/media",
            "POST /api/v2/media"
        ]
    );
}

#[tokio::test]
async fn whoever_wants_no_check_and_a_server_that_tells_no_limits_get_the_file() {
    for (check, version, limits) in [
        (false, "4.6.5", SMALL),
        (true, "4.6.5", "{}"),
        (true, "4.6.5", "null"),
        (true, "4.6.5", r#"{"image_size_limit":"x"}"#),
        (true, "2.7.2 (compatible; Pleroma 2.5.0)", SMALL),
    ] {
        let script = vec![instance(version, limits), media(200, DONE)];
        let server = Server::start(script).await;
        let builder = server.builder().version_check(VersionCheck::Created);
        let client = builder.check_limits(check).build().unwrap();
        client.media_post(gif()).await.unwrap();
        assert_eq!(line(&server.seen()[1]), "POST /api/v2/media", "{limits}");
    }
    // Whoever wants no request for the version wants none for the limits.
    let server = Server::start(vec![media(200, DONE)]).await;
    server.client().media_post(gif()).await.unwrap();
    let server = Server::start(vec![instance("4.6.5", SMALL), media(200, DONE)]).await;
    let call = checking(&server).media_post(gif());
    call.limits(MediaLimits::default()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_more_than_an_hour_ago_is_asked_again_before_a_file_is_refused() {
    let raised = r#"{"image_size_limit":6,"video_size_limit":6}"#;
    let (before, now) = (instance("4.6.5", SMALL), instance("4.6.5", raised));
    let server = Server::start(vec![before, now, media(200, DONE)]).await;
    let client = checking(&server);
    assert!(client.media_post(gif()).await.unwrap_err().is_validation());
    assert!(client.media_post(gif()).await.unwrap_err().is_validation());
    assert_eq!(server.seen().len(), 1);
    tokio::time::advance(Duration::from_secs(3601)).await;
    client.media_post(gif()).await.unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn pixels_count_and_types_go_by_several_names() {
    let mastodon = [
        "image/jpeg",
        "image/png",
        "image/heif",
        "video/webm",
        "video/mp4",
        "video/ogg",
        "audio/wave",
        "audio/mpeg",
        "audio/x-m4a",
        "video/x-ms-asf",
    ];
    let server = Server::start(vec![media(200, DONE); 20]).await;
    let client = server.client();
    let mut limits = MediaLimits::default();
    limits.mime_types = mastodon.map(str::to_owned).into();
    limits.image_pixels = Some(1_000_000);
    let send = async |name: &str, bytes: &'static [u8]| {
        let call = client.media_post(Upload::bytes(bytes).file_name(name));
        call.limits(limits.clone()).await
    };
    for name in [
        "a.heic",
        "a.webm",
        "a.ogg",
        "a.wav",
        "a.m4a",
        "a.wma",
        "a.unknown",
    ] {
        send(name, b"...").await.unwrap();
    }
    for name in ["a.svg", "a.avif", "a.mkv", "a.flac"] {
        let error = send(name, b"...").await.unwrap_err().to_string();
        assert!(error.contains("is not among the types"), "{error}");
    }
    // The head of a picture of 1000×1001 pixels.
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x03\xe8\0\0\x03\xe9\x08\x06\0\0\0";
    let error = send("a.png", png).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limit {
                unit: "pixels",
                actual: 1_001_000,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_ends_while_the_server_works_tells_the_files_id() {
    let mut script = vec![media(206, "null"); 20];
    script.insert(0, media(202, "null"));
    let server = Server::start(script).await;
    let call = server.client().media_post(gif());
    let error = call.deadline(Duration::from_secs(5)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Processing { id, .. } if id.as_str() == "7"),
        "{error:?}"
    );

    // Whatever goes wrong while it is waited for: the id is told all the same.
    let server = Server::start(vec![media(202, "null"), json(401, "", "{}")]).await;
    let error = server.client().media_post(gif()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Processing { id, source: Some(_), .. } if id.as_str() == "7"),
        "{error:?}"
    );
}
