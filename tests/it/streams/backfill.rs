//! Backfill of events that were missed between two connections.

use std::time::Duration;

use mastodon_sdk::streaming::{Checkpoint, EventKind, GapReason, StreamEvent, StreamTransport};

use super::server::{StreamServer, conversation, notification, status};
use super::{labels_until, next_event};
use crate::support::json_response;

over_both_transports! {
    missed_events_are_delivered_once_and_in_order,
    late_remote_status_with_an_older_id_is_backfilled,
    gap_before_the_first_event_of_an_empty_list_is_backfilled,
    events_of_several_lists_are_merged_by_time,
    conversations_are_backfilled_by_their_last_status,
    events_beyond_max_backfill_are_reported_as_a_gap,
    failed_list_is_retried_and_then_reported_as_a_gap,
    partly_failed_resync_reports_no_gap,
    forbidden_list_does_not_stop_the_backfill,
    list_that_is_refused_once_is_reported_and_fetched_at_the_next_gap,
    resumed_stream_continues_after_its_checkpoint,
    connection_lost_during_a_backfill_loses_no_events,
    status_listed_after_the_backfill_is_found_by_a_resync,
    duplicate_events_are_delivered_once,
    conversation_is_delivered_at_each_change,
    malformed_event_triggers_a_resync,
    missed_announcement_changes_are_backfilled,
    reported_gap_is_not_filled_out_of_order_later,
}

async fn missed_events_are_delivered_once_and_in_order(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/home", 1..100);
    server.add_to_list("/notifications", []);
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_user().transport(transport), server.accept());
    let mut events = events.unwrap();
    connection.send_statuses(100..103).await;
    assert_eq!(
        labels_until(&mut events, "102").await,
        ["connected", "100", "101", "102"]
    );
    server.add_to_list("/home", 100..250);
    drop(connection);
    assert_eq!(
        labels_until(&mut events, "disconnected").await,
        ["disconnected"]
    );
    let mut connection = server.accept().await;
    // The stream sends some of the same statuses during and after the backfill.
    connection.send_statuses([248, 249]).await;
    connection.send_event("delete", "7").await;
    let mut labels = labels_until(&mut events, "-7").await;
    connection.send_statuses([249, 250]).await;
    labels.extend(labels_until(&mut events, "250").await);
    let mut expected = vec!["connected".to_owned(), "backfilling".to_owned()];
    expected.extend((103..250).map(|id: u64| id.to_string()));
    expected.extend(["backfilled 147".into(), "-7".into(), "250".into()]);
    assert_eq!(labels, expected);
}

async fn late_remote_status_with_an_older_id_is_backfilled(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/public", (1..50).map(|id| id * 10));
    let client = server.client();
    let (events, connection) =
        tokio::join!(client.stream_public().transport(transport), server.accept());
    let mut events = events.unwrap();
    server.add_to_list("/public", [395, 500]);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    assert_eq!(
        labels_until(&mut events, "backfilled 2").await,
        ["connected", "backfilling", "395", "500", "backfilled 2"]
    );
}

async fn gap_before_the_first_event_of_an_empty_list_is_backfilled(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/tag/rust", []);
    let client = server.client();
    let call = client.stream_hashtag("rust").transport(transport);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.add_to_list("/tag/rust", [5]);
    drop(connection);
    assert_eq!(
        labels_until(&mut events, "disconnected").await,
        ["connected", "disconnected"]
    );
    let _connection = server.accept().await;
    assert_eq!(
        labels_until(&mut events, "backfilled 1").await,
        ["connected", "backfilling", "5", "backfilled 1"]
    );
    assert!(!events.is_backfilling());
}

async fn events_of_several_lists_are_merged_by_time(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/home", [1]);
    server.add_to_list("/notifications", [2]);
    let client = server.client();
    let (events, connection) =
        tokio::join!(client.stream_user().transport(transport), server.accept());
    let mut events = events.unwrap();
    server.add_to_list("/home", [10, 30, 50]);
    server.add_to_list("/notifications", [20, 40]);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let mut connection = server.accept().await;
    assert_eq!(
        labels_until(&mut events, "30").await,
        ["connected", "backfilling", "10", "n20", "30"]
    );
    assert!(events.is_backfilling());
    labels_until(&mut events, "backfilled 5").await;
    connection
        .send_event("notification", &notification(40))
        .await;
    connection
        .send_event("notification", &notification(60))
        .await;
    assert_eq!(labels_until(&mut events, "n60").await, ["n60"]);
}

async fn conversations_are_backfilled_by_their_last_status(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/conversations", [3]);
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_direct().transport(transport), server.accept());
    let mut events = events.unwrap();
    connection
        .send_event("conversation", &conversation(3, 8))
        .await;
    assert_eq!(labels_until(&mut events, "c8").await, ["connected", "c8"]);
    server.add_to_list("/conversations", [8, 9]);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    assert_eq!(
        labels_until(&mut events, "backfilled 1").await,
        ["connected", "backfilling", "c9", "backfilled 1"]
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn each_channel_fetches_its_own_list() {
    let transport = StreamTransport::ServerSentEvents;
    let mut server = StreamServer::start().await;
    let client = server.client();
    for (call, path) in [
        (
            client.stream_public().transport(transport),
            "/timelines/public?limit=40",
        ),
        (
            client.stream_public().transport(transport).only_media(true),
            "/timelines/public?only_media=true&limit=40",
        ),
        (
            client.stream_local().transport(transport),
            "/timelines/public?local=true&limit=40",
        ),
        (
            client.stream_local().transport(transport).only_media(true),
            "/timelines/public?local=true&only_media=true&limit=40",
        ),
        (
            client.stream_public_remote().transport(transport),
            "/timelines/public?remote=true&limit=40",
        ),
        (
            client
                .stream_public_remote()
                .transport(transport)
                .only_media(true),
            "/timelines/public?remote=true&only_media=true&limit=40",
        ),
    ] {
        let (_events, _connection) = tokio::join!(call, server.accept());
        assert_eq!(
            *server.list_requests().last().unwrap(),
            format!("/api/v1{path}")
        );
    }
    for (call, path) in [
        (
            client.stream_hashtag("rust").transport(transport),
            "/timelines/tag/rust?limit=40",
        ),
        (
            client.stream_hashtag_local("rust").transport(transport),
            "/timelines/tag/rust?local=true&limit=40",
        ),
        (
            client.stream_list("7").transport(transport),
            "/timelines/list/7?limit=40",
        ),
        (
            client.stream_direct().transport(transport),
            "/conversations?limit=40",
        ),
        (
            client.stream_user_notifications().transport(transport),
            "/notifications?limit=80",
        ),
    ] {
        let (_events, _connection) = tokio::join!(call, server.accept());
        assert_eq!(
            *server.list_requests().last().unwrap(),
            format!("/api/v1{path}")
        );
    }
}

async fn events_beyond_max_backfill_are_reported_as_a_gap(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/home", 1..100);
    server.add_to_list("/notifications", []);
    let client = server.client();
    let call = client.stream_user().transport(transport).max_backfill(50);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.add_to_list("/home", 100..1000);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    let labels = labels_until(&mut events, "149").await;
    assert_eq!(labels[..2], ["connected", "backfilling"]);
    let ids: Vec<String> = (100..150).map(|id: u64| id.to_string()).collect();
    assert_eq!(labels[2..], ids);
    let StreamEvent::Backfilled(backfilled) = next_event(&mut events).await else {
        panic!("no more than 50 events");
    };
    assert_eq!(backfilled.events, 50);
    let [gap] = &backfilled.gaps[..] else {
        panic!("{backfilled:?}");
    };
    assert_eq!(gap.kind, EventKind::Status);
    assert_eq!(
        (gap.after.as_deref(), gap.until.as_deref()),
        (Some("149"), Some("999"))
    );
    assert!(matches!(gap.reason, GapReason::LimitReached));
}

async fn failed_list_is_retried_and_then_reported_as_a_gap(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/notifications", [1]);
    let client = server.builder().max_retries(0).build().unwrap();
    // The list fails for longer than the default idle timeout, which must not close the connection.
    let call = client
        .stream_user_notifications()
        .transport(transport)
        .idle_timeout(Duration::MAX);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.add_to_list("/notifications", [2]);
    let unavailable = || json_response(503, "", "{}");
    server
        .failures
        .lock()
        .unwrap()
        .extend([unavailable(), unavailable(), unavailable()]);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let connection = server.accept().await;
    assert_eq!(
        labels_until(&mut events, "backfilled 1").await,
        ["connected", "backfilling", "n2", "backfilled 1"]
    );
    server.add_to_list("/notifications", [3]);
    server
        .failures
        .lock()
        .unwrap()
        .extend((0..5).map(|_| unavailable()));
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    labels_until(&mut events, "backfilling").await;
    let StreamEvent::Backfilled(backfilled) = next_event(&mut events).await else {
        panic!("the list is given up after five failures");
    };
    let [gap] = &backfilled.gaps[..] else {
        panic!("{backfilled:?}");
    };
    assert_eq!(gap.kind, EventKind::Notification);
    assert!(matches!(&gap.reason, GapReason::FetchFailed(error) if error.is_server_error()));
    // The list is fetched again without another disconnection, until it succeeds.
    server
        .failures
        .lock()
        .unwrap()
        .extend((0..7).map(|_| unavailable()));
    assert_eq!(
        labels_until(&mut events, "backfilled 1").await,
        ["backfilling", "n3", "backfilled 1"]
    );
}

async fn partly_failed_resync_reports_no_gap(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/home", [1]);
    server.add_to_list("/notifications", [2]);
    let client = server.builder().max_retries(0).build().unwrap();
    let (events, _connection) =
        tokio::join!(client.stream_user().transport(transport), server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    server.add_to_list("/home", [10]);
    server.add_to_list("/notifications", [20]);
    // The home timeline is fetched first.
    server
        .failures
        .lock()
        .unwrap()
        .push(json_response(503, "", "{}"));
    assert_eq!(
        labels_until(&mut events, "n20").await,
        ["backfilling", "n20"]
    );
    let StreamEvent::Backfilled(backfilled) = next_event(&mut events).await else {
        panic!("only the notification is backfilled");
    };
    assert_eq!((backfilled.events, backfilled.gaps.len()), (1, 0));
    assert_eq!(
        labels_until(&mut events, "backfilled 1").await,
        ["backfilling", "10", "backfilled 1"]
    );
}

async fn forbidden_list_does_not_stop_the_backfill(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/home", [1]);
    let client = server.client();
    let (events, connection) =
        tokio::join!(client.stream_user().transport(transport), server.accept());
    let mut events = events.unwrap();
    server.add_to_list("/home", [2]);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let connection = server.accept().await;
    labels_until(&mut events, "2").await;
    let StreamEvent::Backfilled(backfilled) = next_event(&mut events).await else {
        panic!("the notifications are forbidden");
    };
    assert!(backfilled.gaps.is_empty(), "{backfilled:?}");
    let notification_requests = |server: &StreamServer| {
        server
            .list_requests()
            .iter()
            .filter(|path| path.contains("/notifications"))
            .count()
    };
    let before = notification_requests(&server);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    labels_until(&mut events, "backfilled 0").await;
    assert_eq!(
        notification_requests(&server),
        before + 1,
        "the list is fetched again, because the token may have got the scope"
    );
}

async fn list_that_is_refused_once_is_reported_and_fetched_at_the_next_gap(
    transport: StreamTransport,
) {
    for status in [401, 403, 404] {
        let mut server = StreamServer::start().await;
        server.add_to_list("/public", [1]);
        let client = server.builder().max_retries(0).build().unwrap();
        let call = client.stream_public().transport(transport);
        let (events, mut connection) = tokio::join!(call, server.accept());
        let mut events = events.unwrap();
        for id in [10, 20] {
            server.add_to_list("/public", [id]);
            let refused = json_response(status, "", r#"{"error":"No"}"#);
            server.failures.lock().unwrap().push(refused);
            drop(connection);
            labels_until(&mut events, "disconnected").await;
            connection = server.accept().await;
            labels_until(&mut events, "backfilling").await;
            let StreamEvent::Backfilled(backfilled) = next_event(&mut events).await else {
                panic!("the list is refused");
            };
            let [gap] = &backfilled.gaps[..] else {
                panic!("{backfilled:?}");
            };
            assert_eq!(gap.after.as_deref(), Some("1"));
            assert!(matches!(&gap.reason, GapReason::FetchFailed(error) if error.api().is_some()));
        }
        drop(connection);
        labels_until(&mut events, "disconnected").await;
        let _connection = server.accept().await;
        let labels = labels_until(&mut events, "backfilled 2").await;
        assert_eq!(labels[2..], ["10", "20", "backfilled 2"]);
    }
}

async fn resumed_stream_continues_after_its_checkpoint(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/home", [1]);
    server.add_to_list("/notifications", [1]);
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_user().transport(transport), server.accept());
    let mut events = events.unwrap();
    connection.send_statuses(2..6).await;
    // 4 and 5 are received, but not taken from the stream.
    assert_eq!(
        labels_until(&mut events, "3").await,
        ["connected", "2", "3"]
    );
    server.add_to_list("/home", 2..6);
    let saved = serde_json::to_string(&events.checkpoint()).unwrap();
    drop(events);
    server.add_to_list("/home", [6]);
    server.add_to_list("/notifications", [7]);
    let checkpoint: Checkpoint = serde_json::from_str(&saved).unwrap();
    let call = server
        .client()
        .stream_user()
        .transport(transport)
        .resume(checkpoint.clone());
    let (events, _connection) = tokio::join!(call, server.accept());
    assert_eq!(
        labels_until(&mut events.unwrap(), "backfilled 4").await,
        [
            "connected",
            "backfilling",
            "4",
            "5",
            "6",
            "n7",
            "backfilled 4"
        ]
    );
    let error = server
        .client()
        .stream_direct()
        .transport(transport)
        .resume(checkpoint)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "stream_direct: `resume`: the checkpoint belongs to the stream `user`; resume that stream with it"
    );
}

async fn connection_lost_during_a_backfill_loses_no_events(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/public", [1]);
    let client = server.client();
    let (events, connection) =
        tokio::join!(client.stream_public().transport(transport), server.accept());
    let mut events = events.unwrap();
    server.add_to_list("/public", 2..200);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let mut connection = server.accept().await;
    connection.send_event("status.update", &status(1)).await;
    drop(connection);
    let mut labels = labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    labels.extend(labels_until(&mut events, "backfilled 0").await);
    let ids: Vec<u64> = labels
        .iter()
        .filter_map(|label| label.parse().ok())
        .collect();
    assert_eq!(ids, (2..200).collect::<Vec<u64>>());
    assert!(
        labels.iter().any(|label| label.starts_with("StatusUpdate")),
        "{labels:?}"
    );
}

async fn status_listed_after_the_backfill_is_found_by_a_resync(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/public", [1]);
    let client = server.client();
    let (events, connection) =
        tokio::join!(client.stream_public().transport(transport), server.accept());
    let mut events = events.unwrap();
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    labels_until(&mut events, "backfilled 0").await;
    // The status was published after the list was fetched and before the subscription started.
    server.add_to_list("/public", [2]);
    assert_eq!(
        labels_until(&mut events, "backfilled 1").await,
        ["backfilling", "2", "backfilled 1"]
    );
}

async fn duplicate_events_are_delivered_once(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_user().transport(transport), server.accept());
    connection.send_statuses([1, 1, 2, 1]).await;
    connection
        .send_event("notification", &notification(1))
        .await;
    connection
        .send_event("notification", &notification(1))
        .await;
    connection.send_statuses([3]).await;
    assert_eq!(
        labels_until(&mut events.unwrap(), "3").await,
        ["connected", "1", "2", "n1", "3"]
    );
}

async fn conversation_is_delivered_at_each_change(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/conversations", [1]);
    let client = server.client();
    let (events, connection) =
        tokio::join!(client.stream_direct().transport(transport), server.accept());
    let mut events = events.unwrap();
    server.add_to_list("/conversations", [2]);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let mut connection = server.accept().await;
    labels_until(&mut events, "backfilled 1").await;
    // The stream sends the backfilled conversation, and then twice a change of its read status.
    connection
        .send_event("conversation", &conversation(2, 2))
        .await;
    connection
        .send_event("conversation", &conversation(2, 2))
        .await;
    connection
        .send_event("conversation", &conversation(2, 2))
        .await;
    connection.send_event("delete", "9").await;
    assert_eq!(labels_until(&mut events, "-9").await, ["c2", "c2", "-9"]);
}

async fn malformed_event_triggers_a_resync(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/public", [1]);
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_public().transport(transport), server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    // The resync that follows the opening is over.
    tokio::time::sleep(Duration::from_secs(10)).await;
    match transport {
        StreamTransport::ServerSentEvents => {
            // A proxy's error page merges with the beginning of the next event.
            connection.send("<html>").await;
            connection.send_statuses([2]).await;
        }
        _ => connection.send("{").await,
    }
    let damaged = next_event(&mut events).await;
    assert!(
        matches!(damaged, StreamEvent::Malformed(_) | StreamEvent::Unknown(_)),
        "{damaged:?}"
    );
    server.add_to_list("/public", [2]);
    assert_eq!(
        labels_until(&mut events, "backfilled 1").await,
        ["backfilling", "2", "backfilled 1"]
    );
}

fn announcement(id: u64, updated_day: u64) -> String {
    format!(
        r#"{{"id":"{id}","content":"","all_day":false,"published_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-0{updated_day}T00:00:00Z"}}"#
    )
}

async fn missed_announcement_changes_are_backfilled(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/home", []);
    let announcement_list = |announcements: &[(u64, u64)]| {
        let items = announcements
            .iter()
            .map(|(id, updated_day)| announcement(*id, *updated_day));
        format!("[{}]", items.collect::<Vec<_>>().join(","))
    };
    server.set_response(
        "/announcements",
        announcement_list(&[(1, 1), (2, 1), (3, 1)]),
    );
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_user().transport(transport), server.accept());
    let mut events = events.unwrap();
    // Changes received over the stream are not repeated by the backfill.
    connection
        .send_event("announcement", &announcement(4, 2))
        .await;
    connection
        .send_event("announcement", &announcement(3, 2))
        .await;
    connection.send_event("announcement.delete", "1").await;
    let labels = labels_until(&mut events, "a-1").await;
    assert_eq!(labels, ["connected", "a4@2", "a3@2", "a-1"]);
    server.set_response(
        "/announcements",
        announcement_list(&[(5, 3), (4, 4), (3, 2)]),
    );
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    assert_eq!(
        labels_until(&mut events, "backfilled 3").await,
        [
            "connected",
            "backfilling",
            "a5@3",
            "a4@4",
            "a-2",
            "backfilled 3"
        ]
    );
}

async fn reported_gap_is_not_filled_out_of_order_later(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/public", [1]);
    let client = server.client();
    let call = client.stream_public().transport(transport).max_backfill(10);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.add_to_list("/public", 2..100);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let connection = server.accept().await;
    labels_until(&mut events, "backfilled 10").await;
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    server.add_to_list("/public", [100]);
    let labels = labels_until(&mut events, "100").await;
    let ids: Vec<&String> = labels
        .iter()
        .filter(|label| label.parse::<u64>().is_ok())
        .collect();
    assert_eq!(ids, ["100"]);
}
