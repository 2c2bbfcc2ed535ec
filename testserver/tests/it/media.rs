//! Media uploads and attachments.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, Response, id};

/// Returns the head of a PNG: the only part that the server reads.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend(width.to_be_bytes());
    png.extend(height.to_be_bytes());
    png
}

/// A part of a multipart form: its name, with `@` appended for a file, and its content.
type Part<'p> = (&'p str, &'p [u8]);

/// Returns the head of a GIF and its frames.
fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let mut gif = b"GIF89a".to_vec();
    gif.extend(width.to_le_bytes());
    gif.extend(height.to_le_bytes());
    gif.extend([0, 0, 0]);
    for _ in 0..frames {
        gif.extend(b"\x2c\0\0\0\0\x02\0\x03\0\0\x02\x01a\0");
    }
    gif.push(0x3b);
    gif
}

/// Returns the parts of an MP4 that have the dimensions.
fn video(width: u16, height: u16) -> Vec<u8> {
    let mut video = VIDEO.to_vec();
    video.extend(b"\0\0\0\x5ctkhd");
    video.extend([0; 76]);
    for side in [width, height] {
        video.extend(side.to_be_bytes());
        video.extend([0, 0]);
    }
    video
}

const VIDEO: &[u8] = b"\0\0\0\x10ftypisom\0\0\0\0";

/// Returns the path of an address of this server.
fn path_of<'u>(server: &TestServer, url: &'u Value) -> &'u str {
    url.as_str().unwrap().strip_prefix(server.url()).unwrap()
}

async fn upload(client: &Client<'_>, version: u8, parts: &[Part<'_>]) -> Response {
    let path = format!("/api/v{version}/media");
    client.send_multipart("POST", &path, parts).await
}

#[tokio::test]
async fn image_is_measured_and_ready_at_once() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let image = png(1600, 900);
    let parts: [Part<'_>; 3] = [
        ("file@", &image),
        ("description", b"A cat"),
        ("focus", b"-0.5,0.25"),
    ];
    let media = upload(&alice, 2, &parts).await.ok();
    assert_eq!(media["type"], "image");
    assert_eq!(media["description"], "A cat");
    let meta = &media["meta"];
    assert_eq!(meta["focus"], json!({ "x": -0.5, "y": 0.25 }));
    assert_eq!(
        meta["original"],
        json!({ "width": 1600, "height": 900, "size": "1600x900", "aspect": 16.0 / 9.0 })
    );
    assert_eq!(meta["small"]["size"], "640x360");
    assert_eq!(media["blurhash"].as_str().unwrap().len(), 6);
    let anonymous = Client::anonymous(&server);
    let path = media["url"]
        .as_str()
        .unwrap()
        .strip_prefix(server.url())
        .unwrap();
    let file = anonymous.get(path).await;
    assert_eq!(file.header("content-type"), Some("image/png"));
    assert_eq!(file.bytes, image);
}

#[tokio::test]
async fn video_is_processed_for_one_second_of_server_time() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let accepted = upload(&alice, 2, &[("file@", VIDEO)]).await;
    assert_eq!(
        (accepted.status, &accepted.json["url"]),
        (202, &Value::Null)
    );
    assert_eq!(accepted.json["type"], "video");
    let path = format!("/api/v1/media/{}", id(&accepted.json));
    let processing = alice.get(&path).await;
    assert_eq!(
        (processing.status, &processing.json["url"]),
        (206, &Value::Null)
    );
    let body = json!({ "status": "x", "media_ids": [accepted.json["id"]] });
    let rejected = alice.post("/api/v1/statuses", body.clone()).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (
            422,
            "Cannot attach files that have not finished processing. Try again in a moment!"
        )
    );
    server.clock().advance(Duration::from_secs(1));
    assert_ne!(alice.get(&path).await.ok()["url"], Value::Null);
    alice.post_status(body).await;
    // The v1 endpoint responds when processing is done.
    let ready = upload(&alice, 1, &[("file@", VIDEO)]).await.ok();
    assert_ne!(ready["url"], Value::Null);
}

#[tokio::test]
async fn invalid_upload_is_rejected_with_mastodons_messages() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let (image, long) = (png(1, 1), "x".repeat(10_001));
    let mut large = png(1, 1);
    large.resize(16 << 20, 0);
    let (huge, large_gif) = (png(7681, 4320), gif(1281, 720, 1));
    let large_video = video(4096, 2160);
    let cases: [(&[Part<'_>], &str); 9] = [
        (
            &[("file@", b"%PDF-1.7")],
            "Validation failed: File content type is invalid, File is invalid",
        ),
        (
            &[("file@", b"\x89PNG\r\n\x1a\n")],
            "File type of uploaded media could not be verified",
        ),
        (
            &[("file@", &large)],
            "Validation failed: File must be less than 16 MB, File file size must be less than 16 MB",
        ),
        (
            &[("file@", &image), ("description", long.as_bytes())],
            "Validation failed: Description is too long (maximum is 10000 characters)",
        ),
        (
            &[("file@", &image), ("thumbnail@", &image)],
            "Validation failed: Thumbnail must be blank",
        ),
        (&[("file@", &huge)], "7681x4320 images are not supported"),
        (
            &[("file@", &large_gif)],
            "1281x720 GIF files are not supported",
        ),
        (
            &[("file@", &large_video)],
            "4096x2160 videos are not supported",
        ),
        (
            &[("file@", VIDEO), ("thumbnail@", VIDEO)],
            "Validation failed: Thumbnail content type is invalid, Thumbnail is invalid",
        ),
    ];
    for (parts, error) in cases {
        let rejected = upload(&alice, 2, parts).await;
        assert_eq!((rejected.status, rejected.error()), (422, error));
    }
}

#[tokio::test]
async fn audio_has_a_preview_only_with_a_thumbnail() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let plain = upload(&alice, 1, &[("file@", b"OggS")]).await.ok();
    assert_eq!(
        (&plain["type"], &plain["preview_url"]),
        (&json!("audio"), &Value::Null)
    );
    let cover = png(100, 100);
    let parts: [Part<'_>; 2] = [("file@", b"OggS"), ("thumbnail@", &cover)];
    let with_thumbnail = upload(&alice, 1, &parts).await.ok();
    assert_eq!(with_thumbnail["meta"]["small"]["size"], "100x100");
    let path = with_thumbnail["preview_url"].as_str().unwrap();
    let path = path.strip_prefix(server.url()).unwrap();
    assert_eq!(alice.get(path).await.bytes, cover);
}

#[tokio::test]
async fn media_belongs_to_its_uploader_and_can_be_changed_until_attached() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let media = upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok();
    let path = format!("/api/v1/media/{}", id(&media));
    assert_eq!(bob.get(&path).await.status, 404);
    let body = json!({ "status": "x", "media_ids": [media["id"]] });
    let rejected = bob.post("/api/v1/statuses", body.clone()).await;
    let error = format!(
        "Media {} not found or already attached to another post",
        id(&media)
    );
    assert_eq!((rejected.status, rejected.error()), (422, error.as_str()));
    let changed = alice
        .put(&path, json!({ "description": "two", "focus": "1,1" }))
        .await
        .ok();
    assert_eq!(
        (&changed["description"], &changed["meta"]["focus"]["x"]),
        (&json!("two"), &json!(1.0))
    );
    let cleared = alice.put(&path, json!({ "description": "" })).await.ok();
    assert_eq!(cleared["description"], "");
    let status = alice.post_status(body.clone()).await;
    assert_eq!(id(&status["media_attachments"][0]), id(&media));
    assert_eq!(alice.get(&path).await.status, 404);
    assert_eq!(
        alice.put(&path, json!({ "description": "x" })).await.status,
        404
    );
    assert_eq!(alice.post("/api/v1/statuses", body).await.error(), error);
    let rejected = alice.delete(&path).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (422, "Media attachment is currently used by a status")
    );
}

#[tokio::test]
async fn media_can_be_deleted_alone_or_with_its_status() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let upload_image = async || id(&upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok());
    let unattached = format!("/api/v1/media/{}", upload_image().await);
    assert_eq!(alice.delete(&unattached).await.ok(), json!({}));
    assert_eq!(alice.get(&unattached).await.status, 404);
    let attach = async |media_id: &str| {
        let status = alice.post_status(json!({ "media_ids": [media_id] })).await;
        format!("/api/v1/statuses/{}", id(&status))
    };
    // Media of a deleted status is kept unless `delete_media` is set.
    let (kept, dropped) = (upload_image().await, upload_image().await);
    alice.delete(&attach(&kept).await).await.ok();
    assert_eq!(
        alice.get(&format!("/api/v1/media/{kept}")).await.status,
        200
    );
    let path = format!("{}?delete_media=true", attach(&dropped).await);
    alice.delete(&path).await.ok();
    assert_eq!(
        alice.get(&format!("/api/v1/media/{dropped}")).await.status,
        404
    );
}

#[tokio::test]
async fn status_accepts_four_images_or_one_video() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut images = Vec::new();
    for _ in 0..5 {
        images.push(id(&upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok()));
    }
    let video = id(&upload(&alice, 1, &[("file@", VIDEO)]).await.ok());
    let attach_error = async |media: Vec<&String>| {
        let rejected = alice
            .post("/api/v1/statuses", json!({ "media_ids": media }))
            .await;
        (rejected.status, rejected.error().to_owned())
    };
    assert_eq!(
        attach_error(images.iter().collect()).await,
        (422, "Cannot attach more than 4 files".to_owned())
    );
    assert_eq!(
        attach_error(vec![&images[0], &video]).await,
        (
            422,
            "Cannot attach a video to a post that already contains images".to_owned()
        )
    );
    // Attachments keep the order of the request.
    let ordered = [&images[2], &images[0], &images[1]];
    let status = alice.post_status(json!({ "media_ids": ordered })).await;
    let attachments = status["media_attachments"].as_array().unwrap().iter();
    assert_eq!(
        attachments
            .map(id)
            .collect::<Vec<_>>()
            .iter()
            .collect::<Vec<_>>(),
        ordered
    );
}

#[tokio::test]
async fn edit_detaches_adds_and_describes_media() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let upload_image = async || id(&upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok());
    let (old, other) = (upload_image().await, upload_image().await);
    let status = alice
        .post_status(json!({ "status": "x", "media_ids": [old] }))
        .await;
    let path = format!("/api/v1/statuses/{}", id(&status));
    let described = json!({
        "status": "x", "media_ids": [old], "media_attributes": [{ "id": old, "description": "seen", "focus": "0,-1" }],
    });
    let edited = alice.put(&path, described).await.ok();
    assert_eq!(edited["media_attachments"][0]["description"], "seen");
    assert_eq!(edited["media_attachments"][0]["meta"]["focus"]["y"], -1.0);
    let history = alice.get(&format!("{path}/history")).await.ok();
    assert_eq!(
        history[0]["media_attachments"][0]["description"],
        Value::Null
    );
    assert_eq!(history[1]["media_attachments"][0]["description"], "seen");
    let parts: [Part<'_>; 4] = [
        ("status", b"x"),
        ("media_ids[]", other.as_bytes()),
        ("media_attributes[][id]", other.as_bytes()),
        ("media_attributes[][description]", b"by form"),
    ];
    let edited = alice.send_multipart("PUT", &path, &parts).await.ok();
    let media = edited["media_attachments"].as_array().unwrap();
    assert_eq!(media.len(), 1);
    assert_eq!(media[0]["description"], "by form");
    // Media that is no longer shown stays attached: it can be shown again, but nowhere else.
    assert_eq!(alice.get(&format!("/api/v1/media/{old}")).await.status, 404);
    let elsewhere = json!({ "status": "y", "media_ids": [old] });
    assert_eq!(alice.post("/api/v1/statuses", elsewhere).await.status, 422);
    let again = json!({ "status": "x", "media_ids": [old] });
    let edited = alice.put(&path, again).await.ok();
    assert_eq!(id(&edited["media_attachments"][0]), old);
    let cleared = alice.put(&path, json!({ "status": "x" })).await.ok();
    assert_eq!(cleared["media_attachments"], json!([]));
}

#[tokio::test]
async fn animated_image_is_processed_later_and_a_still_one_is_ready_at_once() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let still = upload(&alice, 2, &[("file@", &gif(2, 3, 1))]).await;
    assert_eq!((still.status, &still.json["type"]), (200, &json!("image")));
    let animated = upload(&alice, 2, &[("file@", &gif(2, 3, 2))]).await;
    assert_eq!(
        (
            animated.status,
            &animated.json["type"],
            &animated.json["url"]
        ),
        (202, &json!("gifv"), &Value::Null)
    );
}

#[tokio::test]
async fn preview_of_a_video_is_there_before_the_video() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let accepted = upload(&alice, 2, &[("file@", &video(1280, 720))]).await;
    assert_eq!(
        (accepted.status, &accepted.json["url"]),
        (202, &Value::Null)
    );
    assert!(accepted.json["blurhash"].is_string());
    let path = accepted.json["preview_url"].as_str().unwrap();
    let path = path.strip_prefix(server.url()).unwrap();
    let preview = Client::anonymous(&server).get(path).await;
    assert_eq!(preview.header("content-type"), Some("image/png"));
    assert!(preview.bytes.starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn failed_processing_is_an_error_of_later_requests() {
    let server = TestServer::start().await.unwrap();
    let mut behavior = server.behavior();
    behavior.posting.media_processing_time = Duration::from_secs(60);
    behavior.posting.media_processing_fails = true;
    server.set_behavior(behavior);
    let alice = Client::user(&server, "alice");
    let error = "Error processing thumbnail for uploaded media";
    for (version, file) in [(2, png(2, 2)), (1, VIDEO.to_vec())] {
        let failed = upload(&alice, version, &[("file@", &file)]).await;
        assert_eq!((failed.status, failed.error()), (500, error));
    }
    let accepted = upload(&alice, 2, &[("file@", VIDEO)]).await;
    assert_eq!(accepted.status, 202);
    let path = format!("/api/v1/media/{}", id(&accepted.json));
    assert_eq!(alice.get(&path).await.status, 206);
    assert_eq!(alice.put(&path, json!({})).await.status, 206);
    server.clock().advance(Duration::from_secs(60));
    for failed in [alice.get(&path).await, alice.put(&path, json!({})).await] {
        assert_eq!((failed.status, failed.error()), (422, error));
    }
    let body = json!({ "media_ids": [accepted.json["id"]] });
    let rejected = alice.post("/api/v1/statuses", body).await;
    assert!(
        rejected
            .error()
            .starts_with("Cannot attach files that have not finished")
    );
}

#[tokio::test]
async fn focus_is_parsed_leniently() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for (sent, x, y) in [
        ("garbage", json!(0.0), Value::Null),
        ("a,b", json!(0.0), json!(0.0)),
        ("0.5x,-7", json!(0.5), json!(-7.0)),
    ] {
        let parts: [Part<'_>; 2] = [("file@", &png(2, 2)), ("focus", sent.as_bytes())];
        let media = upload(&alice, 2, &parts).await.ok();
        assert_eq!(media["meta"]["focus"], json!({ "x": x, "y": y }), "{sent}");
    }
}

#[tokio::test]
async fn unattached_media_is_removed_in_the_night_after_a_day() {
    let start = "2026-01-01T05:00:00Z".parse().unwrap();
    let server = TestServer::builder()
        .start_time(start)
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    let upload_image = async || id(&upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok());
    let (loose, scheduled) = (upload_image().await, upload_image().await);
    let (attached, deleted) = (upload_image().await, upload_image().await);
    let body = json!({ "media_ids": [scheduled], "scheduled_at": "2026-02-01T00:00:00Z" });
    alice.post_status(body).await;
    let attach = async |media: &str| alice.post_status(json!({ "media_ids": [media] })).await;
    let status = attach(&attached).await;
    let deleted_status = format!("/api/v1/statuses/{}", id(&attach(&deleted).await));
    let exists =
        async |media: &str| alice.get(&format!("/api/v1/media/{media}")).await.status == 200;
    // The first night comes before a day has passed.
    server
        .clock()
        .advance(Duration::from_secs(23 * 3600 + 1800));
    assert!(exists(&loose).await);
    alice.delete(&deleted_status).await.ok();
    assert!(exists(&deleted).await);
    server.clock().advance(Duration::from_secs(24 * 3600));
    assert!(!exists(&loose).await);
    assert!(!exists(&deleted).await);
    assert!(exists(&scheduled).await);
    let shown = alice.fetch_status(&id(&status)).await;
    assert_eq!(id(&shown["media_attachments"][0]), attached);
}

#[tokio::test]
async fn media_of_a_deleted_status_can_be_reused_only_after_the_delay() {
    let server = TestServer::start().await.unwrap();
    let mut behavior = server.behavior();
    behavior.posting.media_release_delay = Duration::from_secs(5);
    server.set_behavior(behavior);
    let alice = Client::user(&server, "alice");
    let media = id(&upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok());
    let body = json!({ "media_ids": [media] });
    let status = alice.post_status(body.clone()).await;
    alice
        .delete(&format!("/api/v1/statuses/{}", id(&status)))
        .await
        .ok();
    let rejected = alice.post("/api/v1/statuses", body.clone()).await;
    let error = format!("Media {media} not found or already attached to another post");
    assert_eq!((rejected.status, rejected.error()), (422, error.as_str()));
    server.clock().advance(Duration::from_secs(5));
    alice.post_status(body).await;
}

#[tokio::test]
async fn media_of_a_reported_status_is_never_released() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let media = id(&upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok());
    let body = json!({ "media_ids": [media] });
    let status = alice.post_status(body.clone()).await;
    let report = json!({ "account_id": status["account"]["id"], "status_ids": [status["id"]] });
    bob.post("/api/v1/reports", report).await.ok();
    let path = format!("/api/v1/statuses/{}?delete_media=true", id(&status));
    alice.delete(&path).await.ok();
    assert_eq!(alice.post("/api/v1/statuses", body).await.status, 422);
}

#[tokio::test]
async fn large_image_is_described_as_it_is_stored() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let media = upload(&alice, 2, &[("file@", &png(7680, 4320))]).await.ok();
    assert_eq!(media["meta"]["original"]["size"], "3840x2160");
}

#[tokio::test]
async fn every_upload_counts_against_the_rate_limit() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for _ in 0..30 {
        upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok();
    }
    let rejected = upload(&alice, 2, &[("file@", &png(2, 2))]).await;
    assert_eq!(rejected.status, 429);
}

#[tokio::test]
async fn media_address_ends_in_the_extension_of_the_file_and_serves_its_type() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let image = png(10, 10);
    for (file, mime, extension, preview_mime) in [
        (image.as_slice(), "image/png", ".png", "image/png"),
        (VIDEO, "video/mp4", ".mp4", "image/png"),
    ] {
        let media = alice
            .send_multipart("POST", "/api/v1/media", &[("file@", file)])
            .await;
        let shown = media.json;
        server.clock().advance(Duration::from_secs(5));
        let shown = alice
            .get(&format!("/api/v1/media/{}", id(&shown)))
            .await
            .ok();
        for (address, mime, extension) in [
            (&shown["url"], mime, extension),
            (&shown["preview_url"], preview_mime, ".png"),
        ] {
            let path = path_of(&server, address);
            assert!(path.ends_with(extension), "{path}");
            let served = alice.get(path).await;
            assert_eq!(
                (served.status, served.header("content-type")),
                (200, Some(mime)),
                "{path}"
            );
        }
        let original = path_of(&server, &shown["url"]);
        assert_eq!(alice.get(original).await.bytes, file);
        let other = original.replace("/original/", "/small/x");
        assert_eq!(alice.get(&other).await.status, 404);
    }
}

#[tokio::test]
async fn preview_address_changes_with_the_thumbnail() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let (first, second) = (png(2, 2), png(3, 3));
    let media = alice
        .send_multipart("POST", "/api/v1/media", &[("file@", b"OggS")])
        .await
        .ok();
    let path = format!("/api/v1/media/{}", id(&media));
    let with_thumbnail = async |thumbnail: &[u8]| {
        let updated = alice
            .send_multipart("PUT", &path, &[("thumbnail@", thumbnail)])
            .await;
        updated.ok()["preview_url"].take()
    };
    let (before, after) = (with_thumbnail(&first).await, with_thumbnail(&second).await);
    assert!(media["preview_url"] != before && before != after);
    assert_eq!(alice.get(path_of(&server, &after)).await.bytes, second);
    assert_eq!(alice.get(path_of(&server, &before)).await.status, 404);
}

#[tokio::test]
async fn file_can_be_a_data_uri() {
    use base64::Engine as _;
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let data_uri = |image: &[u8]| {
        let content = base64::engine::general_purpose::STANDARD.encode(image);
        format!("data:image/png;base64,{content}")
    };
    let avatar = json!({ "avatar": data_uri(&png(100, 100)) });
    let update = "/api/v1/accounts/update_credentials";
    let account = alice.send_json("PATCH", update, &avatar).await.ok();
    assert_ne!(account["avatar"], default_avatar(&server).await);

    let parts: [Part<'_>; 2] = [("file@", VIDEO), ("thumbnail@", &png(100, 100))];
    let media = upload(&alice, 1, &parts).await.ok();
    let post = json!({ "status": "A film", "media_ids": [id(&media)] });
    let status = alice.post("/api/v1/statuses", post).await.ok();
    let changed = json!({ "id": id(&media), "thumbnail": data_uri(&png(20, 20)) });
    let edit =
        json!({ "status": "A film", "media_ids": [id(&media)], "media_attributes": [changed] });
    let path = format!("/api/v1/statuses/{}", id(&status));
    let edited = alice.put(&path, edit).await.ok();
    assert_eq!(
        edited["media_attachments"][0]["meta"]["small"]["size"],
        "20x20"
    );
}

/// Returns the avatar of users who have uploaded none.
async fn default_avatar(server: &TestServer) -> Value {
    let bob = Client::user(server, "bob");
    bob.get("/api/v1/accounts/verify_credentials").await.ok()["avatar"].clone()
}
