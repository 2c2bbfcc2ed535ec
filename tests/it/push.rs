//! Push messages that the test server encrypts and signs with its own implementation of Web Push.

use http::HeaderMap;
use mastodon_sdk::methods::{PushAlerts, PushSubscriptionData};
use mastodon_sdk::push::{EncryptedPush, PushEncoding, PushError, PushKeyPair, PushReceiver};
use mastodon_sdk::{Mastodon, NotificationType, PushPolicy};
use mastodon_test_server::{PushMessage, TestServer};

use crate::support::client_builder;

const ENDPOINT: &str = "https://push.example/7";

fn user(server: &TestServer, name: &str) -> Mastodon {
    client_builder(server, name, "read write push")
        .build()
        .unwrap()
}

/// Subscribes a user to all notification types.
async fn subscribe(user: &Mastodon, standard: bool) -> PushReceiver {
    let keys = PushKeyPair::generate().unwrap();
    let subscription = keys.subscription(ENDPOINT).standard(standard);
    let subscription = user
        .push_subscription_set(subscription)
        .data(PushAlerts::all().into())
        .await
        .unwrap();
    PushReceiver::new(keys, &subscription).unwrap()
}

async fn last_push(server: &TestServer) -> PushMessage {
    server
        .push_messages()
        .wait_until_idle()
        .await
        .pop()
        .unwrap()
}

#[tokio::test]
async fn messages_in_both_encodings_are_verified_and_decrypted() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (user(&server, "alice"), user(&server, "bob"));
    for (standard, encoding) in [
        (false, PushEncoding::Aesgcm),
        (true, PushEncoding::Aes128gcm),
    ] {
        let receiver = subscribe(&alice, standard).await;
        bob.status_post("@alice Grüße 👋").await.unwrap();
        let message = last_push(&server).await;
        let encrypted = EncryptedPush::from_request(&message.headers, &message.body).unwrap();
        assert_eq!(encrypted.encoding(), encoding);
        let push = receiver.receive(&message.headers, &message.body).unwrap();
        let page = alice.notifications().limit(1).await.unwrap();
        let notification = &page[0];
        assert_eq!(push.notification_id, notification.id);
        assert_eq!(push.notification_type, NotificationType::Mention);
        assert_eq!(
            push.icon.as_deref(),
            Some(notification.account.avatar_static.as_str())
        );
        assert_eq!(push.body, "@alice Grüße 👋");
        assert_eq!(push.title, "You were mentioned by bob");
        let token = push.access_token.unwrap();
        let owner = Mastodon::builder(server.url()).access_token(token.expose());
        assert_eq!(owner.build().unwrap().me().await.unwrap().acct, "alice");
    }
}

#[tokio::test]
async fn messages_for_other_keys_unsigned_or_from_the_future_are_rejected() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (user(&server, "alice"), user(&server, "bob"));
    let old = subscribe(&alice, true).await;
    let new = subscribe(&alice, true).await;
    bob.status_post("@alice Hello").await.unwrap();
    let PushMessage { headers, body, .. } = last_push(&server).await;
    assert_eq!(
        old.receive(&headers, &body).unwrap_err(),
        PushError::Decryption
    );
    assert!(new.receive(&headers, &body).is_ok());
    let unsigned = new.receive(&HeaderMap::new(), &body).unwrap_err();
    assert_eq!(unsigned, PushError::NotSigned);
    // Some push services remove the VAPID token after they have verified it.
    assert!(new.decrypt(&HeaderMap::new(), &body).is_ok());

    server
        .clock()
        .advance(std::time::Duration::from_secs(2 * 24 * 3600));
    bob.status_post("@alice From the future").await.unwrap();
    let PushMessage { headers, body, .. } = last_push(&server).await;
    let error = new.receive(&headers, &body).unwrap_err();
    assert!(
        matches!(error, PushError::LifetimeTooLong { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn pushed_notifications_have_the_type_and_text_of_their_subject() {
    let server = TestServer::start().await.unwrap();
    let (alice, dave) = (user(&server, "alice"), user(&server, "dave"));
    let receiver = subscribe(&alice, true).await;
    let posted = alice.status_post("Look at this").spoiler_text("Cats").await;
    let status = &posted.unwrap();
    dave.status_favourite(status).await.unwrap();
    dave.status_reblog(status).await.unwrap();
    dave.account_follow(&status.account).await.unwrap();
    let messages = server.push_messages().wait_until_idle().await;
    let mut received: Vec<_> = messages
        .iter()
        .map(|message| {
            let push = receiver.receive(&message.headers, &message.body).unwrap();
            (push.notification_id, push.notification_type, push.body)
        })
        .collect();
    received.sort_by_key(|(id, ..)| id.clone());
    let received: Vec<_> = received
        .iter()
        .map(|(_, notification_type, body)| (notification_type.as_str(), body.as_str()))
        .collect();
    assert_eq!(
        received,
        [("favourite", "Cats"), ("reblog", "Cats"), ("follow", "")]
    );

    let from_nobody = PushSubscriptionData::new()
        .alerts(PushAlerts::all())
        .policy(PushPolicy::None);
    alice.push_subscription_update(from_nobody).await.unwrap();
    dave.status_post("@alice Hello").await.unwrap();
    assert_eq!(server.push_messages().wait_until_idle().await.len(), 3);
}
