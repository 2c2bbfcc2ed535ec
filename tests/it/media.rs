//! Uploads: the endpoint that the server has, the wait until it is done, the limits.

use std::time::Duration;

use mastodon_sdk::media::MediaLimits;
use mastodon_sdk::{Error, ServerVersion, Upload};

use crate::server::{Server, json, line, text};

fn gif() -> Upload {
    Upload::bytes(&b"GIF89a"[..]).file_name("cat.gif")
}

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
    let server = Server::start(vec![media(200, "\"https://a.example/7.gif\"")]).await;
    let old = server
        .builder()
        .version_check(mastodon_sdk::VersionCheck::Created)
        .server_version(ServerVersion::parse("2.9.0", None));
    old.build().unwrap().media_post(gif()).await.unwrap();
    assert_eq!(line(&server.seen()[0]), "POST /api/v1/media");
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
    let small = limits(r#"{"image_size_limit":5}"#);
    let error = client.media_post(gif()).limits(small).await.unwrap_err();
    assert!(error.to_string().contains("6 bytes"), "{error}");
    let short = limits(r#"{"description_limit":3}"#);
    let described = client.media_post(gif()).description("A cat").limits(short);
    let error = described.await.unwrap_err();
    assert!(error.to_string().contains("5 characters"), "{error}");
    let error = client.media_post(gif()).focus(0.0, 1.5).await.unwrap_err();
    assert!(error.to_string().contains("from -1.0 to 1.0"), "{error}");
    let folder = client
        .media_post(std::path::Path::new("tests"))
        .await
        .unwrap_err();
    assert!(matches!(folder, Error::File(_)), "{folder}");
    assert!(server.seen().is_empty());
}
