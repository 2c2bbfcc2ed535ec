//! The statuses that each stream sends and omits.

use mastodon_test_server::TestServer;
use mastodon_test_server::route::Stream;
use mastodon_test_server::routes::STREAMS;
use serde_json::{Value, json};

use super::client::{Received, SseClient, WsClient, event};
use crate::accounts::account_id;
use crate::client::{Client, id};
use crate::media::png;

const ERIN: &str = "erin@elsewhere.example";

/// Returns Bob, who follows Alice and Erin, and the ID of his list with both.
async fn bob_with_list(server: &TestServer) -> (Client<'_>, String) {
    let bob = Client::user(server, "bob");
    let list = json!({ "title": "Friends" });
    let list = id(&bob.post("/api/v1/lists", list).await.ok());
    for name in ["alice", ERIN] {
        let friend = account_id(&bob, name).await;
        let path = format!("/api/v1/accounts/{friend}/follow");
        bob.post(&path, json!({})).await.ok();
        // The server of Erin has to accept the follow.
        server.accept_follow("bob", name);
        let path = format!("/api/v1/lists/{list}/accounts");
        bob.post(&path, json!({ "account_ids": [friend] }))
            .await
            .ok();
    }
    (bob, list)
}

/// Returns the path and query that open a stream over server-sent events.
fn sse_path(stream: &Stream, list: &str) -> String {
    let path = stream.path.unwrap().strip_prefix("/api/v1/streaming");
    let query = match stream.required_param {
        Some("list") => format!("?list={list}"),
        Some(_) => "?tag=Rust".to_owned(),
        None if stream.only_media => "?only_media=true".to_owned(),
        None => String::new(),
    };
    format!("{}{query}", path.unwrap())
}

/// Returns the fields of a WebSocket message that subscribes to a stream.
fn subscription(stream: &Stream, list: &str) -> Value {
    match stream.required_param {
        Some("list") => json!({ "stream": stream.name, "list": list }),
        Some(_) => json!({ "stream": stream.name, "tag": "Rust" }),
        None => json!({ "stream": stream.name }),
    }
}

async fn upload_image(author: &Client<'_>) -> String {
    let parts = [("file@", png(2, 1))];
    let parts = parts.each_ref().map(|(name, bytes)| (*name, &bytes[..]));
    let uploaded = author.send_multipart("POST", "/api/v2/media", &parts).await;
    id(&uploaded.ok())
}

/// Returns the streams that send statuses, except those whose names contain `excluded`:
/// `local` or `remote`.
fn status_streams(excluded: &'static str) -> impl Iterator<Item = &'static Stream> {
    STREAMS
        .iter()
        .filter(|stream| stream.events.contains(&"update"))
        .filter(move |stream| !stream.name.contains(excluded))
}

#[tokio::test]
async fn every_status_stream_sends_posts_edits_and_deletions() {
    for (author, excluded) in [("alice", "remote"), (ERIN, "local")] {
        for stream in status_streams(excluded) {
            let server = TestServer::start().await.unwrap();
            let (bob, list) = bob_with_list(&server).await;
            let mut sse = SseClient::open(&server, &sse_path(stream, &list), &bob.token).await;
            let mut ws = WsClient::open(&server, "", &bob.token).await;
            let message = json!({ "type": "subscribe" });
            let mut message = message.as_object().unwrap().clone();
            message.extend(subscription(stream, &list).as_object().unwrap().clone());
            ws.send(&message.into()).await;
            server.streaming().wait_for_subscriptions(2).await;

            let author = Client::user(&server, author);
            let image = upload_image(&author).await;
            let text = json!({ "status": "It works. #rust", "media_ids": [image] });
            let posted = id(&author.post_status(text).await);
            let text = json!({ "status": "It works! #rust", "media_ids": [image] });
            let path = format!("/api/v1/statuses/{posted}");
            author.put(&path, text).await.ok();
            author.delete(&path).await.ok();

            let name = match stream.required_param {
                Some("list") => json!([stream.name, list]),
                Some(_) => json!([stream.name, "Rust"]),
                None => json!([stream.name]),
            };
            for (event, text) in [("update", "works. "), ("status.update", "works! ")] {
                let (received, payload) = sse.next_event().await;
                assert_eq!(received, event, "{}", stream.name);
                let status: Value = serde_json::from_str(&payload).unwrap();
                assert_eq!(status["id"], posted);
                assert!(status["content"].as_str().unwrap().contains(text));
                // Streams that all users share omit the fields that depend on the viewer.
                let is_personal = matches!(stream.name, "user" | "list");
                assert_eq!(status.get("favourited").is_some(), is_personal);
                let frame = ws.next_json().await;
                let expected = json!({ "stream": name, "event": event, "payload": payload });
                assert_eq!(frame, expected);
            }
            assert_eq!(sse.next().await, event("delete", &posted));
            let expected = json!({ "stream": name, "event": "delete", "payload": posted });
            assert_eq!(ws.next_json().await, expected);
        }
    }
}

/// Reads events until the text "end" has arrived `ends` times.
///
/// Returns the stream, the event and the first word of each earlier event.
async fn read_until_end(ws: &mut WsClient, ends: usize) -> Vec<String> {
    let (mut received, mut ended) = (Vec::new(), 0);
    while ended < ends {
        let frame = ws.next_json().await;
        let text = |name: &str| frame[name].as_str().unwrap().to_owned();
        let payload: Value = serde_json::from_str(&text("payload")).unwrap();
        let status = match &payload["reblog"] {
            Value::Object(_) => &payload["reblog"],
            _ => &payload,
        };
        let word = match (&status["content"], &payload["type"]) {
            (Value::String(content), _) => content.trim_start_matches("<p>"),
            (_, Value::String(kind)) => kind,
            _ => frame["payload"].as_str().unwrap(),
        };
        let word = word.split([' ', '<']).next().unwrap();
        if word == "end" {
            ended += 1;
        } else {
            let stream = frame["stream"][0].as_str().unwrap();
            received.push(format!("{stream} {} {word}", text("event")));
        }
    }
    received
}

#[tokio::test]
async fn each_stream_sends_only_matching_statuses() {
    let server = TestServer::start().await.unwrap();
    let (bob, list) = bob_with_list(&server).await;
    let (alice, erin) = (Client::user(&server, "alice"), Client::user(&server, ERIN));
    let mut ws = WsClient::open(&server, "", &bob.token).await;
    let all = STREAMS
        .iter()
        .filter(|stream| stream.events.contains(&"update"));
    let all: Vec<Value> = all.map(|stream| subscription(stream, &list)).collect();
    ws.subscribe(&server, &all).await;
    alice.post_text("plain").await;
    erin.post_text("far #Rust").await;
    let image = upload_image(&alice).await;
    alice
        .post_status(json!({ "status": "seen", "media_ids": [image] }))
        .await;
    let end = [upload_image(&alice).await, upload_image(&erin).await];
    for (author, image) in [(&alice, &end[0]), (&erin, &end[1])] {
        author
            .post_status(json!({ "status": "end #rust", "media_ids": [image] }))
            .await;
    }
    // Streams that are not limited to local or remote statuses send both final statuses.
    let ends = all.len() + 2 + 1 + 2;
    let received = read_until_end(&mut ws, ends).await;
    let streams_of = |word: &str| {
        let lines = received.iter().filter_map(|line| line.strip_suffix(word));
        lines
            .map(|line| line.trim_end_matches(" update ").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        streams_of("plain"),
        ["user", "list", "public", "public:local"]
    );
    assert_eq!(
        streams_of("far"),
        ["user", "list", "hashtag", "public", "public:remote"]
    );
    let media = [
        "user",
        "list",
        "public",
        "public:local",
        "public:media",
        "public:local:media",
    ];
    assert_eq!(streams_of("seen"), media);
}

#[tokio::test]
async fn streams_hide_what_timelines_hide() {
    let server = TestServer::start().await.unwrap();
    let (bob, list) = bob_with_list(&server).await;
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let mut ws = WsClient::open(&server, "", &bob.token).await;
    let streams = [
        json!({ "stream": "user" }),
        json!({ "stream": "list", "list": list }),
        json!({ "stream": "public" }),
        json!({ "stream": "hashtag", "tag": "rust" }),
    ];
    ws.subscribe(&server, &streams).await;
    let carol_id = account_id(&bob, "carol").await;
    for visibility in ["unlisted", "private", "direct"] {
        let text = format!("{visibility} #rust");
        alice
            .post_status(json!({ "status": text, "visibility": visibility }))
            .await;
        carol
            .post_status(json!({ "status": text, "visibility": visibility }))
            .await;
    }
    let public = carol.post_text("stranger #rust").await;
    alice
        .post_status(json!({ "status": "reply #rust", "in_reply_to_id": public }))
        .await;
    bob.post(&format!("/api/v1/accounts/{carol_id}/mute"), json!({}))
        .await
        .ok();
    carol.post_text("muted #rust").await;
    alice.post_text("about @carol #rust").await;
    let dave_id = account_id(&bob, "dave").await;
    bob.post(&format!("/api/v1/accounts/{dave_id}/block"), json!({}))
        .await
        .ok();
    let dave = json!({ "status": "blocked #rust", "visibility": "public" });
    Client::user(&server, "dave").post_status(dave).await;
    alice.post_text("end #rust").await;
    let received = read_until_end(&mut ws, streams.len()).await;
    let expected = [
        "user update unlisted",
        "list update unlisted",
        "user update private",
        "list update private",
        "hashtag update stranger",
        "public update stranger",
        // Replies are not in public timelines, nor in the home timelines of users who do
        // not follow the replied-to account.
        "hashtag update reply",
    ];
    assert_eq!(received, expected);
}

#[tokio::test]
async fn mention_and_its_deletion_reach_the_user_stream() {
    let server = TestServer::start().await.unwrap();
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    // Alice does not follow Carol.
    let mut sse = SseClient::open(&server, "/user", &alice.token).await;
    let mention = carol.post_text("hello @alice").await;
    assert_eq!(sse.next_event().await.0, "notification");
    let path = format!("/api/v1/statuses/{mention}");
    carol.delete(&path).await.ok();
    assert_eq!(sse.next().await, event("delete", &mention));
}

#[tokio::test]
async fn exclusive_list_keeps_its_members_out_of_the_user_stream() {
    let server = TestServer::start().await.unwrap();
    let (bob, list) = bob_with_list(&server).await;
    let alice = Client::user(&server, "alice");
    bob.put(
        &format!("/api/v1/lists/{list}"),
        json!({ "title": "x", "exclusive": true }),
    )
    .await
    .ok();
    let mut ws = WsClient::open(&server, "", &bob.token).await;
    let streams = [
        json!({ "stream": "user" }),
        json!({ "stream": "list", "list": list }),
    ];
    ws.subscribe(&server, &streams).await;
    alice.post_text("apart").await;
    bob.post_text("end").await;
    assert_eq!(read_until_end(&mut ws, 1).await, ["list update apart"]);
}

#[tokio::test]
async fn list_stream_follows_the_replies_policy() {
    for (policy, is_reply_sent) in [("none", false), ("list", true), ("followed", true)] {
        let server = TestServer::start().await.unwrap();
        let (bob, list) = bob_with_list(&server).await;
        let (alice, erin) = (Client::user(&server, "alice"), Client::user(&server, ERIN));
        let path = format!("/api/v1/lists/{list}");
        bob.put(&path, json!({ "title": "x", "replies_policy": policy }))
            .await
            .ok();
        let parent = erin.post_text("parent").await;
        let mut ws = WsClient::open(&server, "", &bob.token).await;
        ws.subscribe(&server, &[json!({ "stream": "list", "list": list })])
            .await;
        alice
            .post_status(json!({ "status": "reply", "in_reply_to_id": parent }))
            .await;
        alice.post_text("end").await;
        let received = read_until_end(&mut ws, 1).await;
        assert_eq!(
            received == ["list update reply"],
            is_reply_sent,
            "{policy}: {received:?}"
        );
    }
}

#[tokio::test]
async fn boost_reaches_followers_unless_they_recently_received_the_status() {
    let server = TestServer::start().await.unwrap();
    let (bob, _) = bob_with_list(&server).await;
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let (new, seen) = (carol.post_text("new").await, bob.post_text("seen").await);
    let mut ws = WsClient::open(&server, "", &bob.token).await;
    ws.subscribe(
        &server,
        &[json!({ "stream": "user" }), json!({ "stream": "public" })],
    )
    .await;
    let boost = id(&alice.act_on_status(&new, "reblog").await);
    alice.act_on_status(&seen, "reblog").await;
    alice.act_on_status(&new, "unreblog").await;
    alice.post_text("end").await;
    // Bob receives the notification of the boost, but not his own status again.
    let expected = [
        "user update new".to_owned(),
        "user notification reblog".to_owned(),
        format!("user delete {boost}"),
    ];
    assert_eq!(read_until_end(&mut ws, 2).await, expected);
}

#[tokio::test]
async fn deleting_a_status_also_deletes_its_boosts() {
    let server = TestServer::start().await.unwrap();
    let (bob, _) = bob_with_list(&server).await;
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let original = carol.post_text("new").await;
    let boost = id(&alice.act_on_status(&original, "reblog").await);
    let mut sse = SseClient::open(&server, "/user", &bob.token).await;
    carol
        .delete(&format!("/api/v1/statuses/{original}"))
        .await
        .ok();
    alice.post_text("end").await;
    assert_eq!(sse.next().await, event("delete", &boost));
    assert_eq!(sse.next_event().await.0, "update");
}

#[tokio::test]
async fn user_stream_includes_statuses_with_a_followed_hashtag() {
    let server = TestServer::start().await.unwrap();
    let (bob, carol) = (Client::user(&server, "bob"), Client::user(&server, "carol"));
    bob.post("/api/v1/tags/cats/follow", json!({})).await.ok();
    let streams = [json!({ "stream": "user" })];
    let mut ws = WsClient::open(&server, "", &bob.token).await;
    ws.subscribe(&server, &streams).await;
    carol.post_text("tagged #Cats").await;
    carol.post_text("untagged").await;
    bob.post_text("end").await;
    assert_eq!(read_until_end(&mut ws, 1).await, ["user update tagged"]);
}

#[tokio::test]
async fn scheduled_status_is_streamed_when_it_is_published() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let at = server.clock().now() + std::time::Duration::from_secs(3600);
    let later = json!({ "status": "later", "scheduled_at": at.to_string() });
    alice.post("/api/v1/statuses", later).await.ok();
    let mut sse = SseClient::open(&server, "/user", &alice.token).await;
    server.clock().advance(std::time::Duration::from_secs(3600));
    let Received::Event(name, payload) = sse.next().await else {
        panic!("no event");
    };
    assert_eq!(name, "update");
    assert!(payload.contains("later"));
}
