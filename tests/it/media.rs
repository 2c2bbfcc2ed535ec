//! `media_post`: choice of the endpoint, waiting for processing, limits.

use std::time::Duration;

use mastodon_sdk::entities::InstanceConfigurationMediaAttachments;
use mastodon_sdk::error::LimitUnit;
use mastodon_sdk::media::MediaLimits;
use mastodon_sdk::server::{ServerVersion, VersionCheck};
use mastodon_sdk::{Error, Mastodon, Upload};

use crate::support::fixtures::gif;
use crate::support::{ScriptedServer, error_response, json_response, request_body};

/// URL of processed media, as JSON.
const MEDIA_URL: &str = "\"https://a.example/7.gif\"";

/// A response with a media attachment; the URL is JSON.
fn media(status: u16, url: &str) -> String {
    let body = format!(r#"{{"id":"7","type":"gifv","url":{url},"preview_url":null}}"#);
    json_response(status, "", &body)
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn media_post_waits_until_the_media_is_processed() {
    let server = ScriptedServer::start(vec![
        media(202, "null"),
        media(206, "null"),
        media(206, "null"),
        media(200, "\"https://a.example/7.mp4\""),
    ])
    .await;
    let call = server.client().media_post(gif()).description("A cat");
    let media = call.focus(0.0, 0.5).await.unwrap();
    assert_eq!(media.url.as_deref(), Some("https://a.example/7.mp4"));
    let poll = "GET /api/v1/media/7";
    assert_eq!(
        server.request_lines(),
        ["POST /api/v2/media", poll, poll, poll]
    );
    let requests = server.requests();
    for part in [
        "A cat",
        "\r\n\r\n0,0.5\r\n",
        "filename=\"cat.gif\"",
        "image/gif",
    ] {
        assert!(request_body(&requests[0]).contains(part), "{part}");
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn unfinished_or_failed_processing_is_an_error_with_the_media_id() {
    let mut script = vec![media(206, "null"); 20];
    script.insert(0, media(202, "null"));
    let server = ScriptedServer::start(script).await;
    let limit = Duration::from_secs(20);
    let call = server.client().media_post(gif()).processing_timeout(limit);
    let error = call.await.unwrap_err();
    assert!(
        matches!(&error, Error::MediaProcessing { id, source: None, .. } if id.as_str() == "7"),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("`processing_timeout`"),
        "{error}"
    );

    let failure = error_response(422, "Error processing thumbnail");
    let server = ScriptedServer::start(vec![media(202, "null"), failure]).await;
    let error = server.client().media_post(gif()).await.unwrap_err();
    assert!(
        matches!(error, Error::MediaProcessing { .. }) && error.is_validation(),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("Error processing thumbnail"),
        "{error}"
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn media_is_processed_when_it_has_a_url_whatever_the_status_of_the_upload() {
    let poll = "GET /api/v1/media/7";
    for (script, polls) in [
        // Mastodon: images.
        (vec![media(200, MEDIA_URL)], 0),
        // Mastodon: video and audio.
        (
            vec![
                media(202, "null"),
                media(206, "null"),
                media(200, MEDIA_URL),
            ],
            2,
        ),
        // Pleroma and Akkoma.
        (vec![media(202, MEDIA_URL)], 0),
        // GoToSocial.
        (vec![media(200, "null"), media(200, MEDIA_URL)], 1),
        // Not one of 200 and 206 alone decides.
        (
            vec![
                media(200, "\"\""),
                media(200, "null"),
                media(206, MEDIA_URL),
                media(202, "null"),
                media(200, MEDIA_URL),
            ],
            4,
        ),
    ] {
        let server = ScriptedServer::start(script).await;
        let media = server.client().media_post(gif()).await.unwrap();
        assert_eq!(media.url.as_deref(), Some("https://a.example/7.gif"));
        let mut expected = vec!["POST /api/v2/media"];
        expected.extend(vec![poll; polls]);
        assert_eq!(server.request_lines(), expected);
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn media_that_never_gets_a_url_is_an_error_after_the_processing_timeout() {
    let server = ScriptedServer::start(vec![media(200, "null"); 200]).await;
    let error = server.client().media_post(gif()).await.unwrap_err();
    assert!(
        matches!(&error, Error::MediaProcessing { id, source: None, .. } if id.as_str() == "7"),
        "{error:?}"
    );
    // Once every eight seconds in ten minutes, after a faster start.
    assert!(server.requests().len() < 82, "{}", server.requests().len());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn accepted_media_is_returned_if_the_server_does_not_report_its_state() {
    for status in [404, 405, 501] {
        let missing = error_response(status, "Not found");
        let script = vec![media(200, "null"), missing.clone()];
        let server = ScriptedServer::start(script).await;
        let media_without_url = server.client().media_post(gif()).await.unwrap();
        assert_eq!(media_without_url.url, None);
        // The server has announced that it processes this file, so its state is needed.
        let server = ScriptedServer::start(vec![media(202, "null"), missing]).await;
        let error = server.client().media_post(gif()).await.unwrap_err();
        assert!(matches!(error, Error::MediaProcessing { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn unprocessed_media_is_returned_without_waiting_on_request() {
    let server = ScriptedServer::start(vec![media(202, "null")]).await;
    let media = server
        .client()
        .media_post(gif())
        .wait_for_processing(false)
        .await
        .unwrap();
    assert_eq!(media.url, None);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn file_is_sent_to_the_v1_endpoint_if_the_server_has_no_v2_endpoint() {
    // The limits are requested twice (v2, then v1); the server has neither endpoint.
    let not_found = json_response(404, "", "{}");
    let script = vec![not_found.clone(), not_found, media(200, MEDIA_URL)];
    let server = ScriptedServer::start(script).await;
    let old = server
        .builder()
        .version_check(VersionCheck::Endpoints)
        .server_version(ServerVersion::parse("2.9.0", None));
    old.build().unwrap().media_post(gif()).await.unwrap();
    assert_eq!(server.request_lines()[2], "POST /api/v1/media");
}

#[tokio::test]
async fn file_above_given_limits_is_not_sent() {
    let server = ScriptedServer::start(Vec::new()).await;
    let client = server.client();
    let limits = |json: &str| -> MediaLimits {
        let configuration: InstanceConfigurationMediaAttachments =
            serde_json::from_str(json).unwrap();
        (&configuration).into()
    };
    let types = limits(r#"{"supported_mime_types":["image/png"]}"#);
    let error = client.media_post(gif()).limits(types).await.unwrap_err();
    assert!(
        error.to_string().contains("does not accept image/gif"),
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
    let call = client.media_post(gif()).description("A cat").limits(short);
    let error = call.await.unwrap_err();
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
    assert!(server.requests().is_empty());
}

/// An instance with this version and media configuration.
fn instance(version: &str, media: &str) -> String {
    let configuration = format!(r#"{{"media_attachments":{media}}}"#);
    let body = format!(r#"{{"version":"{version}","configuration":{configuration}}}"#);
    json_response(200, "", &body)
}

/// Media configuration that allows five bytes.
const SMALL: &str = r#"{"image_size_limit":5,"video_size_limit":5}"#;

fn client_with_limit_check(server: &ScriptedServer) -> Mastodon {
    let builder = server.builder().version_check(VersionCheck::Endpoints);
    builder.build().unwrap()
}

#[tokio::test]
async fn clones_request_the_limits_once_and_a_file_above_them_is_not_sent() {
    let limits = r#"{"image_size_limit":5,"video_size_limit":6}"#;
    let script = vec![
        instance("4.6.5", limits),
        media(200, MEDIA_URL),
        media(200, MEDIA_URL),
    ];
    let server = ScriptedServer::start(script).await;
    let client = client_with_limit_check(&server);
    let jpeg = |bytes: &'static [u8]| Upload::bytes(bytes).file_name("cat.jpg");
    let large = client.media_post(jpeg(b"\xff\xd8\xff...")).await;
    assert!(
        matches!(
            large,
            Err(Error::Limit {
                limit: 5,
                actual: 6,
                unit: LimitUnit::Bytes,
                ..
            })
        ),
        "{large:?}"
    );
    // The limits apply to the thumbnail, too.
    let video = || Upload::bytes(&b"....ftyp"[..6]).file_name("film.mp4");
    let call = client.clone().media_post(video());
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
    // A GIF may be animated, so the limit of videos applies.
    client.media_post(gif()).await.unwrap();
    assert_eq!(client.media_limits().await.unwrap().image_bytes, Some(5));
    assert_eq!(
        server.request_lines(),
        [
            "GET /api/v2/instance",
            "POST /api/v2/media",
            "POST /api/v2/media"
        ]
    );
}

#[tokio::test]
async fn file_is_sent_if_there_are_no_limits_or_the_check_is_disabled() {
    for (check, version, limits) in [
        (false, "4.6.5", SMALL),
        (true, "4.6.5", "{}"),
        (true, "4.6.5", "null"),
        (true, "4.6.5", r#"{"image_size_limit":"x"}"#),
        (true, "2.7.2 (compatible; Pleroma 2.5.0)", SMALL),
    ] {
        let script = vec![instance(version, limits), media(200, MEDIA_URL)];
        let server = ScriptedServer::start(script).await;
        let builder = server.builder().version_check(VersionCheck::Endpoints);
        let client = builder.check_limits(check).build().unwrap();
        client.media_post(gif()).await.unwrap();
        assert_eq!(server.request_lines()[1], "POST /api/v2/media", "{limits}");
    }
    // A client that does not request the version does not request the limits either.
    let server = ScriptedServer::start(vec![media(200, MEDIA_URL)]).await;
    server.client().media_post(gif()).await.unwrap();
    let server = ScriptedServer::start(vec![instance("4.6.5", SMALL), media(200, MEDIA_URL)]).await;
    let call = client_with_limit_check(&server).media_post(gif());
    call.limits(MediaLimits::default()).await.unwrap();
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn limits_older_than_an_hour_are_requested_again_before_a_file_is_rejected() {
    let raised = r#"{"image_size_limit":6,"video_size_limit":6}"#;
    let (before, now) = (instance("4.6.5", SMALL), instance("4.6.5", raised));
    let server = ScriptedServer::start(vec![before, now, media(200, MEDIA_URL)]).await;
    let client = client_with_limit_check(&server);
    assert!(client.media_post(gif()).await.unwrap_err().is_validation());
    assert!(client.media_post(gif()).await.unwrap_err().is_validation());
    assert_eq!(server.requests().len(), 1);
    tokio::time::advance(Duration::from_secs(3601)).await;
    client.media_post(gif()).await.unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn mime_types_are_compared_by_container_and_pixels_are_counted() {
    let mime_types = [
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
    let server = ScriptedServer::start(vec![media(200, MEDIA_URL); 20]).await;
    let client = server.client();
    let mut limits = MediaLimits::default();
    limits.mime_types = mime_types.map(str::to_owned).into();
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
        assert!(error.contains("the server does not accept"), "{error}");
    }
    // The header of an image of 1000×1001 pixels.
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x03\xe8\0\0\x03\xe9\x08\x06\0\0\0";
    let error = send("a.png", png).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limit {
                unit: LimitUnit::Pixels,
                actual: 1_001_000,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn error_while_waiting_for_processing_contains_the_media_id() {
    let mut script = vec![media(206, "null"); 20];
    script.insert(0, media(202, "null"));
    let server = ScriptedServer::start(script).await;
    let call = server.client().media_post(gif());
    let error = call.deadline(Duration::from_secs(5)).await.unwrap_err();
    assert!(
        matches!(&error, Error::MediaProcessing { id, .. } if id.as_str() == "7"),
        "{error:?}"
    );

    let server =
        ScriptedServer::start(vec![media(202, "null"), json_response(401, "", "{}")]).await;
    let error = server.client().media_post(gif()).await.unwrap_err();
    assert!(
        matches!(&error, Error::MediaProcessing { id, source: Some(_), .. } if id.as_str() == "7"),
        "{error:?}"
    );
}
