//! Polls.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id};
use crate::media::png;
use crate::streaming::client::SseClient;

async fn post_poll(client: &Client<'_>, poll: Value) -> String {
    id(&client
        .post_status(json!({ "status": "?", "poll": poll }))
        .await["poll"])
}

#[tokio::test]
async fn poll_outside_the_limits_is_rejected() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for (poll, error) in [
        (
            json!({ "options": ["a", " "], "expires_in": 300 }),
            "Choices must have more than one item",
        ),
        (
            json!({ "options": ["a", "b", "c", "d", "e"], "expires_in": 300 }),
            "Choices can't contain more than 4 items",
        ),
        (
            json!({ "options": ["a", "b".repeat(51)], "expires_in": 300 }),
            "Choices cannot be longer than 50 characters each",
        ),
        (
            json!({ "options": ["a", "a"], "expires_in": 300 }),
            "Choices contain duplicate items",
        ),
        (
            json!({ "options": ["a", "b"], "expires_in": 299 }),
            "Deadline is too soon",
        ),
        (
            json!({ "expires_in": 300 }),
            "Choices can't be blank, Choices must have more than one item",
        ),
        (json!({ "options": ["a", "b"] }), "Deadline can't be blank"),
        (
            json!({ "options": ["a", "b"], "expires_in": 2_629_747 }),
            "Deadline is too far into the future",
        ),
    ] {
        let rejected = alice
            .post("/api/v1/statuses", json!({ "status": "?", "poll": poll }))
            .await;
        assert_eq!(
            (rejected.status, rejected.error()),
            (422, format!("Validation failed: {error}").as_str())
        );
    }
    let poll = json!({ "options": ["a", "b", "c", "👩‍👩‍👧‍👦".repeat(50)], "expires_in": 2_629_746 });
    post_poll(&alice, poll).await;
    let poll = json!({ "options": [" a ", "", "b"], "expires_in": 300 });
    let status = alice
        .post_status(json!({ "status": "?", "poll": poll }))
        .await;
    assert_eq!(status["poll"]["options"][0]["title"], "a");
    assert_eq!(status["poll"]["options"][1]["title"], "b");
}

#[tokio::test]
async fn votes_are_counted_and_returned_to_the_voter() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = json!({ "options": ["a", "b", "c"], "expires_in": 300, "multiple": true });
    let poll = post_poll(&alice, poll).await;
    let path = format!("/api/v1/polls/{poll}");
    let before = bob.get(&path).await.ok();
    assert_eq!(
        (&before["voted"], &before["own_votes"]),
        (&json!(false), &json!([]))
    );
    let votes = format!("{path}/votes");
    let counted = bob.post(&votes, json!({ "choices": [0, 2] })).await.ok();
    assert_eq!(
        (&counted["voted"], &counted["own_votes"]),
        (&json!(true), &json!([0, 2]))
    );
    assert_eq!(
        (&counted["votes_count"], &counted["voters_count"]),
        (&json!(2), &json!(1))
    );
    // In a multiple-choice poll, a later vote can add an option, but not repeat one.
    let added = bob.post(&votes, json!({ "choices": [1] })).await.ok();
    assert_eq!(
        (&added["votes_count"], &added["voters_count"]),
        (&json!(3), &json!(1))
    );
    let rejected = bob.post(&votes, json!({ "choices": [1] })).await;
    assert_eq!(
        rejected.error(),
        "Validation failed: You have already voted on this poll"
    );
    let anonymous = Client::anonymous(&server).get(&path).await.ok();
    assert_eq!(anonymous.get("voted"), None);
    assert_eq!(alice.get(&path).await.ok()["voted"], true);
}

#[tokio::test]
async fn invalid_vote_is_rejected() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = post_poll(&alice, json!({ "options": ["a", "b"], "expires_in": 300 })).await;
    let votes = format!("/api/v1/polls/{poll}/votes");
    let vote_error = async |client: &Client<'_>, choices: Value| {
        let rejected = client.post(&votes, json!({ "choices": choices })).await;
        (rejected.status, rejected.error().to_owned())
    };
    let validation_error = |message: &str| (422, format!("Validation failed: {message}"));
    let unknown = validation_error("The chosen vote option does not exist");
    assert_eq!(vote_error(&bob, json!([2])).await, unknown);
    assert_eq!(vote_error(&bob, json!([-1])).await, unknown);
    let own_poll = validation_error("You cannot vote in your own polls");
    assert_eq!(vote_error(&alice, json!([0])).await, own_poll);
    let twice = validation_error("You have already voted on this poll");
    assert_eq!(vote_error(&bob, json!([0, 1])).await, twice);
    bob.post(&votes, json!({ "choices": [0] })).await.ok();
    assert_eq!(vote_error(&bob, json!([1])).await, twice);
}

#[tokio::test]
async fn hidden_totals_are_shown_when_the_poll_ends() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = json!({ "options": ["a", "b"], "expires_in": 300, "hide_totals": true });
    let path = format!("/api/v1/polls/{}", post_poll(&alice, poll).await);
    let votes = format!("{path}/votes");
    let counted = bob.post(&votes, json!({ "choices": [0] })).await.ok();
    assert_eq!(counted["options"][0]["votes_count"], Value::Null);
    assert_eq!(counted["votes_count"], 1);
    server.clock().advance(Duration::from_secs(300));
    let ended = bob.get(&path).await.ok();
    assert_eq!(
        (&ended["expired"], &ended["options"][0]["votes_count"]),
        (&json!(true), &json!(1))
    );
}

#[tokio::test]
async fn poll_end_notifies_the_author_and_the_voters() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = post_poll(&alice, json!({ "options": ["a", "b"], "expires_in": 300 })).await;
    let votes = format!("/api/v1/polls/{poll}/votes");
    bob.post(&votes, json!({ "choices": [0] })).await.ok();
    assert!(alice.notification_types().await.is_empty());
    server.clock().advance(Duration::from_secs(300));
    assert_eq!(alice.notification_types().await, ["poll"]);
    assert_eq!(bob.notification_types().await, ["poll"]);
    assert!(
        Client::user(&server, "carol")
            .notification_types()
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn poll_of_an_invisible_status_is_not_found() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = json!({ "options": ["a", "b"], "expires_in": 300 });
    let body = json!({ "status": "?", "poll": poll, "visibility": "direct" });
    let path = format!(
        "/api/v1/polls/{}",
        id(&alice.post_status(body).await["poll"])
    );
    assert_eq!(bob.get(&path).await.status, 404);
    let votes = format!("{path}/votes");
    assert_eq!(
        bob.post(&votes, json!({ "choices": [0] })).await.status,
        404
    );
}

#[tokio::test]
async fn status_can_have_a_poll_and_media() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let image = png(2, 2);
    let parts = [("file@", &image[..])];
    let upload = alice.send_multipart("POST", "/api/v2/media", &parts);
    let poll = json!({ "options": ["a", "b"], "expires_in": 300 });
    let body = json!({ "status": "?", "poll": poll, "media_ids": [id(&upload.await.ok())] });
    let status = alice.post_status(body).await;
    assert!(status["poll"].is_object());
    assert_eq!(status["media_attachments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_invalid_choice_undoes_all_votes_of_the_request() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = json!({ "options": ["a", "b"], "expires_in": 300, "multiple": true });
    let path = format!("/api/v1/polls/{}", post_poll(&alice, poll).await);
    let votes = format!("{path}/votes");
    let voted_twice = "Validation failed: You have already voted on this poll";
    for (choices, error) in [
        (json!([0, 0]), voted_twice),
        (
            json!([0, 2]),
            "Validation failed: The chosen vote option does not exist",
        ),
    ] {
        let rejected = bob.post(&votes, json!({ "choices": choices })).await;
        assert_eq!((rejected.status, rejected.error()), (422, error));
    }
    assert_eq!(bob.get(&path).await.ok()["votes_count"], 0);
    let single = json!({ "options": ["a", "b"], "expires_in": 300 });
    let votes = format!("/api/v1/polls/{}/votes", post_poll(&alice, single).await);
    let rejected = bob.post(&votes, json!({ "choices": [0, 9] })).await;
    assert_eq!(
        rejected.error(),
        "Validation failed: The chosen vote option does not exist, You have already voted on this poll"
    );
}

#[tokio::test]
async fn choices_that_are_no_list_of_numbers_are_errors_of_the_server() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = post_poll(&alice, json!({ "options": ["a", "b"], "expires_in": 300 })).await;
    let votes = format!("/api/v1/polls/{poll}/votes");
    for choices in [json!("0"), json!(0), json!(["a"]), json!([true])] {
        let failed = bob.post(&votes, json!({ "choices": choices })).await;
        assert_eq!(failed.status, 500, "{choices}");
    }
    for body in [
        json!({}),
        json!({ "choices": [] }),
        json!({ "choices": "" }),
    ] {
        let rejected = bob.post(&votes, body).await;
        assert_eq!(
            (rejected.status, rejected.error()),
            (
                400,
                "param is missing or the value is empty or invalid: choices"
            )
        );
    }
    let voted = bob.post(&votes, json!({ "choices": ["1"] })).await.ok();
    assert_eq!(voted["own_votes"], json!([1]));
}

#[tokio::test]
async fn end_of_an_edited_poll_is_notified_five_minutes_later() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let poll = json!({ "options": ["a", "b"], "expires_in": 300, "multiple": false });
    let status = alice
        .post_status(json!({ "status": "?", "poll": poll }))
        .await;
    let path = format!("/api/v1/statuses/{}", id(&status));
    let edit = json!({ "status": "!", "poll": poll });
    alice.put(&path, edit).await.ok();
    server.clock().advance(Duration::from_secs(599));
    assert!(alice.notification_types().await.is_empty());
    assert_eq!(
        alice.fetch_status(&id(&status)).await["poll"]["expired"],
        true
    );
    server.clock().advance(Duration::from_secs(2));
    assert_eq!(alice.notification_types().await, ["poll"]);
}

#[tokio::test]
async fn end_of_a_remote_poll_is_notified_to_local_voters_five_minutes_later() {
    let server = TestServer::start().await.unwrap();
    let erin = Client::user(&server, "erin@elsewhere.example");
    let bob = Client::user(&server, "bob");
    let poll = post_poll(&erin, json!({ "options": ["a", "b"], "expires_in": 300 })).await;
    let votes = format!("/api/v1/polls/{poll}/votes");
    bob.post(&votes, json!({ "choices": [0] })).await.ok();
    server.clock().advance(Duration::from_secs(599));
    assert!(bob.notification_types().await.is_empty());
    server.clock().advance(Duration::from_secs(2));
    assert_eq!(bob.notification_types().await, ["poll"]);
    assert!(erin.notification_types().await.is_empty());
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn votes_are_not_streamed() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = post_poll(&alice, json!({ "options": ["a", "b"], "expires_in": 300 })).await;
    let mut stream = SseClient::open(&server, "/user", &bob.token).await;
    let votes = format!("/api/v1/polls/{poll}/votes");
    bob.post(&votes, json!({ "choices": [0] })).await.ok();
    alice.post_text("next").await;
    let (event, status) = stream.next_event().await;
    assert_eq!(event, "update");
    assert!(status.contains("next"), "{status}");
}

#[tokio::test]
async fn own_votes_have_the_order_of_the_votes() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = json!({ "options": ["a", "b", "c"], "expires_in": 600, "multiple": true });
    let status = alice
        .post_status(json!({ "status": "Which?", "poll": poll }))
        .await;
    let path = format!("/api/v1/polls/{}/votes", id(&status["poll"]));
    let vote = async |choices: Value| bob.post(&path, json!({ "choices": choices })).await;
    assert_eq!(vote(json!([2, 0])).await.ok()["own_votes"], json!([2, 0]));
    assert_eq!(vote(json!([1, 1])).await.status, 422);
    assert_eq!(vote(json!([1])).await.ok()["own_votes"], json!([2, 0, 1]));
}
