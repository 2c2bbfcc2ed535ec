//! Threads of several statuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mastodon_sdk::error::ThreadProgress;
use mastodon_sdk::server::SplitOptions;
use mastodon_sdk::{Error, Mastodon, Status, Visibility};
use mastodon_test_server::{Fault, IdempotencyKeys, TestServer};

use crate::support::client_for;

const PARTS: [&str; 3] = ["One", "Two", "Three"];

async fn alice() -> (Arc<TestServer>, Mastodon) {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let client = client_for(&server, "alice");
    (Arc::new(server), client)
}

fn texts(statuses: &[Status]) -> Vec<String> {
    statuses
        .iter()
        .map(|status| status.content.to_text())
        .collect()
}

/// Texts of the user's statuses in the thread, oldest first.
async fn published(client: &Mastodon) -> Vec<String> {
    let me = client.me().await.unwrap();
    let statuses = client.account_statuses(&me.id).limit(40).await.unwrap();
    let texts = statuses.iter().rev().map(|status| status.content.to_text());
    texts.filter(|text| PARTS.contains(&&**text)).collect()
}

/// Injects a fault before the part with this index is sent for the first time.
fn inject_before(
    server: &Arc<TestServer>,
    index: usize,
    faults: Vec<Fault>,
) -> impl Fn(&ThreadProgress) + Send + Sync + 'static {
    let (server, done) = (Arc::clone(server), AtomicBool::new(false));
    move |progress| {
        if progress.posted.len() == index && !done.swap(true, Ordering::Relaxed) {
            for fault in &faults {
                server.inject(fault.clone());
            }
        }
    }
}

fn incomplete(error: Error) -> ThreadProgress {
    match error {
        Error::ThreadIncomplete { progress, .. } => *progress,
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn each_part_is_a_reply_to_the_one_before() {
    let (_server, alice) = alice().await;
    let start = alice.status_post("Start").await.unwrap();
    let thread = alice
        .thread_post(PARTS)
        .in_reply_to_id(&start)
        .visibility(Visibility::Unlisted)
        .language("en")
        .spoiler_text("Numbers")
        .each(|index, post| post.sensitive(index == 1))
        .await
        .unwrap();
    assert_eq!(texts(&thread), PARTS);
    let mut before = start.id;
    for (index, status) in thread.iter().enumerate() {
        assert_eq!(status.in_reply_to_id.as_ref(), Some(&before));
        assert_eq!(status.visibility, Visibility::Unlisted);
        assert_eq!(status.language.as_deref(), Some("en"));
        assert_eq!((&*status.spoiler_text, index), ("Numbers", index));
        before = status.id.clone();
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn thread_that_replies_mentions_the_conversation_in_its_first_part() {
    let (server, alice) = alice().await;
    server.set_idempotency_keys(IdempotencyKeys::Ignored);
    let bob = client_for(&server, "bob");
    let question = bob
        .status_post("@alice Why?")
        .visibility(Visibility::Private)
        .spoiler_text("Question")
        .await
        .unwrap();
    let thread = alice.thread_post(PARTS).in_reply_to(&question);
    let faults = vec![
        Fault::lost_response().on("POST", "/api/v1/statuses"),
        Fault::status(403).on("GET", "/api/v1/accounts/"),
    ];
    alice.me().await.unwrap();
    let call = thread
        .clone()
        .on_progress(inject_before(&server, 0, faults));
    let progress = incomplete(call.await.unwrap_err());
    let statuses = thread.resume(progress).await.unwrap();
    assert_eq!(texts(&statuses), ["@bob One", "Two", "Three"]);
    assert_eq!(statuses[0].in_reply_to_id.as_ref(), Some(&question.id));
    for status in &statuses {
        assert_eq!(status.visibility, Visibility::Private);
        assert_eq!(status.spoiler_text, "Question");
    }
    let me = alice.me().await.unwrap();
    let published = alice.account_statuses(&me.id).await.unwrap();
    let first = published
        .iter()
        .filter(|status| status.content.to_text() == "@bob One");
    assert_eq!(first.count(), 1, "the first part is posted once");
}

#[tokio::test]
async fn long_text_is_split_and_posted() {
    let (_server, alice) = alice().await;
    let text = "All work and no play makes Jack a dull boy. ".repeat(30);
    let limits = alice.status_limits().await.unwrap();
    let options = SplitOptions::new().numbered(true);
    let parts = limits.split_with(&text, &options).unwrap();
    let thread = alice.thread_post(&parts).await.unwrap();
    assert_eq!(thread.len(), 3);
    assert!(thread[2].content.to_text().ends_with(" 3/3"));
}

#[tokio::test]
async fn failed_thread_is_continued_where_it_stopped() {
    let (server, alice) = alice().await;
    let thread = alice.thread_post(PARTS);
    let fault = Fault::status(422).on("POST", "/api/v1/statuses");
    let call = thread
        .clone()
        .on_progress(inject_before(&server, 1, vec![fault]));
    let error = call.await.unwrap_err();
    assert!(error.is_validation(), "{error}");
    assert!(error.to_string().contains("1 of 3 parts"), "{error}");
    let progress = incomplete(error);
    assert_eq!(texts(&progress.posted), ["One"]);
    assert_eq!(
        progress.unconfirmed_since, None,
        "the server has refused the second part"
    );
    let stored = serde_json::to_string(&progress).unwrap();
    let statuses = thread
        .resume(serde_json::from_str(&stored).unwrap())
        .await
        .unwrap();
    assert_eq!(texts(&statuses), PARTS);
    assert_eq!(statuses[1].in_reply_to_id.as_ref(), Some(&statuses[0].id));
    assert_eq!(published(&alice).await, PARTS);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn part_whose_response_was_lost_is_not_posted_again() {
    for index in 0..PARTS.len() {
        let (server, alice) = alice().await;
        server.set_idempotency_keys(IdempotencyKeys::Ignored);
        alice.me().await.unwrap();
        let thread = alice.thread_post(PARTS);
        // The search for the status fails too, so it is not known whether it was posted.
        let faults = vec![
            Fault::lost_response().on("POST", "/api/v1/statuses"),
            Fault::status(403).on("GET", "/api/v1/accounts/"),
        ];
        let call = thread
            .clone()
            .on_progress(inject_before(&server, index, faults));
        let progress = incomplete(call.await.unwrap_err());
        assert_eq!(progress.posted.len(), index);
        assert!(progress.unconfirmed_since.is_some());
        let another = thread.clone().resume(progress.clone());
        server.inject(Fault::status(403).on("GET", "/api/v1/accounts/"));
        let progress = incomplete(another.await.unwrap_err());
        assert!(
            progress.unconfirmed_since.is_some(),
            "the search has failed again"
        );
        let statuses = thread.resume(progress).await.unwrap();
        assert_eq!(texts(&statuses), PARTS);
        assert_eq!(published(&alice).await, PARTS);
    }
}

#[tokio::test]
async fn same_key_posts_nothing_twice() {
    let (_server, alice) = alice().await;
    let thread = alice.thread_post(PARTS).idempotency_key("bot-2026-11-30");
    let first = thread.clone().await.unwrap();
    let second = thread.await.unwrap();
    assert_eq!(texts(&first), texts(&second));
    assert_eq!(published(&alice).await, PARTS);
}

#[tokio::test]
async fn thread_with_a_part_that_is_too_long_is_not_begun() {
    let (_server, alice) = alice().await;
    let error = alice
        .thread_post(["One", &"x".repeat(501)])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Limit { actual: 501, .. }), "{error}");
    let none = alice.thread_post(Vec::<String>::new()).await.unwrap_err();
    assert!(matches!(none, Error::IllegalArgument { .. }), "{none}");
    assert!(published(&alice).await.is_empty());
}

#[tokio::test]
async fn first_part_that_the_server_refuses_is_the_error_of_a_status() {
    let (server, alice) = alice().await;
    server.inject(Fault::status(422).on("POST", "/api/v1/statuses"));
    let error = alice.thread_post(PARTS).await.unwrap_err();
    assert!(matches!(error, Error::Api(_)), "{error}");
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn deadline_ends_the_thread_between_its_parts() {
    let (server, alice) = alice().await;
    server.inject(
        Fault::latency(Duration::from_secs(2))
            .times(3)
            .on("POST", "/api/v1/statuses"),
    );
    let call = alice.thread_post(PARTS).deadline(Duration::from_secs(3));
    let progress = incomplete(call.await.unwrap_err());
    assert_eq!(texts(&progress.posted), ["One"]);
    let statuses = alice.thread_post(PARTS).resume(progress).await.unwrap();
    assert_eq!(texts(&statuses), PARTS);
    assert_eq!(published(&alice).await, PARTS);
}
