//! Quotes.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id, ids};

async fn post_quote(client: &Client<'_>, quoted_id: &str) -> Value {
    client
        .post_status(json!({ "status": "see:", "quoted_status_id": quoted_id }))
        .await
}

#[tokio::test]
async fn quote_contains_the_quoted_status_and_nested_quotes_only_ids() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let first = alice.post_text("first").await;
    let second = post_quote(&bob, &first).await;
    let third = post_quote(&alice, &id(&second)).await;
    assert_eq!(second["quote"]["state"], "accepted");
    assert_eq!(id(&second["quote"]["quoted_status"]), first);
    let nested = &third["quote"]["quoted_status"];
    assert_eq!(id(nested), id(&second));
    assert_eq!(
        nested["quote"],
        json!({ "state": "accepted", "quoted_status_id": first })
    );
    assert_eq!(alice.notification_types().await, ["quote"]);
    assert_eq!(alice.fetch_status(&first).await["quotes_count"], 1);
    let content = second["content"].as_str().unwrap();
    assert!(
        content.starts_with("<p class=\"quote-inline\">RE: <a href="),
        "{content}"
    );
    assert!(content.ends_with("</p><p>see:</p>"), "{content}");
}

#[tokio::test]
async fn quote_approval_policy_decides_who_can_quote_a_status() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let dora = Client::user(&server, "dora");
    let post = async |policy: &str| {
        let body = json!({ "status": policy, "quote_approval_policy": policy });
        alice.post_status(body).await
    };
    let quote_status_code = async |client: &Client<'_>, quoted: &Value| {
        let body = json!({ "status": "q", "quoted_status_id": quoted["id"] });
        client.post("/api/v1/statuses", body).await.status
    };
    // Bob follows Alice.
    for (policy, alice_code, bob_code, dora_code) in [
        ("public", 200, 200, 200),
        ("followers", 200, 200, 404),
        ("nobody", 200, 404, 404),
    ] {
        let status = post(policy).await;
        let codes = (
            quote_status_code(&alice, &status).await,
            quote_status_code(&bob, &status).await,
            quote_status_code(&dora, &status).await,
        );
        assert_eq!(codes, (alice_code, bob_code, dora_code), "{policy}");
        let fetched = dora.fetch_status(&id(&status)).await;
        let permitted = if dora_code == 200 {
            "automatic"
        } else {
            "denied"
        };
        assert_eq!(fetched["quote_approval"]["current_user"], permitted);
    }
    let status = post("followers").await;
    assert_eq!(
        status["quote_approval"],
        json!({ "automatic": ["followers"], "manual": [], "current_user": "automatic" })
    );
    let rejected = dora
        .post(
            "/api/v1/statuses",
            json!({ "status": "q", "quoted_status_id": status["id"] }),
        )
        .await;
    assert_eq!(
        rejected.error(),
        "The post you are trying to quote does not appear to exist."
    );
}

#[tokio::test]
async fn changing_the_quote_policy_leaves_edited_at_unset() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let path = format!(
        "/api/v1/statuses/{}/interaction_policy",
        alice.post_text("x").await
    );
    let body = json!({ "quote_approval_policy": "nobody" });
    let status = alice.put(&path, body.clone()).await.ok();
    assert_eq!(status["quote_approval"]["automatic"], json!([]));
    assert_eq!(status["edited_at"], Value::Null);
    assert_eq!(bob.put(&path, body).await.status, 404);
}

#[tokio::test]
async fn private_statuses_can_be_quoted_only_privately_by_their_author() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let body = json!({ "status": "p", "visibility": "private", "quote_approval_policy": "public" });
    let private = alice.post_status(body).await;
    assert_eq!(private["quote_approval"]["automatic"], json!([]));
    let body = json!({ "status": "q", "quoted_status_id": private["id"] });
    assert_eq!(bob.post("/api/v1/statuses", body.clone()).await.status, 404);
    assert_eq!(alice.post_status(body).await["visibility"], "private");
    let direct = json!({ "status": "d", "visibility": "direct" });
    let direct = alice.post_status(direct).await;
    let body = json!({ "status": "q", "quoted_status_id": direct["id"] });
    assert_eq!(alice.post("/api/v1/statuses", body).await.status, 404);
}

#[tokio::test]
async fn private_mention_can_quote_only_accounts_that_it_mentions() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let quoted = alice.post_text("x").await;
    let body =
        |text: &str| json!({ "status": text, "visibility": "direct", "quoted_status_id": quoted });
    let rejected = bob.post("/api/v1/statuses", body("@carol look")).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (
            422,
            "Validation failed: Cannot quote a non-mentioned user in a Private Mention post."
        )
    );
    assert_eq!(
        bob.post("/api/v1/statuses", body("@alice look"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn quoted_author_can_list_and_revoke_quotes() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let quoted = alice.post_text("quote me").await;
    let (older, newer) = (
        post_quote(&bob, &quoted).await,
        post_quote(&bob, &quoted).await,
    );
    let list = format!("/api/v1/statuses/{quoted}/quotes?limit=1");
    let first = alice.get(&list).await;
    let next = first.link("next").unwrap();
    assert!(first.link("prev").unwrap().contains("since_id="));
    assert_eq!(ids(&first.ok()), [id(&newer)]);
    assert_eq!(ids(&alice.get(&next).await.ok()), [id(&older)]);
    let revoke = format!("/api/v1/statuses/{quoted}/quotes/{}/revoke", id(&older));
    let rejected = bob.post(&revoke, json!({})).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (403, "This action is not allowed")
    );
    let revoked = alice.post(&revoke, json!({})).await.ok();
    assert_eq!(id(&revoked), id(&older));
    assert_eq!(
        revoked["quote"],
        json!({ "state": "revoked", "quoted_status": null })
    );
    let list = format!("/api/v1/statuses/{quoted}/quotes");
    assert_eq!(ids(&alice.get(&list).await.ok()), [id(&newer)]);
    assert_eq!(alice.fetch_status(&quoted).await["quotes_count"], 1);
    let unknown = format!("/api/v1/statuses/{quoted}/quotes/1/revoke");
    assert_eq!(alice.post(&unknown, json!({})).await.status, 404);
}

#[tokio::test]
async fn quoting_author_is_notified_of_edits_and_the_quote_survives_deletion() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let quoted = alice.post_text("soon gone").await;
    let quote = id(&post_quote(&bob, &quoted).await);
    let path = format!("/api/v1/statuses/{quoted}");
    alice.put(&path, json!({ "status": "edited" })).await.ok();
    assert_eq!(bob.notification_types().await, ["quoted_update"]);
    alice.delete(&path).await.ok();
    assert_eq!(
        bob.fetch_status(&quote).await["quote"],
        json!({ "state": "deleted", "quoted_status": null })
    );
}

#[tokio::test]
async fn quoted_status_is_hidden_from_viewers_without_access() {
    let server = TestServer::start().await.unwrap();
    let (alice, dora) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dora"),
    );
    let private = alice
        .post_status(json!({ "status": "p", "visibility": "private" }))
        .await;
    let body =
        json!({ "status": "@dora q", "visibility": "direct", "quoted_status_id": private["id"] });
    let quote = id(&alice.post_status(body).await);
    assert_eq!(
        dora.fetch_status(&quote).await["quote"],
        json!({ "state": "unauthorized", "quoted_status": null })
    );
}

#[tokio::test]
async fn deleting_a_quote_returns_the_quoted_status_and_decrements_the_count() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let quoted = alice.post_text("x").await;
    let quote = id(&post_quote(&bob, &quoted).await);
    let deleted = bob.delete(&format!("/api/v1/statuses/{quote}")).await.ok();
    assert_eq!(id(&deleted["quote"]["quoted_status"]), quoted);
    assert_eq!(alice.fetch_status(&quoted).await["quotes_count"], 0);
    assert!(alice.notification_types().await.is_empty());
}
