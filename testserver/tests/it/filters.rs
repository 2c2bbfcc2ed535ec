//! Filters: keywords, statuses and matching.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id, ids};

const FILTERS: &str = "/api/v2/filters";

async fn create_filter(client: &Client<'_>, keywords: Value) -> Value {
    let context = ["home", "public"];
    let body = json!({ "title": "Pets", "context": context, "keywords_attributes": keywords });
    client.post(FILTERS, body).await.ok()
}

#[tokio::test]
async fn only_the_owner_can_read_change_and_delete_a_filter() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let filter = create_filter(
        &alice,
        json!([{ "keyword": "cat" }, { "keyword": "dog", "whole_word": false }]),
    )
    .await;
    let keywords = &filter["keywords"];
    let expected = json!({
        "id": id(&filter), "title": "Pets", "context": ["home", "public"], "expires_at": null, "filter_action": "warn",
        "keywords": [
            { "id": id(&keywords[0]), "keyword": "cat", "whole_word": true },
            { "id": id(&keywords[1]), "keyword": "dog", "whole_word": false },
        ],
        "statuses": [],
    });
    assert_eq!(filter, expected);
    let path = format!("{FILTERS}/{}", id(&filter));
    assert_eq!(alice.get(&path).await.ok(), filter);
    assert_eq!(alice.get(FILTERS).await.ok(), json!([filter]));
    assert_eq!(bob.get(FILTERS).await.ok(), json!([]));
    for rejected in [
        bob.get(&path).await,
        bob.put(&path, json!({})).await,
        bob.delete(&path).await,
    ] {
        assert_eq!(rejected.status, 404);
    }

    let attributes = json!([
        { "id": id(&keywords[0]), "keyword": "cats" },
        { "id": id(&keywords[1]), "_destroy": true },
        { "keyword": "hamster" },
    ]);
    let change =
        json!({ "filter_action": "hide", "expires_in": 60, "keywords_attributes": attributes });
    let changed = alice.put(&path, change).await.ok();
    let keywords: Vec<&str> = changed["keywords"]
        .as_array()
        .unwrap()
        .iter()
        .map(|keyword| keyword["keyword"].as_str().unwrap())
        .collect();
    assert_eq!(keywords, ["cats", "hamster"]);
    assert_eq!(
        (&changed["title"], &changed["filter_action"]),
        (&json!("Pets"), &json!("hide"))
    );
    assert!(changed["expires_at"].is_string());
    let renamed = alice.put(&path, json!({ "title": "Animals" })).await.ok();
    assert_eq!(renamed["expires_at"], changed["expires_at"]);
    let permanent = alice.put(&path, json!({ "expires_in": null })).await.ok();
    assert_eq!(permanent["expires_at"], Value::Null);
    assert_eq!(alice.delete(&path).await.ok(), json!({}));
    assert_eq!(alice.get(&path).await.status, 404);
}

#[tokio::test]
async fn filter_needs_a_title_a_known_context_and_nonblank_keywords() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for (body, error) in [
        (
            json!({ "context": ["home"] }),
            "Validation failed: Title can't be blank",
        ),
        (
            json!({ "title": "x" }),
            "Validation failed: Context can't be blank",
        ),
        (
            json!({ "title": "x", "context": ["attic"] }),
            "Validation failed: Context None or invalid context supplied",
        ),
        (
            json!({ "title": "x", "context": ["home"], "filter_action": "burn" }),
            "Validation failed: Action is not included in the list",
        ),
        (
            json!({ "title": "x", "context": ["home"], "keywords_attributes": [{ "keyword": " " }] }),
            "Validation failed: Keyword can't be blank",
        ),
    ] {
        let rejected = alice.post(FILTERS, body).await;
        assert_eq!((rejected.status, rejected.error()), (422, error));
    }
    let path = format!("{FILTERS}/{}", id(&create_filter(&alice, json!([])).await));
    for (change, error) in [
        (
            json!({ "title": "" }),
            "Validation failed: Title can't be blank",
        ),
        (
            json!({ "context": [] }),
            "Validation failed: Context None or invalid context supplied",
        ),
    ] {
        let rejected = alice.put(&path, change).await;
        assert_eq!((rejected.status, rejected.error()), (422, error));
    }
}

#[tokio::test]
async fn filter_keywords_and_statuses_can_be_added_and_removed_individually() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = bob.post_text("x").await;
    let filter_path = format!("{FILTERS}/{}", id(&create_filter(&alice, json!([])).await));

    let keywords_path = format!("{filter_path}/keywords");
    let keyword = alice
        .post(
            &keywords_path,
            json!({ "keyword": "cat", "whole_word": false }),
        )
        .await
        .ok();
    assert_eq!(
        keyword,
        json!({ "id": id(&keyword), "keyword": "cat", "whole_word": false })
    );
    assert_eq!(alice.get(&keywords_path).await.ok(), json!([keyword]));
    let path = format!("{FILTERS}/keywords/{}", id(&keyword));
    assert_eq!(alice.get(&path).await.ok(), keyword);
    assert_eq!(bob.get(&path).await.status, 404);
    let changed = alice.put(&path, json!({ "keyword": "dog" })).await.ok();
    assert_eq!(
        changed,
        json!({ "id": id(&keyword), "keyword": "dog", "whole_word": false })
    );
    assert_eq!(alice.delete(&path).await.ok(), json!({}));
    assert_eq!(alice.get(&path).await.status, 404);

    let statuses_path = format!("{filter_path}/statuses");
    let entry = alice
        .post(&statuses_path, json!({ "status_id": status }))
        .await
        .ok();
    assert_eq!(entry, json!({ "id": id(&entry), "status_id": status }));
    let rejected = alice
        .post(&statuses_path, json!({ "status_id": status }))
        .await;
    assert_eq!(
        rejected.error(),
        "Validation failed: Status has already been taken"
    );
    assert_eq!(
        alice
            .post(&statuses_path, json!({ "status_id": "1" }))
            .await
            .status,
        404
    );
    assert_eq!(alice.get(&statuses_path).await.ok(), json!([entry]));
    let path = format!("{FILTERS}/statuses/{}", id(&entry));
    assert_eq!(alice.get(&path).await.ok(), entry);
    assert_eq!(alice.delete(&path).await.ok(), json!({}));
    assert_eq!(alice.get(&path).await.status, 404);
}

#[tokio::test]
async fn status_lists_the_matching_filters_of_the_viewer() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = json!({ "options": ["cats", "dogs"], "expires_in": 600 });
    let with_poll = id(&bob
        .post_status(json!({ "status": "?", "poll": poll }))
        .await);
    let (with_spoiler, unmatched) = (
        id(&bob
            .post_status(json!({ "status": "x", "spoiler_text": "CATS inside" }))
            .await),
        bob.post_text("concatenated").await,
    );
    let filter = create_filter(
        &alice,
        json!([{ "keyword": "dogs" }, { "keyword": "Cats" }]),
    )
    .await;
    let path = format!("{FILTERS}/{}", id(&filter));
    alice
        .post(
            &format!("{path}/statuses"),
            json!({ "status_id": with_spoiler }),
        )
        .await
        .ok();
    let mut filter_data = filter.clone();
    let fields = filter_data.as_object_mut().unwrap();
    fields.remove("keywords");
    fields.remove("statuses");

    // Only the first match in the text is reported.
    let expected =
        json!([{ "filter": filter_data, "keyword_matches": ["cats"], "status_matches": null }]);
    assert_eq!(alice.fetch_status(&with_poll).await["filtered"], expected);
    let expected = json!([{ "filter": filter_data, "keyword_matches": ["CATS"], "status_matches": [with_spoiler] }]);
    assert_eq!(
        alice.fetch_status(&with_spoiler).await["filtered"],
        expected
    );
    assert_eq!(alice.fetch_status(&unmatched).await["filtered"], json!([]));
    assert_eq!(bob.fetch_status(&with_spoiler).await["filtered"], json!([]));
    let boost = alice.act_on_status(&with_spoiler, "reblog").await;
    assert_eq!(boost["filtered"], expected);
    assert_eq!(boost["reblog"]["filtered"], expected);

    alice.put(&path, json!({ "expires_in": 60 })).await.ok();
    server.clock().advance(Duration::from_secs(60));
    assert_eq!(
        alice.fetch_status(&with_spoiler).await["filtered"],
        json!([])
    );
    assert_eq!(ids(&alice.get(FILTERS).await.ok()), [id(&filter)]);
}

#[tokio::test]
async fn v1_filters_show_each_keyword_as_a_filter() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let body =
        json!({ "phrase": "cat", "context": ["home"], "irreversible": true, "whole_word": true });
    let v1 = alice.post("/api/v1/filters", body).await.ok();
    let expected = json!({
        "id": id(&v1), "phrase": "cat", "context": ["home"], "expires_at": null, "irreversible": true,
        "whole_word": true,
    });
    assert_eq!(v1, expected);
    let path = format!("/api/v1/filters/{}", id(&v1));
    assert_eq!(alice.get(&path).await.ok(), v1);
    let v2 = alice.get(FILTERS).await.ok();
    assert_eq!(
        (&v2[0]["title"], &v2[0]["filter_action"]),
        (&json!("cat"), &json!("hide"))
    );

    let change = json!({ "phrase": "dog", "context": ["public"], "irreversible": false });
    let changed = alice.put(&path, change).await.ok();
    assert_eq!(
        (&changed["phrase"], &changed["context"]),
        (&json!("dog"), &json!(["public"]))
    );
    let keywords_path = format!("{FILTERS}/{}/keywords", id(&v2[0]));
    alice
        .post(&keywords_path, json!({ "keyword": "hamster" }))
        .await
        .ok();
    let listed = alice.get("/api/v1/filters").await.ok();
    assert_eq!(
        (&listed[0]["phrase"], &listed[1]["phrase"]),
        (&json!("dog"), &json!("hamster"))
    );
    // Settings shared by several keywords cannot be changed for one of them.
    let change = json!({ "phrase": "dogs", "context": ["home"] });
    let rejected = alice.put(&path, change).await;
    assert!(rejected.status == 422 && rejected.error().contains("more than one filter keyword"));
    // The phrase is also the title of the filter.
    let change = json!({ "phrase": "dogs", "context": ["public"] });
    assert_eq!(alice.put(&path, change).await.status, 422);
    let change = json!({ "phrase": "dog", "context": ["public"], "whole_word": false });
    assert_eq!(alice.put(&path, change).await.ok()["whole_word"], false);
    alice.delete(&path).await.ok();
    let remaining = alice.get(&keywords_path).await.ok();
    assert_eq!(remaining[0]["keyword"], "hamster");
}

#[tokio::test]
async fn expired_filter_matches_nothing_but_stays_in_the_list() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let filter = json!({
        "title": "cats", "context": ["public"], "expires_in": 60, "keywords_attributes": [{ "keyword": "cat" }],
    });
    let filter = id(&alice.post(FILTERS, filter).await.ok());
    let post = alice.post_text("cat").await;
    // The context of the request does not matter.
    let home = alice.get("/api/v1/timelines/home?limit=1").await.ok();
    assert_eq!(
        home[0]["filtered"][0]["filter"]["context"],
        json!(["public"])
    );
    assert_eq!(home[0]["filtered"][0]["status_matches"], json!(null));
    server.clock().advance(Duration::from_secs(61));
    assert_eq!(alice.fetch_status(&post).await["filtered"], json!([]));
    assert_eq!(id(&alice.get(FILTERS).await.ok()[0]), filter);
    // A blank time means never.
    let path = format!("{FILTERS}/{filter}");
    let endless = alice.put(&path, json!({ "expires_in": "" })).await.ok();
    assert_eq!(endless["expires_at"], json!(null));
    assert_ne!(alice.fetch_status(&post).await["filtered"], json!([]));
}
