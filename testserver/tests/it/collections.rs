//! Collections.

use mastodon_sdk::Mastodon;
use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, Response, id};

const COLLECTIONS: &str = "/api/v1/collections";

async fn account_id(client: &Client<'_>, acct: &str) -> String {
    let path = format!("/api/v1/accounts/lookup?acct={acct}");
    id(&client.get(&path).await.ok())
}

/// Creates a collection with the required attributes and the given accounts.
async fn create(client: &Client<'_>, name: &str, accounts: &[&str]) -> Value {
    let body = json!({
        "name": name, "sensitive": false, "discoverable": true, "account_ids": accounts,
    });
    client.post(COLLECTIONS, body).await.ok()["collection"].take()
}

fn path(collection: &Value) -> String {
    format!("{COLLECTIONS}/{}", id(collection))
}

/// Returns the names of the collections of a page.
#[track_caller]
fn names(page: Response) -> Vec<String> {
    let body = page.ok();
    let collections = body["collections"].as_array().unwrap().iter();
    let name = |collection: &Value| collection["name"].as_str().unwrap().to_owned();
    collections.map(name).collect()
}

async fn patch(client: &Client<'_>, path: &str, body: Value) -> Response {
    client.send_json("PATCH", path, &body).await
}

#[tokio::test]
async fn collection_has_its_items_and_lists_the_owner_before_the_members() {
    let server = TestServer::start().await.unwrap();
    let (alice, visitor) = (Client::user(&server, "alice"), Client::anonymous(&server));
    let (bob, carol) = (
        account_id(&alice, "bob").await,
        account_id(&alice, "carol").await,
    );
    let body = json!({
        "name": "Gardeners", "description": "They grow things.", "language": "en", "tag_name": "#Garden",
        "sensitive": false, "discoverable": true, "account_ids": [carol, bob],
    });
    let created = alice.post(COLLECTIONS, body).await.ok();
    let collection = &created["collection"];
    let collection_id = id(collection);
    assert_eq!(collection["name"], "Gardeners");
    assert_eq!(collection["item_count"], 2);
    assert_eq!(collection["local"], true);
    let tag = json!({ "name": "garden", "url": format!("{}/tags/garden", server.url()) });
    assert_eq!(collection["tag"], tag);
    let url = format!("{}/collections/{collection_id}", server.url());
    assert_eq!(collection["url"], url);
    let item = &collection["items"][0];
    assert_eq!(
        (&item["account_id"], &item["state"]),
        (&json!(carol), &json!("accepted"))
    );

    let shown = visitor.get(&path(collection)).await.ok();
    assert_eq!(shown["collection"]["id"], collection_id.as_str());
    let accounts = shown["accounts"].as_array().unwrap().iter();
    let accounts: Vec<&Value> = accounts.map(|account| &account["username"]).collect();
    assert_eq!(accounts, ["alice", "carol", "bob"]);
}

#[tokio::test]
async fn validation_errors_of_a_collection_have_details_by_attribute() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let missing = alice.post(COLLECTIONS, json!({})).await;
    assert_eq!(missing.status, 422);
    assert_eq!(
        missing.json["error"],
        json!({
            "error": "Validation failed: Name can't be blank, Sensitive is not included in the list, \
                      Discoverable is not included in the list",
            "details": {
                "name": [{ "error": "ERR_BLANK", "description": "can't be blank" }],
                "sensitive": [{ "error": "ERR_INCLUSION", "description": "is not included in the list" }],
                "discoverable": [{ "error": "ERR_INCLUSION", "description": "is not included in the list" }],
            },
        })
    );
    for (change, message) in [
        (
            json!({ "name": "x".repeat(41) }),
            "Name is too long (maximum is 40 characters)",
        ),
        (
            json!({ "description": "x".repeat(101) }),
            "Description is too long (maximum is 100 characters)",
        ),
        (json!({ "language": "tlh-x" }), "Language is invalid"),
        (json!({ "tag_name": "a b" }), "Name is invalid"),
        (
            json!({ "sensitive": "" }),
            "Sensitive is not included in the list",
        ),
    ] {
        let mut body = json!({ "name": "x", "sensitive": false, "discoverable": true });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let refused = alice.post(COLLECTIONS, body).await;
        assert_eq!(refused.status, 422, "{change}");
        let error = &refused.json["error"]["error"];
        assert_eq!(error, &format!("Validation failed: {message}"), "{change}");
    }
}

#[tokio::test]
async fn user_has_at_most_ten_collections() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for number in 0..10 {
        create(&alice, &number.to_string(), &[]).await;
    }
    let body = json!({ "name": "one more", "sensitive": false, "discoverable": true });
    let refused = alice.post(COLLECTIONS, body).await;
    assert_eq!(refused.status, 422);
    let details = &refused.json["error"]["details"];
    assert_eq!(details["base"][0]["error"], "ERR_TOO_MANY");
}

#[tokio::test]
async fn new_collection_has_at_most_25_accounts() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut members = Vec::new();
    for number in 0..26 {
        let name = format!("member{number}");
        server.token(&name, "read");
        members.push(account_id(&alice, &name).await);
    }
    let body = |members: &[String]| json!({ "name": "x", "sensitive": false, "discoverable": true, "account_ids": members });
    let refused = alice.post(COLLECTIONS, body(&members)).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.json["error"]["error"],
        "Validation failed: Collection items are too many, no more than 25 are allowed"
    );
    alice.post(COLLECTIONS, body(&members[..25])).await.ok();
}

#[tokio::test]
async fn only_discoverable_accounts_that_block_nobody_can_be_added() {
    let server = TestServer::start().await.unwrap();
    let [alice, bob, carol, dave] =
        ["alice", "bob", "carol", "dave"].map(|name| Client::user(&server, name));
    let collection = create(&alice, "Friends", &[]).await;
    let items = format!("{}/items", path(&collection));
    let add = async |account: &str| alice.post(&items, json!({ "account_id": account })).await;

    let missing = alice.post(&items, json!({})).await;
    let message = "`account_id` parameter is missing";
    assert_eq!((missing.status, missing.error()), (422, message));
    assert_eq!(add("1").await.status, 404);

    // dave is locked, and alice does not follow him.
    let dave_id = account_id(&alice, "dave").await;
    let refused = add(&dave_id).await;
    assert_eq!(
        (refused.status, refused.error()),
        (403, "This action is not allowed")
    );
    let alice_id = account_id(&alice, "alice").await;
    alice
        .post(&format!("/api/v1/accounts/{dave_id}/follow"), json!({}))
        .await
        .ok();
    dave.post(
        &format!("/api/v1/follow_requests/{alice_id}/authorize"),
        json!({}),
    )
    .await
    .ok();
    assert_eq!(add(&dave_id).await.status, 200);

    let bob_id = account_id(&alice, "bob").await;
    bob.post(&format!("/api/v1/accounts/{alice_id}/block"), json!({}))
        .await
        .ok();
    assert_eq!(add(&bob_id).await.status, 403);

    let carol_id = account_id(&alice, "carol").await;
    let undiscoverable = json!({ "discoverable": false });
    patch(
        &carol,
        "/api/v1/accounts/update_credentials",
        undiscoverable,
    )
    .await
    .ok();
    assert_eq!(add(&carol_id).await.status, 403);
    let body =
        json!({ "name": "x", "sensitive": false, "discoverable": true, "account_ids": [carol_id] });
    assert_eq!(alice.post(COLLECTIONS, body).await.status, 403);
    assert_eq!(
        add(&dave_id).await.error(),
        "Validation failed: Account has already been taken"
    );
}

#[tokio::test]
async fn remote_account_is_pending_until_its_server_accepts() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let erin = account_id(&alice, "erin@elsewhere.example").await;
    let collection = create(&alice, "Far away", &[]).await;
    let items = format!("{}/items", path(&collection));
    let body = json!({ "account_id": erin });
    assert_eq!(alice.post(&items, body.clone()).await.status, 403);

    server.set_feature_policy("erin@elsewhere.example", &[], &["public"]);
    let account = alice.get(&format!("/api/v1/accounts/{erin}")).await.ok();
    assert_eq!(account["feature_approval"]["current_user"], "manual");
    let added = alice.post(&items, body).await.ok();
    assert_eq!(added["collection_item"]["state"], "pending");

    let count = async |client: &Client<'_>| {
        client.get(&path(&collection)).await.ok()["collection"]["item_count"].clone()
    };
    assert_eq!(
        (count(&alice).await, count(&bob).await),
        (json!(1), json!(0))
    );
    assert!(server.answer_collection_request(&id(&collection), "erin@elsewhere.example", true));
    assert_eq!(
        (count(&alice).await, count(&bob).await),
        (json!(1), json!(1))
    );
}

#[tokio::test]
async fn members_are_notified_when_they_are_added_and_when_the_collection_changes() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let bob_id = account_id(&alice, "bob").await;
    let collection = create(&alice, "Friends", &[&bob_id]).await;
    assert_eq!(bob.notification_types().await, ["added_to_collection"]);
    let list = bob.get("/api/v1/notifications").await.ok();
    assert_eq!(list[0]["collection"]["name"], "Friends");
    assert_eq!(list[0]["account"]["username"], "alice");

    let fallback = async |query: &str| {
        let list = bob.get(&format!("/api/v1/notifications{query}")).await.ok();
        list[0].get("fallback").cloned()
    };
    let unsupported = fallback("?supported_types[]=mention").await.unwrap();
    assert_eq!(unsupported["title"], "@alice added you to a collection");
    assert!(
        unsupported["summary"]
            .as_str()
            .unwrap()
            .contains("<a href=")
    );
    assert_eq!(unsupported["description"], Value::Null);
    assert_eq!(
        fallback("?supported_types[]=added_to_collection").await,
        None
    );
    assert_eq!(fallback("").await, None);

    for (body, count) in [
        (json!({ "discoverable": false }), 0),
        (json!({ "name": "Friends" }), 0),
        (json!({ "name": "Best friends" }), 1),
        (
            json!({ "description": "Two changes make one notification." }),
            1,
        ),
    ] {
        patch(&alice, &path(&collection), body.clone()).await.ok();
        let types = bob.notification_types().await;
        let updates = types.iter().filter(|kind| *kind == "collection_update");
        assert_eq!(updates.count(), count, "{body}");
    }
    let groups = bob.get("/api/v2/notifications").await.ok();
    let newest = &groups["notification_groups"][0];
    assert_eq!(newest["type"], "collection_update");
    assert_eq!(newest["collection"]["name"], "Best friends");

    alice.delete(&path(&collection)).await;
    assert_eq!(bob.notification_types().await, ["added_to_collection"]);
    let list = bob.get("/api/v1/notifications").await.ok();
    assert_eq!(list[0]["collection"], Value::Null);
}

#[tokio::test]
async fn only_the_owner_changes_a_collection_and_only_a_member_withdraws() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let bob_id = account_id(&alice, "bob").await;
    let collection = create(&alice, "Friends", &[&bob_id]).await;
    let item = id(&collection["items"][0]);
    let path = path(&collection);
    let item_path = format!("{path}/items/{item}");
    let revoke = format!("{item_path}/revoke");

    for refused in [
        patch(&bob, &path, json!({ "name": "Mine" })).await,
        bob.delete(&path).await,
        bob.delete(&item_path).await,
        bob.post(&format!("{path}/items"), json!({ "account_id": bob_id }))
            .await,
        alice.post(&revoke, json!({})).await,
    ] {
        assert_eq!(
            (refused.status, refused.error()),
            (403, "This action is not allowed")
        );
    }
    let revoked = bob.post(&revoke, json!({})).await;
    assert_eq!((revoked.status, revoked.bytes.len()), (200, 0));
    let shown = alice.get(&path).await.ok();
    assert_eq!(shown["collection"]["items"], json!([]));
    // An account that has withdrawn cannot be added again, until the owner removes its item.
    let items = format!("{path}/items");
    let again = alice.post(&items, json!({ "account_id": bob_id })).await;
    assert_eq!(
        again.error(),
        "Validation failed: Account has already been taken"
    );
    assert_eq!(alice.delete(&item_path).await.status, 200);
    alice
        .post(&items, json!({ "account_id": bob_id }))
        .await
        .ok();

    let deleted = alice.delete(&path).await;
    assert_eq!((deleted.status, deleted.bytes.len()), (200, 0));
    assert_eq!(alice.get(&path).await.status, 404);
    assert_eq!(alice.delete(&path).await.status, 404);
}

#[tokio::test]
async fn lists_show_discoverable_collections_and_the_owner_sees_all() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob, visitor) = (
        Client::user(&server, "alice"),
        Client::user(&server, "bob"),
        Client::anonymous(&server),
    );
    let (alice_id, bob_id) = (
        account_id(&alice, "alice").await,
        account_id(&alice, "bob").await,
    );
    for (name, discoverable) in [("one", true), ("two", false), ("three", true)] {
        let body = json!({
            "name": name, "sensitive": false, "discoverable": discoverable, "account_ids": [bob_id],
        });
        alice.post(COLLECTIONS, body).await.ok();
    }
    let list = format!("/api/v1/accounts/{alice_id}/collections");
    assert_eq!(names(alice.get(&list).await), ["three", "two", "one"]);
    assert_eq!(names(visitor.get(&list).await), ["three", "one"]);
    let first = alice.get(&format!("{list}?limit=1")).await;
    assert_eq!(first.link("next"), Some(format!("{list}?limit=1&offset=1")));
    let last = alice.get(&format!("{list}?limit=1&offset=2")).await;
    assert_eq!(last.link("next"), None);
    assert_eq!(last.link("prev"), Some(format!("{list}?limit=1&offset=1")));

    let containing = format!("/api/v1/accounts/{bob_id}/in_collections");
    assert_eq!(names(bob.get(&containing).await), ["one", "two", "three"]);
    assert_eq!(alice.get(&containing).await.status, 403);
    let refused = visitor.get(&containing).await;
    let message = "This method requires an authenticated user";
    assert_eq!((refused.status, refused.error()), (422, message));
}

#[tokio::test]
async fn block_hides_collections_and_ends_the_membership() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (alice_id, bob_id) = (
        account_id(&alice, "alice").await,
        account_id(&alice, "bob").await,
    );
    let of_alice = create(&alice, "of alice", &[&bob_id]).await;
    let of_bob = create(&bob, "of bob", &[&alice_id]).await;
    alice
        .post(&format!("/api/v1/accounts/{bob_id}/block"), json!({}))
        .await
        .ok();
    for (client, collection) in [(&alice, &of_alice), (&bob, &of_bob)] {
        let shown = client.get(&path(collection)).await.ok();
        assert_eq!(shown["collection"]["item_count"], 0);
    }
    assert_eq!(bob.get(&path(&of_alice)).await.status, 403);
    let list = format!("/api/v1/accounts/{alice_id}/collections");
    assert_eq!(names(bob.get(&list).await), [""; 0]);
}

#[tokio::test]
async fn paths_of_the_beta_releases_work_and_are_deprecated() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let collection = create(&alice, "Friends", &[]).await;
    let alpha = path(&collection).replace("/v1/", "/v1_alpha/");
    let shown = alice.get(&alpha).await;
    assert_eq!(shown.header("deprecation"), Some("@1781049600"));
    assert_eq!(shown.ok()["collection"]["name"], "Friends");
    let current = alice.get(&path(&collection)).await;
    assert_eq!(current.header("deprecation"), None);
}

#[tokio::test]
async fn status_that_links_to_a_collection_contains_it() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let collection = create(&alice, "Friends", &[]).await;
    for link in ["url", "uri"] {
        let text = format!("Look: {}", collection[link].as_str().unwrap());
        let status = alice.post_status(json!({ "status": text })).await;
        assert_eq!(status["tagged_collections"][0]["name"], "Friends");
    }
}

#[tokio::test]
async fn search_for_the_address_of_a_collection_finds_it() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let collection = create(&alice, "Friends", &[]).await;
    let search = async |only: &str| {
        let url = collection["url"].as_str().unwrap();
        let path = format!("/api/v2/search?q={url}&resolve=true{only}");
        names(bob.get(&path).await)
    };
    assert_eq!(search("").await, ["Friends"]);
    assert_eq!(search("&type=accounts").await, [""; 0]);
    let bob_id = account_id(&alice, "bob").await;
    alice
        .post(&format!("/api/v1/accounts/{bob_id}/block"), json!({}))
        .await
        .ok();
    assert_eq!(search("").await, [""; 0]);
}

#[tokio::test]
async fn sdk_reads_collections() -> Result<(), Box<dyn std::error::Error>> {
    let server = TestServer::start().await?;
    let client = |user| {
        let token = server.token(user, "read write");
        Mastodon::builder(server.url()).access_token(token).build()
    };
    let (alice, bob) = (client("alice")?, client("bob")?);
    let (owner, member) = (
        alice.account_verify_credentials().await?,
        bob.account_verify_credentials().await?,
    );
    let created = alice
        .collection_create("Friends")
        .sensitive(false)
        .discoverable(true)
        .await?;
    let id = created.collection.id;
    let added = alice.collection_item_add(&id, &member.id).await?;
    let shown = bob.collection(&id).await?;
    assert_eq!(shown.accounts.len(), 2);
    assert_eq!(alice.account_collections(&owner.id).await?.len(), 1);
    assert_eq!(bob.account_in_collections(&member.id).await?.len(), 1);
    let notifications = bob.notifications().await?;
    let collection = notifications[0].collection.as_ref();
    assert_eq!(
        collection.map(|collection| collection.name.as_str()),
        Some("Friends")
    );
    bob.collection_item_revoke(&id, &added.collection_item.id)
        .await?;
    alice.collection_delete(&id).await?;
    Ok(())
}
