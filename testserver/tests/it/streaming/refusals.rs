//! Who may not listen, and what they are told.

use mastodon_test_server::TestServer;
use mastodon_test_server::routes::STREAMS;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use super::listener::{Sse, Ws};
use crate::client::{Client, id, send};

const BASE: &str = "/api/v1/streaming";

async fn refused(server: &TestServer, path: &str, token: &str) -> (u16, String) {
    let answer = send(server, "GET", &format!("{BASE}{path}"), token, &[], b"").await;
    (answer.status, answer.error().to_owned())
}

fn told(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

#[tokio::test]
async fn the_health_of_streaming_is_told_to_everybody() {
    let server = TestServer::start().await.unwrap();
    let answer = Client::visitor(&server)
        .get(&format!("{BASE}/health"))
        .await;
    assert_eq!((answer.status, &answer.bytes[..]), (200, &b"OK"[..]));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
}

#[tokio::test]
async fn a_stream_wants_a_valid_token_of_a_user_with_its_scopes() {
    let server = TestServer::start().await.unwrap();
    for stream in STREAMS.iter().filter(|stream| !stream.only_media) {
        let path = stream.path.unwrap().strip_prefix(BASE).unwrap();
        assert_eq!(
            refused(&server, path, "").await,
            told(401, "Missing access token")
        );
        assert_eq!(
            refused(&server, path, "wrong").await,
            told(401, "Invalid access token")
        );
        let outside = "Access token does not have the required scopes";
        for scopes in ["write", "read:accounts"] {
            let token = server.token("alice", scopes);
            assert_eq!(refused(&server, path, &token).await, told(401, outside));
        }
        if stream.needs.is_none() {
            for scopes in ["read", stream.scopes[0]] {
                Sse::open(&server, path, &server.token("alice", scopes)).await;
            }
        }
    }
}

#[tokio::test]
async fn what_a_stream_needs_has_to_be_there_and_a_list_has_to_be_ones_own() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let list = json!({ "title": "x" });
    let list = id(&alice.post("/api/v1/lists", list).await.ok());
    for (path, status, error) in [
        ("/nothing".to_owned(), 400, "Unknown channel requested"),
        (String::new(), 400, "Unknown channel requested"),
        ("/hashtag".to_owned(), 400, "Missing tag name parameter"),
        (
            "/hashtag/local?tag=".to_owned(),
            400,
            "Missing tag name parameter",
        ),
        ("/list".to_owned(), 400, "Missing list name parameter"),
        (
            format!("/list?list={list}"),
            401,
            "Not authorized to stream this list",
        ),
        (
            "/list?list=99".to_owned(),
            401,
            "Not authorized to stream this list",
        ),
    ] {
        let refusal = refused(&server, &path, &bob.token).await;
        assert_eq!(refusal, told(status, error), "{path}");
    }
    let posted = send(
        &server,
        "POST",
        &format!("{BASE}/user"),
        &bob.token,
        &[],
        b"",
    )
    .await;
    assert_eq!(posted.status, 404);
    assert!(server.streaming().connections().is_empty());
}

#[tokio::test]
async fn a_websocket_without_a_valid_token_is_refused() {
    let server = TestServer::start().await.unwrap();
    for (query, error) in [
        ("", "Missing access token"),
        ("?access_token=wrong", "Invalid access token"),
    ] {
        let Err(Error::Http(refused)) = Ws::ask(&server, query, &[]).await else {
            panic!("not refused");
        };
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.headers()["x-error-message"], error);
    }
}

#[tokio::test]
async fn a_token_is_taken_from_the_header_the_query_or_the_subprotocol() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let bearer = format!("Bearer {token}");
    let query = format!("?stream=user&access_token={token}");
    Ws::ask(&server, "?stream=user", &[("authorization", &bearer)])
        .await
        .unwrap();
    Ws::ask(&server, &query, &[]).await.unwrap();
    let protocol = [("sec-websocket-protocol", &token[..])];
    let (_, response) = Ws::ask(&server, "?stream=user", &protocol).await.unwrap();
    // A client gives up where its subprotocol is not taken.
    assert_eq!(response.headers()["sec-websocket-protocol"], token[..]);
    // The header goes first.
    let both = Ws::ask(&server, &query, &[("authorization", "Bearer wrong")]).await;
    assert!(both.is_err());
    let path = format!("/user?access_token={token}");
    let head = Sse::ask(&server, &path, "").await.head;
    assert!(
        head.starts_with("HTTP/1.1 401 "),
        "an empty header is a token: {head}"
    );
}

#[tokio::test]
async fn a_revoked_token_ends_its_connections_and_no_others() {
    let server = TestServer::start().await.unwrap();
    let (alice, other) = (
        Client::user(&server, "alice"),
        Client::user(&server, "alice"),
    );
    let mut sse = Sse::open(&server, "/user", &alice.token).await;
    let mut ws = Ws::open(&server, "?stream=user", &alice.token).await;
    let mut stays = Sse::open(&server, "/user", &other.token).await;
    server.streaming().connected(3).await;
    let revoked = Client::visitor(&server)
        .post("/oauth/revoke", json!({ "token": alice.token }))
        .await;
    assert_eq!(revoked.ok(), json!({}));
    assert_eq!(sse.next().await, super::listener::Got::End);
    assert_eq!(ws.closed().await, None);
    server.streaming().connected(1).await;
    other.says("still here").await;
    assert_eq!(stays.event().await.0, "update");
    assert_eq!(
        refused(&server, "/user", &alice.token).await,
        told(401, "Invalid access token")
    );
}

#[tokio::test]
async fn who_is_suspended_hears_no_more() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut sse = Sse::open(&server, "/user", &alice.token).await;
    server.suspend("alice");
    assert_eq!(sse.next().await, super::listener::Got::End);
}

#[tokio::test]
async fn a_message_that_cannot_be_followed_is_answered_and_the_connection_goes_on() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let list = json!({ "title": "x" });
    let list = id(&alice.post("/api/v1/lists", list).await.ok());
    let token = server.token("bob", "read:statuses");
    let mut ws = Ws::open(&server, "?stream=nothing", &token).await;
    let error = |error: &str, status: u16| json!({ "error": error, "status": status });
    assert_eq!(ws.frame().await, error("Unknown stream type", 400));
    let asked = |kind: &str, more: Value| {
        let mut message = json!({ "type": kind });
        message
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        message
    };
    for (more, expected) in [
        (
            json!({ "stream": "hashtag" }),
            error("Missing tag name parameter", 400),
        ),
        (
            json!({ "stream": "hashtag:local" }),
            error("Missing tag name parameter", 400),
        ),
        (
            json!({ "stream": "list" }),
            error("Missing list name parameter", 400),
        ),
        (
            json!({ "stream": "list", "list": list }),
            error("Not authorized to stream this list", 401),
        ),
        (
            json!({ "stream": "user:notification" }),
            error("Access token does not have the required scopes", 401),
        ),
        (json!({}), error("Unknown stream type", 400)),
    ] {
        ws.say(&asked("subscribe", more)).await;
        assert_eq!(ws.frame().await, expected);
    }
    for more in [
        json!({ "stream": "nothing" }),
        json!({ "stream": "hashtag" }),
        json!({ "stream": "list", "list": list }),
    ] {
        ws.say(&asked("unsubscribe", more)).await;
        let expected = json!({ "error": "Error unsubscribing from channel" });
        assert_eq!(ws.frame().await, expected);
    }
    // What is no message at all is not answered.
    for odd in [json!("hello"), json!({ "type": "dance" }), json!([])] {
        ws.say(&odd).await;
    }
    ws.subscribe(&server, &[json!({ "stream": "user" })]).await;
    bob.says("x").await;
    assert_eq!(ws.frame().await["event"], "update");
}
