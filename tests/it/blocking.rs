//! The blocking API, for code that is not async.

use mastodon_sdk::blocking::{Wait, WaitIter};
use mastodon_sdk::streaming::StreamEvent;
use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::TestServer;

use crate::support::{client_builder, client_for};

/// A test server on its own runtime, and a client with alice's token.
fn alice() -> (tokio::runtime::Runtime, TestServer, Mastodon) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start()).unwrap();
    let client = client_for(&server, "alice");
    (runtime, server, client)
}

#[test]
fn calls_pages_and_items_can_be_used_without_async() {
    let (_runtime, _server, mastodon) = alice();
    for number in 1..=3 {
        mastodon
            .status_post(format!("Number {number}"))
            .wait()
            .unwrap();
    }
    let me = mastodon.me().wait().unwrap();
    let first = mastodon.account_statuses(&me.id).limit(2).wait().unwrap();
    let second = first.next().wait().unwrap().unwrap();
    assert!(second[0].id < first[1].id);
    let all: Result<Vec<_>, Error> = mastodon
        .account_statuses(&me.id)
        .limit(1)
        .items()
        .wait_iter()
        .collect();
    assert_eq!(
        i64::try_from(all.unwrap().len()).unwrap(),
        me.statuses_count
    );
    assert!(mastodon.status("0").wait().unwrap_err().is_not_found());
}

#[test]
fn streams_can_be_used_without_async() {
    let (_runtime, server, alice) = alice();
    let bob = client_builder(&server, "bob", "write");
    let mut events = alice.stream_user().wait().unwrap().wait_iter();
    bob.build()
        .unwrap()
        .status_post("@alice Hi")
        .wait()
        .unwrap();
    let sender = events.find_map(|event| match event.unwrap() {
        StreamEvent::Notification(notification) => Some(notification.account.acct.clone()),
        _ => None,
    });
    assert_eq!(sender.as_deref(), Some("bob"));
}

#[tokio::test]
async fn waiting_inside_an_async_runtime_is_an_error_that_recommends_await() {
    let mastodon = Mastodon::builder("mastodon.social").build().unwrap();
    let error = mastodon.instance().wait().unwrap_err();
    assert!(error.to_string().contains("use `.await`"), "{error}");
    let mut items = mastodon.timeline_public().items().wait_iter();
    assert!(matches!(
        items.next(),
        Some(Err(Error::BlockingInAsync { .. }))
    ));
    assert!(items.next().is_none());
}
