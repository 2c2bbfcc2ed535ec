//! Which statuses of shared streams a user receives, and with which filters.

use mastodon_test_server::{FeedAccess, FeedAccessSettings, TestServer};
use serde_json::{Value, json};

use super::client::{SseClient, WsClient};
use crate::accounts::account_id;
use crate::client::{Client, id, ids};

const ERIN: &str = "erin@elsewhere.example";

/// Returns the content of the next status of a stream.
async fn next_content(stream: &mut SseClient) -> String {
    let status = next_status(stream).await;
    status["content"].as_str().unwrap().to_owned()
}

async fn next_status(stream: &mut SseClient) -> Value {
    let (_, payload) = stream.next_event().await;
    serde_json::from_str(&payload).unwrap()
}

async fn create_filter(user: &Client<'_>, filter: Value) -> Value {
    user.post("/api/v2/filters", filter).await.ok()
}

fn set_feed_access(server: &TestServer, settings: FeedAccessSettings) {
    let mut behavior = server.behavior();
    behavior.feed_access = settings;
    server.set_behavior(behavior);
}

#[tokio::test]
async fn statuses_of_blocked_domains_and_of_accounts_that_block_the_user_are_omitted() {
    let server = TestServer::start().await.unwrap();
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let (bob, erin) = (Client::user(&server, "bob"), Client::user(&server, ERIN));
    let mut public = SseClient::open(&server, "/public", &bob.token).await;
    let blocked = json!({ "domain": "elsewhere.example" });
    bob.post("/api/v1/domain_blocks", blocked).await.ok();
    let path = format!("/api/v1/accounts/{}/block", account_id(&carol, "bob").await);
    carol.post(&path, json!({})).await.ok();
    erin.post_text("from a blocked domain").await;
    carol.post_text("from a blocking account").await;
    alice.post_text("end").await;
    assert_eq!(next_content(&mut public).await, "<p>end</p>");
}

#[tokio::test]
async fn shared_streams_and_public_timelines_have_only_the_chosen_languages() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let mut open_before = SseClient::open(&server, "/public", &bob.token).await;
    server.set_chosen_languages("bob", &["de", "fr"]);
    let mut public = SseClient::open(&server, "/public", &bob.token).await;
    let mut hashtag = SseClient::open(&server, "/hashtag?tag=x", &bob.token).await;
    for (text, language) in [("english #x", "en"), ("deutsch #x", "de")] {
        let status = json!({ "status": text, "language": language });
        alice.post_status(status).await;
    }
    for stream in [&mut public, &mut hashtag] {
        assert!(next_content(stream).await.contains("deutsch"));
    }
    // An open connection keeps the languages of its start.
    assert!(next_content(&mut open_before).await.contains("english"));
    let timeline = async |user: &Client<'_>, path: &str| {
        let path = format!("/api/v1/timelines/{path}");
        ids(&user.get(&path).await.ok()).len()
    };
    assert_eq!(timeline(&bob, "public").await, 1);
    assert!(timeline(&alice, "public").await > 1);
    // Hashtag timelines have all languages.
    assert_eq!(timeline(&bob, "tag/x").await, 2);
    server.set_chosen_languages("bob", &[]);
    assert!(timeline(&bob, "public").await > 1);
}

#[tokio::test]
async fn disabled_feed_is_a_silent_stream_from_the_next_subscription_on() {
    let server = TestServer::start().await.unwrap();
    let (alice, erin) = (Client::user(&server, "alice"), Client::user(&server, ERIN));
    let mut open_before = SseClient::open(&server, "/public", &alice.token).await;
    set_feed_access(
        &server,
        FeedAccessSettings {
            local_live: FeedAccess::Disabled,
            remote_topic: FeedAccess::Disabled,
            ..FeedAccessSettings::default()
        },
    );
    let mut ws = WsClient::open(&server, "", &alice.token).await;
    let streams = [
        json!({ "stream": "public" }),
        json!({ "stream": "public:local" }),
        json!({ "stream": "hashtag", "tag": "x" }),
    ];
    for stream in &streams {
        let mut message = stream.clone();
        message["type"] = "subscribe".into();
        ws.send(&message).await;
    }
    server.streaming().wait_for_subscriptions(4).await;
    alice.post_text("local #x").await;
    erin.post_text("remote #x").await;
    let expected = ["hashtag x update", "public update"];
    assert_eq!(ws.next_labels(2).await, expected);
    assert!(next_content(&mut open_before).await.contains("local"));
    // The role of an owner may view all feeds.
    let owner = server.token("admin", "read");
    let mut public = SseClient::open(&server, "/public", &owner).await;
    alice.post_text("seen").await;
    assert!(next_content(&mut public).await.contains("seen"));
}

#[tokio::test]
async fn access_to_timelines_follows_the_settings_that_the_instance_reports() {
    let server = TestServer::start().await.unwrap();
    let (alice, anonymous) = (Client::user(&server, "alice"), Client::anonymous(&server));
    Client::user(&server, ERIN).post_text("far #rust").await;
    set_feed_access(
        &server,
        FeedAccessSettings {
            local_live: FeedAccess::Disabled,
            remote_topic: FeedAccess::Authenticated,
            ..FeedAccessSettings::default()
        },
    );
    let instance = anonymous.get("/api/v2/instance").await.ok();
    let topic = json!({ "local": "public", "remote": "authenticated" });
    let expected = json!({
        "live_feeds": { "local": "disabled", "remote": "public" },
        "hashtag_feeds": topic, "trending_link_feeds": topic,
    });
    assert_eq!(instance["configuration"]["timelines_access"], expected);
    let count = async |user: &Client<'_>, path: &str| {
        let response = user.get(&format!("/api/v1/timelines/{path}")).await;
        let statuses = response.json.as_array().map(Vec::len);
        (response.status, statuses)
    };
    // The timeline of visitors needs a user, unless they select an origin that does not.
    assert_eq!(count(&anonymous, "public").await, (422, None));
    assert_eq!(count(&anonymous, "public?remote=1").await, (200, Some(1)));
    assert_eq!(count(&alice, "public").await, (200, Some(1)));
    assert_eq!(count(&alice, "public?local=1").await, (200, Some(0)));
    assert_eq!(count(&anonymous, "tag/rust").await, (422, None));
    assert_eq!(count(&anonymous, "tag/rust?local=1").await, (200, Some(1)));
    assert_eq!(count(&alice, "tag/rust").await, (200, Some(2)));
    let rejected = anonymous.get("/api/v1/timelines/public").await;
    let error = "This method requires an authenticated user";
    assert_eq!(rejected.error(), error);
}

#[tokio::test]
async fn filters_of_every_action_and_context_are_listed_and_drop_nothing() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut public = SseClient::open(&server, "/public", &alice.token).await;
    // The connection is open already: a new filter applies to the next status.
    for (title, action, context) in [("a", "hide", "home"), ("b", "warn", "account")] {
        let keywords = json!([{ "keyword": "cats" }]);
        let filter = json!({
            "title": title, "context": [context], "filter_action": action, "keywords_attributes": keywords,
        });
        create_filter(&alice, filter).await;
    }
    alice.post_text("cats").await;
    let status = next_status(&mut public).await;
    let filtered = status["filtered"].as_array().unwrap().iter();
    let actions: Vec<_> = filtered
        .map(|result| result["filter"]["filter_action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["hide", "warn"]);
}

#[tokio::test]
async fn shared_streams_try_only_keywords_and_know_only_words_of_ascii_letters() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.post_text("listed").await;
    let whole_word = |word: &str| {
        let keywords = json!([{ "keyword": word, "whole_word": true }]);
        json!({ "title": word, "context": ["public"], "keywords_attributes": keywords })
    };
    create_filter(&bob, whole_word("über")).await;
    create_filter(&bob, whole_word("caf")).await;
    let filter = json!({ "title": "listed", "context": ["public"] });
    let filter = create_filter(&bob, filter).await;
    let path = format!("/api/v2/filters/{}/statuses", id(&filter));
    let listed = json!({ "status_id": status });
    bob.post(&path, listed).await.ok();
    let mut public = SseClient::open(&server, "/public", &bob.token).await;
    let mut user = SseClient::open(&server, "/user", &bob.token).await;
    let path = format!("/api/v1/statuses/{status}");
    let edit = json!({ "status": "gegenüber im café" });
    alice.put(&path, edit).await.ok();
    let titles = |status: &Value| {
        let filtered = status["filtered"].as_array().unwrap().iter();
        let titles = filtered.map(|result| result["filter"]["title"].as_str().unwrap().to_owned());
        titles.collect::<Vec<_>>()
    };
    let shared = next_status(&mut public).await;
    assert_eq!(titles(&shared), ["über", "caf"]);
    assert_eq!(shared["filtered"][0]["status_matches"], Value::Null);
    assert_eq!(titles(&next_status(&mut user).await), ["listed"]);
}
