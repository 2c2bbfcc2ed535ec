//! The user's account profile and preferences.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::Client;

const UPDATE: &str = "/api/v1/accounts/update_credentials";
const OWN: &str = "/api/v1/accounts/verify_credentials";
/// A PNG of one red pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde";

async fn update(client: &Client<'_>, changes: Value) -> Value {
    client.send_json("PATCH", UPDATE, &changes).await.ok()
}

#[tokio::test]
async fn profile_is_html_and_its_owner_also_receives_the_source() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let note = "I <3 #rust\n\nask @bob or see https://example.org/x";
    let fields = json!([{ "name": "Web", "value": "https://example.org" }]);
    let account = update(
        &alice,
        json!({ "note": note, "display_name": " Alice ", "fields_attributes": fields }),
    )
    .await;
    let html = account["note"].as_str().unwrap();
    assert!(html.starts_with("<p>I &lt;3 <a href=\""), "{html}");
    assert!(
        html.contains("class=\"u-url mention\">@<span>bob</span>"),
        "{html}"
    );
    assert_eq!(
        (&account["display_name"], &account["source"]["note"]),
        (&json!("Alice"), &json!(note))
    );
    let value = account["fields"][0]["value"].as_str().unwrap();
    assert!(
        value.starts_with("<a href=\"https://example.org\""),
        "{value}"
    );
    assert_eq!(account["fields"][0]["verified_at"], json!(null));
    assert_eq!(
        account["source"]["fields"][0]["value"],
        "https://example.org"
    );
    let role = json!({
        "id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": false, "collection_limit": 10,
    });
    assert_eq!(account["role"], role);
    assert_eq!(alice.get(OWN).await.ok(), account);
}

#[tokio::test]
async fn profile_update_keeps_the_fields_that_are_not_sent() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let settings = json!({
        "locked": true, "bot": true, "discoverable": false, "hide_collections": true, "indexable": true,
        "attribution_domains": ["https://Example.org/", "blog.example"], "avatar_description": "me",
    });
    update(&alice, settings).await;
    let account = update(&alice, json!({ "note": "x", "bot": false })).await;
    for (name, value) in [
        ("locked", json!(true)),
        ("bot", json!(false)),
        ("discoverable", json!(false)),
        ("hide_collections", json!(true)),
        ("indexable", json!(true)),
        ("avatar_description", json!("me")),
    ] {
        assert_eq!(account[name], value, "{name}");
    }
    let source = &account["source"];
    assert_eq!(
        source["attribution_domains"],
        json!(["example.org", "blog.example"])
    );
    assert_eq!(
        (&source["discoverable"], &source["hide_collections"]),
        (&json!(false), &json!(true))
    );
}

#[tokio::test]
async fn profile_fields_accept_any_index_or_a_list_and_are_replaced_as_a_whole() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let form = "fields_attributes[7][name]=a&fields_attributes[7][value]=1\
                &fields_attributes[3][name]=b&fields_attributes[3][value]=2\
                &fields_attributes[5][name]=&fields_attributes[5][value]=";
    let names = |account: &Value| -> Vec<String> {
        let fields = account["source"]["fields"].as_array().unwrap().iter();
        fields
            .map(|field| field["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(&alice.send_form("PATCH", UPDATE, form).await.ok()),
        ["a", "b"]
    );
    let hash = json!({ "fields_attributes": { "0": { "name": "c", "value": "3" } } });
    assert_eq!(names(&update(&alice, hash).await), ["c"]);
    let list = json!({ "fields_attributes": [{ "name": "d", "value": "4" }, { "name": "e", "value": "" }] });
    assert_eq!(names(&update(&alice, list).await), ["d", "e"]);
}

#[tokio::test]
async fn invalid_profile_is_rejected_per_field_and_changes_nothing() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let fields: Vec<Value> = (0..5)
        .map(|n| json!({ "name": n.to_string(), "value": "x" }))
        .collect();
    for (field, changes, code, error) in [
        (
            "display_name",
            json!({ "display_name": "x".repeat(41) }),
            "ERR_TOO_LONG",
            "Display name is too long (maximum is 40 characters)",
        ),
        (
            "note",
            json!({ "note": "x".repeat(501) }),
            "ERR_TOO_LONG",
            "Note is too long (maximum is 500 characters)",
        ),
        (
            "fields",
            json!({ "fields_attributes": fields }),
            "ERR_TOO_LONG",
            "Fields is too long (maximum is 4 characters)",
        ),
        (
            "fields",
            json!({ "fields_attributes": [{ "value": "x" }] }),
            "ERR_FIELDS_WITH_VALUES_MISSING_LABELS",
            "Fields contains values with missing labels",
        ),
        (
            "avatar_description",
            json!({ "avatar_description": "x".repeat(151) }),
            "ERR_TOO_LONG",
            "Avatar description is too long (maximum is 150 characters)",
        ),
        (
            "attribution_domains",
            json!({ "attribution_domains": ["not a domain"] }),
            "ERR_INVALID",
            "Attribution domains is not a valid domain name",
        ),
    ] {
        let mut changes = changes;
        changes["bot"] = json!(true);
        let rejected = alice.send_json("PATCH", UPDATE, &changes).await;
        assert_eq!(
            (rejected.status, rejected.error()),
            (422, format!("Validation failed: {error}").as_str())
        );
        assert_eq!(rejected.json["details"][field][0]["error"], code);
    }
    assert_eq!(alice.get(OWN).await.ok()["bot"], false);
    // Every link counts as 23 characters.
    let long = format!(
        "{} https://example.org/{}",
        "x".repeat(470),
        "y".repeat(300)
    );
    update(&alice, json!({ "note": long })).await;
}

#[tokio::test]
async fn avatar_and_header_are_uploaded_as_files_and_served_at_their_urls() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = |account: &Value, name: &str| {
        let url = account[name].as_str().unwrap();
        url.strip_prefix(server.url()).unwrap().to_owned()
    };
    let before = alice.get(OWN).await.ok();
    let missing = alice.get(&path(&before, "avatar")).await;
    assert_eq!(
        (missing.status, missing.header("content-type")),
        (200, Some("image/png"))
    );
    let parts: [(&str, &[u8]); 3] = [
        ("avatar@", PNG),
        ("header@", PNG),
        ("source[privacy]", b"unlisted"),
    ];
    let account = alice.send_multipart("PATCH", UPDATE, &parts).await.ok();
    assert_eq!(account["source"]["privacy"], "unlisted");
    assert_eq!(account["avatar"], account["avatar_static"]);
    for name in ["avatar", "header"] {
        let served = alice.get(&path(&account, name)).await;
        assert_eq!(
            (served.bytes.as_slice(), served.header("content-type")),
            (PNG, Some("image/png"))
        );
    }
    let rejected = alice
        .send_multipart("PATCH", UPDATE, &[("avatar@", b"plain text")])
        .await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (422, "Validation failed: Avatar content type is invalid")
    );
    let profile = alice.get("/api/v1/profile").await.ok();
    assert_eq!(profile["avatar"], account["avatar"]);
    let account = alice.delete("/api/v1/profile/avatar").await.ok();
    assert!(
        account["avatar"]
            .as_str()
            .unwrap()
            .ends_with("/avatars/original/missing.png")
    );
    alice.delete("/api/v1/profile/header").await.ok();
    let profile = alice.get("/api/v1/profile").await.ok();
    assert_eq!(
        (&profile["avatar"], &profile["header_static"]),
        (&json!(null), &json!(null))
    );
}

#[tokio::test]
async fn animated_avatar_has_a_static_version() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let frame: &[u8] = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    let head: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
    let animated = [head, frame, frame, b"\x3b"].concat();
    let account = alice
        .send_multipart("PATCH", UPDATE, &[("avatar@", &animated)])
        .await
        .ok();
    let path = |name: &str| {
        account[name]
            .as_str()
            .unwrap()
            .strip_prefix(server.url())
            .unwrap()
            .to_owned()
    };
    assert_eq!(alice.get(&path("avatar")).await.bytes, animated);
    assert_eq!(
        alice.get(&path("avatar_static")).await.bytes,
        [head, frame, b"\x3b"].concat()
    );
}

#[tokio::test]
async fn posting_defaults_are_stored_returned_and_applied() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let source = json!({ "privacy": "unlisted", "sensitive": true, "language": "de", "quote_policy": "followers" });
    let account = update(&alice, json!({ "source": source })).await;
    for (name, value) in source.as_object().unwrap() {
        assert_eq!(&account["source"][name], value, "{name}");
    }
    let preferences = json!({
        "posting:default:visibility": "unlisted", "posting:default:sensitive": true,
        "posting:default:language": "de", "posting:default:quote_policy": "followers",
        "reading:expand:media": "default", "reading:expand:spoilers": false, "reading:autoplay:gifs": false,
    });
    assert_eq!(alice.get("/api/v1/preferences").await.ok(), preferences);
    let posted = alice.post_status(json!({ "status": "hallo" })).await;
    assert_eq!(
        (&posted["visibility"], &posted["language"]),
        (&json!("unlisted"), &json!("de"))
    );
    let direct = alice
        .send_json(
            "PATCH",
            UPDATE,
            &json!({ "source": { "privacy": "direct" } }),
        )
        .await;
    assert_eq!(direct.status, 500);
}

#[tokio::test]
async fn locked_account_posts_privately_unless_set_otherwise() {
    let server = TestServer::start().await.unwrap();
    let dave = Client::user(&server, "dave");
    assert_eq!(dave.get(OWN).await.ok()["source"]["privacy"], "private");
    let account = update(&dave, json!({ "source": { "privacy": "public" } })).await;
    assert_eq!(account["source"]["privacy"], "public");
}

#[tokio::test]
async fn editable_profile_is_plain_text_with_display_settings() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let changes = json!({
        "note": "a & b", "show_media": false, "show_media_replies": false, "show_featured": false,
        "fields_attributes": [{ "name": "n", "value": "<v>" }],
    });
    let profile = alice
        .send_json("PATCH", "/api/v1/profile", &changes)
        .await
        .ok();
    assert_eq!(
        (&profile["note"], &profile["formatted_note"]),
        (&json!("a & b"), &json!("<p>a &amp; b</p>"))
    );
    assert_eq!(profile["fields"][0]["value"], "<v>");
    assert_eq!(profile["formatted_fields"][0]["value"], "&lt;v&gt;");
    for setting in ["show_media", "show_media_replies", "show_featured"] {
        assert_eq!(profile[setting], false, "{setting}");
    }
    assert_eq!(
        (&profile["avatar"], &profile["featured_tags"]),
        (&json!(null), &json!([]))
    );
    assert_eq!(
        alice
            .send_json("PUT", "/api/v1/profile", &json!({}))
            .await
            .ok(),
        profile
    );
    assert_eq!(alice.get(OWN).await.ok()["show_media"], false);
}
