//! Hashtags and the review of trends.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use super::{owner, with_admin_scopes, with_role};
use crate::client::{Client, id, ids};

/// Lets bob and carol post a text.
async fn post_twice(server: &TestServer, text: &str) -> String {
    Client::user(server, "bob").post_text(text).await;
    Client::user(server, "carol").post_text(text).await
}

async fn find_tag(staff: &Client<'_>, name: &str) -> Value {
    let tags = staff.get("/api/v1/admin/tags").await.ok();
    let tags = tags.as_array().unwrap().iter();
    tags.clone()
        .find(|tag| tag["name"] == name)
        .unwrap()
        .clone()
}

#[tokio::test]
async fn unusable_hashtag_cannot_be_posted() {
    let server = TestServer::start().await.unwrap();
    let (staff, alice) = (owner(&server), Client::user(&server, "alice"));
    let status = alice.post_text("#Spam").await;
    let tag = find_tag(&staff, "Spam").await;
    assert_eq!(
        (&tag["usable"], &tag["requires_review"]),
        (&json!(true), &json!(true))
    );
    let path = format!("/api/v1/admin/tags/{}", id(&tag));
    let changed = staff.put(&path, json!({ "usable": false })).await.ok();
    assert_eq!(
        (&changed["usable"], &changed["requires_review"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(staff.get(&path).await.ok(), changed);
    let refused = alice
        .post("/api/v1/statuses", json!({ "status": "Buy #spam" }))
        .await;
    let error = "Validation failed: Text contained a disallowed hashtag: spam";
    assert_eq!((refused.status, refused.error()), (422, error));
    let edited = alice
        .put(
            &format!("/api/v1/statuses/{status}"),
            json!({ "status": "More #spam" }),
        )
        .await;
    assert_eq!(edited.error(), error);
}

#[tokio::test]
async fn unlisted_and_untrendable_hashtags_do_not_appear() {
    let server = TestServer::start().await.unwrap();
    let (staff, alice) = (owner(&server), Client::user(&server, "alice"));
    let path = format!("/api/v1/admin/tags/{}", id(&find_tag(&staff, "rust").await));
    let found = async || {
        let found = alice.get("/api/v2/search?q=rust&type=hashtags").await.ok();
        let trends = alice.get("/api/v1/trends/tags").await.ok();
        let count = |list: &Value| {
            list.as_array()
                .unwrap()
                .iter()
                .filter(|tag| tag["name"] == "rust")
                .count()
        };
        (count(&found["hashtags"]), count(&trends))
    };
    assert_eq!(found().await, (1, 1));
    staff.put(&path, json!({ "listable": false })).await.ok();
    assert_eq!(found().await, (0, 1));
    staff
        .put(&path, json!({ "listable": true, "trendable": false }))
        .await
        .ok();
    assert_eq!(found().await, (1, 0));
}

#[tokio::test]
async fn spelling_of_a_hashtag_can_be_changed_but_not_its_name() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let path = format!("/api/v1/admin/tags/{}", id(&find_tag(&staff, "rust").await));
    assert_eq!(
        staff
            .put(&path, json!({ "display_name": "RuSt" }))
            .await
            .ok()["name"],
        "RuSt"
    );
    let refused = staff.put(&path, json!({ "display_name": "rusty" })).await;
    assert_eq!(
        (refused.status, refused.error()),
        (
            422,
            "Validation failed: Display name does not match the previous name"
        )
    );
    assert_eq!(
        staff.put("/api/v1/admin/tags/1", json!({})).await.status,
        404
    );
}

#[tokio::test]
async fn trends_that_need_review_appear_once_approved() {
    let server = TestServer::start().await.unwrap();
    server.require_trend_review();
    let (staff, anonymous) = (
        with_role(&server, "dave", "Moderator"),
        Client::anonymous(&server),
    );
    let status = post_twice(&server, "#birds https://news.example/birds").await;
    Client::user(&server, "alice")
        .act_on_status(&status, "favourite")
        .await;
    for kind in ["tags", "links", "statuses"] {
        let visitors = format!("/api/v1/trends/{kind}");
        let path = format!("/api/v1/admin/trends/{kind}");
        assert_eq!(anonymous.get(&visitors).await.ok(), json!([]), "{kind}");
        let pending = staff.get(&path).await.ok();
        assert_eq!(pending[0]["requires_review"], true, "{kind}");
        // IDs of links are numbers.
        let id = pending[0]["id"]
            .as_str()
            .map_or_else(|| pending[0]["id"].to_string(), str::to_owned);
        let approved = staff
            .post(&format!("{path}/{id}/approve"), json!({}))
            .await
            .ok();
        assert_eq!(approved["requires_review"], false, "{kind}");
        let shown = anonymous.get(&visitors).await.ok();
        assert_eq!(shown.as_array().unwrap().len(), 1, "{kind}");
        staff
            .post(&format!("{path}/{id}/reject"), json!({}))
            .await
            .ok();
        assert_eq!(anonymous.get(&visitors).await.ok(), json!([]), "{kind}");
        assert_eq!(
            staff
                .post(&format!("{path}/1/approve"), json!({}))
                .await
                .status,
            404,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn approved_website_makes_all_its_pages_trend() {
    let server = TestServer::start().await.unwrap();
    server.require_trend_review();
    let (staff, anonymous) = (owner(&server), Client::anonymous(&server));
    post_twice(&server, "https://news.example/birds").await;
    let path = "/api/v1/admin/trends/links/publishers";
    let publisher = staff.get(path).await.ok()[0].clone();
    assert_eq!(
        (&publisher["domain"], &publisher["trendable"]),
        (&json!("news.example"), &Value::Null)
    );
    let id = &publisher["id"];
    let approved = staff
        .post(&format!("{path}/{id}/approve"), json!({}))
        .await
        .ok();
    assert_eq!(
        (&approved["trendable"], &approved["requires_review"]),
        (&json!(true), &json!(false))
    );
    let links = anonymous.get("/api/v1/trends/links").await.ok();
    assert_eq!(links[0]["url"], "https://news.example/birds");
    assert_eq!(links[0]["history"][0]["accounts"], "2");
    staff
        .post(&format!("{path}/{id}/reject"), json!({}))
        .await
        .ok();
    assert_eq!(anonymous.get("/api/v1/trends/links").await.ok(), json!([]));
}

#[tokio::test]
async fn user_without_the_permission_gets_the_lists_of_every_user() {
    let server = TestServer::start().await.unwrap();
    server.require_trend_review();
    post_twice(&server, "#birds https://news.example/birds").await;
    let alice = with_admin_scopes(&server, "alice");
    for kind in ["tags", "links", "statuses"] {
        let path = format!("/api/v1/admin/trends/{kind}");
        assert_eq!(alice.get(&path).await.ok(), json!([]), "{kind}");
        // The role is checked before the record.
        assert_eq!(
            alice
                .post(&format!("{path}/1/approve"), json!({}))
                .await
                .status,
            403,
            "{kind}"
        );
    }
    assert_eq!(
        alice
            .get("/api/v1/admin/trends/links/publishers")
            .await
            .status,
        403
    );
    assert_eq!(alice.get("/api/v1/admin/tags").await.status, 403);
}

#[tokio::test]
async fn hashtags_are_listed_newest_first_with_pages() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let all = ids(&staff.get("/api/v1/admin/tags").await.ok());
    let first = staff.get("/api/v1/admin/tags?limit=1").await;
    assert_eq!(ids(&first.json), all[..1]);
    let second = staff.get(&first.link("next").unwrap()).await;
    assert_eq!(ids(&second.json), all[1..2]);
}
