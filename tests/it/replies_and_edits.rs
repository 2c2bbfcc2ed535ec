//! Replies mention the participants; edits preserve the fields that they do not set.

use std::time::Duration;

use mastodon_sdk::Status;
use mastodon_sdk::methods::NewPoll;
use serde_json::{Value, json};

use crate::support::fixtures::{account, status};
use crate::support::{ScriptedServer, error_response, json_body, ok_json};

#[tokio::test]
async fn a_reply_mentions_all_participants_but_the_user_and_keeps_the_content_warning() {
    let alice = account("1", "alice");
    let (first, second) = (ok_json(&status(&[])), ok_json(&status(&[])));
    let server = ScriptedServer::start(vec![ok_json(&alice), first, second]).await;
    let to: Status = serde_json::from_value(status(&[("spoiler_text", json!("Birds"))])).unwrap();
    let client = server.client();
    client.status_reply(&to, "Hello!").await.unwrap();
    client.status_reply(&to, "Again!").await.unwrap();
    let requests = server.requests();
    assert!(
        requests[0].starts_with("GET /api/v1/accounts/verify_credentials "),
        "{}",
        requests[0]
    );
    assert_eq!(
        json_body(&requests[1]),
        json!({
            "status": "@bob @carol@b.example Hello!", "in_reply_to_id": "5",
            "visibility": "unlisted", "spoiler_text": "Birds",
        })
    );
    assert_eq!(
        json_body(&requests[2])["status"],
        "@bob @carol@b.example Again!",
        "the user's account is fetched once"
    );
}

#[tokio::test]
async fn a_reply_is_posted_even_if_the_user_account_cannot_be_fetched() {
    let forbidden = error_response(403, "This action is outside the authorized scopes");
    let server = ScriptedServer::start(vec![forbidden, ok_json(&status(&[]))]).await;
    let to: Status = serde_json::from_value(status(&[])).unwrap();
    server.client().status_reply(&to, "Hello!").await.unwrap();
    assert_eq!(
        json_body(&server.requests()[1])["status"],
        "@bob @alice @carol@b.example Hello!"
    );
}

/// A status with every field that an edit would reset without setting it.
fn status_with_all_fields(expires_at: &str, expired: bool) -> Value {
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
async fn an_edit_preserves_the_fields_that_it_does_not_set() {
    let before = status_with_all_fields("2999-01-01T00:00:00.000Z", false);
    let server = ScriptedServer::start(vec![ok_json(&before), ok_json(&before)]).await;
    server.client().status_update("5", "Better").await.unwrap();
    let requests = server.requests();
    assert!(
        requests[0].starts_with("GET /api/v1/statuses/5 "),
        "{}",
        requests[0]
    );
    let mut body = json_body(&requests[1]);
    let expires_in = body["poll"]["expires_in"].take().as_u64().unwrap();
    assert!(
        expires_in > 900 * 365 * 86_400,
        "the poll keeps its end: {expires_in}"
    );
    assert_eq!(
        body,
        json!({
            "status": "Better", "media_ids": ["7", "8"], "spoiler_text": "Birds", "sensitive": true, "language": "de",
            "poll": { "options": ["yes", "no"], "multiple": true, "expires_in": null },
        })
    );
}

#[tokio::test]
async fn an_edit_removes_media_and_poll_only_on_request() {
    let before = status_with_all_fields("2999-01-01T00:00:00.000Z", false);
    let server = ScriptedServer::start(vec![ok_json(&before), ok_json(&before)]).await;
    let edit = server
        .client()
        .status_update("5", "Better")
        .spoiler_text("")
        .sensitive(false);
    edit.remove_media(true).remove_poll(true).await.unwrap();
    assert_eq!(
        json_body(&server.requests()[1]),
        json!({ "status": "Better", "spoiler_text": "", "sensitive": false, "language": "de" })
    );
}

#[tokio::test]
async fn an_edit_that_sets_every_field_does_not_fetch_the_status() {
    let server = ScriptedServer::start(vec![ok_json(&status(&[])), ok_json(&status(&[]))]).await;
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
        .replace_all(true)
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(json_body(&requests[1]), json!({ "status": "Bare" }));
}

#[tokio::test]
async fn expired_poll_is_not_reopened_by_an_edit() {
    let server = ScriptedServer::start(vec![ok_json(&status_with_all_fields(
        "2020-01-01T00:00:00.000Z",
        true,
    ))])
    .await;
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
    assert_eq!(server.requests().len(), 1, "the edit is not sent");
}
