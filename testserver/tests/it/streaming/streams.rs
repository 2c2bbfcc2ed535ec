//! What each stream carries, and what it does not.

use mastodon_test_server::TestServer;
use mastodon_test_server::route::Stream;
use mastodon_test_server::routes::STREAMS;
use serde_json::{Value, json};

use super::listener::{Got, Sse, Ws, event};
use crate::accounts::account;
use crate::client::{Client, id};
use crate::media::png;

const ERIN: &str = "erin@elsewhere.example";

/// Bob, who follows alice and erin, and his list with both.
async fn bob_with_list(server: &TestServer) -> (Client<'_>, String) {
    let bob = Client::user(server, "bob");
    let list = json!({ "title": "Friends" });
    let list = id(&bob.post("/api/v1/lists", list).await.ok());
    for name in ["alice", ERIN] {
        let friend = account(&bob, name).await;
        let path = format!("/api/v1/accounts/{friend}/follow");
        bob.post(&path, json!({})).await.ok();
        let path = format!("/api/v1/lists/{list}/accounts");
        bob.post(&path, json!({ "account_ids": [friend] }))
            .await
            .ok();
    }
    (bob, list)
}

/// The path and query that open a stream as server-sent events.
fn path(stream: &Stream, list: &str) -> String {
    let path = stream.path.unwrap().strip_prefix("/api/v1/streaming");
    let query = match stream.needs {
        Some("list") => format!("?list={list}"),
        Some(_) => "?tag=Rust".to_owned(),
        None if stream.only_media => "?only_media=true".to_owned(),
        None => String::new(),
    };
    format!("{}{query}", path.unwrap())
}

/// What a message says to subscribe to a stream.
fn asked(stream: &Stream, list: &str) -> Value {
    match stream.needs {
        Some("list") => json!({ "stream": stream.name, "list": list }),
        Some(_) => json!({ "stream": stream.name, "tag": "Rust" }),
        None => json!({ "stream": stream.name }),
    }
}

async fn picture_by(author: &Client<'_>) -> String {
    let parts = [("file@", png(2, 1))];
    let parts = parts.each_ref().map(|(name, bytes)| (*name, &bytes[..]));
    let uploaded = author.multipart("POST", "/api/v2/media", &parts).await;
    id(&uploaded.ok())
}

/// The streams that carry statuses, but not those that this author is too near or too far for.
fn streams_of_statuses(unfit: &'static str) -> impl Iterator<Item = &'static Stream> {
    STREAMS
        .iter()
        .filter(|stream| stream.events.contains(&"status.update"))
        .filter(move |stream| !stream.name.contains(unfit))
}

#[tokio::test]
async fn every_stream_of_statuses_tells_of_posting_editing_and_deleting() {
    for (author, unfit) in [("alice", "remote"), (ERIN, "local")] {
        for stream in streams_of_statuses(unfit) {
            let server = TestServer::start().await.unwrap();
            let (bob, list) = bob_with_list(&server).await;
            let mut sse = Sse::open(&server, &path(stream, &list), &bob.token).await;
            let mut ws = Ws::open(&server, "", &bob.token).await;
            let message = json!({ "type": "subscribe" });
            let mut message = message.as_object().unwrap().clone();
            message.extend(asked(stream, &list).as_object().unwrap().clone());
            ws.say(&message.into()).await;
            server.streaming().subscribed(2).await;

            let author = Client::user(&server, author);
            let picture = picture_by(&author).await;
            let text = json!({ "status": "It works. #rust", "media_ids": [picture] });
            let posted = id(&author.status(text).await);
            let text = json!({ "status": "It works! #rust", "media_ids": [picture] });
            let own = format!("/api/v1/statuses/{posted}");
            author.put(&own, text).await.ok();
            author.delete(&own).await.ok();

            let name = match stream.needs {
                Some("list") => json!([stream.name, list]),
                Some(_) => json!([stream.name, "Rust"]),
                None => json!([stream.name]),
            };
            for (event, text) in [("update", "works. "), ("status.update", "works! ")] {
                let (sent, payload) = sse.event().await;
                assert_eq!(sent, event, "{}", stream.name);
                let status: Value = serde_json::from_str(&payload).unwrap();
                assert_eq!(status["id"], posted);
                assert!(status["content"].as_str().unwrap().contains(text));
                // What goes to everybody does not say what the reader made of it.
                let personal = matches!(stream.name, "user" | "list");
                assert_eq!(status.get("favourited").is_some(), personal);
                let frame = ws.frame().await;
                let expected = json!({ "stream": name, "event": event, "payload": payload });
                assert_eq!(frame, expected);
            }
            assert_eq!(sse.next().await, event("delete", &posted));
            let expected = json!({ "stream": name, "event": "delete", "payload": posted });
            assert_eq!(ws.frame().await, expected);
        }
    }
}

/// Which streams brought what, in short, until this many times the text "end" came.
async fn read_until_end(ws: &mut Ws, ends: usize) -> Vec<String> {
    let (mut heard, mut ended) = (Vec::new(), 0);
    while ended < ends {
        let frame = ws.frame().await;
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
            heard.push(format!("{stream} {} {word}", text("event")));
        }
    }
    heard
}

#[tokio::test]
async fn a_stream_narrowed_down_leaves_out_what_does_not_fit() {
    let server = TestServer::start().await.unwrap();
    let (bob, list) = bob_with_list(&server).await;
    let (alice, erin) = (Client::user(&server, "alice"), Client::user(&server, ERIN));
    let mut ws = Ws::open(&server, "", &bob.token).await;
    let all = STREAMS
        .iter()
        .filter(|stream| stream.events.contains(&"update"));
    let all: Vec<Value> = all.map(|stream| asked(stream, &list)).collect();
    ws.subscribe(&server, &all).await;
    alice.says("plain").await;
    erin.says("far #Rust").await;
    let picture = picture_by(&alice).await;
    alice
        .status(json!({ "status": "seen", "media_ids": [picture] }))
        .await;
    let end = [picture_by(&alice).await, picture_by(&erin).await];
    for (author, picture) in [(&alice, &end[0]), (&erin, &end[1])] {
        author
            .status(json!({ "status": "end #rust", "media_ids": [picture] }))
            .await;
    }
    // Those for everybody carry both of the last ones.
    let ends = all.len() + 2 + 1 + 2;
    let heard = read_until_end(&mut ws, ends).await;
    let of = |word: &str| {
        let found = heard.iter().filter_map(|line| line.strip_suffix(word));
        found
            .map(|line| line.trim_end_matches(" update ").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("plain"), ["public", "public:local", "user", "list"]);
    assert_eq!(
        of("far"),
        ["public", "public:remote", "hashtag", "user", "list"]
    );
    let media = [
        "public",
        "public:media",
        "public:local",
        "public:local:media",
        "user",
        "list",
    ];
    assert_eq!(of("seen"), media);
}

#[tokio::test]
async fn streams_keep_from_a_user_what_timelines_keep_from_them() {
    let server = TestServer::start().await.unwrap();
    let (bob, list) = bob_with_list(&server).await;
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let mut ws = Ws::open(&server, "", &bob.token).await;
    let streams = [
        json!({ "stream": "user" }),
        json!({ "stream": "list", "list": list }),
        json!({ "stream": "public" }),
        json!({ "stream": "hashtag", "tag": "rust" }),
    ];
    ws.subscribe(&server, &streams).await;
    let carols = account(&bob, "carol").await;
    for visibility in ["unlisted", "private", "direct"] {
        let text = format!("{visibility} #rust");
        alice
            .status(json!({ "status": text, "visibility": visibility }))
            .await;
        carol
            .status(json!({ "status": text, "visibility": visibility }))
            .await;
    }
    let public = carol.says("stranger #rust").await;
    alice
        .status(json!({ "status": "answer #rust", "in_reply_to_id": public }))
        .await;
    bob.post(&format!("/api/v1/accounts/{carols}/mute"), json!({}))
        .await
        .ok();
    carol.says("muted #rust").await;
    alice.says("about @carol #rust").await;
    bob.post(&format!("/api/v1/accounts/{carols}/unmute"), json!({}))
        .await
        .ok();
    bob.post(&format!("/api/v1/accounts/{carols}/block"), json!({}))
        .await
        .ok();
    carol.says("blocked #rust").await;
    alice.says("end #rust").await;
    let heard = read_until_end(&mut ws, streams.len()).await;
    let expected = [
        "user update unlisted",
        "list update unlisted",
        "user update private",
        "list update private",
        "public update stranger",
        "hashtag update stranger",
        // An answer to somebody is in no public timeline, and in no home of who does not follow them.
        "hashtag update answer",
    ];
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn what_mentions_a_user_reaches_their_streams_and_its_end_too() {
    let server = TestServer::start().await.unwrap();
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    // Alice does not follow carol.
    let mut sse = Sse::open(&server, "/user", &alice.token).await;
    let mention = carol.says("hello @alice").await;
    assert_eq!(sse.event().await.0, "notification");
    let path = format!("/api/v1/statuses/{mention}");
    carol.delete(&path).await.ok();
    assert_eq!(sse.next().await, event("delete", &mention));
}

#[tokio::test]
async fn an_exclusive_list_keeps_its_members_out_of_the_user_stream() {
    let server = TestServer::start().await.unwrap();
    let (bob, list) = bob_with_list(&server).await;
    let alice = Client::user(&server, "alice");
    bob.put(
        &format!("/api/v1/lists/{list}"),
        json!({ "title": "x", "exclusive": true }),
    )
    .await
    .ok();
    let mut ws = Ws::open(&server, "", &bob.token).await;
    let streams = [
        json!({ "stream": "user" }),
        json!({ "stream": "list", "list": list }),
    ];
    ws.subscribe(&server, &streams).await;
    alice.says("apart").await;
    bob.says("end").await;
    assert_eq!(read_until_end(&mut ws, 1).await, ["list update apart"]);
}

#[tokio::test]
async fn a_list_carries_the_answers_that_its_policy_lets_in() {
    for (policy, carried) in [("none", false), ("list", true), ("followed", true)] {
        let server = TestServer::start().await.unwrap();
        let (bob, list) = bob_with_list(&server).await;
        let (alice, erin) = (Client::user(&server, "alice"), Client::user(&server, ERIN));
        let path = format!("/api/v1/lists/{list}");
        bob.put(&path, json!({ "title": "x", "replies_policy": policy }))
            .await
            .ok();
        let above = erin.says("above").await;
        let mut ws = Ws::open(&server, "", &bob.token).await;
        ws.subscribe(&server, &[json!({ "stream": "list", "list": list })])
            .await;
        alice
            .status(json!({ "status": "answer", "in_reply_to_id": above }))
            .await;
        alice.says("end").await;
        let heard = read_until_end(&mut ws, 1).await;
        assert_eq!(
            heard == ["list update answer"],
            carried,
            "{policy}: {heard:?}"
        );
    }
}

#[tokio::test]
async fn a_boost_comes_to_followers_unless_they_saw_the_status_just_now() {
    let server = TestServer::start().await.unwrap();
    let (bob, _) = bob_with_list(&server).await;
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let (new, seen) = (carol.says("new").await, bob.says("seen").await);
    let mut ws = Ws::open(&server, "", &bob.token).await;
    ws.subscribe(
        &server,
        &[json!({ "stream": "user" }), json!({ "stream": "public" })],
    )
    .await;
    let boost = id(&alice.act(&new, "reblog").await);
    alice.act(&seen, "reblog").await;
    alice.act(&new, "unreblog").await;
    alice.says("end").await;
    let gone = format!("user delete {boost}");
    // Bob is told that his status was boosted, but not shown it again.
    let expected = [
        "user update new".to_owned(),
        "user notification reblog".to_owned(),
        format!("user delete {boost}"),
    ];
    assert_eq!(read_until_end(&mut ws, 2).await, expected);
}

#[tokio::test]
async fn a_deleted_status_takes_its_boosts_along() {
    let server = TestServer::start().await.unwrap();
    let (bob, _) = bob_with_list(&server).await;
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let original = carol.says("new").await;
    let boost = id(&alice.act(&original, "reblog").await);
    let mut sse = Sse::open(&server, "/user", &bob.token).await;
    carol
        .delete(&format!("/api/v1/statuses/{original}"))
        .await
        .ok();
    alice.says("end").await;
    assert_eq!(sse.next().await, event("delete", &boost));
    assert_eq!(sse.event().await.0, "update");
}

#[tokio::test]
async fn a_followed_hashtag_brings_statuses_of_strangers_to_the_user_stream() {
    let server = TestServer::start().await.unwrap();
    let (bob, carol) = (Client::user(&server, "bob"), Client::user(&server, "carol"));
    bob.post("/api/v1/tags/cats/follow", json!({})).await.ok();
    let streams = [json!({ "stream": "user" })];
    let mut ws = Ws::open(&server, "", &bob.token).await;
    ws.subscribe(&server, &streams).await;
    carol.says("tagged #Cats").await;
    carol.says("untagged").await;
    bob.says("end").await;
    assert_eq!(read_until_end(&mut ws, 1).await, ["user update tagged"]);
}

#[tokio::test]
async fn a_scheduled_status_is_streamed_when_its_time_comes() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let at = server.clock().now() + std::time::Duration::from_secs(3600);
    let later = json!({ "status": "later", "scheduled_at": at.to_string() });
    alice.post("/api/v1/statuses", later).await.ok();
    let mut sse = Sse::open(&server, "/user", &alice.token).await;
    server.clock().advance(std::time::Duration::from_secs(3600));
    let Got::Event(name, payload) = sse.next().await else {
        panic!("no event");
    };
    assert_eq!(name, "update");
    assert!(payload.contains("later"));
}
