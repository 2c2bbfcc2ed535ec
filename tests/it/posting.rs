//! What replies and edits do for their user.

use std::time::Duration;

use mastodon_sdk::Status;
use mastodon_sdk::methods::NewPoll;
use serde_json::{Value, json};

use crate::samples::{account, status};
use crate::server::{Server, body, json, ok};

#[tokio::test]
async fn a_reply_mentions_everybody_but_the_user_and_keeps_the_warning() {
    let alice = account("1", "alice");
    let (first, second) = (ok(&status(&[])), ok(&status(&[])));
    let server = Server::start(vec![ok(&alice), first, second]).await;
    let to: Status = serde_json::from_value(status(&[("spoiler_text", json!("Birds"))])).unwrap();
    let client = server.client();
    client.status_reply(&to, "Hello!").await.unwrap();
    client.status_reply(&to, "Again!").await.unwrap();
    let seen = server.seen();
    assert!(
        seen[0].starts_with("GET /api/v1/accounts/verify_credentials "),
        "{}",
        seen[0]
    );
    assert_eq!(
        body(&seen[1]),
        json!({
            "status": "@bob @carol@b.example Hello!", "in_reply_to_id": "5",
            "visibility": "unlisted", "spoiler_text": "Birds",
        })
    );
    assert_eq!(
        body(&seen[2])["status"],
        "@bob @carol@b.example Again!",
        "the user is asked for once"
    );
}

#[tokio::test]
async fn a_reply_goes_out_even_where_the_user_is_not_told() {
    let refused = json(
        403,
        "",
        r#"{"error":"This action is outside the authorized scopes"}"#,
    );
    let server = Server::start(vec![refused, ok(&status(&[]))]).await;
    let to: Status = serde_json::from_value(status(&[])).unwrap();
    server.client().status_reply(&to, "Hello!").await.unwrap();
    assert_eq!(
        body(&server.seen()[1])["status"],
        "@bob @alice @carol@b.example Hello!"
    );
}

/// A status with everything that an edit could lose.
fn rich(expires_at: &str, expired: bool) -> Value {
    let media = |id: &str| json!({ "id": id, "type": "image", "url": "https://a.example/1.png" });
    status(&[
        ("media_attachments", json!([media("7"), media("8")])),
        ("spoiler_text", json!("Birds")),
        ("sensitive", json!(true)),
        ("language", json!("de")),
        (
            "poll",
            json!({
                "id": "4", "expires_at": expires_at, "expired": expired, "multiple": true, "votes_count": 3,
                "options": [{ "title": "yes", "votes_count": 3 }, { "title": "no", "votes_count": 0 }],
            }),
        ),
    ])
}

#[tokio::test]
async fn an_edit_keeps_what_it_does_not_speak_of() {
    let before = rich("2999-01-01T00:00:00.000Z", false);
    let server = Server::start(vec![ok(&before), ok(&before)]).await;
    server.client().status_update("5", "Better").await.unwrap();
    let seen = server.seen();
    assert!(
        seen[0].starts_with("GET /api/v1/statuses/5 "),
        "{}",
        seen[0]
    );
    let mut sent = body(&seen[1]);
    let left = sent["poll"]["expires_in"].take().as_u64().unwrap();
    assert!(
        left > 900 * 365 * 86_400,
        "the poll ends when it would have ended: {left}"
    );
    assert_eq!(
        sent,
        json!({
            "status": "Better", "media_ids": ["7", "8"], "spoiler_text": "Birds", "sensitive": true, "language": "de",
            "poll": { "options": ["yes", "no"], "multiple": true, "expires_in": null },
        })
    );
}

#[tokio::test]
async fn an_edit_changes_what_it_speaks_of_and_drops_only_what_it_is_told_to() {
    let before = rich("2999-01-01T00:00:00.000Z", false);
    let server = Server::start(vec![ok(&before), ok(&before)]).await;
    let edit = server
        .client()
        .status_update("5", "Better")
        .spoiler_text("")
        .sensitive(false);
    edit.without_media().without_poll().await.unwrap();
    assert_eq!(
        body(&server.seen()[1]),
        json!({ "status": "Better", "spoiler_text": "", "sensitive": false, "language": "de" })
    );
}

#[tokio::test]
async fn an_edit_that_says_everything_looks_at_nothing() {
    let server = Server::start(vec![ok(&status(&[])), ok(&status(&[]))]).await;
    let poll = NewPoll::new(["yes", "no"], Duration::from_secs(600));
    let edit = server
        .client()
        .status_update("5", "Better")
        .poll(poll)
        .media_ids(["7"]);
    edit.spoiler_text("")
        .sensitive(false)
        .language("en")
        .await
        .unwrap();
    server
        .client()
        .status_update("5", "Bare")
        .replace_all()
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(body(&seen[1]), json!({ "status": "Bare" }));
}

#[tokio::test]
async fn an_edit_does_not_open_a_poll_again_that_has_ended() {
    let server = Server::start(vec![ok(&rich("2020-01-01T00:00:00.000Z", true))]).await;
    let error = server
        .client()
        .status_update("5", "Better")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("status_update: `poll`: the poll has ended"),
        "{error}"
    );
    assert!(error.contains("without_poll"), "{error}");
    assert_eq!(server.seen().len(), 1, "nothing is changed");
}
