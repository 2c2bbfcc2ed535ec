//! Web Push subscriptions.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, send};

fn subscription() -> Value {
    let key =
        "BKYZexXLvrCamLAc6ZbqRNXKVXR9S/TQKm/d6vgOtDwsRjBVIxT0kT7Thphe0P+/HdY+M/qbJGb2mFTsiI+q/74=";
    json!({ "endpoint": "https://push.example/1", "standard": true, "keys": { "p256dh": key, "auth": "DtSvJKRDpDtSkbAtXC83Pg==" } })
}

#[tokio::test]
async fn each_token_has_at_most_one_push_subscription() {
    let server = TestServer::start().await.unwrap();
    let path = "/api/v1/push/subscription";
    let (first, second) = (
        Client::user(&server, "alice"),
        Client::user(&server, "alice"),
    );
    assert_eq!(first.get(path).await.status, 404);
    let data = json!({ "alerts": { "mention": true, "admin.sign_up": false, "dance": true }, "policy": "followed" });
    let created = first
        .post(
            path,
            json!({ "subscription": subscription(), "data": data }),
        )
        .await
        .ok();
    assert_eq!(
        created["alerts"],
        json!({ "mention": true, "admin.sign_up": false })
    );
    assert_eq!(
        (&created["policy"], &created["standard"]),
        (&json!("followed"), &json!(true))
    );
    assert!(created["id"].is_number());
    let instance = first.get("/api/v2/instance").await.ok();
    assert_eq!(
        created["server_key"],
        instance["configuration"]["vapid"]["public_key"]
    );
    assert_eq!(first.get(path).await.ok(), created);
    assert_eq!(second.get(path).await.status, 404);
    let changed = first
        .put(path, json!({ "data": { "alerts": { "follow": "1" } } }))
        .await
        .ok();
    assert_eq!(
        (&changed["alerts"], &changed["policy"]),
        (&json!({ "follow": true }), &json!("all"))
    );
    assert_eq!(changed["id"], created["id"]);
    assert_eq!(second.put(path, json!({ "data": {} })).await.status, 404);
    let replaced = first
        .post(path, json!({ "subscription": subscription() }))
        .await
        .ok();
    assert_ne!(replaced["id"], created["id"]);
    for _ in 0..2 {
        assert_eq!(first.delete(path).await.ok(), json!({}));
    }
    assert_eq!(first.get(path).await.status, 404);
}

#[tokio::test]
async fn push_subscription_needs_a_valid_endpoint_and_keys() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = "/api/v1/push/subscription";
    for (pointer, value) in [
        ("/endpoint", "nowhere"),
        ("/keys/p256dh", "AAAA"),
        ("/keys/auth", "!"),
    ] {
        let mut invalid = subscription();
        *invalid.pointer_mut(pointer).unwrap() = value.into();
        assert_eq!(
            alice
                .post(path, json!({ "subscription": invalid }))
                .await
                .status,
            422,
            "{pointer}"
        );
    }
    let form = "subscription[endpoint]=https%3A%2F%2Fpush.example&subscription[keys][p256dh]=BKYZexXLvrCamLAc6ZbqRNXKVXR9S_TQKm_d6vgOtDwsRjBVIxT0kT7Thphe0P-_HdY-M_qbJGb2mFTsiI-q_74\
                &subscription[keys][auth]=DtSvJKRDpDtSkbAtXC83Pg&data[alerts][admin.report]=true";
    let created = alice.send_form("POST", path, form).await.ok();
    assert_eq!(created["alerts"], json!({ "admin.report": true }));
    let reader = server.token("alice", "read");
    assert_eq!(
        send(&server, "GET", path, &reader, &[], b"").await.status,
        403
    );
}
