//! Preview cards.

use std::time::Duration;

use mastodon_test_server::{Behavior, TestServer};
use serde_json::{Value, json};

use crate::client::{Client, id};

const URL: &str = "https://blog.example/2026/growing-herbs.html";

#[tokio::test]
async fn card_is_missing_in_the_response_to_the_post_and_there_later() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let text = format!("Read {}/about and then {URL}", server.url());
    let posted = alice.post_status(json!({ "status": text })).await;
    assert_eq!(posted["card"], Value::Null);
    let card = alice.fetch_status(&id(&posted)).await["card"].take();
    assert_eq!((&card["url"], &card["type"]), (&json!(URL), &json!("link")));
    assert_eq!(card["title"], "Growing herbs");
    assert_eq!(card["provider_name"], "blog.example");
    assert_eq!(card["missing_attribution"], false);
    let image = card["image"]
        .as_str()
        .unwrap()
        .strip_prefix(server.url())
        .unwrap();
    let image = alice.get(image).await;
    assert_eq!(
        (image.status, image.header("content-type")),
        (200, Some("image/png"))
    );
    let seen_by_visitor = Client::anonymous(&server).fetch_status(&id(&posted)).await;
    assert!(seen_by_visitor["card"].get("missing_attribution").is_none());
}

#[tokio::test]
async fn statuses_with_media_or_a_quote_or_only_local_links_have_no_card() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let image = crate::media::png(10, 10);
    let media = alice
        .send_multipart("POST", "/api/v2/media", &[("file@", image.as_slice())])
        .await;
    let quoted = alice.post_text("Quote me").await;
    for body in [
        json!({ "status": URL, "media_ids": [id(&media.ok())] }),
        json!({ "status": URL, "quoted_status_id": quoted }),
        json!({ "status": format!("{}/about", server.url()) }),
        json!({ "status": "https://nowhere.invalid/" }),
    ] {
        let posted = alice.post_status(body.clone()).await;
        assert_eq!(
            alice.fetch_status(&id(&posted)).await["card"],
            Value::Null,
            "{body}"
        );
    }
}

#[tokio::test]
async fn edit_of_the_text_drops_the_card_until_it_is_fetched_again() {
    let server = TestServer::start().await.unwrap();
    let mut behavior = Behavior::default();
    behavior.card_delay = Duration::from_secs(30);
    server.set_behavior(behavior);
    let alice = Client::user(&server, "alice");
    let status = alice.post_text(URL).await;
    let card_url = async || alice.fetch_status(&status).await["card"]["url"].clone();
    assert_eq!(card_url().await, Value::Null);
    server.clock().advance(Duration::from_secs(30));
    assert_eq!(card_url().await, URL);
    let path = format!("/api/v1/statuses/{status}");
    let body = |text: &str| json!({ "status": text, "spoiler_text": "links" });
    alice.put(&path, body(URL)).await.ok();
    assert_eq!(card_url().await, URL);
    let edited = alice.put(&path, body("https://other.example/")).await.ok();
    assert_eq!(
        (&edited["card"], card_url().await),
        (&Value::Null, Value::Null)
    );
    server.clock().advance(Duration::from_secs(30));
    assert_eq!(card_url().await, "https://other.example/");
}

#[tokio::test]
async fn trending_links_are_the_same_cards() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let status = alice.post_text(URL).await;
    Client::user(&server, "bob").post_text(URL).await;
    let card = alice.fetch_status(&status).await["card"].take();
    let links = alice.get("/api/v1/trends/links").await.ok();
    assert_eq!(links[0]["title"], card["title"]);
    assert_eq!(links[0]["image"], card["image"]);
}
