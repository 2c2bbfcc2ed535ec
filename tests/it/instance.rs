//! `instance` on servers with and without version 2 of the endpoint.

use mastodon_sdk::entities::Instance;
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Error, Mastodon};
use serde_json::{Value, json};

use crate::support::fixtures::{account, with_fields};
use crate::support::{ScriptedServer, error_response, json_response, ok_json, response};

/// A client that checks versions and limits, as by default.
fn client(server: &ScriptedServer) -> Mastodon {
    let builder = server.builder().version_check(VersionCheck::Endpoints);
    builder.build().unwrap()
}

/// Fetches the instance from a server with only this version 1.
async fn instance_from(v1: &Value) -> Instance {
    let server = ScriptedServer::start(vec![not_found_page(), ok_json(v1)]).await;
    client(&server).instance().await.unwrap()
}

fn not_found_page() -> String {
    response(404, "text/html; charset=utf-8", "", "<!doctype html><p>404")
}

/// Mastodon 3.5.3.
fn mastodon_3() -> Value {
    json!({
        "uri": "a.example", "title": "A", "version": "3.5.3", "email": "staff@a.example",
        "short_description": "For <em>cats</em> &amp; dogs", "description": "<p>Long</p>",
        "urls": { "streaming_api": "wss://s.a.example" },
        "stats": { "user_count": 812303, "status_count": 38151616, "domain_count": 25255 },
        "thumbnail": "https://files.a.example/1.png", "languages": ["en", "de"],
        "registrations": false, "approval_required": true, "invites_enabled": true,
        "configuration": {
            "statuses": { "max_characters": 500, "max_media_attachments": 4, "characters_reserved_per_url": 23 },
            "media_attachments": {
                "supported_mime_types": ["image/jpeg", "video/mp4"], "image_size_limit": 10485760,
                "image_matrix_limit": 16777216, "video_size_limit": 41943040, "video_frame_rate_limit": 60,
                "video_matrix_limit": 2304000,
            },
            "polls": {
                "max_options": 4, "max_characters_per_option": 50, "min_expiration": 300,
                "max_expiration": 2629746,
            },
        },
        "contact_account": account("1", "admin"),
        "rules": [{ "id": "1", "text": "Be kind" }],
    })
}

/// Members of Pleroma and Akkoma, which have no `configuration`.
fn pleroma(version: &str) -> Value {
    json!({
        "uri": "https://p.example", "title": "P", "version": version, "email": "staff@p.example",
        "description": "Pleroma: An efficient and flexible fediverse server", "short_description": "",
        "urls": { "streaming_api": "wss://p.example" },
        "stats": { "user_count": 12, "status_count": 3400, "domain_count": 5600 },
        "thumbnail": "https://p.example/instance/thumbnail.jpeg", "languages": ["en"],
        "registrations": true, "approval_required": false, "avatar_upload_limit": 2000000,
        "background_image": "https://p.example/images/city.jpg", "upload_limit": 16000000,
        "max_toot_chars": 5000, "max_media_attachments": 1000, "description_limit": 2000,
        "poll_limits": { "max_options": 20, "max_option_chars": 200, "min_expiration": 0, "max_expiration": 31536000 },
        "pleroma": {
            "metadata": { "features": ["pleroma_api", "polls"], "post_formats": ["text/plain"] },
            "stats": { "mau": 7 }, "vapid_public_key": "BNk",
        },
    })
}

#[tokio::test]
async fn version_1_of_mastodon_is_converted_to_version_2() {
    let instance = instance_from(&mastodon_3()).await;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    assert_eq!(
        (
            &instance.domain[..],
            &instance.title[..],
            &instance.version[..]
        ),
        ("a.example", "A", "3.5.3")
    );
    assert_eq!(instance.description, "For cats & dogs");
    assert_eq!(
        instance.thumbnail.unwrap().url,
        "https://files.a.example/1.png"
    );
    assert_eq!(instance.languages, ["en", "de"]);
    assert!(!instance.registrations.enabled && instance.registrations.approval_required);
    assert_eq!(instance.rules[0].text, "Be kind");
    let contact = instance.contact.unwrap();
    assert_eq!(text(&contact.email), "staff@a.example");
    assert_eq!(contact.account.unwrap().acct, "admin");
    let configuration = instance.configuration;
    assert_eq!(
        text(&configuration.urls.unwrap().streaming),
        "wss://s.a.example"
    );
    assert_eq!(configuration.statuses.unwrap().max_characters, 500);
    assert_eq!(
        configuration.media_attachments.unwrap().video_size_limit,
        41_943_040
    );
    assert_eq!(configuration.polls.unwrap().max_options, 4);
    // Version 1 does not contain these.
    assert!(
        instance.usage.is_none() && instance.icon.is_empty() && instance.api_versions.is_empty()
    );
    assert!(configuration.vapid.is_none() && configuration.translation.is_none());
}

#[tokio::test]
async fn limits_of_pleroma_and_akkoma_are_converted() {
    for version in [
        "2.7.2 (compatible; Pleroma 2.6.0)",
        "2.7.2 (compatible; Akkoma 3.13.2)",
    ] {
        let instance = instance_from(&pleroma(version)).await;
        assert_eq!(
            (&instance.domain[..], &instance.version[..]),
            ("p.example", version)
        );
        assert!(instance.description.starts_with("Pleroma: An efficient"));
        assert_eq!(instance.usage.unwrap().users.unwrap().active_month, 7);
        assert!(instance.registrations.enabled);
        let configuration = instance.configuration;
        let statuses = configuration.statuses.unwrap();
        assert_eq!(
            (statuses.max_characters, statuses.max_media_attachments),
            (5000, 1000)
        );
        let media = configuration.media_attachments.unwrap();
        assert_eq!(
            (media.image_size_limit, media.video_size_limit),
            (16_000_000, 16_000_000)
        );
        assert_eq!(media.description_limit, Some(2000));
        let polls = configuration.polls.unwrap();
        assert_eq!(
            (polls.max_options, polls.max_characters_per_option),
            (20, 200)
        );
        assert_eq!(
            configuration.vapid.unwrap().public_key.as_deref(),
            Some("BNk")
        );
    }
}

#[tokio::test]
async fn version_1_of_every_software_is_accepted() {
    let snac = json!({
        "uri": "sn.example", "domain": "sn.example", "title": "snac", "version": "4.0.0 (not true; really snac/2.94)",
        "source_url": "https://codeberg.org/grunfink/snac2", "description": "Cool", "short_description": "Cool",
        "email": "", "rules": [], "registrations": false, "approval_required": false, "invites_enabled": false,
        "stats": { "user_count": 1, "status_count": 0, "domain_count": 0 }, "thumbnail": "",
        "urls": { "streaming_api": "wss://sn.example" }, "contact_account": {},
        "configuration": {
            "statuses": { "max_characters": 100000, "max_media_attachments": 8, "characters_reserved_per_url": 32 },
            "reactions": { "max_reactions": 50 },
        },
    });
    let mastodon_2 = json!({
        "uri": "old.example", "title": "Old", "description": "", "email": "", "version": "2.4.0",
        "urls": { "streaming_api": "wss://old.example" }, "stats": { "user_count": 1 }, "languages": ["en"],
        "contact_account": null,
    });
    let mitra = json!({
        "uri": "mi.example", "title": "Mitra", "short_description": "x", "description": "<p>x</p>",
        "version": "4.0.0 (compatible; Mitra 2.17.0)", "registrations": true, "approval_required": false,
        "invites_enabled": false, "stats": { "user_count": 3, "status_count": 4, "domain_count": 5 },
        "urls": { "streaming_api": null }, "thumbnail": null, "contact_account": null, "rules": null,
        "login_message": "x", "blockchains": [],
    });
    let fedibird = with_fields(
        mastodon_3(),
        &json!({
            "uri": "fb.example", "version": "3.4.1", "fedibird_capabilities": ["emoji_reaction"],
            "feature_quote": true, "max_toot_chars": 500,
        }),
    );
    let malformed = json!({
        "uri": 7, "title": null, "version": "1.0", "urls": [], "stats": "x", "thumbnail": {}, "languages": "en",
        "registrations": "yes", "configuration": [], "contact_account": "x", "rules": [{}], "poll_limits": 7,
    });
    for (v1, domain, version) in [
        (snac, "sn.example", "4.0.0 (not true; really snac/2.94)"),
        (mastodon_2, "old.example", "2.4.0"),
        (mitra, "mi.example", "4.0.0 (compatible; Mitra 2.17.0)"),
        (fedibird, "fb.example", "3.4.1"),
        (
            json!({ "uri": "http://x.example/", "version": "1" }),
            "x.example",
            "1",
        ),
        (
            with_fields(malformed, &json!({ "uri": "o.example" })),
            "o.example",
            "1.0",
        ),
    ] {
        let instance = instance_from(&v1).await;
        assert_eq!(
            (&instance.domain[..], &instance.version[..]),
            (domain, version)
        );
    }
}

#[tokio::test]
async fn every_way_to_lack_version_2_leads_to_version_1() {
    for missing in [
        not_found_page(),
        error_response(404, "Not implemented"),
        response(404, "text/plain", "", "404 page not found"),
        error_response(400, "Invalid path"),
        json_response(405, "", ""),
        json_response(410, "", ""),
        error_response(501, "Not implemented"),
        // A web interface that answers every path.
        response(200, "text/html", "", "<!doctype html><div id=app></div>"),
        json_response(200, "", r#"{"error":"not found"}"#),
        json_response(200, "", "null"),
    ] {
        let server = ScriptedServer::start(vec![missing.clone(), ok_json(&mastodon_3())]).await;
        let client = client(&server);
        let instance = client.instance().response().await.unwrap();
        assert_eq!(
            (instance.status.as_u16(), &instance.value.title[..]),
            (200, "A"),
            "{missing}"
        );
        // The version and the limits are those of the same response.
        let version = client.retrieve_mastodon_version().await.unwrap();
        assert_eq!(version.raw, "3.5.3");
        assert_eq!(client.status_limits().await.unwrap().characters, Some(500));
        assert_eq!(
            client.media_limits().await.unwrap().video_bytes,
            Some(41_943_040)
        );
        assert_eq!(
            server.request_lines(),
            ["GET /api/v2/instance", "GET /api/v1/instance"],
            "{missing}"
        );
    }
}

#[tokio::test]
async fn limits_that_only_pleroma_names_are_used() {
    let server = ScriptedServer::start(vec![
        error_response(404, "Not implemented"),
        ok_json(&pleroma("2.7.2 (compatible; Pleroma 2.6.0)")),
    ])
    .await;
    let client = client(&server);
    assert_eq!(client.status_limits().await.unwrap().characters, Some(5000));
    assert_eq!(
        client.media_limits().await.unwrap().image_bytes,
        Some(16_000_000)
    );
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn failure_of_version_2_that_may_pass_does_not_lead_to_version_1() {
    for failure in [
        error_response(503, "Down"),
        String::new(),
        error_response(403, "Blocked"),
    ] {
        let server = ScriptedServer::start(vec![failure, ok_json(&mastodon_3())]).await;
        let client = server.builder().max_retries(0).build().unwrap();
        client.instance().await.unwrap_err();
        assert_eq!(server.request_lines(), ["GET /api/v2/instance"]);
    }
    // The failure of version 1 decides whether a later call may succeed.
    let script = vec![not_found_page(), error_response(503, "Down")];
    let server = ScriptedServer::start(script).await;
    let client = server.builder().max_retries(0).build().unwrap();
    let error = client.instance().await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn server_with_neither_version_returns_the_error_of_version_2() {
    let missing = error_response(404, "Not here");
    let server = ScriptedServer::start(vec![missing.clone(), missing]).await;
    let error = server.client().instance().await.unwrap_err();
    assert!(error.is_not_found());
    assert!(error.to_string().starts_with("instance_v2"), "{error}");
    let malformed = json_response(200, "", r#"{"hello":"world"}"#);
    let server = ScriptedServer::start(vec![malformed.clone(), malformed]).await;
    let error = server.client().instance().await.unwrap_err();
    assert!(matches!(error, Error::NotProvided { .. }), "{error:?}");
}

#[tokio::test]
async fn members_of_other_software_are_kept_in_the_json() {
    let script = vec![not_found_page(), ok_json(&pleroma("2.6.0"))];
    let server = ScriptedServer::start(script).await;
    let json = client(&server).instance().json().await.unwrap();
    assert_eq!(json["pleroma"]["metadata"]["features"][1], "polls");
    assert_eq!(json["stats"]["user_count"], 12);
    assert_eq!(json["configuration"]["statuses"]["max_characters"], 5000);
}
