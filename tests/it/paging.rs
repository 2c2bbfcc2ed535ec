//! Paged lists.

use mastodon_sdk::blocking::WaitIter;
use mastodon_sdk::call::StoredPage;
use mastodon_sdk::{Error, Mastodon, Tag};
use serde_json::json;

use crate::support::fixtures::{account, tag, with_fields};
use crate::support::{ScriptedServer, json_response, ok_json};

/// A page of hashtags with a link to the next page; the host of the link is not that of the server.
fn page(next: &str, names: &[&str]) -> String {
    let link =
        format!("link: <https://other.example/api/v1/followed_tags?{next}>; rel=\"next\"\r\n");
    json_response(200, &link, &tags(names))
}

/// A page of hashtags without a link.
fn last_page(names: &[&str]) -> String {
    json_response(200, "", &tags(names))
}

fn tags(names: &[&str]) -> String {
    let tags: Vec<String> = names.iter().map(|name| tag(name)).collect();
    format!("[{}]", tags.join(","))
}

fn names(page: &[Tag]) -> Vec<&str> {
    page.iter().map(|tag| tag.name.as_str()).collect()
}

#[tokio::test]
async fn only_the_position_is_taken_from_a_link() {
    let script = vec![page("max_id=7&limit=99", &["a", "b"]), last_page(&["c"])];
    let server = ScriptedServer::start(script).await;
    let first = server.client().followed_tags().limit(2).await.unwrap();
    assert_eq!(names(&first), ["a", "b"]);
    let second = first.next().await.unwrap().unwrap();
    assert_eq!(names(&second), ["c"]);
    assert!(!second.has_next() && second.next().await.unwrap().is_none());
    // The request goes to the client's own server, with the caller's limit.
    assert_eq!(
        server.request_lines()[1],
        "GET /api/v1/followed_tags?limit=2&max_id=7"
    );
}

#[tokio::test]
async fn items_continues_after_an_empty_page() {
    let script = vec![
        page("max_id=7", &["a"]),
        page("before=2024", &[]),
        last_page(&["b"]),
    ];
    let server = ScriptedServer::start(script).await;
    let mut items = server.client().followed_tags().items();
    let mut found = Vec::new();
    while let Some(tag) = items.try_next().await.unwrap() {
        found.push(tag.name);
    }
    assert_eq!(found, ["a", "b"]);
    assert!(server.requests()[2].contains("before=2024"));
}

#[tokio::test]
async fn link_to_the_same_page_ends_the_list() {
    let server = ScriptedServer::start(vec![page("limit=2", &["a"])]).await;
    assert!(
        !server
            .client()
            .followed_tags()
            .limit(2)
            .await
            .unwrap()
            .has_next()
    );
}

#[tokio::test]
async fn error_ends_the_items_until_retry_is_called() {
    let script = vec![
        page("max_id=7", &["a"]),
        json_response(404, "", "{}"),
        last_page(&["b"]),
    ];
    let server = ScriptedServer::start(script).await;
    let mut items = server.client().followed_tags().items();
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "a");
    assert!(items.try_next().await.unwrap_err().is_not_found());
    assert!(items.try_next().await.unwrap().is_none());
    items.retry();
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "b");
    assert!(items.try_next().await.unwrap().is_none());
    items.retry();
    assert!(items.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn cursor_that_the_endpoint_does_not_support_is_an_error() {
    let server = ScriptedServer::start(Vec::new()).await;
    let error = server.client().blocks().min_id("5").await.unwrap_err();
    assert!(matches!(error, Error::IllegalArgument { .. }));
    assert!(
        error.to_string().contains("it supports max_id, since_id"),
        "{error}"
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn link_loop_is_an_error_after_all_pages() {
    let script = vec![
        page("max_id=7", &["a"]),
        page("max_id=6", &["b"]),
        page("max_id=7", &["c"]),
    ];
    let server = ScriptedServer::start(script).await;
    let mut items = server.client().followed_tags().items();
    for name in ["a", "b", "c"] {
        assert_eq!(items.try_next().await.unwrap().unwrap().name, name);
    }
    let error = items.try_next().await.unwrap_err();
    assert!(matches!(error, Error::Paging { .. }), "{error}");
    assert!(
        error.to_string().contains("leads back to an earlier page"),
        "{error}"
    );
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn page_that_links_to_itself_is_an_error_unless_it_is_empty() {
    let script = vec![page("max_id=7", &["a"]), page("max_id=7", &[])];
    let server = ScriptedServer::start(script).await;
    let looping = server.client().followed_tags().max_id("7").await.unwrap();
    assert!(matches!(looping.next().await, Err(Error::Paging { .. })));
    let last = server.client().followed_tags().max_id("7").await.unwrap();
    assert!(!last.has_next());
}

#[tokio::test]
async fn access_token_in_a_link_is_ignored() {
    let script = vec![
        page("max_id=7&access_token=hunter2", &["a"]),
        last_page(&[]),
    ];
    let server = ScriptedServer::start(script).await;
    let first = server.client().followed_tags().await.unwrap();
    first.next().await.unwrap().unwrap();
    assert_eq!(
        server.request_lines()[1],
        "GET /api/v1/followed_tags?max_id=7"
    );
}

#[tokio::test]
async fn page_shorter_than_the_limit_is_not_the_last() {
    let script = vec![page("max_id=7", &["a"]), last_page(&["b"])];
    let server = ScriptedServer::start(script).await;
    let mut pages = server.client().followed_tags().limit(40).pages();
    let mut lengths = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        lengths.push(page.len());
    }
    assert_eq!(lengths, [1, 1]);
}

#[tokio::test]
async fn read_ahead_requests_the_next_page_early() {
    let script = vec![
        page("max_id=7", &["a"]),
        page("max_id=6", &["b"]),
        last_page(&["c"]),
    ];
    let server = ScriptedServer::start(script).await;
    let mut items = server.client().followed_tags().items().read_ahead(true);
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "a");
    // The second page is requested although the items are not polled.
    server.wait_for_requests(2).await;
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "b");
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "c");
    assert!(items.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn stored_page_can_still_fetch_its_next_page() {
    let script = vec![page("max_id=7", &["a"]), last_page(&["b"])];
    let server = ScriptedServer::start(script).await;
    let page = server.client().followed_tags().limit(1).await.unwrap();
    let text = serde_json::to_string(&page).unwrap();
    assert!(!text.contains("hunter2"), "{text}");

    let stored: StoredPage<Tag> = serde_json::from_str(&text).unwrap();
    let restored = stored.clone().attach(&server.client()).unwrap();
    assert_eq!(restored.body(), page.body());
    assert_eq!(serde_json::to_string(&restored).unwrap(), text);
    let next = restored.next().await.unwrap().unwrap();
    assert_eq!(names(&next), ["b"]);
    assert_eq!(
        server.request_lines()[1],
        "GET /api/v1/followed_tags?limit=1&max_id=7"
    );

    let other = Mastodon::builder("other.example").build().unwrap();
    let error = stored.attach(&other).unwrap_err().to_string();
    assert!(
        error.contains("the client is for https://other.example"),
        "{error}"
    );
    let unknown = text.replace("\"followed_tags\"", "\"unknown_list\"");
    let unknown: StoredPage<Tag> = serde_json::from_str(&unknown).unwrap();
    let error = unknown.attach(&server.client()).unwrap_err().to_string();
    assert!(
        error.contains("`unknown_list`, a list that this version"),
        "{error}"
    );
}

#[tokio::test]
async fn remaining_returns_the_page_and_all_pages_after_it() {
    let script = vec![
        page("max_id=7", &["a"]),
        page("max_id=6", &["b"]),
        last_page(&["c"]),
    ];
    let server = ScriptedServer::start(script).await;
    let first = server.client().followed_tags().await.unwrap();
    assert_eq!(names(&first.remaining().await.unwrap()), ["a", "b", "c"]);
}

#[tokio::test]
async fn remaining_up_to_fetches_only_the_pages_that_it_needs() {
    let script = vec![page("max_id=7", &["a"]), page("max_id=6", &["b", "c"])];
    let server = ScriptedServer::start(script).await;
    let first = server.client().followed_tags().await.unwrap();
    assert_eq!(
        names(&first.clone().remaining_up_to(2).await.unwrap()),
        ["a", "b"]
    );
    assert_eq!(names(&first.remaining_up_to(1).await.unwrap()), ["a"]);
    assert_eq!(server.requests().len(), 2);
}

/// Pages with these items, each with a new cursor, and then one without.
fn endless(items: &[&[&str]]) -> Vec<String> {
    let pages = items.iter().enumerate();
    pages
        .map(|(number, names)| page(&format!("max_id={}", 1000 - number), names))
        .collect()
}

fn assert_no_new_items(error: &Error) {
    assert!(matches!(error, Error::Paging { .. }), "{error:?}");
    assert!(!error.is_retryable());
    assert!(
        error
            .to_string()
            .contains("the last 8 pages contained no new items"),
        "{error}"
    );
}

#[tokio::test]
async fn empty_pages_with_new_cursors_end_with_an_error_after_eight_and_retry_continues() {
    let mut script = endless(&[&["a"], &[], &[], &[], &[], &[], &[], &[], &[]]);
    script.push(page("max_id=5", &["b"]));
    script.push(last_page(&["c"]));
    let server = ScriptedServer::start(script).await;
    let mut items = server.client().followed_tags().items();
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "a");
    assert_no_new_items(&items.try_next().await.unwrap_err());
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(server.requests().len(), 9);
    items.retry();
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "b");
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "c");
    assert!(items.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn seven_empty_pages_do_not_end_a_list() {
    let mut script = Vec::new();
    for name in ["a", "b"] {
        let names: [&str; 1] = [name];
        for (number, names) in [&names[..], &[], &[], &[], &[], &[], &[], &[]]
            .iter()
            .enumerate()
        {
            script.push(page(&format!("max_id={name}{number}"), names));
        }
    }
    script.push(last_page(&["c"]));
    let server = ScriptedServer::start(script).await;
    let first = server.client().followed_tags().await.unwrap();
    assert_eq!(names(&first.remaining().await.unwrap()), ["a", "b", "c"]);
    assert_eq!(server.requests().len(), 17);
}

#[tokio::test]
async fn repeated_pages_with_new_cursors_end_with_an_error() {
    let repeated: [&[&str]; 4] = [&["a", "b"], &["b", "a"], &["b"], &["a"]];
    let server = ScriptedServer::start(endless(&repeated.repeat(8))).await;
    let mut pages = server.client().followed_tags().pages().read_ahead(true);
    let mut count = 0;
    let error = loop {
        match pages.try_next().await {
            Ok(page) => count += page.unwrap().len().min(1),
            Err(error) => break error,
        }
    };
    assert_no_new_items(&error);
    assert_eq!((count, server.requests().len()), (9, 9));
    assert!(pages.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn list_of_a_server_that_ignores_the_offset_ends_with_an_error() {
    // A member that is not the identity of the account differs each time.
    let accounts = (0..30).map(|count| {
        let list = with_fields(account("1", "a"), &json!({ "followers_count": count }));
        ok_json(&json!([list]))
    });
    let server = ScriptedServer::start(accounts.collect()).await;
    let first = server.client().account_search("x").limit(1).await.unwrap();
    assert_no_new_items(&first.remaining().await.unwrap_err());
    assert_eq!(
        server.request_lines().last().unwrap(),
        "GET /api/v1/accounts/search?q=x&limit=1&offset=9"
    );
}

#[test]
fn endless_list_ends_with_an_error_without_async_too() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let empty: [&[&str]; 1] = [&[]];
    let server = runtime.block_on(ScriptedServer::start(endless(&empty.repeat(30))));
    let mut items = server.client().followed_tags().items().wait_iter();
    assert_no_new_items(&items.next().unwrap().unwrap_err());
    assert!(items.next().is_none());
    assert_eq!(server.requests().len(), 8);
}

#[tokio::test]
async fn links_in_several_headers_and_notations_are_followed() {
    let links = "link: <?max_id=1>; rel=first\r\nLink: <?min_id=9,9&q=1;2> ; title=\"a, b; c\"; REL=\"Prev\"\r\nlink: <?max_id=7>;rel=\"NEXT last\"\r\n";
    let script = vec![
        json_response(200, links, &tags(&["a"])),
        last_page(&["b"]),
        last_page(&["c"]),
    ];
    let server = ScriptedServer::start(script).await;
    let page = server.client().followed_tags().await.unwrap();
    page.next().await.unwrap().unwrap();
    page.previous().await.unwrap().unwrap();
    assert_eq!(
        server.request_lines()[1..],
        [
            "GET /api/v1/followed_tags?max_id=7",
            "GET /api/v1/followed_tags?min_id=9%2C9&q=1%3B2"
        ]
    );
}
