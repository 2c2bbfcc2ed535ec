//! What happened between two connections is told.

use std::time::Duration;

use mastodon_sdk::{EventKind, MissingReason, ResumePoint, StreamEvent, StreamTransport};

use super::server::{StreamServer, conversation, notification, status};
use super::{next, until};
use crate::server::json;

/// Runs each test over both transports.
macro_rules! over_both {
    ($($name:ident),* $(,)?) => {
        mod server_sent_events {
            $(#[tokio::test(start_paused = true)]
            async fn $name() {
                super::$name(mastodon_sdk::StreamTransport::ServerSentEvents).await;
            })*
        }
        mod websocket {
            $(#[tokio::test(start_paused = true)]
            async fn $name() {
                super::$name(mastodon_sdk::StreamTransport::WebSocket).await;
            })*
        }
    };
}

over_both! {
    a_gap_is_filled_in_order_and_nothing_is_told_twice,
    a_status_that_reached_the_server_late_is_found_although_its_id_is_older,
    a_gap_before_the_first_event_is_filled_even_where_the_list_was_empty,
    lists_are_told_together_by_time_and_marked_as_late,
    conversations_are_caught_up_with_by_their_last_status,
    a_gap_that_is_too_large_is_told_in_part_and_the_rest_is_named,
    a_list_that_fails_is_asked_again_and_one_that_stays_silent_is_named,
    a_second_look_that_fails_in_part_tells_of_nothing_missing,
    what_the_token_may_not_list_does_not_stop_the_rest,
    a_program_that_starts_again_goes_on_where_it_was,
    a_connection_that_ends_during_the_catching_up_costs_nothing,
    what_a_list_shows_late_is_told_late,
    what_comes_twice_is_told_once,
    a_conversation_is_told_each_time_it_changes,
    an_event_that_cannot_be_read_is_looked_for,
    what_became_of_announcements_is_told,
    what_was_named_as_missing_is_not_told_out_of_order_later,
}

async fn a_gap_is_filled_in_order_and_nothing_is_told_twice(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/home", 1..100);
    server.list("/notifications", []);
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_user().transport(via), server.accept());
    let mut events = events.unwrap();
    connection.statuses(100..103).await;
    assert_eq!(
        until(&mut events, "102").await,
        ["connected", "100", "101", "102"]
    );
    server.list("/home", 100..250);
    drop(connection);
    assert_eq!(until(&mut events, "lost").await, ["lost"]);
    let mut connection = server.accept().await;
    // They come over the stream, too, while the gap is filled and after it.
    connection.statuses([248, 249]).await;
    connection.event("delete", "7").await;
    let mut words = until(&mut events, "-7").await;
    connection.statuses([249, 250]).await;
    words.extend(until(&mut events, "250").await);
    let mut expected = vec!["connected".to_owned(), "late:".to_owned()];
    expected.extend((103..250).map(|id: u64| id.to_string()));
    expected.extend(["caught up 147".into(), "-7".into(), "250".into()]);
    assert_eq!(words, expected);
}

async fn a_status_that_reached_the_server_late_is_found_although_its_id_is_older(
    via: StreamTransport,
) {
    let mut server = StreamServer::start().await;
    server.list("/public", (1..50).map(|id| id * 10));
    let client = server.client();
    let (events, connection) = tokio::join!(client.stream_public().transport(via), server.accept());
    let mut events = events.unwrap();
    server.list("/public", [395, 500]);
    drop(connection);
    until(&mut events, "lost").await;
    let _connection = server.accept().await;
    assert_eq!(
        until(&mut events, "caught up 2").await,
        ["connected", "late:", "395", "500", "caught up 2"]
    );
}

async fn a_gap_before_the_first_event_is_filled_even_where_the_list_was_empty(
    via: StreamTransport,
) {
    let mut server = StreamServer::start().await;
    server.list("/tag/rust", []);
    let client = server.client();
    let call = client.stream_hashtag("rust").transport(via);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.list("/tag/rust", [5]);
    drop(connection);
    assert_eq!(until(&mut events, "lost").await, ["connected", "lost"]);
    let _connection = server.accept().await;
    assert_eq!(
        until(&mut events, "caught up 1").await,
        ["connected", "late:", "5", "caught up 1"]
    );
    assert!(!events.is_catching_up());
}

async fn lists_are_told_together_by_time_and_marked_as_late(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/home", [1]);
    server.list("/notifications", [2]);
    let client = server.client();
    let (events, connection) = tokio::join!(client.stream_user().transport(via), server.accept());
    let mut events = events.unwrap();
    server.list("/home", [10, 30, 50]);
    server.list("/notifications", [20, 40]);
    drop(connection);
    until(&mut events, "lost").await;
    let mut connection = server.accept().await;
    assert_eq!(
        until(&mut events, "30").await,
        ["connected", "late:", "10", "n20", "30"]
    );
    assert!(events.is_catching_up());
    until(&mut events, "caught up 5").await;
    connection.event("notification", &notification(40)).await;
    connection.event("notification", &notification(60)).await;
    assert_eq!(until(&mut events, "n60").await, ["n60"]);
}

async fn conversations_are_caught_up_with_by_their_last_status(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/conversations", [3]);
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_direct().transport(via), server.accept());
    let mut events = events.unwrap();
    connection.event("conversation", &conversation(3, 8)).await;
    assert_eq!(until(&mut events, "c8").await, ["connected", "c8"]);
    server.list("/conversations", [8, 9]);
    drop(connection);
    until(&mut events, "lost").await;
    let _connection = server.accept().await;
    assert_eq!(
        until(&mut events, "caught up 1").await,
        ["connected", "late:", "c9", "caught up 1"]
    );
}

#[tokio::test(start_paused = true)]
async fn each_stream_asks_the_list_that_has_the_same() {
    let via = StreamTransport::ServerSentEvents;
    let mut server = StreamServer::start().await;
    let client = server.client();
    for (call, asked) in [
        (
            client.stream_public().transport(via),
            "/timelines/public?limit=40",
        ),
        (
            client.stream_public().transport(via).only_media(true),
            "/timelines/public?only_media=true&limit=40",
        ),
        (
            client.stream_local().transport(via),
            "/timelines/public?local=true&limit=40",
        ),
        (
            client.stream_local().transport(via).only_media(true),
            "/timelines/public?local=true&only_media=true&limit=40",
        ),
        (
            client.stream_public_remote().transport(via),
            "/timelines/public?remote=true&limit=40",
        ),
        (
            client
                .stream_public_remote()
                .transport(via)
                .only_media(true),
            "/timelines/public?remote=true&only_media=true&limit=40",
        ),
    ] {
        let (_events, _connection) = tokio::join!(call, server.accept());
        assert_eq!(*server.asked().last().unwrap(), format!("/api/v1{asked}"));
    }
    for (call, asked) in [
        (
            client.stream_hashtag("rust").transport(via),
            "/timelines/tag/rust?limit=40",
        ),
        (
            client.stream_hashtag_local("rust").transport(via),
            "/timelines/tag/rust?local=true&limit=40",
        ),
        (
            client.stream_list("7").transport(via),
            "/timelines/list/7?limit=40",
        ),
        (
            client.stream_direct().transport(via),
            "/conversations?limit=40",
        ),
        (
            client.stream_user_notifications().transport(via),
            "/notifications?limit=80",
        ),
    ] {
        let (_events, _connection) = tokio::join!(call, server.accept());
        assert_eq!(*server.asked().last().unwrap(), format!("/api/v1{asked}"));
    }
}

async fn a_gap_that_is_too_large_is_told_in_part_and_the_rest_is_named(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/home", 1..100);
    server.list("/notifications", []);
    let client = server.client();
    let call = client.stream_user().transport(via).max_catch_up(50);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.list("/home", 100..1000);
    drop(connection);
    until(&mut events, "lost").await;
    let _connection = server.accept().await;
    let words = until(&mut events, "149").await;
    assert_eq!(
        words[2..],
        (100..150).map(|id: u64| id.to_string()).collect::<Vec<_>>()
    );
    let StreamEvent::CaughtUp(caught_up) = next(&mut events).await else {
        panic!("50 are all that is told");
    };
    assert_eq!(caught_up.events, 50);
    let [missing] = &caught_up.missing[..] else {
        panic!("{caught_up:?}");
    };
    assert_eq!(missing.kind, EventKind::Status);
    assert_eq!(
        (missing.after.as_deref(), missing.until.as_deref()),
        (Some("149"), Some("999"))
    );
    assert!(matches!(missing.reason, MissingReason::TooMuch));
}

async fn a_list_that_fails_is_asked_again_and_one_that_stays_silent_is_named(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/notifications", [1]);
    let client = server.builder().max_retries(0).build().unwrap();
    // The list fails for longer than a connection may be silent, and none of them ends for that.
    let call = client
        .stream_user_notifications()
        .transport(via)
        .silence_timeout(Duration::MAX);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.list("/notifications", [2]);
    let busy = || json(503, "", "{}");
    server
        .failures
        .lock()
        .unwrap()
        .extend([busy(), busy(), busy()]);
    drop(connection);
    until(&mut events, "lost").await;
    let connection = server.accept().await;
    assert_eq!(
        until(&mut events, "caught up 1").await,
        ["connected", "late:", "n2", "caught up 1"]
    );
    server.list("/notifications", [3]);
    server
        .failures
        .lock()
        .unwrap()
        .extend((0..5).map(|_| busy()));
    drop(connection);
    until(&mut events, "lost").await;
    let _connection = server.accept().await;
    until(&mut events, "late:").await;
    let StreamEvent::CaughtUp(caught_up) = next(&mut events).await else {
        panic!("what fails five times is given up");
    };
    let [missing] = &caught_up.missing[..] else {
        panic!("{caught_up:?}");
    };
    assert_eq!(missing.kind, EventKind::Notification);
    assert!(matches!(&missing.reason, MissingReason::Failed(why) if why.is_server_error()));
    // It is asked again without another gap, as often as it takes.
    server
        .failures
        .lock()
        .unwrap()
        .extend((0..7).map(|_| busy()));
    assert_eq!(
        until(&mut events, "caught up 1").await,
        ["late:", "n3", "caught up 1"]
    );
}

async fn a_second_look_that_fails_in_part_tells_of_nothing_missing(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/home", [1]);
    server.list("/notifications", [2]);
    let client = server.builder().max_retries(0).build().unwrap();
    let (events, _connection) = tokio::join!(client.stream_user().transport(via), server.accept());
    let mut events = events.unwrap();
    until(&mut events, "connected").await;
    server.list("/home", [10]);
    server.list("/notifications", [20]);
    // Home is the first that is asked.
    server.failures.lock().unwrap().push(json(503, "", "{}"));
    assert_eq!(until(&mut events, "n20").await, ["late:", "n20"]);
    let StreamEvent::CaughtUp(caught_up) = next(&mut events).await else {
        panic!("that is all for now");
    };
    assert_eq!((caught_up.events, caught_up.missing.len()), (1, 0));
    assert_eq!(
        until(&mut events, "caught up 1").await,
        ["late:", "10", "caught up 1"]
    );
}

async fn what_the_token_may_not_list_does_not_stop_the_rest(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/home", [1]);
    let client = server.client();
    let (events, connection) = tokio::join!(client.stream_user().transport(via), server.accept());
    let mut events = events.unwrap();
    server.list("/home", [2]);
    drop(connection);
    until(&mut events, "lost").await;
    let connection = server.accept().await;
    until(&mut events, "2").await;
    let StreamEvent::CaughtUp(caught_up) = next(&mut events).await else {
        panic!("the notifications cannot be listed, and that is all");
    };
    assert!(caught_up.missing.is_empty(), "{caught_up:?}");
    let asked = |server: &StreamServer| {
        server
            .asked()
            .iter()
            .filter(|path| path.contains("/notifications"))
            .count()
    };
    let before = asked(&server);
    drop(connection);
    until(&mut events, "lost").await;
    let _connection = server.accept().await;
    until(&mut events, "caught up 0").await;
    assert_eq!(
        asked(&server),
        before,
        "it is not asked for again and again"
    );
}

async fn a_program_that_starts_again_goes_on_where_it_was(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/home", [1]);
    server.list("/notifications", [1]);
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_user().transport(via), server.accept());
    let mut events = events.unwrap();
    connection.statuses(2..6).await;
    // 4 and 5 have come, but were not taken.
    assert_eq!(until(&mut events, "3").await, ["connected", "2", "3"]);
    server.list("/home", 2..6);
    let saved = serde_json::to_string(&events.resume_point()).unwrap();
    drop(events);
    server.list("/home", [6]);
    server.list("/notifications", [7]);
    let point: ResumePoint = serde_json::from_str(&saved).unwrap();
    let call = server
        .client()
        .stream_user()
        .transport(via)
        .resume(point.clone());
    let (events, _connection) = tokio::join!(call, server.accept());
    assert_eq!(
        until(&mut events.unwrap(), "caught up 4").await,
        ["connected", "late:", "4", "5", "6", "n7", "caught up 4"]
    );
    let error = server
        .client()
        .stream_direct()
        .transport(via)
        .resume(point)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "stream_direct: `resume`: it was saved by the stream `user`, and means nothing to this one"
    );
}

async fn a_connection_that_ends_during_the_catching_up_costs_nothing(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/public", [1]);
    let client = server.client();
    let (events, connection) = tokio::join!(client.stream_public().transport(via), server.accept());
    let mut events = events.unwrap();
    server.list("/public", 2..200);
    drop(connection);
    until(&mut events, "lost").await;
    let mut connection = server.accept().await;
    connection.event("status.update", &status(1)).await;
    drop(connection);
    let mut words = until(&mut events, "lost").await;
    let _connection = server.accept().await;
    words.extend(until(&mut events, "caught up 0").await);
    let told: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(told, (2..200).collect::<Vec<u64>>());
    assert!(
        words.iter().any(|word| word.starts_with("StatusUpdate")),
        "{words:?}"
    );
}

async fn what_a_list_shows_late_is_told_late(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/public", [1]);
    let client = server.client();
    let (events, connection) = tokio::join!(client.stream_public().transport(via), server.accept());
    let mut events = events.unwrap();
    drop(connection);
    until(&mut events, "lost").await;
    let _connection = server.accept().await;
    until(&mut events, "caught up 0").await;
    // It was posted before the subscription began, and after the list was read.
    server.list("/public", [2]);
    assert_eq!(
        until(&mut events, "caught up 1").await,
        ["late:", "2", "caught up 1"]
    );
}

async fn what_comes_twice_is_told_once(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_user().transport(via), server.accept());
    connection.statuses([1, 1, 2, 1]).await;
    connection.event("notification", &notification(1)).await;
    connection.event("notification", &notification(1)).await;
    connection.statuses([3]).await;
    assert_eq!(
        until(&mut events.unwrap(), "3").await,
        ["connected", "1", "2", "n1", "3"]
    );
}

async fn a_conversation_is_told_each_time_it_changes(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/conversations", [1]);
    let client = server.client();
    let (events, connection) = tokio::join!(client.stream_direct().transport(via), server.accept());
    let mut events = events.unwrap();
    server.list("/conversations", [2]);
    drop(connection);
    until(&mut events, "lost").await;
    let mut connection = server.accept().await;
    until(&mut events, "caught up 1").await;
    // The stream brings what the list told, and then tells twice that it was read and unread.
    connection.event("conversation", &conversation(2, 2)).await;
    connection.event("conversation", &conversation(2, 2)).await;
    connection.event("conversation", &conversation(2, 2)).await;
    connection.event("delete", "9").await;
    assert_eq!(until(&mut events, "-9").await, ["c2", "c2", "-9"]);
}

async fn an_event_that_cannot_be_read_is_looked_for(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/public", [1]);
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_public().transport(via), server.accept());
    let mut events = events.unwrap();
    until(&mut events, "connected").await;
    // The look that follows upon the opening is over.
    tokio::time::sleep(Duration::from_secs(10)).await;
    match via {
        StreamTransport::ServerSentEvents => {
            // A proxy's page takes the beginning of the next event along.
            connection.send("<html>").await;
            connection.statuses([2]).await;
        }
        _ => connection.send("{").await,
    }
    let broken = next(&mut events).await;
    assert!(
        matches!(broken, StreamEvent::Malformed(_) | StreamEvent::Unknown(_)),
        "{broken:?}"
    );
    server.list("/public", [2]);
    assert_eq!(
        until(&mut events, "caught up 1").await,
        ["late:", "2", "caught up 1"]
    );
}

fn announcement(id: u64, changed: u64) -> String {
    format!(
        r#"{{"id":"{id}","content":"","all_day":false,"published_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-0{changed}T00:00:00Z"}}"#
    )
}

async fn what_became_of_announcements_is_told(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/home", []);
    let announce = |announcements: &[(u64, u64)]| {
        let items = announcements
            .iter()
            .map(|(id, changed)| announcement(*id, *changed));
        format!("[{}]", items.collect::<Vec<_>>().join(","))
    };
    server.page("/announcements", announce(&[(1, 1), (2, 1), (3, 1)]));
    let client = server.client();
    let (events, mut connection) =
        tokio::join!(client.stream_user().transport(via), server.accept());
    let mut events = events.unwrap();
    // What the stream tells is known when the list is looked at.
    connection.event("announcement", &announcement(4, 2)).await;
    connection.event("announcement", &announcement(3, 2)).await;
    connection.event("announcement.delete", "1").await;
    let words = until(&mut events, "a-1").await;
    assert_eq!(words, ["connected", "a4@2", "a3@2", "a-1"]);
    server.page("/announcements", announce(&[(5, 3), (4, 4), (3, 2)]));
    drop(connection);
    until(&mut events, "lost").await;
    let _connection = server.accept().await;
    assert_eq!(
        until(&mut events, "caught up 3").await,
        ["connected", "late:", "a5@3", "a4@4", "a-2", "caught up 3"]
    );
}

async fn what_was_named_as_missing_is_not_told_out_of_order_later(via: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.list("/public", [1]);
    let client = server.client();
    let call = client.stream_public().transport(via).max_catch_up(10);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.list("/public", 2..100);
    drop(connection);
    until(&mut events, "lost").await;
    let connection = server.accept().await;
    until(&mut events, "caught up 10").await;
    drop(connection);
    until(&mut events, "lost").await;
    let _connection = server.accept().await;
    server.list("/public", [100]);
    let words = until(&mut events, "100").await;
    let told: Vec<&String> = words
        .iter()
        .filter(|word| word.parse::<u64>().is_ok())
        .collect();
    assert_eq!(told, ["100"]);
}
