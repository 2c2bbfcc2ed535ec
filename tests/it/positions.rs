//! Positions in lists: `newer_than`, `older_than`, `between`, and the cursors that they replace.

use std::time::Duration;

use mastodon_sdk::call::{Items, StoredPage};
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Account, Cursor, Error, Mastodon, Method, Notification, Status, StatusId};
use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::support::fixtures::{account, status};
use crate::support::{ScriptedServer, client_for, json_response, ok_json};

/// A server whose user alice has posted statuses, and the numbers of these statuses in the order of posting.
struct Posted {
    _server: TestServer,
    client: Mastodon,
    me: mastodon_sdk::AccountId,
    ids: Vec<StatusId>,
}

impl Posted {
    async fn new(count: usize) -> Self {
        let server = TestServer::builder().without_rate_limits().start().await;
        let server = server.unwrap();
        let client = client_for(&server, "alice");
        let me = client.me().await.unwrap().id;
        let mut posted = Self {
            _server: server,
            client,
            me,
            ids: Vec::new(),
        };
        posted.post(count).await;
        posted
    }

    async fn post(&mut self, count: usize) {
        for number in 0..count {
            let text = format!("status {number}");
            let status = self.client.status_post(text).await.unwrap();
            self.ids.push(status.id);
        }
    }

    fn call(&self) -> mastodon_sdk::methods::AccountStatusesCall {
        self.client.account_statuses(&self.me).limit(20)
    }

    /// Returns the statuses in a range of indices, oldest first.
    fn range(
        &self,
        range: impl std::slice::SliceIndex<[StatusId], Output = [StatusId]>,
    ) -> Vec<StatusId> {
        self.ids[range].to_vec()
    }
}

fn reversed(mut ids: Vec<StatusId>) -> Vec<StatusId> {
    ids.reverse();
    ids
}

async fn ids(mut items: Items<Status>) -> Vec<StatusId> {
    let mut ids = Vec::new();
    while let Some(status) = items.try_next().await.unwrap() {
        ids.push(status.id);
    }
    ids
}

#[tokio::test]
async fn bounds_hold_for_all_pages_in_either_direction() {
    let posted = Posted::new(62).await;
    let (last, new) = (&posted.ids[31], posted.range(32..));
    let newest_first = ids(posted.call().since_id(last).items()).await;
    assert_eq!(newest_first, reversed(new.clone()));
    assert_eq!(ids(posted.call().min_id(last).items()).await, new);
    assert_eq!(ids(posted.call().newer_than(last).items()).await, new);
    // All statuses that are older: also those of alice from before the test.
    let older = ids(posted.call().older_than(last).items()).await;
    assert_eq!(older[..31], reversed(posted.range(..31)));
    let (from, to) = (&posted.ids[9], &posted.ids[50]);
    let between = posted.call().between(from, to);
    assert_eq!(ids(between.items()).await, posted.range(10..50));
    let newest_first = posted.call().since_id(from).max_id(to);
    assert_eq!(
        ids(newest_first.items()).await,
        reversed(posted.range(10..50))
    );
}

#[tokio::test]
async fn bounds_hold_when_a_page_is_followed() {
    let posted = Posted::new(50).await;
    let (from, to) = (&posted.ids[9], &posted.ids[40]);
    let all = posted.range(10..40);
    let first = posted.call().since_id(from).max_id(to).await.unwrap();
    assert_eq!(ids(first.items()).await, reversed(all.clone()));
    let oldest = posted.call().between(from, to).await.unwrap();
    // A page itself has the newest item first.
    assert_eq!(oldest[0].id, posted.ids[29]);
    let newer = oldest.previous().await.unwrap().unwrap();
    assert_eq!((newer.len(), &newer[0].id), (10, &posted.ids[39]));
    assert!(
        newer
            .previous()
            .await
            .unwrap()
            .is_none_or(|page| page.is_empty())
    );
    // Nothing is older than the oldest page and newer than the position.
    let older = oldest.next().await.unwrap();
    assert!(older.is_none_or(|page| page.is_empty()));
    assert_eq!(ids(oldest.clone().items()).await, all);
    let json = serde_json::to_string(&oldest).unwrap();
    let stored: StoredPage<Status> = serde_json::from_str(&json).unwrap();
    let stored = stored.attach(&posted.client).unwrap();
    assert_eq!(ids(stored.items()).await, all);
    let remaining = oldest.remaining().await.unwrap();
    let remaining: Vec<_> = remaining.into_iter().map(|status| status.id).collect();
    assert_eq!(remaining, all);
}

#[tokio::test]
async fn newer_than_continues_where_it_stopped_and_finds_what_was_posted_meanwhile() {
    let mut posted = Posted::new(45).await;
    let mut position = posted.ids[4].clone();
    let mut found = Vec::new();
    let mut items = posted.call().newer_than(&position).items();
    for _ in 0..7 {
        let status = items.try_next().await.unwrap().unwrap();
        position = status.id.clone();
        found.push(status.id);
    }
    drop(items);
    let mut items = posted.call().newer_than(&position).items();
    found.push(items.try_next().await.unwrap().unwrap().id);
    posted.post(10).await;
    while let Some(status) = items.try_next().await.unwrap() {
        found.push(status.id);
    }
    assert_eq!(found, posted.range(5..));
    let last = posted.ids.last().unwrap();
    assert!(ids(posted.call().newer_than(last).items()).await.is_empty());
}

#[tokio::test]
async fn times_are_positions_in_lists_of_statuses() {
    let server = TestServer::builder().without_rate_limits().start().await;
    let server = server.unwrap();
    let client = client_for(&server, "alice");
    let me = client.me().await.unwrap().id;
    let mut times = Vec::new();
    for text in ["a", "b", "c"] {
        server.clock().advance(Duration::from_secs(3600));
        client.status_post(text).await.unwrap();
        times.push(server.clock().now() + Duration::from_secs(60));
    }
    let mut between = client
        .account_statuses(&me)
        .between(times[0], times[1])
        .items();
    let status = between.try_next().await.unwrap().unwrap();
    assert_eq!(status.content.to_text(), "b");
    assert!(between.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn time_is_refused_where_it_is_not_a_position() {
    let server = ScriptedServer::start(Vec::new()).await;
    let time = mastodon_sdk::Timestamp::UNIX_EPOCH;
    let error = server.client().notifications().newer_than(time).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::IllegalArgument { .. }), "{error}");
    assert!(
        error.to_string().contains("a time is not a position"),
        "{error}"
    );
    assert!(server.requests().is_empty());
    // A later position replaces the time.
    let call = server.client().notifications().newer_than(time);
    let error = call.newer_than("5").await.unwrap_err();
    assert!(!matches!(error, Error::IllegalArgument { .. }), "{error}");

    let gotosocial = json!({ "version": "0.19.1+git-abc", "domain": "a.example" });
    let server = ScriptedServer::start(vec![ok_json(&gotosocial)]).await;
    let builder = server.builder().version_check(VersionCheck::Endpoints);
    let error = builder.build().unwrap().timeline_home().older_than(time);
    let error = error.await.unwrap_err();
    assert!(matches!(error, Error::IllegalArgument { .. }), "{error}");
    assert!(error.to_string().contains("GoToSocial"), "{error}");
}

/// The list of followers of a real server: its cursors are hidden numbers, and it ignores `min_id`.
fn followers_page(first: u32, last: u32, is_last: bool) -> String {
    let next = if is_last {
        String::new()
    } else {
        format!("<https://a.example/x?limit=2&max_id={last}>; rel=\"next\", ")
    };
    let link =
        format!("link: {next}<https://a.example/x?limit=2&since_id={first}>; rel=\"prev\"\r\n");
    let accounts: Vec<Value> = (last..=first)
        .rev()
        .map(|row| account(&format!("9{row}"), &format!("user{row}")))
        .collect();
    json_response(200, &link, &json!(accounts).to_string())
}

async fn accts(mut items: Items<Account>) -> Vec<String> {
    let mut accts = Vec::new();
    while let Some(account) = items.try_next().await.unwrap() {
        accts.push(account.acct);
    }
    accts
}

#[tokio::test]
async fn list_without_min_id_is_returned_oldest_first_from_a_cursor_on() {
    let script = vec![
        followers_page(4, 3, false),
        followers_page(9, 8, false),
        followers_page(7, 6, false),
        followers_page(5, 5, true),
    ];
    let server = ScriptedServer::start(script).await;
    let followers = || server.client().account_followers("1").limit(2);
    let page = followers().await.unwrap();
    let position = page.newest_cursor().unwrap();
    assert_eq!(position, Cursor::from("4"));
    assert_eq!(page.oldest_cursor().unwrap(), Cursor::from("3"));
    let new = accts(followers().newer_than(position).items()).await;
    assert_eq!(new, ["user5", "user6", "user7", "user8", "user9"]);
    assert_eq!(
        server.request_lines()[1..],
        [
            "GET /api/v1/accounts/1/followers?limit=2&since_id=4",
            "GET /api/v1/accounts/1/followers?limit=2&max_id=8&since_id=4",
            "GET /api/v1/accounts/1/followers?limit=2&max_id=6&since_id=4",
        ]
    );
}

#[tokio::test]
async fn failed_page_of_a_list_without_min_id_is_requested_again_and_nothing_is_lost() {
    let script = vec![
        followers_page(9, 8, false),
        json_response(404, "", "{}"),
        followers_page(7, 6, true),
    ];
    let server = ScriptedServer::start(script).await;
    let call = server.client().account_followers("1").newer_than("5");
    let mut items = call.items();
    assert!(items.try_next().await.unwrap_err().is_not_found());
    assert!(items.try_next().await.unwrap().is_none());
    items.retry();
    assert_eq!(accts(items).await, ["user6", "user7", "user8", "user9"]);
}

#[tokio::test]
async fn list_without_min_id_ends_with_an_error_before_it_fills_the_memory() {
    let padding = " ".repeat(9 << 20);
    let script = (0..20).map(|page| {
        let link = format!(
            "link: <https://a.example/x?max_id={}>; rel=\"next\"\r\n",
            99 - page
        );
        let accounts = json!([account(&page.to_string(), "a")]);
        json_response(200, &link, &format!("{accounts}{padding}"))
    });
    let server = ScriptedServer::start(script.collect()).await;
    let call = server.client().account_followers("1").newer_than("5");
    let mut items = call.items();
    let error = items.try_next().await.unwrap_err();
    assert!(matches!(error, Error::Paging { .. }), "{error}");
    assert!(error.to_string().contains("`since_id`"), "{error}");
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(server.requests().len(), 8);
}

#[tokio::test]
async fn link_to_the_newest_page_does_not_skip_the_pages_between() {
    // Mastodon reads `min_id` for followed hashtags, but links to the previous page by `since_id`.
    let page = |id: u32, name: &str| {
        let link = format!("link: <https://a.example/x?since_id={id}>; rel=\"prev\"\r\n");
        let tag = crate::support::fixtures::tag(name);
        json_response(200, &link, &format!("[{tag}]"))
    };
    let script = vec![page(7, "a"), page(8, "b"), json_response(200, "", "[]")];
    let server = ScriptedServer::start(script).await;
    let mut items = server.client().followed_tags().newer_than("6").items();
    for name in ["a", "b"] {
        assert_eq!(items.try_next().await.unwrap().unwrap().name, name);
    }
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(
        server.request_lines(),
        [
            "GET /api/v1/followed_tags?min_id=6",
            "GET /api/v1/followed_tags?min_id=7",
            "GET /api/v1/followed_tags?min_id=8",
        ]
    );
}

#[tokio::test]
async fn list_without_links_is_continued_from_the_ids_of_its_items() {
    let page = |ids: &[&str]| {
        let statuses: Vec<Value> = ids.iter().map(|id| status(&[("id", json!(id))])).collect();
        ok_json(&json!(statuses))
    };
    let script = vec![page(&["9", "8"]), page(&["12", "10"]), page(&[])];
    let server = ScriptedServer::start(script).await;
    let items = server.client().timeline_public().newer_than("7").items();
    assert_eq!(ids(items).await, ["8", "9", "10", "12"]);
    assert_eq!(
        server.request_lines()[1..],
        [
            "GET /api/v1/timelines/public?min_id=9",
            "GET /api/v1/timelines/public?min_id=12",
        ]
    );
}

#[tokio::test]
async fn full_page_without_a_link_and_without_ids_is_an_error_after_its_items() {
    let names = ["a", "b"].map(crate::support::fixtures::tag);
    let body = format!("[{}]", names.join(","));
    let server = ScriptedServer::start(vec![json_response(200, "", &body)]).await;
    let call = server.client().followed_tags().limit(2).newer_than("6");
    let mut items = call.items();
    for name in ["b", "a"] {
        assert_eq!(items.try_next().await.unwrap().unwrap().name, name);
    }
    let error = items.try_next().await.unwrap_err();
    assert!(
        error.to_string().contains("no link to newer items"),
        "{error}"
    );
    assert!(items.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn notifications_are_returned_oldest_first_from_a_notification_on() {
    let server = TestServer::builder().without_rate_limits().start().await;
    let server = server.unwrap();
    let (alice, bob) = (client_for(&server, "alice"), client_for(&server, "bob"));
    for number in 0..9 {
        let text = format!("@alice {number}");
        bob.status_post(text).await.unwrap();
    }
    let all = alice.notifications().limit(9).await.unwrap();
    let call = alice.notifications().limit(3).newer_than(&all[7]);
    let mut found: Vec<Notification> = Vec::new();
    let mut items = call.items();
    while let Some(notification) = items.try_next().await.unwrap() {
        found.push(notification);
    }
    let found: Vec<_> = found
        .into_iter()
        .map(|notification| notification.id)
        .collect();
    let expected: Vec<_> = all[..7].iter().rev().map(|item| item.id.clone()).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn list_that_the_sdk_does_not_know_is_returned_from_a_position_on() {
    let page = |ids: &[u32]| {
        let links = ids.first().map_or(String::new(), |first| {
            format!("link: <https://a.example/x?min_id={first}>; rel=\"prev\"\r\n")
        });
        json_response(200, &links, &json!(ids).to_string())
    };
    let script = vec![page(&[9, 8]), page(&[12, 10]), page(&[])];
    let server = ScriptedServer::start(script).await;
    let call = server.client().request(Method::GET, "/api/v1/numbers");
    let mut items = call.paged::<u32>().between("7", "20").items();
    let mut found = Vec::new();
    while let Some(number) = items.try_next().await.unwrap() {
        found.push(number);
    }
    assert_eq!(found, [8, 9, 10, 12]);
    assert_eq!(
        server.request_lines(),
        [
            "GET /api/v1/numbers?min_id=7&max_id=20",
            "GET /api/v1/numbers?min_id=9&max_id=20",
            "GET /api/v1/numbers?min_id=12&max_id=20",
        ]
    );
}

/// Any range, page size and direction against a list in memory.
#[tokio::test]
async fn every_range_contains_exactly_its_items() {
    let posted = Posted::new(30).await;
    for limit in [1, 3, 7, 40] {
        for (from, to) in [(0, 29), (3, 3), (3, 4), (0, 8), (5, 26), (20, 29), (28, 29)] {
            let expected = posted.range(from + 1..to.max(from + 1));
            let (from, to) = (&posted.ids[from], &posted.ids[to]);
            let call = || posted.call().limit(limit);
            let case = format!("{limit} {from} {to}");
            let oldest_first = ids(call().between(from, to).items()).await;
            assert_eq!(oldest_first, expected, "{case}");
            let newest_first = ids(call().since_id(from).older_than(to).items()).await;
            assert_eq!(newest_first, reversed(expected), "{case}");
            let read_ahead = call().newer_than(from).items().read_ahead(true);
            let newer = posted.ids.iter().filter(|id| *id > from);
            assert_eq!(ids(read_ahead).await, newer.cloned().collect::<Vec<_>>());
        }
    }
}
