//! What is reported about malformed values contains no secret.

use serde_json::json;

use super::full_status;
use crate::support::fixtures::with_fields;
use crate::support::{CapturedLog, ScriptedServer, ok_json};

/// The access token of the client.
const TOKEN: &str = "hunter2";

#[tokio::test]
async fn problems_and_rejected_items_never_show_the_access_token() {
    let (log, _guard) = CapturedLog::start();
    let repeated = json!({ "id": { "token": TOKEN }, "url": format!("https://a.example/?access_token={TOKEN}") });
    let malformed = with_fields(
        full_status("2"),
        &json!({ "card": format!("Bearer {TOKEN}"), "edited_at": TOKEN }),
    );
    let server = ScriptedServer::start(vec![ok_json(&json!([repeated, malformed, TOKEN]))]).await;
    let response = server.client().timeline_home().response().await.unwrap();
    assert_eq!(response.value.len(), 1);
    assert_eq!(
        (response.rejected().len(), response.problems().len()),
        (2, 4)
    );
    let visible = format!(
        "{:?} {:?} {:?} {}",
        response.problems(),
        response.rejected(),
        response.value.rejected(),
        log.text()
    );
    assert!(!visible.contains(TOKEN), "{visible}");
    assert!(visible.contains("a.example"), "{visible}");
}

#[tokio::test]
async fn secret_of_a_response_is_not_shown_if_it_has_another_type() {
    let token = json!({ "access_token": ["t0ps3cret"], "token_type": 7 });
    let app = json!({ "id": "1", "name": "app", "client_id": "id", "client_secret": 7_337_733, "vapid_key": ["t0ps3cret"],
        "redirect_uris": { "secret": "t0ps3cret" } });
    let server = ScriptedServer::start(vec![ok_json(&token), ok_json(&app)]).await;
    let client = server.client();
    let error = client
        .account_create("bob", "b@a.example", "long enough", true, "en")
        .await
        .unwrap_err();
    let visible = format!("{error} {error:?}");
    assert!(!visible.contains("t0ps3cret"), "{visible}");
    let response = client
        .app_create("app", "urn:ietf:wg:oauth:2.0:oob")
        .response()
        .await
        .unwrap();
    let visible = format!("{:?} {:?}", response.problems(), response.value);
    assert!(!visible.contains("7337733"), "{visible}");
}
