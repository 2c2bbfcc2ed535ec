//! Hashtags: history, following and featuring.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::accounts::account_id;
use crate::client::{Client, id, ids};

#[tokio::test]
async fn hashtag_history_counts_the_uses_of_each_of_seven_days() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    alice.post_text("#TestDay one").await;
    alice.post_text("#testday two").await;
    server.clock().advance(Duration::from_secs(86_400));
    bob.post_text("#TESTDAY three").await;
    bob.post_status(json!({ "status": "#testday", "visibility": "unlisted" }))
        .await;
    let tag = Client::anonymous(&server)
        .get("/api/v1/tags/testday")
        .await
        .ok();
    assert_eq!(
        (&tag["name"], tag.get("following")),
        (&json!("TestDay"), None)
    );
    assert!(tag["url"].as_str().unwrap().ends_with("/tags/testday"));
    assert!(!id(&tag).is_empty());
    let history = tag["history"].as_array().unwrap();
    let day = |n: usize| [history[n]["uses"].clone(), history[n]["accounts"].clone()];
    assert_eq!(history.len(), 7);
    assert_eq!(
        (day(0), day(1), day(2)),
        (
            [json!("1"), json!("1")],
            [json!("2"), json!("1")],
            [json!("0"), json!("0")]
        )
    );
    let day_start: i64 = history[0]["day"].as_str().unwrap().parse().unwrap();
    assert_eq!(day_start % 86_400, 0);
}

#[tokio::test]
async fn hashtag_added_by_an_edit_is_stored() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let status = alice.post_text("plain").await;
    let edit = json!({ "status": "with #Flair" });
    alice
        .put(&format!("/api/v1/statuses/{status}"), edit)
        .await
        .ok();
    let tag = alice.get("/api/v1/tags/flair").await.ok();
    assert_eq!(
        (&tag["name"], &tag["history"][0]["uses"]),
        (&json!("Flair"), &json!("1"))
    );
    assert_ne!(tag["id"], "");
}

#[tokio::test]
async fn unused_hashtag_is_returned_without_id_and_an_invalid_name_is_not_found() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let tag = alice.get("/api/v1/tags/Unheard").await.ok();
    assert_eq!((&tag["id"], &tag["name"]), (&json!(""), &json!("Unheard")));
    assert_eq!(
        (&tag["following"], &tag["featuring"]),
        (&json!(false), &json!(false))
    );
    for name in ["12345", "a-b", "a%20b"] {
        let rejected = alice.get(&format!("/api/v1/tags/{name}")).await;
        assert_eq!((rejected.status, rejected.error()), (404, "Not Found"));
        assert_eq!(
            alice
                .post(&format!("/api/v1/tags/{name}/follow"), json!({}))
                .await
                .status,
            404
        );
    }
}

#[tokio::test]
async fn hashtag_begins_only_at_the_start_or_after_white_space() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let text = "#start\n#line (#bracket) .#dot a#word ＃full #1_2 #2024 #·dot #x·y·";
    let status = alice.post_status(json!({ "status": text })).await;
    let tags = status["tags"].as_array().unwrap().iter();
    let names: Vec<_> = tags.map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["start", "line", "full", "1_2", "x·y"]);
}

#[tokio::test]
async fn status_names_the_normal_form_and_the_hashtag_its_first_spelling() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let status = alice
        .post_status(json!({ "status": "#CaféNoir #Straße #ＲＵＳＴ" }))
        .await;
    let tags = status["tags"].as_array().unwrap().iter();
    let names: Vec<_> = tags.map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cafenoir", "straße", "rust"]);
    for spelling in ["CafeNoir", "caf%C3%A9noir", "CAFENOIR"] {
        let tag = alice.get(&format!("/api/v1/tags/{spelling}")).await.ok();
        assert_eq!(tag["name"], "CaféNoir", "{spelling}");
    }
}

#[tokio::test]
async fn followed_hashtags_are_listed_and_appear_in_the_home_timeline() {
    let server = TestServer::start().await.unwrap();
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let follow = async |name: &str| {
        let path = format!("/api/v1/tags/{name}/follow");
        carol.post(&path, json!({})).await.ok()
    };
    assert_eq!(follow("cats").await["following"], true);
    follow("cats").await;
    follow("Dogs").await;
    let status = Client::user(&server, "bob").post_text("#cats").await;
    assert!(ids(&carol.get("/api/v1/timelines/home").await.ok()).contains(&status));
    assert!(!ids(&alice.get("/api/v1/timelines/home").await.ok()).contains(&status));
    let names = |page: &Value| {
        let tags = page.as_array().unwrap().iter();
        tags.map(|tag| tag["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = carol.get("/api/v1/followed_tags?limit=1").await;
    let (next, previous) = (first.link("next").unwrap(), first.link("prev").unwrap());
    assert!(previous.contains("since_id="), "{previous}");
    assert_eq!(names(&first.ok()), ["Dogs"]);
    assert_eq!(names(&carol.get(&next).await.ok()), ["cats"]);
    let unfollowed = carol
        .post("/api/v1/tags/dogs/unfollow", json!({}))
        .await
        .ok();
    assert_eq!(
        (&unfollowed["following"], &unfollowed["name"]),
        (&json!(false), &json!("Dogs"))
    );
    assert_eq!(
        names(&carol.get("/api/v1/followed_tags").await.ok()),
        ["cats"]
    );
}

#[tokio::test]
async fn featured_hashtags_are_shown_on_the_profile_with_their_usage() {
    let server = TestServer::start().await.unwrap();
    let (alice, anonymous) = (Client::user(&server, "alice"), Client::anonymous(&server));
    let featured = alice
        .post("/api/v1/featured_tags", json!({ "name": "#rust" }))
        .await
        .ok();
    assert_eq!(
        (&featured["name"], &featured["statuses_count"]),
        (&json!("rust"), &json!("1"))
    );
    assert!(
        featured["url"]
            .as_str()
            .unwrap()
            .ends_with("/@alice/tagged/rust")
    );
    assert_eq!(featured["last_status_at"].as_str().unwrap().len(), 10);
    assert_eq!(
        alice.get("/api/v1/featured_tags").await.ok(),
        json!([featured])
    );
    let path = format!(
        "/api/v1/accounts/{}/featured_tags",
        account_id(&alice, "alice").await
    );
    assert_eq!(anonymous.get(&path).await.ok(), json!([featured]));
    assert_eq!(alice.get("/api/v1/tags/rust").await.ok()["featuring"], true);
    assert_eq!(
        alice.get("/api/v1/profile").await.ok()["featured_tags"],
        json!([featured])
    );

    let unused = alice
        .post("/api/v1/tags/unused/feature", json!({}))
        .await
        .ok();
    assert_eq!(unused["featuring"], true);
    let listed = alice.get("/api/v1/featured_tags").await.ok();
    assert_eq!(
        (&listed[0]["name"], &listed[0]["last_status_at"]),
        (&json!("unused"), &json!(null))
    );
    let unfeatured = alice
        .post("/api/v1/tags/unused/unfeature", json!({}))
        .await
        .ok();
    assert_eq!(unfeatured["featuring"], false);

    let path_by_id = format!("/api/v1/featured_tags/{}", id(&featured));
    assert_eq!(alice.delete(&path_by_id).await.ok(), json!({}));
    assert_eq!(alice.delete(&path_by_id).await.error(), "Record not found");
    assert_eq!(anonymous.get(&path).await.ok(), json!([]));
}

#[tokio::test]
async fn at_most_ten_hashtags_can_be_featured() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let feature = async |name: &str| {
        alice
            .post("/api/v1/featured_tags", json!({ "name": name }))
            .await
    };
    for n in 0..10 {
        feature(&format!("tag{n}")).await.ok();
    }
    let rejected = feature("onemore").await;
    let error = "Validation failed: You have already featured the maximum number of hashtags";
    assert_eq!((rejected.status, rejected.error()), (422, error));
    let rejected = feature("no tag").await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (422, "Validation failed: Tag is invalid")
    );
}

#[tokio::test]
async fn most_used_hashtags_are_suggested() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for text in ["#tea", "#tea and #cake", "#cake", "#cake"] {
        alice.post_text(text).await;
    }
    alice
        .post("/api/v1/featured_tags", json!({ "name": "rust" }))
        .await
        .ok();
    let suggestions = alice.get("/api/v1/featured_tags/suggestions").await.ok();
    let names: Vec<_> = suggestions
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].clone())
        .collect();
    // #introduction was used only once.
    assert_eq!(names, ["cake", "tea"]);
}

#[tokio::test]
async fn hashtag_can_be_followed_and_unfollowed_twice() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for (action, following) in [("follow", true), ("unfollow", false)] {
        for _ in 0..2 {
            let path = format!("/api/v1/tags/cats/{action}");
            let tag = alice.post(&path, json!({})).await.ok();
            assert_eq!(tag["following"], following);
        }
    }
}
