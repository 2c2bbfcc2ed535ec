//! Posting, fetching and deleting statuses.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{self, Client, id, ids};

#[tokio::test]
async fn status_has_every_field_that_mastodon_sends() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let id = alice.post_text("Hello").await;
    let always = [
        "account",
        "application",
        "card",
        "content",
        "created_at",
        "edited_at",
        "emojis",
        "favourites_count",
        "id",
        "in_reply_to_account_id",
        "in_reply_to_id",
        "language",
        "media_attachments",
        "mentions",
        "poll",
        "quote",
        "quote_approval",
        "quotes_count",
        "reblog",
        "reblogs_count",
        "replies_count",
        "sensitive",
        "spoiler_text",
        "tagged_collections",
        "tags",
        "uri",
        "url",
        "visibility",
    ];
    let viewer_fields = ["bookmarked", "favourited", "filtered", "muted", "reblogged"];
    let fields = |status: &Value| {
        let mut names: Vec<String> = status.as_object().unwrap().keys().cloned().collect();
        names.sort_unstable();
        names
    };
    let fetched = Client::anonymous(&server).fetch_status(&id).await;
    assert_eq!(fields(&fetched), always);
    assert_eq!(fetched["url"], format!("{}/@alice/{id}", server.url()));
    assert_eq!(
        fetched["uri"],
        format!("{}/users/alice/statuses/{id}", server.url())
    );
    let always_and = |more: &[&'static str]| {
        let mut names: Vec<&'static str> = always.iter().chain(more).copied().collect();
        names.sort_unstable();
        names
    };
    let bob = Client::user(&server, "bob");
    assert_eq!(
        fields(&bob.fetch_status(&id).await),
        always_and(&viewer_fields)
    );
    let author_fields = [&viewer_fields[..], &["pinned"]].concat();
    assert_eq!(
        fields(&alice.fetch_status(&id).await),
        always_and(&author_fields)
    );
}

#[tokio::test]
async fn text_is_rendered_as_html_with_paragraphs_mentions_hashtags_and_links() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let text = "<Hi> @bob\n& @nobody\n\n#Rust_lang https://www.example.org/x";
    let status = alice.post_status(json!({ "status": text })).await;
    let url = server.url();
    assert_eq!(
        status["content"],
        format!(
            "<p>&lt;Hi&gt; <span class=\"h-card\" translate=\"no\"><a href=\"{url}/@bob\" class=\"u-url mention\">@<span>bob</span></a></span><br />\
             &amp; @nobody</p>\
             <p><a href=\"{url}/tags/Rust_lang\" class=\"mention hashtag\" rel=\"tag\">#<span>Rust_lang</span></a> \
             <a href=\"https://www.example.org/x\" target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\">\
             <span class=\"invisible\">https://www.</span><span class=\"\">example.org/x</span><span class=\"invisible\"></span></a></p>"
        )
    );
    let mentions = &status["mentions"];
    assert_eq!(mentions.as_array().unwrap().len(), 1);
    assert_eq!(mentions[0]["acct"], "bob");
    assert_eq!(
        status["tags"],
        json!([{ "name": "rust_lang", "url": format!("{url}/tags/rust_lang") }])
    );
}

#[tokio::test]
async fn links_count_23_characters_and_the_spoiler_text_counts_too() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let link = format!("https://example.org/{}", "x".repeat(600));
    let allowed =
        json!({ "status": format!("{} {link}", "a".repeat(470)), "spoiler_text": "123456" });
    assert_eq!(alice.post("/api/v1/statuses", allowed).await.status, 200);
    let too_long =
        json!({ "status": format!("{} {link}", "a".repeat(470)), "spoiler_text": "1234567" });
    let rejected = alice.post("/api/v1/statuses", too_long).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (
            422,
            "Validation failed: Text character limit of 500 exceeded"
        )
    );
}

#[tokio::test]
async fn status_needs_text_or_media() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let rejected = alice
        .post("/api/v1/statuses", json!({ "status": " " }))
        .await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (422, "Validation failed: Text can't be blank")
    );
    // A poll is no substitute for a text.
    let poll = json!({ "poll": { "options": ["a", "b"], "expires_in": 300 } });
    let rejected = alice.post("/api/v1/statuses", poll).await;
    assert_eq!(rejected.error(), "Validation failed: Text can't be blank");
    // A spoiler text alone becomes the text, and the status stays sensitive.
    let spoiler_only = alice
        .post_status(json!({ "spoiler_text": "careful" }))
        .await;
    assert_eq!(
        (
            &spoiler_only["content"],
            &spoiler_only["spoiler_text"],
            &spoiler_only["sensitive"]
        ),
        (&json!("<p>careful</p>"), &json!(""), &json!(true))
    );
}

#[tokio::test]
async fn sensitive_false_overrides_the_spoiler_text_only_in_a_form() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let json = json!({ "status": "x", "spoiler_text": "y", "sensitive": false });
    assert_eq!(alice.post_status(json).await["sensitive"], true);
    let form = "status=x&spoiler_text=y&sensitive=false";
    let posted = alice.send_form("POST", "/api/v1/statuses", form).await.ok();
    assert_eq!(posted["sensitive"], false);
}

#[tokio::test]
async fn idempotency_key_prevents_a_second_status_for_one_hour() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "write");
    let post = async |key: &str| {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        let path = "/api/v1/statuses";
        let body = br#"{"status":"once"}"#;
        id(&client::send(&server, "POST", path, &token, &headers, body)
            .await
            .ok())
    };
    let first = post("a").await;
    assert_eq!(post("a").await, first);
    assert_ne!(post("b").await, first);
    server.clock().advance(Duration::from_secs(3601));
    assert_ne!(post("a").await, first);
}

#[tokio::test]
async fn mentions_outside_allowed_mentions_are_rejected() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let bob = alice.get("/api/v1/accounts/lookup?acct=bob").await.ok();
    let body = json!({ "status": "@bob @carol hi", "allowed_mentions": [bob["id"]] });
    let rejected = alice.post("/api/v1/statuses", body).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (422, "Post would be sent to unexpected accounts")
    );
    let unexpected = rejected.json["unexpected_accounts"].as_array().unwrap();
    assert_eq!(unexpected.len(), 1);
    assert_eq!(unexpected[0]["acct"], "carol");
    assert!(
        Client::user(&server, "bob")
            .notification_types()
            .await
            .is_empty()
    );
    let body = json!({ "status": "@bob hi", "allowed_mentions": [bob["id"]] });
    assert_eq!(alice.post("/api/v1/statuses", body).await.status, 200);
}

#[tokio::test]
async fn reply_to_a_missing_or_invisible_status_is_rejected() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let invisible = alice
        .post_status(json!({ "status": "hm", "visibility": "direct" }))
        .await;
    for parent in [id(&invisible), "1".to_owned()] {
        let body = json!({ "status": "what?", "in_reply_to_id": parent });
        let rejected = bob.post("/api/v1/statuses", body).await;
        assert_eq!(
            (rejected.status, rejected.error()),
            (
                404,
                "The post you are trying to reply to does not appear to exist."
            )
        );
    }
}

#[tokio::test]
async fn private_and_direct_statuses_are_visible_only_to_their_audience() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (dora, anonymous) = (Client::user(&server, "dora"), Client::anonymous(&server));
    let status_codes = async |visibility: &str| {
        let body = json!({ "status": "psst @dora", "visibility": visibility });
        let path = format!("/api/v1/statuses/{}", id(&alice.post_status(body).await));
        let mut codes = Vec::new();
        for client in [&alice, &bob, &dora, &anonymous] {
            codes.push(client.get(&path).await.status);
        }
        codes
    };
    // Bob follows Alice; Dora is mentioned.
    assert_eq!(status_codes("public").await, [200, 200, 200, 200]);
    assert_eq!(status_codes("unlisted").await, [200, 200, 200, 200]);
    assert_eq!(status_codes("private").await, [200, 200, 200, 404]);
    assert_eq!(status_codes("direct").await, [200, 404, 200, 404]);
}

#[tokio::test]
async fn context_lists_ancestors_and_descendants_in_order() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let reply = async |client: &Client<'_>, to: &str| {
        id(&client
            .post_status(json!({ "status": "re", "in_reply_to_id": to }))
            .await)
    };
    let root = alice.post_text("root").await;
    let first = reply(&bob, &root).await;
    let second = reply(&bob, &root).await;
    let nested = reply(&alice, &first).await;
    let by_author = reply(&alice, &root).await;
    let context = bob
        .get(&format!("/api/v1/statuses/{root}/context"))
        .await
        .ok();
    assert_eq!(context["ancestors"], json!([]));
    // Replies of the author to their own status come first.
    let expected = [&by_author, &first, &nested, &second];
    assert_eq!(
        ids(&context["descendants"]).iter().collect::<Vec<_>>(),
        expected
    );
    let path = format!("/api/v1/statuses/{nested}/context");
    let context = bob.get(&path).await.ok();
    assert_eq!(ids(&context["ancestors"]), [root.clone(), first.clone()]);
    let root_status = bob.fetch_status(&root).await;
    assert_eq!(root_status["replies_count"], 3);
    // A reply to one's own reply names the account that the first reply addresses.
    let more = id(&bob
        .post_status(json!({ "status": "more", "in_reply_to_id": first }))
        .await);
    let alice_id = alice.get("/api/v1/accounts/verify_credentials").await.ok()["id"].clone();
    assert_eq!(
        bob.fetch_status(&more).await["in_reply_to_account_id"],
        alice_id
    );
}

#[tokio::test]
async fn context_is_limited_without_a_token() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let root = alice.post_text("0").await;
    let mut last = root.clone();
    for number in 1..=50 {
        let body = json!({ "status": number.to_string(), "in_reply_to_id": last });
        last = id(&alice.post_status(body).await);
    }
    let lengths = async |client: &Client<'_>| {
        let last_context = client
            .get(&format!("/api/v1/statuses/{last}/context"))
            .await;
        let root_context = client
            .get(&format!("/api/v1/statuses/{root}/context"))
            .await;
        let (last_context, root_context) = (last_context.ok(), root_context.ok());
        (
            last_context["ancestors"].as_array().unwrap().len(),
            root_context["descendants"].as_array().unwrap().len(),
        )
    };
    assert_eq!(lengths(&alice).await, (50, 50));
    assert_eq!(lengths(&Client::anonymous(&server)).await, (40, 20));
}

#[tokio::test]
async fn several_statuses_can_be_fetched_without_the_invisible_ones() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (one, two) = (alice.post_text("1").await, alice.post_text("2").await);
    let invisible = id(&alice
        .post_status(json!({ "status": "3", "visibility": "direct" }))
        .await);
    let path = format!("/api/v1/statuses?id[]={one}&id[]={invisible}&id[]={two}&id[]=1");
    assert_eq!(ids(&bob.get(&path).await.ok()), [two, one]);
    let many: Vec<String> = (0..21).map(|number| format!("id[]={number}")).collect();
    let path = format!("/api/v1/statuses?{}", many.join("&"));
    assert_eq!(bob.get(&path).await.status, 422);
}

#[tokio::test]
async fn deleted_status_is_returned_with_its_source_text() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = format!("/api/v1/statuses/{}", alice.post_text("Oops @bob").await);
    assert_eq!(Client::user(&server, "bob").delete(&path).await.status, 404);
    let deleted = alice.delete(&path).await.ok();
    assert_eq!(deleted["text"], "Oops @bob");
    assert_eq!(deleted.get("content"), None);
    assert_eq!(Client::anonymous(&server).get(&path).await.status, 404);
}

#[tokio::test]
async fn deleting_a_status_removes_its_boosts_and_notifications_but_not_its_replies() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let original = alice.post_text("gone soon @carol").await;
    let boost = id(&bob.act_on_status(&original, "reblog").await);
    bob.act_on_status(&original, "favourite").await;
    let reply = json!({ "status": "really?", "in_reply_to_id": original });
    let reply = id(&bob.post_status(reply).await);
    assert_eq!(alice.notification_types().await, ["favourite", "reblog"]);
    alice
        .delete(&format!("/api/v1/statuses/{original}"))
        .await
        .ok();
    assert_eq!(
        bob.get(&format!("/api/v1/statuses/{boost}")).await.status,
        404
    );
    assert!(alice.notification_types().await.is_empty());
    assert!(
        Client::user(&server, "carol")
            .notification_types()
            .await
            .is_empty()
    );
    let reply = bob.fetch_status(&reply).await;
    assert_eq!(reply["in_reply_to_id"], Value::Null);
    assert_ne!(reply["in_reply_to_account_id"], Value::Null);
}

#[tokio::test]
async fn status_source_is_the_text_as_written() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let body = json!({ "status": "a <b>\n#c", "spoiler_text": "d" });
    let id = id(&alice.post_status(body).await);
    let source = alice
        .get(&format!("/api/v1/statuses/{id}/source"))
        .await
        .ok();
    assert_eq!(
        source,
        json!({ "id": id, "text": "a <b>\n#c", "spoiler_text": "d" })
    );
}

#[tokio::test]
async fn status_names_the_application_that_posted_it() {
    let server = TestServer::start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    let body = json!({
        "client_name": "My bot", "website": "https://bot.example", "scopes": "read write",
        "redirect_uris": "urn:ietf:wg:oauth:2.0:oob",
    });
    let app = anonymous.post("/api/v1/apps", body).await.ok();
    let (client_id, secret) = (&app["client_id"], &app["client_secret"]);
    let (redirect, key) = ("urn:ietf:wg:oauth:2.0:oob", client_id.as_str().unwrap());
    let page = format!(
        "{}/oauth/authorize?response_type=code&client_id={key}&redirect_uri={redirect}&scope=read+write",
        server.url()
    );
    let code = server.authorize(&page, "alice").unwrap();
    let body = json!({
        "grant_type": "authorization_code", "client_id": client_id, "client_secret": secret,
        "redirect_uri": redirect, "code": code,
    });
    let token = anonymous.post("/oauth/token", body).await.ok();
    let token = token["access_token"].as_str().unwrap();
    let alice = Client::with_token(&server, token.to_owned());
    let posted = alice.post_status(json!({ "status": "beep" })).await;
    assert_eq!(
        posted["application"],
        json!({ "name": "My bot", "website": "https://bot.example" })
    );
}
