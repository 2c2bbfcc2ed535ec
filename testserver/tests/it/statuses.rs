//! Posting, reading and deleting statuses.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{self, Client, id, ids};

#[tokio::test]
async fn a_status_has_every_field_that_the_real_server_sends() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let id = alice.says("Hello").await;
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
    let of_users = ["bookmarked", "favourited", "filtered", "muted", "reblogged"];
    let names = |status: &Value| {
        let mut names: Vec<String> = status.as_object().unwrap().keys().cloned().collect();
        names.sort_unstable();
        names
    };
    let seen = Client::visitor(&server).sees(&id).await;
    assert_eq!(names(&seen), always);
    assert_eq!(seen["url"], format!("{}/@alice/{id}", server.url()));
    assert_eq!(
        seen["uri"],
        format!("{}/users/alice/statuses/{id}", server.url())
    );
    let with = |more: &[&'static str]| {
        let mut names: Vec<&'static str> = always.iter().chain(more).copied().collect();
        names.sort_unstable();
        names
    };
    let bob = Client::user(&server, "bob");
    assert_eq!(names(&bob.sees(&id).await), with(&of_users));
    let own = [&of_users[..], &["pinned"]].concat();
    assert_eq!(names(&alice.sees(&id).await), with(&own));
}

#[tokio::test]
async fn the_text_becomes_html_with_paragraphs_mentions_hashtags_and_links() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let text = "<Hi> @bob\n& @nobody\n\n#Rust_lang https://www.example.org/x";
    let status = alice.status(json!({ "status": text })).await;
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
async fn links_count_23_characters_and_the_warning_counts_too() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let link = format!("https://example.org/{}", "x".repeat(600));
    let fits = json!({ "status": format!("{} {link}", "a".repeat(470)), "spoiler_text": "123456" });
    assert_eq!(alice.post("/api/v1/statuses", fits).await.status, 200);
    let long =
        json!({ "status": format!("{} {link}", "a".repeat(470)), "spoiler_text": "1234567" });
    let refused = alice.post("/api/v1/statuses", long).await;
    assert_eq!(
        (refused.status, refused.error()),
        (
            422,
            "Validation failed: Text character limit of 500 exceeded"
        )
    );
}

#[tokio::test]
async fn a_status_needs_a_text_a_file_or_a_poll() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let refused = alice
        .post("/api/v1/statuses", json!({ "status": " " }))
        .await;
    assert_eq!(
        (refused.status, refused.error()),
        (422, "Validation failed: Text can't be blank")
    );
    let poll = json!({ "poll": { "options": ["a", "b"], "expires_in": 300 } });
    assert_eq!(alice.status(poll).await["content"], "");
    // A warning alone is the text, and what it warned of stays hidden.
    let warned = alice.status(json!({ "spoiler_text": "careful" })).await;
    assert_eq!(
        (
            &warned["content"],
            &warned["spoiler_text"],
            &warned["sensitive"]
        ),
        (&json!("<p>careful</p>"), &json!(""), &json!(true))
    );
}

#[tokio::test]
async fn a_form_can_deny_that_a_warning_makes_it_sensitive_and_json_cannot() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let json = json!({ "status": "x", "spoiler_text": "y", "sensitive": false });
    assert_eq!(alice.status(json).await["sensitive"], true);
    let form = "status=x&spoiler_text=y&sensitive=false";
    let posted = alice.form("POST", "/api/v1/statuses", form).await.ok();
    assert_eq!(posted["sensitive"], false);
}

#[tokio::test]
async fn an_idempotency_key_posts_once_within_the_hour() {
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
async fn nothing_is_posted_to_accounts_that_were_not_named() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let bob = alice.get("/api/v1/accounts/lookup?acct=bob").await.ok();
    let body = json!({ "status": "@bob @carol hi", "allowed_mentions": [bob["id"]] });
    let refused = alice.post("/api/v1/statuses", body).await;
    assert_eq!(
        (refused.status, refused.error()),
        (422, "Post would be sent to unexpected accounts")
    );
    let unexpected = refused.json["unexpected_accounts"].as_array().unwrap();
    assert_eq!(unexpected.len(), 1);
    assert_eq!(unexpected[0]["acct"], "carol");
    assert!(Client::user(&server, "bob").notified().await.is_empty());
    let body = json!({ "status": "@bob hi", "allowed_mentions": [bob["id"]] });
    assert_eq!(alice.post("/api/v1/statuses", body).await.status, 200);
}

#[tokio::test]
async fn what_is_answered_must_be_there_and_visible() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let secret = alice
        .status(json!({ "status": "hm", "visibility": "direct" }))
        .await;
    for above in [id(&secret), "1".to_owned()] {
        let body = json!({ "status": "what?", "in_reply_to_id": above });
        let refused = bob.post("/api/v1/statuses", body).await;
        assert_eq!(
            (refused.status, refused.error()),
            (
                404,
                "The post you are trying to reply to does not appear to exist."
            )
        );
    }
}

#[tokio::test]
async fn only_those_concerned_see_a_private_or_direct_status() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (dora, visitor) = (Client::user(&server, "dora"), Client::visitor(&server));
    let seen_by = async |visibility: &str| {
        let body = json!({ "status": "psst @dora", "visibility": visibility });
        let path = format!("/api/v1/statuses/{}", id(&alice.status(body).await));
        let mut seen = Vec::new();
        for client in [&alice, &bob, &dora, &visitor] {
            seen.push(client.get(&path).await.status);
        }
        seen
    };
    // bob follows alice, dora is mentioned.
    assert_eq!(seen_by("public").await, [200, 200, 200, 200]);
    assert_eq!(seen_by("unlisted").await, [200, 200, 200, 200]);
    assert_eq!(seen_by("private").await, [200, 200, 200, 404]);
    assert_eq!(seen_by("direct").await, [200, 404, 200, 404]);
}

#[tokio::test]
async fn a_conversation_shows_what_was_answered_and_the_answers_in_their_order() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let reply = async |who: &Client<'_>, to: &str| {
        id(&who
            .status(json!({ "status": "re", "in_reply_to_id": to }))
            .await)
    };
    let root = alice.says("root").await;
    let first = reply(&bob, &root).await;
    let second = reply(&bob, &root).await;
    let below_first = reply(&alice, &first).await;
    let own = reply(&alice, &root).await;
    let context = bob
        .get(&format!("/api/v1/statuses/{root}/context"))
        .await
        .ok();
    assert_eq!(context["ancestors"], json!([]));
    // What authors answer to themselves comes first.
    let expected = [&own, &first, &below_first, &second];
    assert_eq!(
        ids(&context["descendants"]).iter().collect::<Vec<_>>(),
        expected
    );
    let path = format!("/api/v1/statuses/{below_first}/context");
    let context = bob.get(&path).await.ok();
    assert_eq!(ids(&context["ancestors"]), [root.clone(), first.clone()]);
    let root_now = bob.sees(&root).await;
    assert_eq!(root_now["replies_count"], 3);
    // Who goes on with their own answer still answers the other.
    let more = id(&bob
        .status(json!({ "status": "more", "in_reply_to_id": first }))
        .await);
    let alice_id = alice.get("/api/v1/accounts/verify_credentials").await.ok()["id"].clone();
    assert_eq!(bob.sees(&more).await["in_reply_to_account_id"], alice_id);
}

#[tokio::test]
async fn visitors_see_only_a_part_of_a_long_conversation() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let root = alice.says("0").await;
    let mut last = root.clone();
    for number in 1..=50 {
        let body = json!({ "status": number.to_string(), "in_reply_to_id": last });
        last = id(&alice.status(body).await);
    }
    let lengths = async |client: &Client<'_>| {
        let above = client
            .get(&format!("/api/v1/statuses/{last}/context"))
            .await;
        let below = client
            .get(&format!("/api/v1/statuses/{root}/context"))
            .await;
        let (above, below) = (above.ok(), below.ok());
        (
            above["ancestors"].as_array().unwrap().len(),
            below["descendants"].as_array().unwrap().len(),
        )
    };
    assert_eq!(lengths(&alice).await, (50, 50));
    assert_eq!(lengths(&Client::visitor(&server)).await, (40, 20));
}

#[tokio::test]
async fn several_statuses_are_fetched_together_without_those_that_are_not_to_be_seen() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (one, two) = (alice.says("1").await, alice.says("2").await);
    let secret = id(&alice
        .status(json!({ "status": "3", "visibility": "direct" }))
        .await);
    let path = format!("/api/v1/statuses?id[]={one}&id[]={secret}&id[]={two}&id[]=1");
    assert_eq!(ids(&bob.get(&path).await.ok()), [two, one]);
    let many: Vec<String> = (0..21).map(|number| format!("id[]={number}")).collect();
    let path = format!("/api/v1/statuses?{}", many.join("&"));
    assert_eq!(bob.get(&path).await.status, 422);
}

#[tokio::test]
async fn what_was_deleted_comes_back_as_text_to_write_it_anew() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = format!("/api/v1/statuses/{}", alice.says("Oops @bob").await);
    assert_eq!(Client::user(&server, "bob").delete(&path).await.status, 404);
    let deleted = alice.delete(&path).await.ok();
    assert_eq!(deleted["text"], "Oops @bob");
    assert_eq!(deleted.get("content"), None);
    assert_eq!(Client::visitor(&server).get(&path).await.status, 404);
}

#[tokio::test]
async fn with_a_status_go_its_boosts_and_notifications_but_not_its_answers() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let original = alice.says("gone soon @carol").await;
    let boost = id(&bob.act(&original, "reblog").await);
    bob.act(&original, "favourite").await;
    let answer = json!({ "status": "really?", "in_reply_to_id": original });
    let answer = id(&bob.status(answer).await);
    assert_eq!(alice.notified().await, ["favourite", "reblog"]);
    alice
        .delete(&format!("/api/v1/statuses/{original}"))
        .await
        .ok();
    assert_eq!(
        bob.get(&format!("/api/v1/statuses/{boost}")).await.status,
        404
    );
    assert!(alice.notified().await.is_empty());
    assert!(Client::user(&server, "carol").notified().await.is_empty());
    let answer = bob.sees(&answer).await;
    assert_eq!(answer["in_reply_to_id"], Value::Null);
    assert_ne!(answer["in_reply_to_account_id"], Value::Null);
}

#[tokio::test]
async fn the_source_is_the_text_as_it_was_written() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let body = json!({ "status": "a <b>\n#c", "spoiler_text": "d" });
    let id = id(&alice.status(body).await);
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
async fn a_status_says_which_application_posted_it() {
    let server = TestServer::start().await.unwrap();
    let visitor = Client::visitor(&server);
    let body = json!({
        "client_name": "My bot", "website": "https://bot.example", "scopes": "read write",
        "redirect_uris": "urn:ietf:wg:oauth:2.0:oob",
    });
    let app = visitor.post("/api/v1/apps", body).await.ok();
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
    let token = visitor.post("/oauth/token", body).await.ok();
    let mut alice = Client::user(&server, "alice");
    alice.token = token["access_token"].as_str().unwrap().to_owned();
    let posted = alice.status(json!({ "status": "beep" })).await;
    assert_eq!(
        posted["application"],
        json!({ "name": "My bot", "website": "https://bot.example" })
    );
}
