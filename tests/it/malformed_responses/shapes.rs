//! Whole bodies of another shape: empty, null, other content types and encodings.

use mastodon_sdk::Error;
use mastodon_sdk::entities::StatusQuote;
use mastodon_test_server::{Fault, TestServer};
use serde_json::json;

use super::{full_status, with_json};
use crate::support::fixtures::account;
use crate::support::{ScriptedServer, client_for, error_variant, json_response, ok_json, response};

#[tokio::test]
async fn deletion_of_a_status_succeeds_without_the_status() {
    let bodies = [
        "{}",
        "[]",
        "null",
        r#"{"id":"5","text":"Hi"}"#,
        r#"{"id":5,"account":null}"#,
        "",
    ];
    let script = bodies.map(|body| json_response(200, "", body)).to_vec();
    let server = ScriptedServer::start(script).await;
    let client = server.client();
    for body in bodies {
        let deleted = client.status_delete("5").await.unwrap();
        assert!(deleted.account.is_none(), "{body}");
    }
}

#[tokio::test]
async fn quoted_status_may_have_text_instead_of_content() {
    let mut quoted = full_status("7");
    quoted["text"] = json!("Hi");
    quoted.as_object_mut().unwrap().remove("content");
    let mut status = full_status("1");
    status["quote"] = json!({ "state": "accepted", "quoted_status": quoted });
    let server = ScriptedServer::start(vec![ok_json(&status)]).await;
    let status = server.client().status("1").await.unwrap();
    let Some(StatusQuote::Quote(quote)) = status.quote.as_deref() else {
        panic!("{:?}", status.quote);
    };
    let quoted = quote.quoted_status.as_ref().unwrap();
    assert_eq!((quoted.id.as_str(), quoted.content.as_str()), ("7", ""));
}

#[tokio::test]
async fn entities_with_only_their_required_fields_are_decoded() {
    let account = json!({ "id": "2", "acct": "bob" });
    let status = json!({ "id": "1", "account": account });
    let notification = json!([{ "id": "3", "account": account, "status": status }]);
    let conversation = json!([{ "id": "4", "accounts": [account], "last_status": status }]);
    let edits = json!([{ "account": account }]);
    let script = [
        json!([status]),
        notification,
        conversation,
        edits,
        json!({ "id": "9" }),
        json!({ "domain": "a.example" }),
    ];
    let server = ScriptedServer::start(script.iter().map(ok_json).collect()).await;
    let client = server.client();
    let timeline = client.timeline_home().response().await.unwrap();
    let first = &timeline.value[0];
    assert_eq!(
        (first.content.as_str(), first.created_at.as_second()),
        ("", 0)
    );
    assert_eq!(timeline.problems(), []);
    assert!(client.notifications().await.unwrap()[0].status.is_some());
    assert!(
        client.conversations().await.unwrap()[0]
            .last_status
            .is_some()
    );
    assert_eq!(client.status_history("1").await.unwrap().len(), 1);
    assert!(client.poll("9").await.unwrap().options.is_empty());
    assert!(client.instance_v2().await.unwrap().rules.is_empty());
}

#[tokio::test]
async fn json_is_decoded_with_any_content_type() {
    let body = format!("[{}]", full_status("1"));
    let types = [
        "text/html",
        "text/html; charset=utf-8",
        "text/plain",
        "application/octet-stream",
        "",
    ];
    let script = types
        .map(|content_type| response(200, content_type, "", &body))
        .to_vec();
    let server = ScriptedServer::start(script).await;
    for content_type in types {
        assert_eq!(
            server.client().timeline_home().await.unwrap().len(),
            1,
            "{content_type}"
        );
    }
}

#[tokio::test]
async fn null_or_an_empty_object_instead_of_a_list_is_an_empty_page() {
    let bodies = ["null", "{}", " [ ] "];
    let script = bodies.map(|body| json_response(200, "", body)).to_vec();
    let server = ScriptedServer::start(script).await;
    for (body, problems) in bodies.into_iter().zip([1, 1, 0]) {
        let response = server.client().timeline_home().response().await.unwrap();
        assert!(response.value.is_empty() && !response.value.has_next());
        assert_eq!(response.problems().len(), problems, "{body}");
    }
}

#[tokio::test]
async fn entity_with_required_fields_is_not_decoded_from_an_empty_body_or_list() {
    let bodies = ["", "[]", "{}", "null", "7", r#""text""#, "[{}]"];
    let script = bodies.map(|body| json_response(200, "", body)).to_vec();
    let server = ScriptedServer::start(script).await;
    for body in bodies {
        let error = server.client().status("1").await.unwrap_err();
        let Error::Decode(decode) = &error else {
            panic!("{body}: {error:?}")
        };
        assert!(!decode.is_applied);
        assert!(
            body.is_empty() == error.to_string().contains("the response is empty"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn byte_order_mark_is_ignored() {
    let server = TestServer::start().await.unwrap();
    let client = client_for(&server, "alice");
    let posted = client.status_post("Hi").await.unwrap();
    server.inject(Fault::byte_order_mark().on("GET", "/api/v1/statuses/"));
    let response = client.status(&posted.id).response().await.unwrap();
    assert_eq!(
        (&response.value.id, response.problems().len()),
        (&posted.id, 0)
    );
    assert_eq!(server.pending_faults(), 0);
}

#[tokio::test]
async fn invalid_utf8_is_replaced_by_one_character() {
    let server = TestServer::start().await.unwrap();
    let client = client_for(&server, "alice");
    for text in ["one", "two"] {
        client.status_post(text).await.unwrap();
    }
    let name = Fault::patch_json_raw("/0/account/display_name", *b"\"Jos\xe9\"");
    server.inject(name.on("GET", "/api/v1/timelines/home"));
    let response = client.timeline_home().response().await.unwrap();
    assert_eq!(
        response.value.len(),
        client.timeline_home().await.unwrap().len()
    );
    assert_eq!(response.value[0].account.display_name, "Jos\u{fffd}");
    let problems: Vec<_> = response
        .problems()
        .iter()
        .map(|problem| problem.path.as_str())
        .collect();
    assert_eq!(problems, ["[0].account.display_name"]);
}

#[tokio::test]
async fn no_content_is_an_empty_list() {
    let server = ScriptedServer::start(vec![
        "HTTP/1.1 204 X\r\nconnection: close\r\n\r\n"
            .to_owned();
        2
    ])
    .await;
    let client = server.client();
    assert!(client.timeline_home().await.unwrap().is_empty());
    let error = client.status("1").await.unwrap_err();
    assert_eq!(error_variant(&error), "Decode");
}

#[tokio::test]
async fn list_with_one_cut_item_is_not_json() {
    let whole = json!([full_status("1"), account("2", "bob")]).to_string();
    let cut = &whole[..whole.len() - 5];
    let server = ScriptedServer::start(vec![json_response(200, "", cut)]).await;
    let error = server.client().timeline_home().await.unwrap_err();
    let Error::Decode(decode) = &error else {
        panic!("{error:?}")
    };
    assert!(decode.path.starts_with("[1]"), "{decode:?}");
    // Values before the end do not matter.
    let malformed = with_json(full_status("1"), "/card", "7");
    let server =
        ScriptedServer::start(vec![json_response(200, "", &format!("[{malformed}"))]).await;
    assert_eq!(
        error_variant(&server.client().timeline_home().await.unwrap_err()),
        "Decode"
    );
}
