//! Follows of accounts on other servers are requests until those accept them.

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::accounts::account_id;
use crate::client::Client;
use crate::relationships::{account_action, relationship};

const ERIN: &str = "erin@elsewhere.example";

#[tokio::test]
async fn follow_of_a_remote_account_is_reported_before_it_is_accepted() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let erin = account_id(&alice, ERIN).await;
    let options = json!({ "notify": true, "languages": ["en"] });
    let answer = account_action(&alice, &erin, "follow", options).await;
    assert_eq!(
        (&answer["following"], &answer["requested"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&answer["notifying"], &answer["languages"]),
        (&json!(true), &json!(["en"]))
    );
    let pending = relationship(&alice, &erin).await;
    assert_eq!(
        (&pending["following"], &pending["requested"]),
        (&json!(false), &json!(true))
    );
    assert!(server.accept_follow("alice", ERIN));
    let accepted = relationship(&alice, &erin).await;
    assert_eq!(
        (&accepted["following"], &accepted["requested"]),
        (&json!(true), &json!(false))
    );
    assert!(!server.accept_follow("alice", ERIN));
    assert!(server.reject_follow("alice", ERIN));
    assert_eq!(relationship(&alice, &erin).await["following"], false);
    assert!(!server.reject_follow("alice", ERIN));
}

#[tokio::test]
async fn follow_of_a_locked_account_is_a_request_at_once() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let dave = account_id(&alice, "dave").await;
    let answer = account_action(&alice, &dave, "follow", json!({})).await;
    assert_eq!(
        (&answer["following"], &answer["requested"]),
        (&json!(false), &json!(true))
    );
    // So is every follow of a limited user.
    server.limit_account("alice");
    let bob = account_id(&alice, "bob").await;
    let answer = account_action(&alice, &bob, "follow", json!({})).await;
    assert_eq!(
        (&answer["following"], &answer["requested"]),
        (&json!(false), &json!(true))
    );
}
