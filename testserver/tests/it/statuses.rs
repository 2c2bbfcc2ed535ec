//! Posting, and what becomes of it.

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::client::Client;

#[tokio::test]
async fn what_was_deleted_comes_back_as_text_to_write_it_anew() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let posted = alice.post("/api/v1/statuses", json!({ "status": "Oops" }));
    let path = format!(
        "/api/v1/statuses/{}",
        posted.await.ok()["id"].as_str().unwrap()
    );
    let deleted = alice.delete(&path).await.ok();
    assert_eq!(deleted["text"], "Oops");
    assert_eq!(deleted.get("content"), None);
    assert_eq!(Client::visitor(&server).get(&path).await.status, 404);
}
