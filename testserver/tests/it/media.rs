//! Uploads.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Answer, Client, id};

/// The beginning of a PNG: all that the server reads of it.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend(width.to_be_bytes());
    png.extend(height.to_be_bytes());
    png
}

/// A part of a multipart body: its name, an `@` behind that of a file, and what it holds.
type Part<'p> = (&'p str, &'p [u8]);

const FILM: &[u8] = b"\0\0\0\x10ftypisom\0\0\0\0";

async fn upload(who: &Client<'_>, version: u8, parts: &[Part<'_>]) -> Answer {
    let path = format!("/api/v{version}/media");
    who.multipart("POST", &path, parts).await
}

#[tokio::test]
async fn an_image_is_measured_and_ready_at_once() {
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
    let visitor = Client::visitor(&server);
    let address = media["url"]
        .as_str()
        .unwrap()
        .strip_prefix(server.url())
        .unwrap();
    let file = visitor.get(address).await;
    assert_eq!(file.header("content-type"), Some("image/png"));
    assert_eq!(file.bytes, image);
}

#[tokio::test]
async fn a_film_is_worked_on_for_a_second_of_the_servers_time() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let accepted = upload(&alice, 2, &[("file@", FILM)]).await;
    assert_eq!(
        (accepted.status, &accepted.json["url"]),
        (202, &Value::Null)
    );
    assert_eq!(accepted.json["type"], "video");
    let path = format!("/api/v1/media/{}", id(&accepted.json));
    let waiting = alice.get(&path).await;
    assert_eq!((waiting.status, &waiting.json["url"]), (206, &Value::Null));
    let body = json!({ "status": "x", "media_ids": [accepted.json["id"]] });
    let refused = alice.post("/api/v1/statuses", body.clone()).await;
    assert_eq!(
        (refused.status, refused.error()),
        (
            422,
            "Cannot attach files that have not finished processing. Try again in a moment!"
        )
    );
    server.clock().advance(Duration::from_secs(1));
    assert_ne!(alice.get(&path).await.ok()["url"], Value::Null);
    alice.status(body).await;
    // The older endpoint waits.
    let ready = upload(&alice, 1, &[("file@", FILM)]).await.ok();
    assert_ne!(ready["url"], Value::Null);
}

#[tokio::test]
async fn what_the_server_does_not_take_is_refused_in_its_words() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let (image, long) = (png(1, 1), "x".repeat(1501));
    let mut large = png(1, 1);
    large.resize(16 << 20, 0);
    let cases: [(&[Part<'_>], &str); 6] = [
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
            "Validation failed: Description is too long (maximum is 1500 characters)",
        ),
        (
            &[("file@", &image), ("focus", b"0,1.5")],
            "Validation failed: Focus is invalid",
        ),
        (
            &[("file@", FILM), ("thumbnail@", FILM)],
            "Validation failed: Thumbnail content type is invalid, Thumbnail is invalid",
        ),
    ];
    for (parts, error) in cases {
        let refused = upload(&alice, 2, parts).await;
        assert_eq!((refused.status, refused.error()), (422, error));
    }
}

#[tokio::test]
async fn a_sound_has_a_preview_only_with_a_thumbnail() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let bare = upload(&alice, 1, &[("file@", b"OggS")]).await.ok();
    assert_eq!(
        (&bare["type"], &bare["preview_url"]),
        (&json!("audio"), &Value::Null)
    );
    let cover = png(100, 100);
    let parts: [Part<'_>; 2] = [("file@", b"OggS"), ("thumbnail@", &cover)];
    let covered = upload(&alice, 1, &parts).await.ok();
    assert_eq!(covered["meta"]["small"]["size"], "100x100");
    let address = covered["preview_url"].as_str().unwrap();
    let address = address.strip_prefix(server.url()).unwrap();
    assert_eq!(alice.get(address).await.bytes, cover);
}

#[tokio::test]
async fn a_file_belongs_to_its_user_and_is_changed_until_it_is_attached() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let media = upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok();
    let path = format!("/api/v1/media/{}", id(&media));
    assert_eq!(bob.get(&path).await.status, 404);
    let body = json!({ "status": "x", "media_ids": [media["id"]] });
    let refused = bob.post("/api/v1/statuses", body.clone()).await;
    let error = format!(
        "Media {} not found or already attached to another post",
        id(&media)
    );
    assert_eq!((refused.status, refused.error()), (422, error.as_str()));
    let changed = alice
        .put(&path, json!({ "description": "two", "focus": "1,1" }))
        .await
        .ok();
    assert_eq!(
        (&changed["description"], &changed["meta"]["focus"]["x"]),
        (&json!("two"), &json!(1.0))
    );
    let cleared = alice.put(&path, json!({ "description": "" })).await.ok();
    assert_eq!(cleared["description"], Value::Null);
    let status = alice.status(body.clone()).await;
    assert_eq!(id(&status["media_attachments"][0]), id(&media));
    assert_eq!(alice.get(&path).await.status, 404);
    assert_eq!(
        alice.put(&path, json!({ "description": "x" })).await.status,
        404
    );
    assert_eq!(alice.post("/api/v1/statuses", body).await.error(), error);
    let refused = alice.delete(&path).await;
    assert_eq!(
        (refused.status, refused.error()),
        (422, "Media attachment is currently used by a status")
    );
}

#[tokio::test]
async fn a_file_can_be_deleted_by_itself_or_with_its_status() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let new = async || id(&upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok());
    let free = format!("/api/v1/media/{}", new().await);
    assert_eq!(alice.delete(&free).await.ok(), json!({}));
    assert_eq!(alice.get(&free).await.status, 404);
    let attach = async |medium: &str| {
        let status = alice.status(json!({ "media_ids": [medium] })).await;
        format!("/api/v1/statuses/{}", id(&status))
    };
    // Kept to be used again, unless the deletion says otherwise.
    let (kept, dropped) = (new().await, new().await);
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
async fn four_images_or_one_film_fit_into_a_status() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut images = Vec::new();
    for _ in 0..5 {
        images.push(id(&upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok()));
    }
    let film = id(&upload(&alice, 1, &[("file@", FILM)]).await.ok());
    let refusal = async |media: Vec<&String>| {
        let refused = alice
            .post("/api/v1/statuses", json!({ "media_ids": media }))
            .await;
        (refused.status, refused.error().to_owned())
    };
    assert_eq!(
        refusal(images.iter().collect()).await,
        (422, "Cannot attach more than 4 files".to_owned())
    );
    assert_eq!(
        refusal(vec![&images[0], &film]).await,
        (
            422,
            "Cannot attach a video to a post that already contains images".to_owned()
        )
    );
    // In the order in which they are named.
    let named = [&images[2], &images[0], &images[1]];
    let status = alice.status(json!({ "media_ids": named })).await;
    let shown = status["media_attachments"].as_array().unwrap().iter();
    assert_eq!(
        shown.map(id).collect::<Vec<_>>().iter().collect::<Vec<_>>(),
        named
    );
}

#[tokio::test]
async fn an_edit_detaches_adds_and_describes_files() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let new = async || id(&upload(&alice, 2, &[("file@", &png(2, 2))]).await.ok());
    let (old, other) = (new().await, new().await);
    let status = alice
        .status(json!({ "status": "x", "media_ids": [old] }))
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
    let edited = alice.multipart("PUT", &path, &parts).await.ok();
    let media = edited["media_attachments"].as_array().unwrap();
    assert_eq!(media.len(), 1);
    assert_eq!(media[0]["description"], "by form");
    // What was detached is free again.
    assert_eq!(alice.get(&format!("/api/v1/media/{old}")).await.status, 200);
    let bare = alice.put(&path, json!({ "status": "x" })).await.ok();
    assert_eq!(bare["media_attachments"], json!([]));
}
