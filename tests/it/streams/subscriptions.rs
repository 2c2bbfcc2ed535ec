//! Subscriptions on a shared WebSocket: the server handles requests in any order and confirms none.

use std::time::Duration;

use mastodon_sdk::Mastodon;
use mastodon_sdk::server::ServerVersion;
use mastodon_sdk::streaming::{ConnectFuture, EventStream, StreamEvent};
use mastodon_test_server::{StreamingBehavior, TestServer};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::all_channels::client;
use super::server::{Connection, StreamServer, status};
use super::{labels_until, next_event, with_timeout};

pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn update(stream: &Value, id: u64) -> String {
    json!({ "stream": stream, "event": "update", "payload": status(id) }).to_string()
}

/// Opens the stream of the user, and with it the connection.
pub(super) async fn open_user(
    server: &mut StreamServer,
    client: &Mastodon,
) -> (EventStream, Connection) {
    let call = client.stream_user().backfill(false);
    let (events, connection) = tokio::join!(call.into_future(), server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    (events, connection)
}

pub(super) async fn open(call: ConnectFuture) -> EventStream {
    let mut events = call.await.unwrap();
    labels_until(&mut events, "connected").await;
    events
}

pub(super) fn tag(client: &Mastodon, tag: &str) -> ConnectFuture {
    client.stream_hashtag(tag).backfill(false).into_future()
}

pub(super) fn list(client: &Mastodon, id: &str) -> ConnectFuture {
    client.stream_list(id).backfill(false).into_future()
}

/// Waits for the next request and returns its type with its stream and argument.
pub(super) async fn next_request(connection: &mut Connection) -> String {
    let request = with_timeout("a request", connection.next_message()).await;
    let request = request.unwrap();
    let argument = request.get("tag").or_else(|| request.get("list"));
    let parts = [Some(&request["type"]), Some(&request["stream"]), argument];
    let parts = parts.into_iter().flatten().filter_map(Value::as_str);
    parts.collect::<Vec<_>>().join(" ")
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn stream_that_is_opened_again_at_once_uses_the_subscription_that_still_exists() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (_user, mut connection) = open_user(&mut server, &client).await;
    let events = open(tag(&client, "rust")).await;
    assert_eq!(
        next_request(&mut connection).await,
        "subscribe hashtag rust"
    );
    drop(events);
    let mut events = open(tag(&client, "rust")).await;
    connection
        .send(&update(&json!(["hashtag", "rust"]), 1))
        .await;
    assert_eq!(labels_until(&mut events, "1").await, ["1"]);
    let closed = Instant::now();
    drop(events);
    // The first request after the first `subscribe`.
    assert_eq!(
        next_request(&mut connection).await,
        "unsubscribe hashtag rust"
    );
    assert!(closed.elapsed() >= 4 * SECOND, "{:?}", closed.elapsed());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn subscription_that_an_unsubscribe_may_undo_is_requested_again_and_its_events_are_fetched() {
    let mut server = StreamServer::start().await;
    server.add_to_list("/tag/rust", [1]);
    let client = server.client();
    let (_user, mut connection) = open_user(&mut server, &client).await;
    drop(open(tag(&client, "rust")).await);
    assert_eq!(
        next_request(&mut connection).await,
        "subscribe hashtag rust"
    );
    assert_eq!(
        next_request(&mut connection).await,
        "unsubscribe hashtag rust"
    );
    let opened = Instant::now();
    let mut events = open(client.stream_hashtag("rust").into_future()).await;
    assert_eq!(
        next_request(&mut connection).await,
        "subscribe hashtag rust"
    );
    // The server still sends an event before it handles the `unsubscribe`.
    connection
        .send(&update(&json!(["hashtag", "rust"]), 2))
        .await;
    assert_eq!(labels_until(&mut events, "2").await, ["2"]);
    let mut times = Vec::new();
    for _ in 0..3 {
        assert_eq!(
            next_request(&mut connection).await,
            "subscribe hashtag rust"
        );
        times.push(opened.elapsed().as_secs());
        server.add_to_list("/tag/rust", [2 + times.len() as u64]);
    }
    assert_eq!(times, [1, 3, 10]);
    let labels = labels_until(&mut events, "5").await;
    assert_eq!(
        labels
            .iter()
            .filter(|label| label.parse::<u64>().is_ok())
            .count(),
        3,
        "{labels:?}"
    );
    // Without an `unsubscribe` before, nothing is requested again.
    let _events = open(tag(&client, "c")).await;
    assert_eq!(next_request(&mut connection).await, "subscribe hashtag c");
    drop(events);
    assert_eq!(
        next_request(&mut connection).await,
        "unsubscribe hashtag rust"
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn stream_that_is_opened_again_receives_events_whatever_the_server_does_first() {
    let server = TestServer::start().await.unwrap();
    server.streaming().set_behavior(StreamingBehavior {
        query_delay: Duration::ZERO..=Duration::from_millis(300),
        ..StreamingBehavior::default()
    });
    let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
    let _user = alice.stream_user().backfill(false).await.unwrap();
    for round in 0..20 {
        drop(alice.stream_hashtag("rust").await.unwrap());
        // The subscription is removed at this time, a little earlier or later.
        tokio::time::sleep(Duration::from_millis(4900 + 15 * round)).await;
        let mut events = alice.stream_hashtag("rust").await.unwrap();
        tokio::time::sleep(SECOND / 2).await;
        let text = format!("#rust {round}");
        bob.status_post(text.as_str()).await.unwrap();
        let received = async {
            loop {
                if let StreamEvent::Update(status) = events.try_next().await.unwrap().unwrap()
                    && status.content.to_text() == text
                {
                    break;
                }
            }
        };
        with_timeout("the event", received).await;
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn events_of_a_subscription_that_is_no_longer_used_end_it_again() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (mut user, mut connection) = open_user(&mut server, &client).await;
    drop(open(tag(&client, "rust")).await);
    next_request(&mut connection).await;
    assert_eq!(
        next_request(&mut connection).await,
        "unsubscribe hashtag rust"
    );
    // The server handled the `unsubscribe` before the `subscribe`.
    tokio::time::sleep(11 * SECOND).await;
    connection
        .send(&update(&json!(["hashtag", "rust"]), 1))
        .await;
    assert_eq!(
        next_request(&mut connection).await,
        "unsubscribe hashtag rust"
    );
    connection.send(&update(&json!(["user"]), 2)).await;
    assert_eq!(labels_until(&mut user, "2").await, ["2"]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn spellings_of_a_hashtag_share_a_subscription_and_both_receive_its_events() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    for (first, second) in [
        ("Rust", "rust"),
        ("café", "Cafe"),
        ("ＲＵＳＴ", "rust"),
        ("rust-lang", "rustlang"),
    ] {
        let (user, mut connection) = open_user(&mut server, &client).await;
        let first_events = open(tag(&client, first)).await;
        assert_eq!(
            next_request(&mut connection).await,
            format!("subscribe hashtag {first}")
        );
        let mut second_events = open(tag(&client, second)).await;
        let label = json!(["hashtag", first]);
        connection.send(&update(&label, 1)).await;
        assert_eq!(labels_until(&mut second_events, "1").await, ["1"]);
        drop(first_events);
        tokio::time::sleep(60 * SECOND).await;
        connection.send(&update(&label, 2)).await;
        assert_eq!(labels_until(&mut second_events, "2").await, ["2"]);
        drop(second_events);
        assert_eq!(
            next_request(&mut connection).await,
            format!("unsubscribe hashtag {first}")
        );
        drop(user);
        connection.wait_until_closed().await;
    }
}

#[tokio::test]
async fn hashtag_without_letters_and_digits_is_an_illegal_argument() {
    let server = StreamServer::start().await;
    for hashtag in ["!!!", "♥", "#"] {
        let error = server.client().stream_hashtag(hashtag).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "stream_hashtag: `tag`: a hashtag needs a letter or a digit"
        );
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn event_with_an_unusual_envelope_is_delivered() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (mut user, mut connection) = open_user(&mut server, &client).await;
    for (id, stream) in [
        (1, json!(null)),
        (2, json!("user")),
        (3, json!([])),
        (4, json!(["user", null])),
    ] {
        connection.send(&update(&stream, id)).await;
    }
    let payload: Value = serde_json::from_str(&status(5)).unwrap();
    let object = json!({ "event": "update", "payload": payload });
    connection.send(&object.to_string()).await;
    connection
        .send(r#"{"event":"delete","payload":77,"status":null}"#)
        .await;
    assert_eq!(
        labels_until(&mut user, "-77").await,
        ["1", "2", "3", "4", "5", "-77"]
    );
    let mut events = open(list(&client, "12")).await;
    connection.send(&update(&json!(["list", 12]), 6)).await;
    assert_eq!(labels_until(&mut events, "6").await, ["6"]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn stream_with_a_connection_of_its_own_receives_events_with_any_name() {
    let mut server = StreamServer::start().await;
    let gotosocial = ServerVersion::parse("0.20.0+git-57cb4fe", None);
    let client = server.builder().server_version(gotosocial).build().unwrap();
    let (mut user, mut user_connection) = open_user(&mut server, &client).await;
    let call = client.stream_user_notifications().backfill(false);
    let (notifications, mut connection) = tokio::join!(call.into_future(), server.accept());
    let mut notifications = notifications.unwrap();
    labels_until(&mut notifications, "connected").await;
    user_connection
        .send(&update(&json!(["public:local"]), 1))
        .await;
    connection.send(&update(&json!(["user"]), 2)).await;
    assert_eq!(labels_until(&mut user, "1").await, ["1"]);
    assert_eq!(labels_until(&mut notifications, "2").await, ["2"]);
    // Each has delays and a lifetime of its own.
    drop(user);
    user_connection.wait_until_closed().await;
    connection.send(&update(&json!(["user"]), 3)).await;
    assert_eq!(labels_until(&mut notifications, "3").await, ["3"]);
    drop(connection);
    labels_until(&mut notifications, "disconnected").await;
    let connection = server.accept().await;
    assert_eq!(connection.subscribed, ["user:notification"]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn unreadable_messages_keep_only_their_beginning() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (mut user, mut connection) = open_user(&mut server, &client).await;
    let unreadable = "x".repeat(1 << 20);
    for _ in 0..20 {
        connection.send(&unreadable).await;
    }
    for _ in 0..20 {
        let StreamEvent::Malformed(event) = next_event(&mut user).await else {
            panic!("the message is unreadable");
        };
        assert_eq!(event.payload.len(), 1024);
    }
}

/// Takes the disconnection of each stream, and returns the announced delays.
async fn announced_delays(streams: &mut [EventStream]) -> Vec<Duration> {
    let mut delays = Vec::new();
    for events in streams {
        let StreamEvent::Disconnected(disconnected) = next_event(events).await else {
            panic!("the failure is reported");
        };
        delays.push(disconnected.retry_in);
    }
    delays
}

/// Whether two durations differ by less than the resolution of timers and the time in which a failure is reported.
fn is_near(actual: Duration, expected: Duration) -> bool {
    actual.abs_diff(expected) < Duration::from_millis(50)
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn streams_share_each_attempt_and_announce_its_true_time() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (user, connection) = open_user(&mut server, &client).await;
    let mut streams = vec![user];
    for name in ["a", "b", "c"] {
        streams.push(open(tag(&client, name)).await);
    }
    drop(connection);
    for attempt in 0..12 {
        let failed = Instant::now();
        let delays = announced_delays(&mut streams).await;
        assert!(
            delays.iter().all(|delay| is_near(*delay, delays[0])),
            "{delays:?}"
        );
        // Every failure counts once: four streams do not multiply the delay.
        let bound = SECOND.saturating_mul(1 << attempt.min(6)).min(60 * SECOND);
        assert!(delays[0] <= bound, "attempt {attempt}: {delays:?}");
        let request = server.next_request().await;
        let waited = failed.elapsed();
        assert!(
            is_near(waited, delays[0]),
            "announced {:?}, waited {waited:?}",
            delays[0]
        );
        assert!(
            server.has_no_stream_request(),
            "there is one attempt for all streams"
        );
        request.reject("503 X", "Busy").await;
    }
    announced_delays(&mut streams).await;
    let _connection = server.accept().await;
    for events in &mut streams {
        labels_until(events, "connected").await;
    }
    assert!(server.has_no_stream_request());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn delays_start_again_after_a_connection_without_events() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (user, connection) = open_user(&mut server, &client).await;
    drop(connection);
    let mut streams = [user];
    for _ in 0..8 {
        announced_delays(&mut streams).await;
        server.next_request().await.reject("503 X", "Busy").await;
    }
    announced_delays(&mut streams).await;
    let connection = server.accept().await;
    labels_until(&mut streams[0], "connected").await;
    tokio::time::sleep(11 * SECOND).await;
    drop(connection);
    let delays = announced_delays(&mut streams).await;
    assert!(delays[0] <= SECOND, "{delays:?}");
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn stream_that_is_late_for_an_attempt_does_not_make_another() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (user, connection) = open_user(&mut server, &client).await;
    let call = client.stream_hashtag("rust").backfill(false).buffer(1);
    let mut late = [open(call.into_future()).await];
    let mut streams = [user];
    drop(connection);
    // The other stream cannot report its failures, because its application takes no events.
    let mut announced = announced_delays(&mut streams).await;
    while announced[0] < 2 * SECOND {
        server.next_request().await.reject("503 X", "Busy").await;
        announced = announced_delays(&mut streams).await;
    }
    for _ in 0..3 {
        announced_delays(&mut late).await;
    }
    tokio::time::sleep(SECOND).await;
    assert!(server.has_no_stream_request());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn opening_a_stream_during_an_outage_neither_waits_for_the_delays_of_others_nor_changes_them()
{
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(0).build().unwrap();
    let (user, connection) = open_user(&mut server, &client).await;
    drop(connection);
    let mut streams = [user];
    let mut announced = announced_delays(&mut streams).await;
    while announced[0] < 2 * SECOND {
        server.next_request().await.reject("503 X", "Busy").await;
        announced = announced_delays(&mut streams).await;
    }
    let failed = Instant::now();
    for _ in 0..4 {
        let serving = async { server.next_request().await.reject("503 X", "Busy").await };
        let (opened, ()) = tokio::join!(tag(&client, "rust"), serving);
        let error = opened.unwrap_err();
        assert!(error.is_server_error(), "{error}");
    }
    assert!(failed.elapsed() < SECOND, "{:?}", failed.elapsed());
    let _request = server.next_request().await;
    assert!(is_near(failed.elapsed(), announced[0]), "{announced:?}");
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn stream_that_waits_for_its_next_attempt_uses_the_connection_that_another_one_opens() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (user, connection) = open_user(&mut server, &client).await;
    drop(connection);
    let mut streams = [user];
    let mut announced = announced_delays(&mut streams).await;
    while announced[0] < 2 * SECOND {
        server.next_request().await.reject("503 X", "Busy").await;
        announced = announced_delays(&mut streams).await;
    }
    let failed = Instant::now();
    let (other, _connection) = tokio::join!(open(tag(&client, "rust")), server.accept());
    labels_until(&mut streams[0], "connected").await;
    assert!(failed.elapsed() < SECOND, "{:?}", failed.elapsed());
    drop(other);
}
