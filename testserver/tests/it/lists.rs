//! Lists and their members.

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::accounts::account_id;
use crate::client::{Client, id, ids};

#[tokio::test]
async fn only_the_owner_can_read_change_and_delete_a_list() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let list = alice
        .post("/api/v1/lists", json!({ "title": "Friends" }))
        .await
        .ok();
    let path = format!("/api/v1/lists/{}", id(&list));
    let expected = json!({ "id": id(&list), "title": "Friends", "replies_policy": "list", "exclusive": false });
    assert_eq!(list, expected);
    assert_eq!(alice.get("/api/v1/lists").await.ok(), json!([list]));
    let change = json!({ "title": "Friends", "replies_policy": "none", "exclusive": true });
    alice.put(&path, change).await.ok();
    // An update keeps the parameters that are not sent.
    let renamed = alice.put(&path, json!({ "title": "Few" })).await.ok();
    assert_eq!(
        (&renamed["title"], &renamed["replies_policy"]),
        (&json!("Few"), &json!("none"))
    );
    assert_eq!(renamed["exclusive"], true);
    assert_eq!(bob.get(&path).await.status, 404);
    assert_eq!(bob.put(&path, json!({ "title": "x" })).await.status, 404);
    assert_eq!(bob.delete(&path).await.status, 404);
    for (invalid, error) in [
        (
            json!({ "title": "" }),
            "Validation failed: Title can't be blank",
        ),
        (
            json!({ "title": "x", "replies_policy": "some" }),
            "Validation failed: Replies policy is not included in the list",
        ),
    ] {
        let rejected = alice.post("/api/v1/lists", invalid.clone()).await;
        assert_eq!((rejected.status, rejected.error()), (422, error));
        let rejected = alice.put(&path, invalid).await;
        assert_eq!((rejected.status, rejected.error()), (422, error));
    }
    assert_eq!(alice.delete(&path).await.ok(), json!({}));
    assert_eq!(alice.get(&path).await.error(), "Record not found");
}

#[tokio::test]
async fn only_followed_accounts_can_be_list_members() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let (bob_id, carol_id) = (
        account_id(&alice, "bob").await,
        account_id(&alice, "carol").await,
    );
    let list = id(&alice
        .post("/api/v1/lists", json!({ "title": "Friends" }))
        .await
        .ok());
    let members = format!("/api/v1/lists/{list}/accounts");
    let add = async |ids: &[&str]| alice.post(&members, json!({ "account_ids": ids })).await;
    let rejected = add(&[&bob_id]).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (422, "Validation failed: Account must be a followed account")
    );
    for id in [&bob_id, &carol_id] {
        alice
            .post(&format!("/api/v1/accounts/{id}/follow"), json!({}))
            .await
            .ok();
    }
    // If one account is invalid, none is added.
    assert_eq!(add(&[&bob_id, "1"]).await.status, 404);
    assert_eq!(alice.get(&members).await.ok(), json!([]));
    assert_eq!(add(&[&carol_id, &bob_id]).await.ok(), json!({}));
    let again = add(&[&bob_id]).await;
    assert_eq!(
        (again.status, again.error()),
        (422, "Validation failed: Account is already on the list")
    );
    assert_eq!(
        ids(&alice
            .get(&format!("/api/v1/accounts/{bob_id}/lists"))
            .await
            .ok()),
        [list.as_str()]
    );

    let first = alice.get(&format!("{members}?limit=1")).await;
    let (next, previous) = (first.link("next").unwrap(), first.link("prev").unwrap());
    assert_eq!(ids(&first.ok()), [carol_id.as_str()]);
    // Only in this list of accounts, the cursors are account IDs.
    assert!(
        previous.ends_with(&format!("since_id={carol_id}")),
        "{previous}"
    );
    assert_eq!(ids(&alice.get(&next).await.ok()), [bob_id.as_str()]);
    let unlimited = alice.get(&format!("{members}?limit=0")).await;
    assert_eq!(unlimited.header("link"), None);
    assert_eq!(ids(&unlimited.ok()), [carol_id.clone(), bob_id.clone()]);

    let status = Client::user(&server, "bob").post_text("for the list").await;
    let timeline = format!("/api/v1/timelines/list/{list}");
    assert_eq!(ids(&alice.get(&timeline).await.ok())[0], status);

    alice
        .delete(&format!("{members}?account_ids[]={carol_id}"))
        .await
        .ok();
    assert_eq!(ids(&alice.get(&members).await.ok()), [bob_id.as_str()]);
    // Unfollowing an account also removes it from lists.
    alice
        .post(&format!("/api/v1/accounts/{bob_id}/unfollow"), json!({}))
        .await
        .ok();
    assert_eq!(alice.get(&members).await.ok(), json!([]));
}

#[tokio::test]
async fn account_with_a_pending_follow_request_can_be_a_list_member() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let dave_id = account_id(&alice, "dave").await;
    alice
        .post(&format!("/api/v1/accounts/{dave_id}/follow"), json!({}))
        .await
        .ok();
    let list = id(&alice
        .post("/api/v1/lists", json!({ "title": "x" }))
        .await
        .ok());
    let members = format!("/api/v1/lists/{list}/accounts");
    alice
        .post(&members, json!({ "account_ids": [dave_id] }))
        .await
        .ok();
    assert_eq!(ids(&alice.get(&members).await.ok()), [dave_id]);
}
