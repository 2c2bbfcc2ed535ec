//! Lists, page by page.

use mastodon_sdk::{Error, Mastodon, StoredPage, Tag};

use crate::server::{Server, json, tag};

fn link(query: &str) -> String {
    format!("link: <https://other.example/api/v1/followed_tags?{query}>; rel=\"next\"\r\n")
}

fn names(page: &[Tag]) -> Vec<&str> {
    page.iter().map(|tag| tag.name.as_str()).collect()
}

#[tokio::test]
async fn the_link_gives_the_position_and_nothing_else() {
    let script = vec![
        json(
            200,
            &link("max_id=7&limit=99"),
            &format!("[{},{}]", tag("a"), tag("b")),
        ),
        json(200, "", &format!("[{}]", tag("c"))),
    ];
    let server = Server::start(script).await;
    let first = server.client().followed_tags().limit(2).await.unwrap();
    assert_eq!(names(&first), ["a", "b"]);
    let second = first.next().await.unwrap().unwrap();
    assert_eq!(names(&second), ["c"]);
    assert!(!second.has_next() && second.next().await.unwrap().is_none());
    // The other host of the link was never asked, and the limit is the caller's own.
    assert!(
        server.seen()[1].starts_with("GET /api/v1/followed_tags?limit=2&max_id=7 "),
        "{:?}",
        server.seen()
    );
}

#[tokio::test]
async fn items_go_through_all_pages_even_an_empty_one() {
    let script = vec![
        json(200, &link("max_id=7"), &format!("[{}]", tag("a"))),
        json(200, &link("before=2024"), "[]"),
        json(200, "", &format!("[{}]", tag("b"))),
    ];
    let server = Server::start(script).await;
    let mut items = server.client().followed_tags().items();
    let mut found = Vec::new();
    while let Some(tag) = items.try_next().await.unwrap() {
        found.push(tag.name);
    }
    assert_eq!(found, ["a", "b"]);
    assert!(server.seen()[2].contains("before=2024"));
}

#[tokio::test]
async fn a_link_to_the_same_page_ends_the_list() {
    let server = Server::start(vec![json(
        200,
        &link("limit=2"),
        &format!("[{}]", tag("a")),
    )])
    .await;
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
async fn an_error_is_an_item_and_the_last_one_unless_it_is_tried_again() {
    let script = vec![
        json(200, &link("max_id=7"), &format!("[{}]", tag("a"))),
        json(404, "", "{}"),
        json(200, "", &format!("[{}]", tag("b"))),
    ];
    let server = Server::start(script).await;
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
async fn a_cursor_that_the_list_does_not_read_is_refused() {
    let server = Server::start(Vec::new()).await;
    let error = server.client().blocks().min_id("5").await.unwrap_err();
    assert!(matches!(error, Error::IllegalArgument { .. }));
    assert!(
        error.to_string().contains("it reads max_id, since_id"),
        "{error}"
    );
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn links_in_a_circle_are_an_error_after_all_that_there_is() {
    let page = |query: &str, name: &str| json(200, &link(query), &format!("[{}]", tag(name)));
    let script = vec![
        page("max_id=7", "a"),
        page("max_id=6", "b"),
        page("max_id=7", "c"),
    ];
    let server = Server::start(script).await;
    let mut items = server.client().followed_tags().items();
    for name in ["a", "b", "c"] {
        assert_eq!(items.try_next().await.unwrap().unwrap().name, name);
    }
    let error = items.try_next().await.unwrap_err();
    assert!(matches!(error, Error::Paging { .. }), "{error}");
    assert!(
        error.to_string().contains("leads back to a page"),
        "{error}"
    );
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_page_that_leads_to_itself_is_an_error_but_an_empty_one_is_the_end() {
    let script = vec![
        json(200, &link("max_id=7"), &format!("[{}]", tag("a"))),
        json(200, &link("max_id=7"), "[]"),
    ];
    let server = Server::start(script).await;
    let itself = server.client().followed_tags().max_id("7").await.unwrap();
    assert!(matches!(itself.next().await, Err(Error::Paging { .. })));
    let end = server.client().followed_tags().max_id("7").await.unwrap();
    assert!(!end.has_next());
}

#[tokio::test]
async fn a_token_in_a_link_is_not_followed() {
    let script = vec![
        json(
            200,
            &link("max_id=7&access_token=hunter2"),
            &format!("[{}]", tag("a")),
        ),
        json(200, "", "[]"),
    ];
    let server = Server::start(script).await;
    let first = server.client().followed_tags().await.unwrap();
    first.next().await.unwrap().unwrap();
    assert!(
        server.seen()[1].starts_with("GET /api/v1/followed_tags?max_id=7 "),
        "{:?}",
        server.seen()
    );
}

#[tokio::test]
async fn a_page_shorter_than_asked_is_not_the_end() {
    let script = vec![
        json(200, &link("max_id=7"), &format!("[{}]", tag("a"))),
        json(200, "", &format!("[{}]", tag("b"))),
    ];
    let server = Server::start(script).await;
    let mut pages = server.client().followed_tags().limit(40).pages();
    let mut lengths = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        lengths.push(page.len());
    }
    assert_eq!(lengths, [1, 1]);
}

#[tokio::test]
async fn the_next_page_is_read_ahead_where_that_is_asked_for() {
    let script = vec![
        json(200, &link("max_id=7"), &format!("[{}]", tag("a"))),
        json(200, &link("max_id=6"), &format!("[{}]", tag("b"))),
        json(200, "", &format!("[{}]", tag("c"))),
    ];
    let server = Server::start(script).await;
    let mut items = server.client().followed_tags().items().read_ahead();
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "a");
    // Nobody polls the list, and the second page is asked for all the same.
    server.wait_for(2).await;
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "b");
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "c");
    assert!(items.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_page_is_stored_with_the_way_to_its_neighbours() {
    let script = vec![
        json(200, &link("max_id=7"), &format!("[{}]", tag("a"))),
        json(200, "", &format!("[{}]", tag("b"))),
    ];
    let server = Server::start(script).await;
    let page = server.client().followed_tags().limit(1).await.unwrap();
    let text = serde_json::to_string(&page).unwrap();
    assert!(!text.contains("hunter2"), "{text}");

    let stored: StoredPage<Tag> = serde_json::from_str(&text).unwrap();
    let again = stored.clone().attach(&server.client()).unwrap();
    assert_eq!(again.body(), page.body());
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
    let next = again.next().await.unwrap().unwrap();
    assert_eq!(names(&next), ["b"]);
    assert!(
        server.seen()[1].starts_with("GET /api/v1/followed_tags?limit=1&max_id=7 "),
        "{:?}",
        server.seen()
    );

    let other = Mastodon::builder("other.example").build().unwrap();
    let error = stored.attach(&other).unwrap_err().to_string();
    assert!(
        error.contains("the client is of https://other.example"),
        "{error}"
    );
    let unknown = text.replace("\"followed_tags\"", "\"lists_of_old\"");
    let unknown: StoredPage<Tag> = serde_json::from_str(&unknown).unwrap();
    let error = unknown.attach(&server.client()).unwrap_err().to_string();
    assert!(
        error.contains("`lists_of_old`, which is no list"),
        "{error}"
    );
}

#[tokio::test]
async fn a_page_gives_what_remains_of_the_list() {
    let script = vec![
        json(200, &link("max_id=7"), &format!("[{}]", tag("a"))),
        json(200, &link("max_id=6"), &format!("[{}]", tag("b"))),
        json(200, "", &format!("[{}]", tag("c"))),
    ];
    let server = Server::start(script).await;
    let first = server.client().followed_tags().await.unwrap();
    assert_eq!(names(&first.remaining().await.unwrap()), ["a", "b", "c"]);
}

#[tokio::test]
async fn no_more_pages_are_fetched_than_the_bound_takes() {
    let script = vec![
        json(200, &link("max_id=7"), &format!("[{}]", tag("a"))),
        json(
            200,
            &link("max_id=6"),
            &format!("[{},{}]", tag("b"), tag("c")),
        ),
    ];
    let server = Server::start(script).await;
    let first = server.client().followed_tags().await.unwrap();
    assert_eq!(
        names(&first.clone().remaining_up_to(2).await.unwrap()),
        ["a", "b"]
    );
    assert_eq!(names(&first.remaining_up_to(1).await.unwrap()), ["a"]);
    assert_eq!(server.seen().len(), 2);
}
