//! Paging: links without filters, positions that are not item IDs, lists inside objects, lists without links.

use mastodon_sdk::entities::ExpandAccounts;
use serde_json::{Value, json};

use crate::support::fixtures::{account, status};
use crate::support::{ScriptedServer, json_response, ok_json};

/// A page with a link to another page.
fn page(rel: &str, query: &str, body: &Value) -> String {
    let link = format!("link: <https://a.example/elsewhere?{query}>; rel=\"{rel}\"\r\n");
    json_response(200, &link, &body.to_string())
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
async fn filters_missing_from_the_link_are_kept_for_the_next_page() {
    let posts = json!([status(&[])]);
    let groups = json!({ "accounts": [], "statuses": [], "notification_groups": [{
        "group_key": "g", "notifications_count": 1, "type": "follow", "most_recent_notification_id": 7,
    }] });
    let admin = json!([{
        "id": "23", "username": "bob", "created_at": "2022-05-08T18:18:53.221Z", "account": account("23", "bob"),
    }]);
    let mut script = Vec::new();
    for body in [&posts, &posts, &admin, &groups] {
        script.extend([page("next", "max_id=7", body), ok_json(body)]);
    }
    let server = ScriptedServer::start(script).await;
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

    assert_eq!(
        server.request_lines(),
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
async fn previous_page_uses_since_id_where_min_id_is_not_supported() {
    // The position is the ID of the block, which is not a field of the accounts.
    let list = json!([account("23", "bob")]);
    let server =
        ScriptedServer::start(vec![page("prev", "since_id=1009", &list), ok_json(&list)]).await;
    let blocks = server.client().blocks().await.unwrap();
    assert!(!blocks.has_next());
    blocks.previous().await.unwrap().unwrap();
    assert_eq!(
        server.request_lines()[1],
        "GET /api/v1/blocks?since_id=1009"
    );
}

#[tokio::test]
async fn list_inside_an_object_is_paged_by_offset_until_a_page_has_no_link() {
    let body = |id| json!({ "collections": [collection(id)] });
    let first = page("next", "limit=1&offset=1", &body("1"));
    let server = ScriptedServer::start(vec![first, ok_json(&body("2"))]).await;
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
        server.request_lines()[1],
        "GET /api/v1/accounts/43/collections?limit=1&offset=1"
    );
}

#[tokio::test]
async fn list_paged_by_offset_without_links_ends_with_an_empty_page() {
    let (two, one) = (
        json!([account("1", "a"), account("2", "b")]),
        json!([account("3", "c")]),
    );
    let server =
        ScriptedServer::start(vec![ok_json(&two), ok_json(&one), ok_json(&json!([]))]).await;
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
    // A page shorter than the limit is not the last: servers omit what the user has blocked.
    assert_eq!(
        server.request_lines(),
        [
            "GET /api/v1/accounts/search?q=x&limit=2",
            "GET /api/v1/accounts/search?q=x&limit=2&offset=2",
            "GET /api/v1/accounts/search?q=x&limit=2&offset=3",
        ]
    );
}

#[tokio::test]
async fn limit_zero_is_sent_to_request_all_list_members() {
    let server = ScriptedServer::start(vec![ok_json(&json!([account("1", "a")]))]).await;
    server.client().list_accounts("3").limit(0).await.unwrap();
    assert_eq!(
        server.request_lines()[0],
        "GET /api/v1/lists/3/accounts?limit=0"
    );
}
