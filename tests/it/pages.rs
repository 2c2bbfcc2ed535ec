//! Lists, page by page.

use mastodon_sdk::Error;

use crate::server::{Server, json, tag};

fn link(query: &str) -> String {
    format!("link: <https://other.example/api/v1/followed_tags?{query}>; rel=\"next\"\r\n")
}

fn names(page: &[mastodon_sdk::Tag]) -> Vec<&str> {
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
async fn an_error_is_an_item_and_the_last_one() {
    let server = Server::start(vec![json(
        200,
        &link("max_id=7"),
        &format!("[{}]", tag("a")),
    )])
    .await;
    let mut items = server.client().followed_tags().items();
    assert_eq!(items.try_next().await.unwrap().unwrap().name, "a");
    assert!(items.try_next().await.unwrap_err().is_not_found());
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
async fn links_in_a_circle_come_to_an_end() {
    let page = |query: &str, name: &str| json(200, &link(query), &format!("[{}]", tag(name)));
    let script = vec![
        page("max_id=7", "a"),
        page("max_id=6", "b"),
        page("max_id=7", "c"),
        page("max_id=6", "d"),
    ];
    let server = Server::start(script).await;
    let mut items = server.client().followed_tags().items();
    let mut found = Vec::new();
    while let Some(tag) = items.try_next().await.unwrap() {
        found.push(tag.name);
    }
    assert_eq!(found, ["a", "b", "c"]);
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
