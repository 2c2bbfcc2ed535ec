//! What the server tells of itself, and push subscriptions.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, send};

#[tokio::test]
async fn an_instance_tells_its_limits_its_features_and_whom_to_ask() {
    let server = TestServer::start().await.unwrap();
    let visitor = Client::visitor(&server);
    let v2 = visitor.get("/api/v2/instance").await.ok();
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
        visitor.get("/api/v1/instance/rules").await.ok()
    );
    let v1 = visitor.get("/api/v1/instance").await.ok();
    assert_eq!(v1["uri"], v2["domain"]);
    assert_eq!(v1["stats"]["status_count"], 3);
    assert_eq!(v1["configuration"]["polls"], configuration["polls"]);
    for icon in v2["icon"].as_array().unwrap() {
        let path = icon["src"]
            .as_str()
            .unwrap()
            .strip_prefix(server.url())
            .unwrap();
        let picture = visitor.get(path).await;
        assert_eq!(
            (picture.status, picture.header("content-type")),
            (200, Some("image/png"))
        );
    }
}

#[tokio::test]
async fn terms_of_service_hold_from_their_day_until_the_next_ones() {
    let server = TestServer::start().await.unwrap();
    let visitor = Client::visitor(&server);
    let path = "/api/v1/instance/terms_of_service";
    let now = visitor.get(path).await.ok();
    assert_eq!(
        (&now["effective"], &now["succeeded_by"]),
        (&json!(true), &Value::Null)
    );
    let old = visitor.get(&format!("{path}/2024-05-01")).await.ok();
    assert_eq!(old["succeeded_by"], now["effective_date"]);
    assert_eq!(
        visitor.get(&format!("{path}?date=2024-05-01")).await.ok(),
        old
    );
    let missing = visitor.get(&format!("{path}/2024-05-02")).await;
    assert_eq!((missing.status, missing.error()), (404, "Record not found"));
}

#[tokio::test]
async fn activity_counts_each_of_the_last_twelve_weeks() {
    let server = TestServer::start().await.unwrap();
    server.clock().advance(Duration::from_secs(7 * 86_400));
    let weeks = Client::visitor(&server)
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
async fn what_else_an_instance_tells_is_there() {
    let server = TestServer::start().await.unwrap();
    let visitor = Client::visitor(&server);
    let get = async |path: &str| visitor.get(path).await.ok();
    let blocks = get("/api/v1/instance/domain_blocks").await;
    assert_eq!(blocks[0]["digest"].as_str().unwrap().len(), 64);
    for text in ["extended_description", "privacy_policy"] {
        let text = get(&format!("/api/v1/instance/{text}")).await;
        assert!(text["content"].as_str().unwrap().starts_with("<p>"));
    }
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
    server.offer_translation();
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
    assert_eq!(visitor.get(&path).await.status, 200);
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
    assert_eq!(visitor.get("/health").await.bytes, b"OK");
}

fn subscription() -> Value {
    let key =
        "BKYZexXLvrCamLAc6ZbqRNXKVXR9S/TQKm/d6vgOtDwsRjBVIxT0kT7Thphe0P+/HdY+M/qbJGb2mFTsiI+q/74=";
    json!({ "endpoint": "https://push.example/1", "standard": true, "keys": { "p256dh": key, "auth": "DtSvJKRDpDtSkbAtXC83Pg==" } })
}

#[tokio::test]
async fn each_token_has_at_most_one_push_subscription() {
    let server = TestServer::start().await.unwrap();
    let path = "/api/v1/push/subscription";
    let (one, two) = (
        Client::user(&server, "alice"),
        Client::user(&server, "alice"),
    );
    assert_eq!(one.get(path).await.status, 404);
    let data = json!({ "alerts": { "mention": true, "admin.sign_up": false, "dance": true }, "policy": "followed" });
    let made = one
        .post(
            path,
            json!({ "subscription": subscription(), "data": data }),
        )
        .await
        .ok();
    assert_eq!(
        made["alerts"],
        json!({ "mention": true, "admin.sign_up": false })
    );
    assert_eq!(
        (&made["policy"], &made["standard"]),
        (&json!("followed"), &json!(true))
    );
    assert!(made["id"].is_number());
    let instance = one.get("/api/v2/instance").await.ok();
    assert_eq!(
        made["server_key"],
        instance["configuration"]["vapid"]["public_key"]
    );
    assert_eq!(one.get(path).await.ok(), made);
    assert_eq!(two.get(path).await.status, 404);
    let changed = one
        .put(path, json!({ "data": { "alerts": { "follow": "1" } } }))
        .await
        .ok();
    assert_eq!(
        (&changed["alerts"], &changed["policy"]),
        (&json!({ "follow": true }), &json!("all"))
    );
    assert_eq!(changed["id"], made["id"]);
    assert_eq!(two.put(path, json!({ "data": {} })).await.status, 404);
    let again = one
        .post(path, json!({ "subscription": subscription() }))
        .await
        .ok();
    assert_ne!(again["id"], made["id"]);
    for _ in 0..2 {
        assert_eq!(one.delete(path).await.ok(), json!({}));
    }
    assert_eq!(one.get(path).await.status, 404);
}

#[tokio::test]
async fn a_push_subscription_needs_an_address_and_keys() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = "/api/v1/push/subscription";
    for (pointer, value) in [
        ("/endpoint", "nowhere"),
        ("/keys/p256dh", "AAAA"),
        ("/keys/auth", "!"),
    ] {
        let mut broken = subscription();
        *broken.pointer_mut(pointer).unwrap() = value.into();
        assert_eq!(
            alice
                .post(path, json!({ "subscription": broken }))
                .await
                .status,
            422,
            "{pointer}"
        );
    }
    let form = "subscription[endpoint]=https%3A%2F%2Fpush.example&subscription[keys][p256dh]=BKYZexXLvrCamLAc6ZbqRNXKVXR9S_TQKm_d6vgOtDwsRjBVIxT0kT7Thphe0P-_HdY-M_qbJGb2mFTsiI-q_74\
                &subscription[keys][auth]=DtSvJKRDpDtSkbAtXC83Pg&data[alerts][admin.report]=true";
    let made = alice.form("POST", path, form).await.ok();
    assert_eq!(made["alerts"], json!({ "admin.report": true }));
    let reader = server.token("alice", "read");
    assert_eq!(
        send(&server, "GET", path, &reader, &[], b"").await.status,
        403
    );
}
