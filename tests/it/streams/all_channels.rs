//! All channels of the test server: user actions and the events that each channel delivers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::streaming::{EventStream, StreamEvent, StreamPublicCall, StreamTransport};
use mastodon_sdk::{FilterContext, Mastodon, NotificationPolicyAction, Upload, Visibility};
use mastodon_test_server::routes::{EVENTS, STREAMS};
use mastodon_test_server::{Fault, StreamingBehavior, TestServer};
use tokio::time::timeout;

use super::final_error;

const ERIN: &str = "erin@elsewhere.example";

/// Maximum time to wait for an expected event.
const EVENT_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) fn client(server: &TestServer, name: &str) -> Mastodon {
    Mastodon::builder(server.url())
        .access_token(server.token(name, "read write follow"))
        .version_check(VersionCheck::Off)
        .build()
        .unwrap()
}

/// Opens a stream of each channel. The keys are the channel names.
async fn open_all(
    bob: &Mastodon,
    list: &str,
    transport: StreamTransport,
) -> BTreeMap<String, EventStream> {
    let media = |call: StreamPublicCall| call.only_media(true).transport(transport);
    let mut opened = BTreeMap::new();
    for call in [
        bob.stream_public().transport(transport),
        bob.stream_local().transport(transport),
        bob.stream_public_remote().transport(transport),
        media(bob.stream_public()),
        media(bob.stream_local()),
        media(bob.stream_public_remote()),
    ] {
        let stream = call.await.unwrap();
        opened.insert(stream.channel().name().to_owned(), stream);
    }
    for call in [
        bob.stream_user(),
        bob.stream_user_notifications(),
        bob.stream_direct(),
        bob.stream_hashtag("Rust"),
        bob.stream_hashtag_local("Rust"),
        bob.stream_list(list),
    ] {
        let stream = call.transport(transport).await.unwrap();
        opened.insert(stream.channel().name().to_owned(), stream);
    }
    opened
}

async fn post(author: &Mastodon, text: &str) -> mastodon_sdk::Status {
    let pixel = &include_bytes!("../../../examples/shared/pixel.png")[..];
    let media = author.media_post_v2(Upload::bytes(pixel)).await.unwrap();
    author.status_post(text).media_ids([&media]).await.unwrap()
}

/// Causes every event of the API. Events that the server does not imitate yet are sent as samples.
async fn cause_all_events(server: &TestServer, bob: &Mastodon) {
    let carol = client(server, "carol");
    for author in [client(server, "alice"), client(server, ERIN)] {
        let status = post(&author, "It works. #rust").await;
        author
            .status_update(&status, "It works! #rust")
            .await
            .unwrap();
        author.status_delete(&status).await.unwrap();
    }
    let own = bob.status_post("Mine").await.unwrap();
    client(server, "alice")
        .status_favourite(&own)
        .await
        .unwrap();
    let filter = bob.create_filter_v2("Cats", [FilterContext::Home]);
    filter.await.unwrap();
    let direct = client(server, "alice").status_post("psst @bob");
    direct.visibility(Visibility::Direct).await.unwrap();

    let policy = bob.update_notifications_policy();
    policy
        .for_not_following(NotificationPolicyAction::Filter)
        .await
        .unwrap();
    let mention = carol.status_post("hello @bob").await.unwrap();
    let edit = carol.status_update(&mention, "Hello @bob");
    edit.await.unwrap();
    let requests = bob.notification_requests().await.unwrap();
    bob.accept_notification_request(&requests[0]).await.unwrap();

    let announcement = server.publish_announcement("Down on Friday");
    bob.announcement_reaction_create(&*announcement, "👍")
        .await
        .unwrap();
    assert!(server.delete_announcement(&announcement));
    for event in EVENTS.iter().filter(|it| it.is_after_imitated_version()) {
        let sent = server.streaming().send_event("bob", event.name, None);
        sent.unwrap();
    }
}

async fn each_channel_delivers_all_of_its_events(transport: StreamTransport) {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    server.streaming().set_behavior(StreamingBehavior {
        sends_filters_changed: true,
        ..StreamingBehavior::default()
    });
    let bob = client(&server, "bob");
    let list = bob.list_create("Friends").await.unwrap();
    for name in ["alice", ERIN] {
        let friend = bob.account_lookup(name).await.unwrap();
        bob.account_follow(&friend).await.unwrap();
        // The server of Erin has to accept the follow.
        server.accept_follow("bob", name);
        bob.list_accounts_add(&list, [&friend]).await.unwrap();
    }
    let mut streams = open_all(&bob, list.id.as_str(), transport).await;
    let connections = server.streaming().connections();
    match transport {
        StreamTransport::ServerSentEvents => assert_eq!(connections.len(), streams.len()),
        _ => assert_eq!(connections.len(), 1, "all streams share a connection"),
    }
    cause_all_events(&server, &bob).await;
    let mut all = BTreeSet::new();
    for channel in STREAMS {
        let Some(mut stream) = streams.remove(channel.name) else {
            assert!(
                channel.is_after_imitated_version(),
                "{} is not opened",
                channel.name
            );
            continue;
        };
        let expected = BTreeSet::from_iter(channel.events.iter().copied().map(str::to_owned));
        let mut seen = BTreeSet::new();
        while seen != expected {
            let next = timeout(EVENT_TIMEOUT, stream.try_next()).await;
            let next = next.unwrap_or_else(|_| panic!("{}: {seen:?}", channel.name));
            let event = next.unwrap().expect("the stream should not have ended");
            assert!(!matches!(
                event,
                StreamEvent::Malformed(_) | StreamEvent::Unknown(_)
            ));
            if let Some(name) = event.name() {
                assert!(expected.contains(name), "{}: {name}", channel.name);
                seen.insert(name.to_owned());
            }
        }
        all.extend(seen);
    }
    for event in EVENTS.iter().filter(|it| !it.is_after_imitated_version()) {
        assert!(all.contains(event.name), "{} was not sent", event.name);
    }
    assert!(streams.is_empty(), "{streams:?}");
}

#[tokio::test]
async fn over_server_sent_events_each_channel_delivers_all_of_its_events() {
    each_channel_delivers_all_of_its_events(StreamTransport::ServerSentEvents).await;
}

#[tokio::test]
async fn over_the_websocket_each_channel_delivers_all_of_its_events() {
    each_channel_delivers_all_of_its_events(StreamTransport::WebSocket).await;
}

/// The text of the next status.
async fn next_text(events: &mut EventStream) -> String {
    loop {
        if let StreamEvent::Update(status) = events.try_next().await.unwrap().unwrap() {
            return status.content.to_text();
        }
    }
}

#[tokio::test]
async fn streams_are_opened_and_closed_independently() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
    let mut public = bob.stream_public().await.unwrap();
    let mut tag = bob.stream_hashtag("rust").await.unwrap();
    let mut second = bob.stream_hashtag("rust").await.unwrap();
    alice.status_post("one #rust").await.unwrap();
    for stream in [&mut public, &mut tag, &mut second] {
        assert_eq!(next_text(stream).await, "one #rust");
    }
    drop(tag);
    alice.status_post("two #rust").await.unwrap();
    assert_eq!(
        next_text(&mut second).await,
        "two #rust",
        "the other stream of the channel stays subscribed"
    );
    drop(second);
    server.streaming().wait_for_subscriptions(1).await;
    let mut reopened = bob.stream_hashtag("rust").await.unwrap();
    alice.status_post("three #rust").await.unwrap();
    assert_eq!(next_text(&mut reopened).await, "three #rust");
    assert_eq!(next_text(&mut public).await, "two #rust");
    assert_eq!(next_text(&mut public).await, "three #rust");
    drop((public, reopened));
    server.streaming().wait_for_connections(0).await;
}

#[tokio::test]
async fn rejected_stream_ends_with_its_error_and_other_streams_continue() {
    let server = TestServer::start().await.unwrap();
    for transport in [
        StreamTransport::ServerSentEvents,
        StreamTransport::WebSocket,
    ] {
        let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
        let mut public = bob.stream_public().transport(transport).await.unwrap();
        let alices_list = alice.list_create("Friends").await.unwrap();
        let call = bob
            .stream_list(&alices_list)
            .backfill(false)
            .transport(transport);
        let error = match call.await {
            Ok(mut opened) => final_error(&mut opened).await,
            Err(error) => error,
        };
        assert!(error.is_not_found(), "{error}");
        assert!(error.to_string().contains("this list"), "{error}");
        alice.status_post("received").await.unwrap();
        assert_eq!(next_text(&mut public).await, "received");

        let limited = Mastodon::builder(server.url())
            .access_token(server.token("bob", "read:notifications"))
            .build()
            .unwrap();
        let call = limited.stream_direct().backfill(false).transport(transport);
        let error = match call.await {
            Ok(mut opened) => final_error(&mut opened).await,
            Err(error) => error,
        };
        assert!(error.is_unauthorized(), "{error}");
        assert!(error.to_string().contains("scopes"), "{error}");

        let revoked = Mastodon::builder(server.url())
            .access_token("unknown-token")
            .build()
            .unwrap();
        let call = revoked.stream_user().backfill(false).transport(transport);
        let error = call.await.unwrap_err();
        assert!(
            error.is_unauthorized() && !error.to_string().contains("unknown-token"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn separate_streaming_host_is_found_in_instance_data_or_by_redirect() {
    let streaming_address = "127.0.0.1:0".parse().unwrap();
    let server = TestServer::builder()
        .streaming_address(streaming_address)
        .start()
        .await
        .unwrap();
    let not_found = |path| Fault::status(404).times(2).on("GET", path);
    for transport in [
        StreamTransport::ServerSentEvents,
        StreamTransport::WebSocket,
    ] {
        for hidden in [
            &[][..],
            &["/api/v2/instance"],
            &["/api/v2/instance", "/api/v1/instance"],
        ] {
            for path in hidden {
                server.inject(not_found(path));
            }
            let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
            let call = bob.stream_public().transport(transport).backfill(false);
            let mut events = call.await.unwrap();
            server.clear_faults();
            alice.status_post("found").await.unwrap();
            assert_eq!(next_text(&mut events).await, "found");
        }
    }
}
