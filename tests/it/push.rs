//! Push messages from the server in memory, which encrypts and signs on its own, to the receiver.

use http::HeaderMap;
use mastodon_sdk::methods::{PushAlerts, PushSubscriptionData};
use mastodon_sdk::push::{EncryptedPush, PushEncoding, PushError, PushKeyPair, PushReceiver};
use mastodon_sdk::{Mastodon, NotificationType, PushPolicy};
use mastodon_test_server::{PushMessage, TestServer};

const ENDPOINT: &str = "https://push.example/7";

fn user(server: &TestServer, name: &str) -> Mastodon {
    let token = server.token(name, "read write push");
    let builder = Mastodon::builder(server.url()).access_token(token);
    builder.build().unwrap()
}

/// Lets a user be pushed everything.
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

async fn last(server: &TestServer) -> PushMessage {
    server.pushes().settled().await.pop().unwrap()
}

#[tokio::test]
async fn what_the_server_pushes_in_either_encoding_is_verified_and_read() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (user(&server, "alice"), user(&server, "bob"));
    for (standard, encoding) in [
        (false, PushEncoding::Aesgcm),
        (true, PushEncoding::Aes128gcm),
    ] {
        let receiver = subscribe(&alice, standard).await;
        bob.status_post("@alice Grüße 👋").await.unwrap();
        let message = last(&server).await;
        let parts = EncryptedPush::from_request(&message.headers, &message.body).unwrap();
        assert_eq!(parts.encoding(), encoding);
        let read = receiver.receive(&message.headers, &message.body).unwrap();
        let told = alice.notifications().limit(1).await.unwrap();
        assert_eq!(read.notification_id, told[0].id);
        assert_eq!(read.notification_type, NotificationType::Mention);
        assert_eq!(
            read.icon.as_deref(),
            Some(told[0].account.avatar_static.as_str())
        );
        assert_eq!(read.body, "@alice Grüße 👋");
        assert!(read.title.starts_with("bob "), "{}", read.title);
        let token = read.access_token.unwrap();
        let whose = Mastodon::builder(server.url()).access_token(token.expose());
        assert_eq!(whose.build().unwrap().me().await.unwrap().acct, "alice");
    }
}

#[tokio::test]
async fn a_message_for_other_keys_another_address_or_another_day_is_refused() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (user(&server, "alice"), user(&server, "bob"));
    let old = subscribe(&alice, true).await;
    let new = subscribe(&alice, true).await;
    bob.status_post("@alice Hello").await.unwrap();
    let PushMessage { headers, body, .. } = last(&server).await;
    assert_eq!(
        old.receive(&headers, &body).unwrap_err(),
        PushError::Decryption
    );
    assert!(new.receive(&headers, &body).is_ok());
    let unsigned = new.receive(&HeaderMap::new(), &body).unwrap_err();
    assert_eq!(unsigned, PushError::NotSigned);
    // A push service takes the signature off when it has checked it.
    assert!(new.decrypt(&HeaderMap::new(), &body).is_ok());

    server
        .clock()
        .advance(std::time::Duration::from_secs(2 * 24 * 3600));
    bob.status_post("@alice From the future").await.unwrap();
    let PushMessage { headers, body, .. } = last(&server).await;
    let error = new.receive(&headers, &body).unwrap_err();
    assert!(matches!(error, PushError::Lifetime { .. }), "{error}");
}

#[tokio::test]
async fn each_type_of_notification_is_pushed_with_what_it_is_about() {
    let server = TestServer::start().await.unwrap();
    let (alice, dave) = (user(&server, "alice"), user(&server, "dave"));
    let receiver = subscribe(&alice, true).await;
    let posted = alice.status_post("Look at this").spoiler_text("Cats").await;
    let posted = posted.unwrap();
    let status = posted.as_status().unwrap();
    dave.status_favourite(status).await.unwrap();
    dave.status_reblog(status).await.unwrap();
    dave.account_follow(&status.account).await.unwrap();
    let mut read: Vec<_> = server
        .pushes()
        .settled()
        .await
        .iter()
        .map(|message| {
            let read = receiver.receive(&message.headers, &message.body).unwrap();
            (read.notification_id, read.notification_type, read.body)
        })
        .collect();
    read.sort_by_key(|(id, ..)| id.clone());
    let read: Vec<_> = read
        .iter()
        .map(|(_, kind, body)| (kind.as_str(), body.as_str()))
        .collect();
    assert_eq!(
        read,
        [("favourite", "Cats"), ("reblog", "Cats"), ("follow", "")]
    );

    let nobodys = PushSubscriptionData::new()
        .alerts(PushAlerts::all())
        .policy(PushPolicy::None);
    alice.push_subscription_update(nobodys).await.unwrap();
    dave.status_post("@alice Hello").await.unwrap();
    assert_eq!(server.pushes().settled().await.len(), 3);
}
