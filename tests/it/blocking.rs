//! Programs that are not async.

use mastodon_sdk::blocking::{Wait, WaitIter};
use mastodon_sdk::{Error, Mastodon, StreamEvent};
use mastodon_test_server::TestServer;

/// A server on a thread of its own, and a client with alice's token.
fn alice() -> (tokio::runtime::Runtime, TestServer, Mastodon) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start()).unwrap();
    let token = server.token("alice", "read write");
    let client = Mastodon::builder(server.url()).access_token(token).build();
    (runtime, server, client.unwrap())
}

#[test]
fn calls_pages_and_lists_are_waited_for_from_plain_code() {
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
fn a_stream_is_gone_through_from_plain_code() {
    let (_runtime, server, alice) = alice();
    let bob = Mastodon::builder(server.url()).access_token(server.token("bob", "write"));
    let mut events = alice.stream_user().wait().unwrap().wait_iter();
    bob.build()
        .unwrap()
        .status_post("@alice Hi")
        .wait()
        .unwrap();
    let told = events.find_map(|event| match event.unwrap() {
        StreamEvent::Notification(told) => Some(told.account.acct.clone()),
        _ => None,
    });
    assert_eq!(told.as_deref(), Some("bob"));
}

#[tokio::test]
async fn waiting_inside_a_runtime_is_an_error_that_says_what_to_do() {
    let mastodon = Mastodon::builder("mastodon.social").build().unwrap();
    let error = mastodon.instance().wait().unwrap_err();
    assert!(error.to_string().contains("use `.await` here"), "{error}");
    let mut items = mastodon.timeline_public().items().wait_iter();
    assert!(matches!(items.next(), Some(Err(Error::Config(_)))));
    assert!(items.next().is_none());
}
