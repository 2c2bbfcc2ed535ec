//! Lists: links that leave things out, positions that are no ids, lists inside objects, lists without links.

use mastodon_sdk::entities::ExpandAccounts;
use serde_json::{Value, json};

use crate::samples::{account, status};
use crate::server::{Server, json as reply, line, ok};

/// A page with a link to another.
fn page(rel: &str, query: &str, body: &Value) -> String {
    let link = format!("link: <https://a.example/elsewhere?{query}>; rel=\"{rel}\"\r\n");
    reply(200, &link, &body.to_string())
}

fn collection(id: &str) -> Value {
    let time = "2026-10-09T19:14:32.508Z";
    json!({
        "id": id, "account_id": "43", "uri": "https://a.example/1", "url": null, "name": "cats", "description": null,
        "language": "en", "local": true, "sensitive": false, "discoverable": true, "tag": null, "item_count": 1,
        "created_at": time, "updated_at": time, "items": [{ "id": "5", "state": "accepted", "created_at": time }],
    })
}

#[tokio::test]
async fn filters_that_the_link_has_lost_hold_for_the_next_page_as_well() {
    let posts = json!([status(&[])]);
    let groups = json!({ "accounts": [], "statuses": [], "notification_groups": [{
        "group_key": "g", "notifications_count": 1, "type": "follow", "most_recent_notification_id": 7,
    }] });
    let admin = json!([{
        "id": "23", "username": "bob", "created_at": "2022-05-08T18:18:53.221Z", "account": account("23", "bob"),
    }]);
    let mut script = Vec::new();
    for body in [&posts, &posts, &admin, &groups] {
        script.extend([page("next", "max_id=7", body), ok(body)]);
    }
    let server = Server::start(script).await;
    let client = server.client();

    let tag = client
        .timeline_hashtag("cats")
        .any(["dogs"])
        .all(["pets"])
        .none(["rats"])
        .remote(true);
    tag.await.unwrap().next().await.unwrap().unwrap();
    let statuses = client.account_statuses("1").exclude_direct(true);
    statuses.await.unwrap().next().await.unwrap().unwrap();
    let accounts = client.admin_accounts_v2().role_ids(["3"]);
    accounts.await.unwrap().next().await.unwrap().unwrap();
    let groups = client
        .grouped_notifications()
        .expand_accounts(ExpandAccounts::PartialAvatars);
    let groups = groups.await.unwrap().next().await.unwrap().unwrap();
    assert_eq!(groups[0].most_recent_notification_id.as_str(), "7");

    let seen = server.seen();
    let lines: Vec<&str> = seen.iter().map(|request| line(request)).collect();
    assert_eq!(
        lines,
        [
            "GET /api/v1/timelines/tag/cats?any%5B%5D=dogs&all%5B%5D=pets&none%5B%5D=rats&remote=true",
            "GET /api/v1/timelines/tag/cats?any%5B%5D=dogs&all%5B%5D=pets&none%5B%5D=rats&remote=true&max_id=7",
            "GET /api/v1/accounts/1/statuses?exclude_direct=true",
            "GET /api/v1/accounts/1/statuses?exclude_direct=true&max_id=7",
            "GET /api/v2/admin/accounts?role_ids%5B%5D=3",
            "GET /api/v2/admin/accounts?role_ids%5B%5D=3&max_id=7",
            "GET /api/v2/notifications?expand_accounts=partial_avatars",
            "GET /api/v2/notifications?expand_accounts=partial_avatars&max_id=7",
        ]
    );
}

#[tokio::test]
async fn the_page_before_is_reached_by_since_id_where_the_list_reads_no_other() {
    // The position is that of the block, which no account in the list has.
    let list = json!([account("23", "bob")]);
    let server = Server::start(vec![page("prev", "since_id=1009", &list), ok(&list)]).await;
    let blocks = server.client().blocks().await.unwrap();
    assert!(!blocks.has_next());
    blocks.previous().await.unwrap().unwrap();
    assert_eq!(line(&server.seen()[1]), "GET /api/v1/blocks?since_id=1009");
}

#[tokio::test]
async fn a_list_inside_an_object_is_paged_by_offset_until_no_link_comes() {
    let body = |id| json!({ "collections": [collection(id)] });
    let first = page("next", "limit=1&offset=1", &body("1"));
    let server = Server::start(vec![first, ok(&body("2"))]).await;
    let first = server
        .client()
        .account_collections("43")
        .limit(1)
        .await
        .unwrap();
    assert_eq!(first[0].id.as_str(), "1");
    assert_eq!(first[0].items[0].account_id, None);
    let second = first.next().await.unwrap().unwrap();
    assert_eq!(second.body().collections[0].id.as_str(), "2");
    assert!(second.next().await.unwrap().is_none());
    assert_eq!(
        line(&server.seen()[1]),
        "GET /api/v1/accounts/43/collections?limit=1&offset=1"
    );
}

#[tokio::test]
async fn a_list_by_offset_without_a_link_goes_on_until_a_page_is_empty() {
    let (two, one) = (
        json!([account("1", "a"), account("2", "b")]),
        json!([account("3", "c")]),
    );
    let server = Server::start(vec![ok(&two), ok(&one), ok(&json!([]))]).await;
    let found = server
        .client()
        .account_search("x")
        .limit(2)
        .await
        .unwrap()
        .remaining()
        .await
        .unwrap();
    let names: Vec<&str> = found.iter().map(|account| account.acct.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let seen = server.seen();
    let lines: Vec<&str> = seen.iter().map(|request| line(request)).collect();
    // A page that is not full proves nothing: a server may leave out what the user has blocked.
    assert_eq!(
        lines,
        [
            "GET /api/v1/accounts/search?q=x&limit=2",
            "GET /api/v1/accounts/search?q=x&limit=2&offset=2",
            "GET /api/v1/accounts/search?q=x&limit=2&offset=3",
        ]
    );
}

#[tokio::test]
async fn all_members_of_a_list_come_at_once_where_no_limit_is_asked_for() {
    let server = Server::start(vec![ok(&json!([account("1", "a")]))]).await;
    server.client().list_accounts("3").limit(0).await.unwrap();
    assert_eq!(
        line(&server.seen()[0]),
        "GET /api/v1/lists/3/accounts?limit=0"
    );
}
