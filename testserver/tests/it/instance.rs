//! Data about the instance.

use std::time::Duration;

use mastodon_test_server::{Audience, TestServer};
use serde_json::{Value, json};

use crate::client::{Client, send};

#[tokio::test]
async fn instance_reports_its_limits_features_and_contact() {
    let server = TestServer::start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    let v2 = anonymous.get("/api/v2/instance").await.ok();
    assert_eq!(
        (&v2["version"], &v2["api_versions"]),
        (&json!("4.6.5"), &json!({ "mastodon": 11 }))
    );
    let configuration = &v2["configuration"];
    assert_eq!(configuration["statuses"]["max_characters"], 500);
    assert_eq!(configuration["polls"]["max_expiration"], 2_629_746);
    assert_eq!(configuration["accounts"]["max_profile_fields"], 4);
    assert_eq!(
        configuration["timelines_access"]["live_feeds"]["local"],
        "public"
    );
    assert!(
        configuration["urls"]["streaming"]
            .as_str()
            .unwrap()
            .starts_with("ws://")
    );
    assert_eq!(v2["contact"]["account"]["username"], "alice");
    assert_eq!(
        v2["rules"],
        anonymous.get("/api/v1/instance/rules").await.ok()
    );
    let v1 = anonymous.get("/api/v1/instance").await.ok();
    assert_eq!(v1["uri"], v2["domain"]);
    assert_eq!(v1["stats"]["status_count"], 3);
    assert_eq!(v1["configuration"]["polls"], configuration["polls"]);
    for icon in v2["icon"].as_array().unwrap() {
        let path = icon["src"]
            .as_str()
            .unwrap()
            .strip_prefix(server.url())
            .unwrap();
        let image = anonymous.get(path).await;
        assert_eq!(
            (image.status, image.header("content-type")),
            (200, Some("image/png"))
        );
    }
}

#[tokio::test]
async fn terms_of_service_apply_from_their_date_until_replaced() {
    let server = TestServer::start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    let path = "/api/v1/instance/terms_of_service";
    let current = anonymous.get(path).await.ok();
    assert_eq!(
        (&current["effective"], &current["succeeded_by"]),
        (&json!(true), &Value::Null)
    );
    let previous = anonymous.get(&format!("{path}/2024-05-01")).await.ok();
    assert_eq!(previous["succeeded_by"], current["effective_date"]);
    assert_eq!(
        anonymous.get(&format!("{path}?date=2024-05-01")).await.ok(),
        previous
    );
    let missing = anonymous.get(&format!("{path}/2024-05-02")).await;
    assert_eq!((missing.status, missing.error()), (404, "Record not found"));
}

#[tokio::test]
async fn activity_covers_each_of_the_last_twelve_weeks() {
    let server = TestServer::start().await.unwrap();
    server.clock().advance(Duration::from_secs(7 * 86_400));
    let weeks = Client::anonymous(&server)
        .get("/api/v1/instance/activity")
        .await
        .ok();
    assert_eq!(weeks.as_array().unwrap().len(), 12);
    assert_eq!(
        (&weeks[0]["statuses"], &weeks[1]["statuses"]),
        (&json!("0"), &json!("3"))
    );
    assert_ne!(weeks[1]["registrations"], json!("0"));
}

#[tokio::test]
async fn domain_blocks_are_shown_to_the_audience_of_the_settings() {
    for (audience, to_visitors, to_users) in [
        (Audience::Disabled, 404, 404),
        (Audience::Users, 404, 200),
        (Audience::All, 200, 200),
    ] {
        let builder = TestServer::builder().show_domain_blocks(audience);
        let server = builder.start().await.unwrap();
        let path = "/api/v1/instance/domain_blocks";
        let seen = [
            Client::anonymous(&server).get(path).await,
            Client::user(&server, "alice").get(path).await,
        ];
        assert_eq!([seen[0].status, seen[1].status], [to_visitors, to_users]);
        if to_users == 200 {
            assert_eq!(seen[1].json[0]["digest"].as_str().unwrap().len(), 64);
        }
    }
}

#[tokio::test]
async fn other_instance_endpoints_return_data() {
    let server = TestServer::start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    let get = async |path: &str| anonymous.get(path).await.ok();
    let policy = get("/api/v1/instance/privacy_policy").await;
    assert!(policy["content"].as_str().unwrap().starts_with("<p>"));
    // The staff of a new server has not written a description yet.
    let description = get("/api/v1/instance/extended_description").await;
    assert_eq!(description, json!({ "updated_at": null, "content": "" }));
    let peers = get("/api/v1/instance/peers").await;
    let first = peers[0].as_str().unwrap();
    assert_eq!(
        get(&format!("/api/v1/peers/search?q={}", &first[..3])).await[0],
        first
    );
    assert_eq!(get("/api/v1/peers/search?q=zzz").await, json!([]));
    let languages = get("/api/v1/instance/languages").await;
    assert!(
        languages
            .as_array()
            .unwrap()
            .contains(&json!({ "code": "de", "name": "German" }))
    );
    assert_eq!(
        get("/api/v1/instance/translation_languages").await,
        json!({})
    );
    server.enable_translation();
    assert_eq!(
        get("/api/v1/instance/translation_languages").await["en"],
        json!(["de", "es", "fr"])
    );
    let emojis = get("/api/v1/custom_emojis").await;
    let path = emojis[0]["static_url"]
        .as_str()
        .unwrap()
        .strip_prefix(server.url())
        .unwrap()
        .to_owned();
    assert_eq!(anonymous.get(&path).await.status, 200);
    let index = get("/.well-known/nodeinfo").await;
    let path = index["links"][0]["href"]
        .as_str()
        .unwrap()
        .strip_prefix(server.url())
        .unwrap()
        .to_owned();
    assert_eq!(
        get(&path).await["software"],
        json!({ "name": "mastodon", "version": "4.6.5" })
    );
    let text = send(&server, "GET", "/health", "", &[("accept", "*/*")], b"").await;
    assert_eq!(text.bytes, b"OK");
}

#[tokio::test]
async fn server_can_claim_to_be_other_software() {
    let builder = TestServer::builder().software("gotosocial", "0.20.0");
    let server = builder.start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    let v2 = anonymous.get("/api/v2/instance").await.ok();
    assert_eq!(v2["version"], "0.20.0");
    assert_eq!(v2["api_versions"], json!({}));
    let v1 = anonymous.get("/api/v1/instance").await.ok();
    assert_eq!(v1["version"], "0.20.0");
    let node_info = anonymous.get("/nodeinfo/2.0").await.ok();
    let software = json!({ "name": "gotosocial", "version": "0.20.0" });
    assert_eq!(node_info["software"], software);
}
