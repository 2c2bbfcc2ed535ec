//! Calls that must have their effect once, although their responses are lost and the server is still at work on them.

use std::time::Duration;

use mastodon_sdk::jiff::SignedDuration;
use mastodon_sdk::server::{ServerVersion, VersionCheck};
use mastodon_sdk::{Error, Mastodon, Timestamp, Upload, Visibility};
use mastodon_test_server::{Fault, IdempotencyKeys, TestServer};
use tokio::time::Instant;

use crate::support::fixtures::{account, status};
use crate::support::{
    ScriptedServer, client_builder, client_for, error_response, json_response, ok_json,
};

const STATUSES: &str = "/api/v1/statuses";
const ALL_KEYS: [IdempotencyKeys; 4] = [
    IdempotencyKeys::Locked,
    IdempotencyKeys::LockedAndFailing,
    IdempotencyKeys::StoredAfterPosting,
    IdempotencyKeys::Ignored,
];

/// Texts of the user's statuses and scheduled statuses that start with `Once`.
async fn texts(client: &Mastodon) -> Vec<String> {
    let me = client.me().await.unwrap().id.clone();
    let published = client.account_statuses(me).limit(40).await.unwrap();
    let scheduled = client.scheduled_statuses().limit(40).await.unwrap();
    let published = published.iter().map(|status| status.content.to_text());
    let scheduled = scheduled.iter().map(|status| status.params.text.clone());
    let texts = published.chain(scheduled);
    texts.filter(|text| text.starts_with("Once")).collect()
}

async fn slow_server(keys: IdempotencyKeys, work: Duration) -> TestServer {
    let builder = TestServer::builder().without_rate_limits();
    let server = builder.start().await.unwrap();
    server.set_idempotency_keys(keys);
    server.set_work_time(work);
    server
}

fn in_an_hour(server: &TestServer) -> Timestamp {
    server.clock().now() + SignedDuration::from_hours(1)
}

/// An image that the test server accepts.
fn image() -> Upload {
    let frame = b"\x2c\0\0\0\0\x02\0\x03\0\0\x02\x02\x4c\x01\0\x3b";
    let gif = [&b"GIF89a\x02\0\x03\0\0\0\0"[..], frame].concat();
    Upload::bytes(gif).file_name("cat.gif")
}

/// Posts 40 statuses, each with this fault at the first attempt. Returns how many were posted twice.
async fn posted_twice(work: u64, fault: Fault) -> usize {
    let server = slow_server(
        IdempotencyKeys::StoredAfterPosting,
        Duration::from_millis(work),
    )
    .await;
    let client = client_for(&server, "alice");
    let mut copies = 0;
    for batch in 0..4 {
        server.inject(fault.clone().times(10).on("POST", STATUSES));
        let posts = (0..10).map(|number| {
            let post = client.status_post(format!("Once {batch}.{number}."));
            IntoFuture::into_future(post)
        });
        for posted in futures_util::future::join_all(posts).await {
            posted.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        let prefix = format!("Once {batch}.");
        let texts = texts(&client).await;
        copies += texts
            .iter()
            .filter(|text| text.starts_with(&prefix))
            .count()
            - 10;
    }
    copies
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn statuses_are_posted_once_if_their_connections_are_cut_during_the_work_of_the_server() {
    let time = Duration::from_millis(20);
    let mut counts = Vec::new();
    for work in [100, 400, 1500] {
        counts.push(posted_twice(work, Fault::disconnect_after(time)).await);
    }
    counts.push(posted_twice(400, Fault::status_after(time, 504)).await);
    println!("of 40 statuses, posted twice: {counts:?}");
    assert_eq!(counts, [0; 4]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn slow_server_behind_a_proxy_with_a_time_limit_posts_one_copy() {
    for keys in ALL_KEYS {
        let server = slow_server(keys, Duration::from_secs(9)).await;
        let client = client_for(&server, "alice");
        let limit = Fault::status_after(Duration::from_secs(1), 504);
        server.inject(limit.times(9).on("POST", STATUSES));
        let posted = client.status_post("Once").await.unwrap();
        assert_eq!(posted.content.to_text(), "Once", "{keys:?}");
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(texts(&client).await.len(), 1, "{keys:?}");
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn status_is_found_after_the_timeout_of_an_attempt() {
    let server = slow_server(IdempotencyKeys::Ignored, Duration::from_secs(8)).await;
    let builder = client_builder(&server, "alice", "read write");
    let client = builder.timeout(Duration::from_secs(2)).build().unwrap();
    let posted = client.status_post("Once").spoiler_text("CW").await.unwrap();
    assert_eq!(posted.spoiler_text, "CW");
    assert_eq!(texts(&client).await, ["Once"]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn scheduled_status_is_found_among_the_scheduled_statuses() {
    for keys in ALL_KEYS {
        let server = slow_server(keys, Duration::from_secs(3)).await;
        let client = client_for(&server, "alice");
        let time = Duration::from_millis(20);
        server.inject(Fault::disconnect_after(time).on("POST", STATUSES));
        let post = client.status_post("Once").scheduled_at(in_an_hour(&server));
        let posted = post.await.unwrap();
        assert!(posted.as_scheduled_status().is_some(), "{keys:?}");
        assert_eq!(texts(&client).await, ["Once"], "{keys:?}");
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn status_with_every_parameter_that_servers_change_is_found() {
    let server = slow_server(IdempotencyKeys::Ignored, Duration::from_secs(2)).await;
    let client = client_for(&server, "alice");
    let first = client.status_post("Hello").await.unwrap();
    let media = client.media_post(image()).await.unwrap();
    let lose_response = || server.inject(Fault::lost_response().on("POST", STATUSES));
    lose_response();
    let text = " Once  @bob@unknown.example <b> & **you** https://a.example/b?c=d #tag 🎉 ";
    let reply = client.status_post(text).in_reply_to_id(&first.id);
    let reply = reply.media_ids([&media]).visibility(Visibility::Private);
    let reply = reply.await.unwrap();
    assert_eq!(reply.in_reply_to_id, Some(first.id));
    assert_eq!(reply.media_attachments.len(), 1);
    lose_response();
    // Without a text, the content warning becomes the text.
    let warning = client
        .status_post("")
        .spoiler_text("Once more")
        .await
        .unwrap();
    assert_eq!(warning.content.to_text(), "Once more");
    lose_response();
    let poll = mastodon_sdk::methods::NewPoll::new(["a", "b"], Duration::from_secs(3600));
    let poll = client
        .status_post("Once or twice?")
        .poll(poll)
        .await
        .unwrap();
    assert_eq!(poll.poll.unwrap().options.len(), 2);
    assert_eq!(texts(&client).await.len(), 3);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn two_lost_statuses_with_the_same_text_are_both_returned() {
    let server = slow_server(IdempotencyKeys::Locked, Duration::from_secs(2)).await;
    let client = client_for(&server, "alice");
    let earlier = client.status_post("Once").await.unwrap();
    server.inject(Fault::lost_response().times(2).on("POST", STATUSES));
    let post = || IntoFuture::into_future(client.status_post("Once"));
    let (first, second) = futures_util::future::join(post(), post()).await;
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(first.id != second.id && earlier.id != first.id && earlier.id != second.id);
    assert_eq!(texts(&client).await.len(), 3);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn status_that_did_not_arrive_is_posted_after_the_time_in_which_it_could_have() {
    let server = slow_server(IdempotencyKeys::Ignored, Duration::ZERO).await;
    let client = client_for(&server, "alice");
    // An earlier status with the same text, of another client.
    let other = client_for(&server, "alice");
    let earlier = other.status_post("Once").await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    server.inject(Fault::disconnect().on("POST", STATUSES));
    let start = Instant::now();
    let posted = client.status_post("Once").await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(31));
    assert_ne!(posted.id, earlier.id);
    assert_eq!(texts(&client).await.len(), 2);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn error_of_a_token_that_may_not_read_names_what_to_check() {
    let server = slow_server(IdempotencyKeys::Locked, Duration::ZERO).await;
    let builder = client_builder(&server, "alice", "write");
    let client = builder.build().unwrap();
    server.inject(Fault::lost_response().on("POST", STATUSES));
    let error = client.status_post("Once").await.unwrap_err();
    assert!(error.is_response_lost() && !error.is_retryable(), "{error}");
    let text = error.to_string();
    assert!(
        text.starts_with("status_post: the server may have carried out the call, but its response was lost: no complete response"),
        "{text}"
    );
    assert!(
        text.contains(
            "the result cannot be searched for: account_verify_credentials (403 Forbidden)"
        ),
        "{text}"
    );
    assert!(
        text.ends_with(
            "; check the user's newest statuses and scheduled statuses before you repeat the call"
        ),
        "{text}"
    );
    assert_eq!(texts(&client_for(&server, "alice")).await, ["Once"]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn server_that_is_down_after_a_lost_response_is_searched_for_two_minutes() {
    let server = slow_server(IdempotencyKeys::Ignored, Duration::ZERO).await;
    let client = client_for(&server, "alice");
    client.me().await.unwrap();
    server.inject(Fault::lost_response().on("POST", STATUSES));
    server.inject(Fault::status(502).times(6).on("GET", "/api/v1/accounts/"));
    let posted = client.status_post("Once").await.unwrap();
    assert_eq!(server.pending_faults(), 0);
    assert_eq!(texts(&client).await, ["Once"]);
    client.status_delete(&posted).await.unwrap();

    server.inject(Fault::lost_response().on("POST", STATUSES));
    server.inject(Fault::status(502).times(100).on("GET", "/api/v1/accounts/"));
    let start = Instant::now();
    let error = client.status_post("Once").await.unwrap_err();
    assert!(error.is_response_lost(), "{error}");
    assert_eq!(start.elapsed().as_secs(), 127);
    server.clear_faults();
    assert_eq!(texts(&client).await, ["Once"]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn deadline_ends_the_search_and_the_error_is_not_retryable() {
    for keys in ALL_KEYS {
        let server = slow_server(keys, Duration::from_secs(20)).await;
        let builder = client_builder(&server, "alice", "read write");
        let client = builder.deadline(Duration::from_secs(10)).build().unwrap();
        // The deadline elapses while the server works.
        let error = client.status_post("Once").await.unwrap_err();
        assert!(error.is_response_lost() && !error.is_retryable(), "{error}");
        // The connection is cut.
        let cut = Fault::disconnect_after(Duration::from_millis(20));
        server.inject(cut.on("POST", STATUSES));
        let start = Instant::now();
        let error = client.status_post("Once again").await.unwrap_err();
        assert!(error.is_response_lost() && !error.is_retryable(), "{error}");
        assert!(start.elapsed() <= Duration::from_secs(10));
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(texts(&client).await.len(), 2, "{keys:?}");
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn last_search_before_the_deadline_finds_the_status() {
    let server = slow_server(IdempotencyKeys::Ignored, Duration::from_secs(8)).await;
    let builder = client_builder(&server, "alice", "read write");
    let client = builder.deadline(Duration::from_secs(10)).build().unwrap();
    let cut = Fault::disconnect_after(Duration::from_millis(20));
    server.inject(cut.on("POST", STATUSES));
    client.status_post("Once").await.unwrap();
    assert_eq!(texts(&client).await, ["Once"]);
}

/// A script whose first post is lost, without a result in any search before the second.
pub(crate) fn lost_post_and_searches(lists: usize) -> Vec<String> {
    let mut script = vec![String::new()];
    script.extend(vec![json_response(200, "", "[]"); 5 * lists]);
    script.insert(lists, ok_json(&account("2", "bob")));
    script
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn error_500_to_a_repeated_post_is_not_returned_if_the_status_is_there() {
    let mut script = lost_post_and_searches(1);
    script.push(error_response(500, "Internal Server Error"));
    let now = Timestamp::now().to_string();
    let found = status(&[("created_at", now.into())]);
    script.push(json_response(200, "", &format!("[{found}]")));
    let server = ScriptedServer::start(script).await;
    let posted = server.client().status_post("Hi").await.unwrap();
    assert_eq!(posted.id, "5");

    let mut script = lost_post_and_searches(1);
    for _ in 0..3 {
        script.push(error_response(500, "Internal Server Error"));
        script.push(json_response(200, "", "[]"));
    }
    let server = ScriptedServer::start(script).await;
    let error = server.client().status_post("Hi").await.unwrap_err();
    assert!(error.is_response_lost() && !error.is_retryable(), "{error}");
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn error_404_to_a_repeated_scheduled_post_is_not_returned_if_the_status_is_there() {
    let at = "2030-01-01T00:00:00Z";
    let found = format!(
        r#"[{{"id":"9","scheduled_at":"{at}","params":{{"text":"Hi"}},"media_attachments":[]}}]"#
    );
    let mut script = lost_post_and_searches(2);
    script.push(error_response(404, "Record not found"));
    script.push(json_response(200, "", &found));
    let server = ScriptedServer::start(script).await;
    let at: Timestamp = at.parse().unwrap();
    let post = server.client().status_post("Hi").scheduled_at(at);
    let posted = post.await.unwrap();
    assert_eq!(posted.as_scheduled_status().unwrap().id, "9");
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn first_error_500_is_an_error_unless_the_status_is_there() {
    let now = Timestamp::now().to_string();
    let found = status(&[("created_at", now.into())]);
    let script = |list: String| {
        vec![
            error_response(500, "Internal Server Error"),
            ok_json(&account("2", "bob")),
            json_response(200, "", &list),
        ]
    };
    let server = ScriptedServer::start(script("[]".to_owned())).await;
    let error = server.client().status_post("Hi").await.unwrap_err();
    assert!(error.is_server_error(), "{error}");
    assert_eq!(server.requests().len(), 3);
    let server = ScriptedServer::start(script(format!("[{found}]"))).await;
    server.client().status_post("Hi").await.unwrap();
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn lists_filters_and_votes_are_found_and_not_repeated() {
    let server = slow_server(IdempotencyKeys::Ignored, Duration::from_millis(1500)).await;
    let (alice, bob) = (client_for(&server, "alice"), client_for(&server, "bob"));
    let cut = || {
        let cut = Fault::disconnect_after(Duration::from_millis(20));
        server.inject(cut.on("POST", "/api/"));
    };
    cut();
    let list = alice.list_create("Friends").exclusive(true).await.unwrap();
    assert!(list.exclusive);
    let other = alice.list_create("Friends").exclusive(true).await.unwrap();
    assert_ne!(list.id, other.id);
    cut();
    let third = alice.list_create("Friends").exclusive(true).await.unwrap();
    assert!(third.id != list.id && third.id != other.id);
    assert_eq!(alice.lists().await.unwrap().len(), 3);

    cut();
    let context = mastodon_sdk::FilterContext::Home;
    let filter = alice.create_filter_v2("Noise", [context]).await.unwrap();
    assert_eq!(filter.title, "Noise");
    cut();
    let keyword = alice
        .add_filter_keyword_v2(&filter.id, "loud")
        .await
        .unwrap();
    assert_eq!(keyword.keyword, "loud");
    let filters = alice.filters_v2().await.unwrap();
    assert_eq!(filters.len(), 1);
    assert_eq!(filters[0].keywords.len(), 1);

    let poll = mastodon_sdk::methods::NewPoll::new(["a", "b"], Duration::from_secs(3600));
    let poll = bob.status_post("?").poll(poll).await.unwrap().poll.unwrap();
    cut();
    let poll = alice.poll_vote(&poll.id, [1]).await.unwrap();
    assert_eq!(poll.own_votes, [1]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn lost_report_is_neither_repeated_nor_retryable() {
    let server = slow_server(IdempotencyKeys::Ignored, Duration::ZERO).await;
    let (alice, bob) = (client_for(&server, "alice"), client_for(&server, "bob"));
    let bob = bob.me().await.unwrap();
    for fault in [Fault::lost_response(), Fault::status(504)] {
        server.inject(fault.on("POST", "/api/v1/reports"));
        let error = alice.report(&bob.id).await.unwrap_err();
        assert!(error.is_response_lost() && !error.is_retryable(), "{error}");
        let end =
            "check whether the moderators have received the report before you repeat the call";
        assert!(error.to_string().ends_with(end), "{error}");
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn lost_upload_is_repeated_because_the_server_deletes_unused_files() {
    let server = slow_server(IdempotencyKeys::Ignored, Duration::ZERO).await;
    let client = client_for(&server, "alice");
    server.inject(Fault::lost_response().on("POST", "/api/v2/media"));
    client.media_post(image()).await.unwrap();
    assert_eq!(server.pending_faults(), 0);
}

#[tokio::test]
async fn software_that_would_publish_a_scheduled_status_at_once_is_not_asked_to() {
    let at: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    for version in [
        ServerVersion::parse("takahe/0.11.0", None),
        ServerVersion::parse("4.0.0 (compatible; Mitra 5.9.0)", None),
    ] {
        let server = ScriptedServer::start(vec![ok_json(&status(&[])); 3]).await;
        let builder = server.builder().server_version(version);
        let client = builder
            .clone()
            .version_check(VersionCheck::Endpoints)
            .build()
            .unwrap();
        let error = client.status_post("Hi").scheduled_at(at).await.unwrap_err();
        assert!(matches!(error, Error::Version { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.starts_with(
                "status_post: the parameter `scheduled_at`, which the server would ignore"
            ),
            "{text}"
        );
        assert_eq!(server.requests().len(), 0);
        client.status_post("Hi").await.unwrap();
        let post = client.status_post("Hi").scheduled_at(at);
        post.version_check(VersionCheck::Off).await.unwrap();
        let client = builder.build().unwrap();
        client.status_post("Hi").scheduled_at(at).await.unwrap();
        assert_eq!(server.requests().len(), 3);
    }
}
