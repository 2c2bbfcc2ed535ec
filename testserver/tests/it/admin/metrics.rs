//! Figures of the server.

use std::time::Duration;

use jiff::Timestamp;
use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use super::{new_user, owner, with_admin_scopes, with_role};
use crate::client::{Client, id, ids};

/// Starts a server at noon of a known day.
async fn start() -> TestServer {
    let noon: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
    TestServer::builder()
        .start_time(noon)
        .start()
        .await
        .unwrap()
}

async fn measure(staff: &Client<'_>, key: &str, detail: Value) -> Value {
    let mut body = json!({ "keys": [key], "start_at": "2026-03-09", "end_at": "2026-03-11" });
    body[key] = detail;
    staff.post("/api/v1/admin/measures", body).await.ok()[0].clone()
}

/// Returns the values per day.
fn values(measure: &Value) -> Vec<&str> {
    let days = measure["data"].as_array().unwrap().iter();
    days.map(|day| day["value"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn measures_count_per_day_and_in_total() {
    let server = start().await;
    let staff = owner(&server);
    new_user(&server, "frida").await;
    let users = measure(&staff, "new_users", Value::Null).await;
    assert_eq!(
        (&users["key"], &users["unit"]),
        (&json!("new_users"), &Value::Null)
    );
    assert_eq!(
        users["data"][1],
        json!({ "date": "2026-03-10", "value": "6" })
    );
    assert_eq!(values(&users), ["0", "6", "0"]);
    assert_eq!(
        (&users["total"], &users["previous_total"]),
        (&json!("6"), &json!("0"))
    );
    new_user(&server, "gus").await.post_text("Hello").await;
    let active = measure(&staff, "active_users", Value::Null).await;
    assert_eq!(
        active["data"][1],
        json!({ "date": "2026-03-10T00:00:00Z", "value": "1" })
    );

    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = bob.post_text("#birds").await;
    alice.act_on_status(&status, "favourite").await;
    assert_eq!(
        measure(&staff, "interactions", Value::Null).await["total"],
        "1"
    );
    let account = super::account_id(&server, "bob").await;
    let report = alice
        .post("/api/v1/reports", json!({ "account_id": account }))
        .await
        .ok();
    assert_eq!(
        measure(&staff, "opened_reports", Value::Null).await["total"],
        "1"
    );
    assert_eq!(
        measure(&staff, "resolved_reports", Value::Null).await["total"],
        "0"
    );
    let path = format!("/api/v1/admin/reports/{}/resolve", id(&report));
    staff.post(&path, json!({})).await.ok();
    assert_eq!(
        measure(&staff, "resolved_reports", Value::Null).await["total"],
        "1"
    );
}

#[tokio::test]
async fn measures_of_hashtags_and_servers_need_to_know_which() {
    let server = start().await;
    let (staff, bob) = (owner(&server), Client::user(&server, "bob"));
    bob.post_text("#birds one").await;
    bob.post_text("#birds two").await;
    let tag = ids(&staff.get("/api/v1/admin/tags").await.ok())[0].clone();
    assert_eq!(
        measure(&staff, "tag_uses", json!({ "id": tag })).await["total"],
        "2"
    );
    assert_eq!(
        measure(&staff, "tag_accounts", json!({ "id": tag })).await["total"],
        "1"
    );
    let followers = json!({ "domain": "elsewhere.example" });
    let followers = measure(&staff, "instance_followers", followers).await;
    assert_eq!(
        (&followers["total"], &followers["previous_total"]),
        (&json!("1"), &Value::Null)
    );
    let media = json!({ "domain": "elsewhere.example" });
    let media = measure(&staff, "instance_media_attachments", media).await;
    assert_eq!(
        (&media["unit"], &media["human_value"]),
        (&json!("bytes"), &json!("0 Bytes"))
    );

    let path = "/api/v1/admin/measures";
    let mut body =
        json!({ "keys": ["tag_uses"], "start_at": "2026-03-09", "end_at": "2026-03-11" });
    let refused = staff.post(path, body.clone()).await;
    assert_eq!(
        (refused.status, refused.error()),
        (
            400,
            "param is missing or the value is empty or invalid: tag_uses"
        )
    );
    body["tag_uses"] = json!({ "id": "1" });
    assert_eq!(staff.post(path, body).await.status, 404);
}

#[tokio::test]
async fn unknown_keys_are_left_out_and_invalid_dates_refused() {
    let server = start().await;
    let staff = with_role(&server, "bob", "Moderator");
    let path = "/api/v1/admin/measures";
    let body = |start: &str| json!({ "keys": ["luck", "new_users"], "start_at": start, "end_at": "2026-03-11" });
    let measures = staff.post(path, body("2026-03-09")).await.ok();
    assert_eq!(measures.as_array().unwrap().len(), 1);
    let refused = staff.post(path, body("soon")).await;
    assert_eq!(
        (refused.status, refused.error()),
        (422, "Invalid date supplied")
    );
    let missing = staff.post(path, json!({ "keys": ["new_users"] })).await;
    assert_eq!(
        missing.error(),
        "param is missing or the value is empty or invalid: start_at"
    );
    let alice = with_admin_scopes(&server, "alice");
    for kind in ["measures", "dimensions", "retention"] {
        let body = json!({
            "keys": ["languages", "new_users"], "start_at": "2026-03-09", "end_at": "2026-03-11", "frequency": "day",
        });
        let refused = alice.post(&format!("/api/v1/admin/{kind}"), body).await;
        assert_eq!(refused.error(), "This action is not allowed", "{kind}");
    }
}

#[tokio::test]
async fn dimensions_rank_categories() {
    let server = start().await;
    let staff = owner(&server);
    let carol = Client::user(&server, "carol");
    for text in ["one", "two"] {
        let status = json!({ "status": text, "language": "de" });
        assert_eq!(carol.post("/api/v1/statuses", status).await.status, 200);
    }
    let body = json!({
        "keys": ["servers", "languages", "sources", "software_versions", "space_usage", "tag_languages", "instance_accounts"],
        "start_at": "2026-03-09", "end_at": "2026-03-11", "limit": 1, "tag_languages": { "id": "1" },
        "instance_accounts": { "domain": "elsewhere.example" },
    });
    let dimensions = staff.post("/api/v1/admin/dimensions", body).await.ok();
    let data = |key: &str| {
        let all = dimensions.as_array().unwrap().iter();
        all.clone()
            .find(|dimension| dimension["key"] == key)
            .unwrap()["data"]
            .clone()
    };
    let host = server.url().strip_prefix("http://").unwrap();
    assert_eq!(
        data("servers"),
        json!([{ "key": host, "human_key": host, "value": "5" }])
    );
    assert_eq!(
        data("languages"),
        json!([{ "key": "en", "human_key": "English", "value": "1" }])
    );
    assert_eq!(
        data("sources"),
        json!([{ "key": "web", "human_key": "Website", "value": "5" }])
    );
    assert_eq!(data("software_versions")[0]["value"], "4.6.5");
    assert_eq!(data("space_usage")[2]["unit"], "bytes");
    assert_eq!(data("tag_languages"), json!([]));
    assert_eq!(
        data("instance_accounts"),
        json!([{ "key": "erin", "human_key": "erin", "value": "0" }])
    );
}

#[tokio::test]
async fn retention_tells_who_came_back() {
    let server = start().await;
    let staff = owner(&server);
    let alice = Client::user(&server, "alice");
    server.clock().advance(Duration::from_secs(86_400));
    assert_eq!(alice.get("/api/v1/timelines/home").await.status, 200);
    let body = json!({ "start_at": "2026-03-10", "end_at": "2026-03-11", "frequency": "day" });
    let cohorts = staff.post("/api/v1/admin/retention", body).await.ok();
    assert_eq!(cohorts.as_array().unwrap().len(), 2);
    let first = &cohorts[0];
    assert_eq!(
        (&first["period"], &first["frequency"]),
        (&json!("2026-03-10T00:00:00Z"), &json!("day"))
    );
    // Five users signed up; only alice was active on the second day.
    assert_eq!(
        first["data"][1],
        json!({ "date": "2026-03-11T00:00:00Z", "rate": 0.2, "value": "1" })
    );
    assert_eq!(cohorts[1]["data"].as_array().unwrap().len(), 1);
    let months = json!({ "start_at": "2025-12-24", "end_at": "2026-03-11", "frequency": "month" });
    let cohorts = staff.post("/api/v1/admin/retention", months).await.ok();
    assert_eq!(cohorts.as_array().unwrap().len(), 4);
    assert_eq!(cohorts[0]["period"], "2025-12-01T00:00:00Z");
}
