//! Markers: read positions in timelines.

use std::time::Duration;

use mastodon_test_server::{Fault, TestServer};
use serde_json::{Value, json};

use crate::client::Client;

#[tokio::test]
async fn marker_version_increases_with_each_change() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = "/api/v1/markers?timeline[]=home&timeline[]=notifications";
    assert_eq!(alice.get(path).await.ok(), json!({}));
    let update = async |body: Value| alice.post("/api/v1/markers", body).await.ok();
    let first = update(json!({ "home": { "last_read_id": "12" } })).await;
    assert_eq!(
        (&first["home"]["last_read_id"], &first["home"]["version"]),
        (&json!("12"), &json!(1))
    );
    assert!(first.get("notifications").is_none());
    server.clock().advance(Duration::from_secs(5));
    assert_eq!(
        update(json!({ "home": { "last_read_id": "12" } })).await,
        first
    );
    let both =
        json!({ "home": { "last_read_id": "13" }, "notifications": { "last_read_id": "7" } });
    let second = update(both).await;
    assert_eq!(
        (
            &second["home"]["version"],
            &second["notifications"]["version"]
        ),
        (&json!(2), &json!(1))
    );
    assert_ne!(second["home"]["updated_at"], first["home"]["updated_at"]);
    assert_eq!(alice.get(path).await.ok(), second);
    let notifications_only = alice
        .get("/api/v1/markers?timeline[]=notifications")
        .await
        .ok();
    assert_eq!(
        notifications_only,
        json!({ "notifications": second["notifications"] })
    );
    let form = alice
        .send_form("POST", "/api/v1/markers", "home[last_read_id]=20")
        .await
        .ok();
    assert_eq!(form["home"]["version"], 3);
    // A marker can go back. What is not a number is zero.
    let lower = update(json!({ "home": { "last_read_id": "none" } })).await;
    assert_eq!(lower["home"]["last_read_id"], "0");
    assert_eq!(lower["home"]["version"], 4);
    let blank = json!({ "home": { "last_read_id": "" } });
    let blank = alice.post("/api/v1/markers", blank).await;
    let error = "Validation failed: Last read can't be blank";
    assert_eq!((blank.status, blank.error()), (422, error));
}

#[tokio::test]
async fn conflict_of_two_markers_is_a_fault_to_inject() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let conflict = r#"{"error":"Conflict during update, please try again"}"#;
    let fault = Fault::response(409, "application/json", conflict);
    server.inject(fault.on("POST", "/api/v1/markers"));
    let marker = json!({ "home": { "last_read_id": "12" } });
    let refused = alice.post("/api/v1/markers", marker.clone()).await;
    assert_eq!(refused.status, 409);
    assert_eq!(
        alice.get("/api/v1/markers?timeline[]=home").await.ok(),
        json!({})
    );
    alice.post("/api/v1/markers", marker).await.ok();
}
