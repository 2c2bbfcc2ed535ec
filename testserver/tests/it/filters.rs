//! Filters, their words and statuses, and what they match.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id, ids};

const FILTERS: &str = "/api/v2/filters";

async fn filter(who: &Client<'_>, keywords: Value) -> Value {
    let context = ["home", "public"];
    let new = json!({ "title": "Pets", "context": context, "keywords_attributes": keywords });
    who.post(FILTERS, new).await.ok()
}

#[tokio::test]
async fn a_filter_is_made_read_changed_and_deleted_by_its_owner_alone() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let made = filter(
        &alice,
        json!([{ "keyword": "cat" }, { "keyword": "dog", "whole_word": false }]),
    )
    .await;
    let words = &made["keywords"];
    let expected = json!({
        "id": id(&made), "title": "Pets", "context": ["home", "public"], "expires_at": null, "filter_action": "warn",
        "keywords": [
            { "id": id(&words[0]), "keyword": "cat", "whole_word": true },
            { "id": id(&words[1]), "keyword": "dog", "whole_word": false },
        ],
        "statuses": [],
    });
    assert_eq!(made, expected);
    let own = format!("{FILTERS}/{}", id(&made));
    assert_eq!(alice.get(&own).await.ok(), made);
    assert_eq!(alice.get(FILTERS).await.ok(), json!([made]));
    assert_eq!(bob.get(FILTERS).await.ok(), json!([]));
    for refused in [
        bob.get(&own).await,
        bob.put(&own, json!({})).await,
        bob.delete(&own).await,
    ] {
        assert_eq!(refused.status, 404);
    }

    let attributes = json!([
        { "id": id(&words[0]), "keyword": "cats" },
        { "id": id(&words[1]), "_destroy": true },
        { "keyword": "hamster" },
    ]);
    let change =
        json!({ "filter_action": "hide", "expires_in": 60, "keywords_attributes": attributes });
    let changed = alice.put(&own, change).await.ok();
    let found: Vec<&str> = changed["keywords"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word["keyword"].as_str().unwrap())
        .collect();
    assert_eq!(found, ["cats", "hamster"]);
    assert_eq!(
        (&changed["title"], &changed["filter_action"]),
        (&json!("Pets"), &json!("hide"))
    );
    assert!(changed["expires_at"].is_string());
    let lasting = alice.put(&own, json!({ "title": "Animals" })).await.ok();
    assert_eq!(lasting["expires_at"], changed["expires_at"]);
    let endless = alice.put(&own, json!({ "expires_in": null })).await.ok();
    assert_eq!(endless["expires_at"], Value::Null);
    assert_eq!(alice.delete(&own).await.ok(), json!({}));
    assert_eq!(alice.get(&own).await.status, 404);
}

#[tokio::test]
async fn a_filter_needs_a_title_a_known_context_and_words_that_are_words() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for (new, error) in [
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
            "'attic' is not a valid context",
        ),
        (
            json!({ "title": "x", "context": ["home"], "filter_action": "burn" }),
            "'burn' is not a valid filter_action",
        ),
        (
            json!({ "title": "x", "context": ["home"], "keywords_attributes": [{ "keyword": " " }] }),
            "Validation failed: Keyword can't be blank",
        ),
    ] {
        let refused = alice.post(FILTERS, new).await;
        assert_eq!((refused.status, refused.error()), (422, error));
    }
    let own = format!("{FILTERS}/{}", id(&filter(&alice, json!([])).await));
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
        let refused = alice.put(&own, change).await;
        assert_eq!((refused.status, refused.error()), (422, error));
    }
}

#[tokio::test]
async fn words_and_statuses_come_and_go_one_by_one() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = bob.says("x").await;
    let own = format!("{FILTERS}/{}", id(&filter(&alice, json!([])).await));

    let words = format!("{own}/keywords");
    let word = alice
        .post(&words, json!({ "keyword": "cat", "whole_word": false }))
        .await
        .ok();
    assert_eq!(
        word,
        json!({ "id": id(&word), "keyword": "cat", "whole_word": false })
    );
    assert_eq!(alice.get(&words).await.ok(), json!([word]));
    let path = format!("{FILTERS}/keywords/{}", id(&word));
    assert_eq!(alice.get(&path).await.ok(), word);
    assert_eq!(bob.get(&path).await.status, 404);
    let changed = alice.put(&path, json!({ "keyword": "dog" })).await.ok();
    assert_eq!(
        changed,
        json!({ "id": id(&word), "keyword": "dog", "whole_word": false })
    );
    assert_eq!(alice.delete(&path).await.ok(), json!({}));
    assert_eq!(alice.get(&path).await.status, 404);

    let statuses = format!("{own}/statuses");
    let entry = alice
        .post(&statuses, json!({ "status_id": status }))
        .await
        .ok();
    assert_eq!(entry, json!({ "id": id(&entry), "status_id": status }));
    let twice = alice.post(&statuses, json!({ "status_id": status })).await;
    assert_eq!(
        twice.error(),
        "Validation failed: Status has already been taken"
    );
    assert_eq!(
        alice
            .post(&statuses, json!({ "status_id": "1" }))
            .await
            .status,
        404
    );
    assert_eq!(alice.get(&statuses).await.ok(), json!([entry]));
    let path = format!("{FILTERS}/statuses/{}", id(&entry));
    assert_eq!(alice.get(&path).await.ok(), entry);
    assert_eq!(alice.delete(&path).await.ok(), json!({}));
    assert_eq!(alice.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_status_tells_which_filters_of_the_viewer_match_it_and_how() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = json!({ "options": ["cats", "dogs"], "expires_in": 600 });
    let polled = id(&bob.status(json!({ "status": "?", "poll": poll })).await);
    let (warned, other) = (
        id(&bob
            .status(json!({ "status": "x", "spoiler_text": "CATS inside" }))
            .await),
        bob.says("concatenated").await,
    );
    let made = filter(
        &alice,
        json!([{ "keyword": "dogs" }, { "keyword": "Cats" }]),
    )
    .await;
    let own = format!("{FILTERS}/{}", id(&made));
    alice
        .post(&format!("{own}/statuses"), json!({ "status_id": warned }))
        .await
        .ok();
    let mut short = made.clone();
    let fields = short.as_object_mut().unwrap();
    fields.remove("keywords");
    fields.remove("statuses");

    // Of all words the first in the text counts.
    let expected =
        json!([{ "filter": short, "keyword_matches": ["cats"], "status_matches": null }]);
    assert_eq!(alice.sees(&polled).await["filtered"], expected);
    let expected =
        json!([{ "filter": short, "keyword_matches": ["CATS"], "status_matches": [warned] }]);
    assert_eq!(alice.sees(&warned).await["filtered"], expected);
    assert_eq!(alice.sees(&other).await["filtered"], json!([]));
    assert_eq!(bob.sees(&warned).await["filtered"], json!([]));
    let boost = alice.act(&warned, "reblog").await;
    assert_eq!(boost["filtered"], expected);
    assert_eq!(boost["reblog"]["filtered"], expected);

    alice.put(&own, json!({ "expires_in": 60 })).await.ok();
    server.clock().advance(Duration::from_secs(60));
    assert_eq!(alice.sees(&warned).await["filtered"], json!([]));
    assert_eq!(ids(&alice.get(FILTERS).await.ok()), [id(&made)]);
}

#[tokio::test]
async fn the_old_form_shows_each_word_as_a_filter() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let new =
        json!({ "phrase": "cat", "context": ["home"], "irreversible": true, "whole_word": true });
    let old = alice.post("/api/v1/filters", new).await.ok();
    let expected = json!({
        "id": id(&old), "phrase": "cat", "context": ["home"], "expires_at": null, "irreversible": true,
        "whole_word": true,
    });
    assert_eq!(old, expected);
    let own = format!("/api/v1/filters/{}", id(&old));
    assert_eq!(alice.get(&own).await.ok(), old);
    let new_form = alice.get(FILTERS).await.ok();
    assert_eq!(
        (&new_form[0]["title"], &new_form[0]["filter_action"]),
        (&json!("cat"), &json!("hide"))
    );

    let change = json!({ "phrase": "dog", "context": ["public"], "irreversible": false });
    let changed = alice.put(&own, change).await.ok();
    assert_eq!(
        (&changed["phrase"], &changed["context"]),
        (&json!("dog"), &json!(["public"]))
    );
    let words = format!("{FILTERS}/{}/keywords", id(&new_form[0]));
    alice
        .post(&words, json!({ "keyword": "hamster" }))
        .await
        .ok();
    let listed = alice.get("/api/v1/filters").await.ok();
    assert_eq!(
        (&listed[0]["phrase"], &listed[1]["phrase"]),
        (&json!("dog"), &json!("hamster"))
    );
    // What holds for all words of a filter cannot be changed for one.
    let change = json!({ "phrase": "dogs", "context": ["home"] });
    let refused = alice.put(&own, change).await;
    assert!(refused.status == 422 && refused.error().contains("more than one filter keyword"));
    let change = json!({ "phrase": "dogs", "context": ["public"] });
    assert_eq!(alice.put(&own, change).await.ok()["phrase"], "dogs");
    alice.delete(&own).await.ok();
    let left = alice.get(&words).await.ok();
    assert_eq!(left[0]["keyword"], "hamster");
}
