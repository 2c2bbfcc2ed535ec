//! Quotes.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id, ids};

async fn quotes(who: &Client<'_>, quoted: &str) -> Value {
    who.status(json!({ "status": "see:", "quoted_status_id": quoted }))
        .await
}

#[tokio::test]
async fn a_quote_shows_the_quoted_status_and_within_that_only_ids() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let first = alice.says("first").await;
    let second = quotes(&bob, &first).await;
    let third = quotes(&alice, &id(&second)).await;
    assert_eq!(second["quote"]["state"], "accepted");
    assert_eq!(id(&second["quote"]["quoted_status"]), first);
    let shown = &third["quote"]["quoted_status"];
    assert_eq!(id(shown), id(&second));
    assert_eq!(
        shown["quote"],
        json!({ "state": "accepted", "quoted_status_id": first })
    );
    assert_eq!(alice.notified().await, ["quote"]);
    assert_eq!(alice.sees(&first).await["quotes_count"], 1);
    let content = second["content"].as_str().unwrap();
    assert!(
        content.starts_with("<p class=\"quote-inline\">RE: <a href="),
        "{content}"
    );
    assert!(content.ends_with("</p><p>see:</p>"), "{content}");
}

#[tokio::test]
async fn the_policy_of_a_status_decides_who_may_quote_it() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let dora = Client::user(&server, "dora");
    let post = async |policy: &str| {
        let body = json!({ "status": policy, "quote_approval_policy": policy });
        alice.status(body).await
    };
    let code = async |who: &Client<'_>, quoted: &Value| {
        let body = json!({ "status": "q", "quoted_status_id": quoted["id"] });
        who.post("/api/v1/statuses", body).await.status
    };
    // bob follows alice.
    for (policy, of_alice, of_bob, of_dora) in [
        ("public", 200, 200, 200),
        ("followers", 200, 200, 404),
        ("nobody", 200, 404, 404),
    ] {
        let status = post(policy).await;
        let outcome = (
            code(&alice, &status).await,
            code(&bob, &status).await,
            code(&dora, &status).await,
        );
        assert_eq!(outcome, (of_alice, of_bob, of_dora), "{policy}");
        let seen = dora.sees(&id(&status)).await;
        let permitted = if of_dora == 200 {
            "automatic"
        } else {
            "denied"
        };
        assert_eq!(seen["quote_approval"]["current_user"], permitted);
    }
    let status = post("followers").await;
    assert_eq!(
        status["quote_approval"],
        json!({ "automatic": ["followers"], "manual": [], "current_user": "automatic" })
    );
    let refused = dora
        .post(
            "/api/v1/statuses",
            json!({ "status": "q", "quoted_status_id": status["id"] }),
        )
        .await;
    assert_eq!(
        refused.error(),
        "The post you are trying to quote does not appear to exist."
    );
}

#[tokio::test]
async fn a_policy_is_changed_without_another_version() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let path = format!(
        "/api/v1/statuses/{}/interaction_policy",
        alice.says("x").await
    );
    let body = json!({ "quote_approval_policy": "nobody" });
    let status = alice.put(&path, body.clone()).await.ok();
    assert_eq!(status["quote_approval"]["automatic"], json!([]));
    assert_eq!(status["edited_at"], Value::Null);
    assert_eq!(bob.put(&path, body).await.status, 404);
}

#[tokio::test]
async fn private_statuses_are_quoted_by_their_author_alone_and_privately() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let body = json!({ "status": "p", "visibility": "private", "quote_approval_policy": "public" });
    let private = alice.status(body).await;
    assert_eq!(private["quote_approval"]["automatic"], json!([]));
    let body = json!({ "status": "q", "quoted_status_id": private["id"] });
    assert_eq!(bob.post("/api/v1/statuses", body.clone()).await.status, 404);
    assert_eq!(alice.status(body).await["visibility"], "private");
    let direct = json!({ "status": "d", "visibility": "direct" });
    let direct = alice.status(direct).await;
    let body = json!({ "status": "q", "quoted_status_id": direct["id"] });
    assert_eq!(alice.post("/api/v1/statuses", body).await.status, 404);
}

#[tokio::test]
async fn a_private_mention_quotes_only_those_whom_it_mentions() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let quoted = alice.says("x").await;
    let body =
        |text: &str| json!({ "status": text, "visibility": "direct", "quoted_status_id": quoted });
    let refused = bob.post("/api/v1/statuses", body("@carol look")).await;
    assert_eq!(
        (refused.status, refused.error()),
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
async fn the_quoted_author_lists_quotes_and_takes_them_back() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let quoted = alice.says("quote me").await;
    let (one, two) = (quotes(&bob, &quoted).await, quotes(&bob, &quoted).await);
    let list = format!("/api/v1/statuses/{quoted}/quotes?limit=1");
    let first = alice.get(&list).await;
    let next = first.link("next").unwrap();
    assert!(first.link("prev").unwrap().contains("since_id="));
    assert_eq!(ids(&first.ok()), [id(&two)]);
    assert_eq!(ids(&alice.get(&next).await.ok()), [id(&one)]);
    let revoke = format!("/api/v1/statuses/{quoted}/quotes/{}/revoke", id(&one));
    let refused = bob.post(&revoke, json!({})).await;
    assert_eq!(
        (refused.status, refused.error()),
        (403, "This action is not allowed")
    );
    let revoked = alice.post(&revoke, json!({})).await.ok();
    assert_eq!(id(&revoked), id(&one));
    assert_eq!(
        revoked["quote"],
        json!({ "state": "revoked", "quoted_status": null })
    );
    let list = format!("/api/v1/statuses/{quoted}/quotes");
    assert_eq!(ids(&alice.get(&list).await.ok()), [id(&two)]);
    assert_eq!(alice.sees(&quoted).await["quotes_count"], 1);
    let unknown = format!("/api/v1/statuses/{quoted}/quotes/1/revoke");
    assert_eq!(alice.post(&unknown, json!({})).await.status, 404);
}

#[tokio::test]
async fn a_quote_outlives_what_it_quotes_and_hears_of_its_edits() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let quoted = alice.says("soon gone").await;
    let quoting = id(&quotes(&bob, &quoted).await);
    let path = format!("/api/v1/statuses/{quoted}");
    alice.put(&path, json!({ "status": "edited" })).await.ok();
    assert_eq!(bob.notified().await, ["quoted_update"]);
    alice.delete(&path).await.ok();
    assert_eq!(
        bob.sees(&quoting).await["quote"],
        json!({ "state": "deleted", "quoted_status": null })
    );
}

#[tokio::test]
async fn who_may_not_see_the_quoted_status_learns_nothing_of_it() {
    let server = TestServer::start().await.unwrap();
    let (alice, dora) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dora"),
    );
    let private = alice
        .status(json!({ "status": "p", "visibility": "private" }))
        .await;
    let body =
        json!({ "status": "@dora q", "visibility": "direct", "quoted_status_id": private["id"] });
    let quoting = id(&alice.status(body).await);
    assert_eq!(
        dora.sees(&quoting).await["quote"],
        json!({ "state": "unauthorized", "quoted_status": null })
    );
}

#[tokio::test]
async fn a_deleted_quote_still_shows_what_it_quoted() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let quoted = alice.says("x").await;
    let quoting = id(&quotes(&bob, &quoted).await);
    let deleted = bob
        .delete(&format!("/api/v1/statuses/{quoting}"))
        .await
        .ok();
    assert_eq!(id(&deleted["quote"]["quoted_status"]), quoted);
    assert_eq!(alice.sees(&quoted).await["quotes_count"], 0);
    assert!(alice.notified().await.is_empty());
}
