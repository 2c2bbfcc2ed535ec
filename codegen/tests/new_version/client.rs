//! A program that uses what the made-up version adds. `.ci/new-version` compiles it in the copy of the checkout.

use mastodon_sdk::streaming::{EventStream, StreamEvent};
use mastodon_sdk::{FilterAction, FilterContext, Mastodon, NotificationType, Upload};
use mastodon_test_server::TestServer;

async fn start() -> (TestServer, Mastodon) {
    let server = TestServer::builder()
        .software("mastodon", "4.9.0")
        .start()
        .await
        .unwrap();
    let token = server.token("alice", "read write");
    let mastodon = Mastodon::builder(server.url()).access_token(token);
    let mastodon = mastodon.build().unwrap();
    (server, mastodon)
}

async fn next(events: &mut EventStream) -> StreamEvent {
    loop {
        let event = events.try_next().await.unwrap().unwrap();
        if event.name().is_some() {
            return event;
        }
    }
}

#[tokio::test]
async fn new_endpoints_respond_with_samples() {
    let (_server, mastodon) = start().await;
    let image = &include_bytes!("../examples/shared/pixel.png")[..];
    let call = mastodon.sticker_create(Upload::bytes(image));
    let response = call.title("Ferris waves").response().await.unwrap();
    assert_eq!(response.headers["x-sample-response"], "true");
    assert!(response.problems().is_empty());
    let sticker = response.value;
    let page = mastodon.stickers().limit(40).await.unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!(page[0].id, sticker.id);
}

#[tokio::test]
async fn new_endpoints_check_token_and_parameters() {
    let (server, mastodon) = start().await;
    let reader = mastodon.with_token(server.token("alice", "read"));
    let call = reader.sticker_create(Upload::bytes(&b"image"[..]));
    let error = call.await.unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    assert!(reader.stickers().await.is_ok());
    let anonymous = Mastodon::builder(server.url()).build().unwrap();
    let error = anonymous.stickers().await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
}

#[tokio::test]
async fn new_event_is_sent_with_a_sample() {
    let (server, mastodon) = start().await;
    let mut events = mastodon.stream_user().backfill(false).await.unwrap();
    server.streaming().wait_for_subscriptions(1).await;
    let sent = server.streaming().send_event("alice", "sticker.create", None);
    assert_eq!(sent.unwrap(), 1);
    let StreamEvent::StickerCreate(sticker) = next(&mut events).await else {
        panic!("another event");
    };
    assert_eq!(sticker.id.as_str(), "4815");
}

#[tokio::test]
async fn new_notification_type_value_and_parameter_are_accepted() {
    let (server, mastodon) = start().await;
    server.token("bob", "read");
    server
        .add(&serde_json::json!({
            "notifications": [{ "to": "alice", "type": "sticker_use", "from": "bob" }],
        }))
        .unwrap();
    let notifications = mastodon.notifications().await.unwrap();
    assert_eq!(notifications[0].kind, NotificationType::StickerUse);

    let filter = mastodon.create_filter_v2("Cats", [FilterContext::Home]);
    let filter = filter.filter_action(FilterAction::Dim).await.unwrap();
    assert_eq!(filter.filter_action, FilterAction::Dim);

    let status = mastodon.status_post("Look!").sticker_id("4815").await;
    assert_eq!(status.unwrap().sticker, None);
}
