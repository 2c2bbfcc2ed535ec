//! Notifications, one by one and in groups; whose a user wants.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::Client;

const LIST: &str = "/api/v1/notifications";
const GROUPS: &str = "/api/v2/notifications";
const POLICY: &str = "/api/v2/notifications/policy";
const REQUESTS: &str = "/api/v1/notifications/requests";
const DAY: Duration = Duration::from_secs(86_400);

async fn post(client: &Client<'_>, text: &str) -> String {
    let status = client
        .post("/api/v1/statuses", json!({ "status": text }))
        .await
        .ok();
    status["id"].as_str().unwrap().to_owned()
}

async fn privately(client: &Client<'_>, text: &str, reply_to: Option<&str>) -> String {
    let status = json!({ "status": text, "visibility": "direct", "in_reply_to_id": reply_to });
    let status = client.post("/api/v1/statuses", status).await.ok();
    status["id"].as_str().unwrap().to_owned()
}

async fn act(client: &Client<'_>, id: &str, what: &str) {
    client
        .post(&format!("/api/v1/statuses/{id}/{what}"), json!({}))
        .await
        .ok();
}

async fn account(client: &Client<'_>, name: &str) -> String {
    let found = client
        .get(&format!("/api/v1/accounts/lookup?acct={name}"))
        .await
        .ok();
    found["id"].as_str().unwrap().to_owned()
}

async fn follow(client: &Client<'_>, name: &str) {
    let id = account(client, name).await;
    client
        .post(&format!("/api/v1/accounts/{id}/follow"), json!({}))
        .await
        .ok();
}

async fn types(client: &Client<'_>, query: &str) -> Vec<String> {
    let list = client.get(&format!("{LIST}?{query}")).await.ok();
    let all = list.as_array().unwrap().iter();
    all.map(|one| one["type"].as_str().unwrap().to_owned())
        .collect()
}

/// Alice has a status that bob favourited, carol favourited and boosted; bob mentioned her.
struct World {
    server: TestServer,
}

impl World {
    async fn new() -> Self {
        Self {
            server: TestServer::start().await.unwrap(),
        }
    }

    fn users(&self) -> [Client<'_>; 3] {
        ["alice", "bob", "carol"].map(|name| Client::user(&self.server, name))
    }

    async fn fill(&self) -> String {
        let [alice, bob, carol] = self.users();
        let id = post(&alice, "look").await;
        act(&bob, &id, "favourite").await;
        act(&carol, &id, "favourite").await;
        act(&carol, &id, "reblog").await;
        post(&bob, "hello @alice").await;
        id
    }
}

#[tokio::test]
async fn notifications_are_chosen_by_type_and_account_and_read_in_pages() {
    let world = World::new().await;
    let [alice, bob, _] = world.users();
    let status = world.fill().await;
    assert_eq!(
        types(&alice, "").await,
        ["mention", "reblog", "favourite", "favourite"]
    );
    assert_eq!(
        types(&alice, "types[]=favourite&types[]=reblog").await,
        ["reblog", "favourite", "favourite"]
    );
    assert_eq!(
        types(&alice, "exclude_types[]=favourite").await,
        ["mention", "reblog"]
    );
    let of_bob = format!("account_id={}", account(&bob, "bob").await);
    assert_eq!(types(&alice, &of_bob).await, ["mention", "favourite"]);
    let first = alice.get(&format!("{LIST}?limit=3")).await;
    assert_eq!(first.json[1]["status"]["id"], status.as_str());
    let next = first.link("next").unwrap();
    let second = alice.get(&next).await;
    assert_eq!(second.json.as_array().unwrap().len(), 1);
    let back = alice.get(&second.link("prev").unwrap()).await.ok();
    assert_eq!(back, first.json);
}

#[tokio::test]
async fn a_notification_is_fetched_dismissed_and_all_are_cleared() {
    let world = World::new().await;
    let [alice, bob, _] = world.users();
    world.fill().await;
    let list = alice.get(LIST).await.ok();
    let one = format!("{LIST}/{}", list[0]["id"].as_str().unwrap());
    assert_eq!(alice.get(&one).await.ok(), list[0]);
    assert_eq!(bob.get(&one).await.status, 404);
    assert_eq!(
        bob.post(&format!("{one}/dismiss"), json!({})).await.status,
        404
    );
    assert_eq!(
        alice.post(&format!("{one}/dismiss"), json!({})).await.ok(),
        json!({})
    );
    assert_eq!(alice.get(&one).await.status, 404);
    assert_eq!(types(&alice, "").await.len(), 3);
    alice.post(&format!("{LIST}/clear"), json!({})).await.ok();
    assert_eq!(alice.get(LIST).await.ok(), json!([]));
    world.fill().await;
    alice.post(&format!("{GROUPS}/clear"), json!({})).await.ok();
    assert_eq!(alice.get(LIST).await.ok(), json!([]));
}

#[tokio::test]
async fn what_is_newer_than_the_marker_is_unread() {
    let world = World::new().await;
    let [alice, bob, _] = world.users();
    let status = world.fill().await;
    let count = async |path: &str| alice.get(path).await.ok()["count"].as_u64().unwrap();
    assert_eq!(count("/api/v1/notifications/unread_count").await, 4);
    assert_eq!(count("/api/v1/notifications/unread_count?limit=2").await, 2);
    assert_eq!(
        count("/api/v1/notifications/unread_count?types[]=mention").await,
        1
    );
    assert_eq!(count("/api/v2/notifications/unread_count").await, 3);
    let last = alice.get(LIST).await.ok()[0]["id"].clone();
    alice
        .post(
            "/api/v1/markers",
            json!({ "notifications": { "last_read_id": last } }),
        )
        .await
        .ok();
    assert_eq!(count("/api/v1/notifications/unread_count").await, 0);
    post(&bob, "again @alice").await;
    act(&bob, &status, "reblog").await;
    assert_eq!(count("/api/v1/notifications/unread_count").await, 2);
    assert_eq!(count("/api/v2/notifications/unread_count").await, 2);
}

#[tokio::test]
async fn a_type_that_the_client_does_not_know_comes_with_words_to_show() {
    let world = World::new().await;
    let [alice, ..] = world.users();
    world.fill().await;
    let list = alice
        .get(&format!("{LIST}?supported_types[]=mention"))
        .await
        .ok();
    assert_eq!(list[0].get("fallback"), None);
    assert_eq!(
        list[1]["fallback"]["title"],
        "<p>@carol boosted your post</p>"
    );
    assert_eq!(alice.get(LIST).await.ok()[1].get("fallback"), None);
}

#[tokio::test]
async fn what_several_did_to_one_status_is_one_group() {
    let world = World::new().await;
    let [alice, bob, carol] = world.users();
    let status = world.fill().await;
    let got = alice.get(GROUPS).await.ok();
    let groups = got["notification_groups"].as_array().unwrap();
    let kinds: Vec<&Value> = groups.iter().map(|group| &group["type"]).collect();
    assert_eq!(kinds, ["mention", "reblog", "favourite"]);
    let group = &groups[2];
    let ids = [account(&carol, "carol").await, account(&bob, "bob").await];
    assert_eq!(group["notifications_count"], 2);
    assert_eq!(group["sample_account_ids"], json!(ids));
    assert_eq!(group["status_id"], status.as_str());
    assert!(
        group["group_key"]
            .as_str()
            .unwrap()
            .starts_with(&format!("favourite-{status}-"))
    );
    assert!(group["most_recent_notification_id"].is_number());
    assert_eq!(
        group["page_max_id"],
        group["most_recent_notification_id"].to_string()
    );
    assert!(
        groups[0]["group_key"]
            .as_str()
            .unwrap()
            .starts_with("ungrouped-")
    );
    assert_eq!(got["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(got["statuses"].as_array().unwrap().len(), 2);
    assert_eq!(got.get("partial_accounts"), None);
    let list = alice.get(LIST).await.ok();
    assert_eq!(
        (&list[2]["group_key"], &list[3]["group_key"]),
        (&group["group_key"], &group["group_key"])
    );
    let apart = alice
        .get(&format!("{GROUPS}?grouped_types[]=reblog"))
        .await
        .ok();
    assert_eq!(apart["notification_groups"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_group_ends_after_twelve_hours() {
    let world = World::new().await;
    let [alice, bob, carol] = world.users();
    let id = post(&alice, "look").await;
    act(&bob, &id, "favourite").await;
    world.server.clock().advance(Duration::from_secs(13 * 3600));
    act(&carol, &id, "favourite").await;
    let got = alice.get(GROUPS).await.ok();
    assert_eq!(got["notification_groups"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn partial_avatars_spare_all_but_the_latest_account_of_a_group() {
    let world = World::new().await;
    let [alice, bob, carol] = world.users();
    let id = post(&alice, "look").await;
    act(&bob, &id, "favourite").await;
    act(&carol, &id, "favourite").await;
    let got = alice
        .get(&format!("{GROUPS}?expand_accounts=partial_avatars"))
        .await
        .ok();
    assert_eq!(got["accounts"][0]["username"], "carol");
    let partial = got["partial_accounts"].as_array().unwrap();
    assert_eq!((partial.len(), &partial[0]["acct"]), (1, &json!("bob")));
    assert_eq!(partial[0].get("note"), None);
}

#[tokio::test]
async fn groups_are_read_in_pages_and_the_link_forgets_how_to_expand() {
    let world = World::new().await;
    let [alice, ..] = world.users();
    world.fill().await;
    let first = alice
        .get(&format!("{GROUPS}?limit=2&expand_accounts=partial_avatars"))
        .await;
    let next = first.link("next").unwrap();
    assert!(!next.contains("expand_accounts"), "{next}");
    let second = alice.get(&next).await;
    let groups = second.json["notification_groups"].as_array().unwrap();
    assert_eq!((groups.len(), &groups[0]["type"]), (1, &json!("favourite")));
    assert_eq!(second.link("next"), None);
    let back = alice.get(&second.link("prev").unwrap()).await.ok();
    let kinds = |page: &Value| {
        let groups = page["notification_groups"].as_array().unwrap().clone();
        groups
            .iter()
            .map(|group| group["type"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(&back), kinds(&first.json));
}

#[tokio::test]
async fn a_group_is_fetched_by_its_key_with_its_accounts_and_dismissed() {
    let world = World::new().await;
    let [alice, ..] = world.users();
    world.fill().await;
    let got = alice.get(GROUPS).await.ok();
    let key = |index: usize| {
        got["notification_groups"][index]["group_key"]
            .as_str()
            .unwrap()
    };
    let path = format!("{GROUPS}/{}", key(2));
    let one = alice.get(&path).await.ok();
    assert_eq!(one["notification_groups"][0]["notifications_count"], 2);
    assert_eq!(one["notification_groups"][0].get("page_max_id"), None);
    let accounts = alice.get(&format!("{path}/accounts?limit=1")).await;
    assert_eq!(accounts.json[0]["username"], "carol");
    let next = alice.get(&accounts.link("next").unwrap()).await.ok();
    assert_eq!(next[0]["username"], "bob");
    for path in [path, format!("{GROUPS}/{}", key(0))] {
        alice.post(&format!("{path}/dismiss"), json!({})).await.ok();
        assert_eq!(alice.get(&path).await.status, 404);
    }
    assert_eq!(types(&alice, "").await, ["reblog"]);
}

#[tokio::test]
async fn a_policy_starts_with_what_mastodon_filters_and_changes_in_part() {
    let world = World::new().await;
    let [alice, ..] = world.users();
    let mut policy = alice.get(POLICY).await.ok();
    assert_eq!(
        policy,
        json!({
            "for_not_following": "accept", "for_not_followers": "accept", "for_new_accounts": "accept",
            "for_private_mentions": "filter", "for_limited_accounts": "filter", "for_bots": "accept",
            "summary": { "pending_requests_count": 0, "pending_notifications_count": 0 },
        })
    );
    policy["for_bots"] = "drop".into();
    let changed = alice
        .call("PATCH", POLICY, &json!({ "for_bots": "drop" }))
        .await
        .ok();
    assert_eq!(changed, policy);
    let bad = alice
        .call("PATCH", POLICY, &json!({ "for_bots": "dance" }))
        .await;
    assert_eq!(bad.status, 422);
    let v1 = alice.get("/api/v1/notifications/policy").await.ok();
    assert_eq!(
        (&v1["filter_bots"], &v1["filter_new_accounts"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(v1.get("filter_limited_accounts"), None);
    let change = json!({ "filter_not_following": true, "filter_bots": false });
    alice
        .call("PUT", "/api/v1/notifications/policy", &change)
        .await
        .ok();
    let policy = alice.get(POLICY).await.ok();
    assert_eq!(
        (&policy["for_not_following"], &policy["for_bots"]),
        (&json!("filter"), &json!("accept"))
    );
}

/// What a notification of bob to alice becomes after alice has said what to do with a sort of them.
async fn becomes(world: &World, sort: &str, prepare: impl AsyncFn(&World)) -> [usize; 2] {
    let [alice, bob, _] = world.users();
    prepare(world).await;
    let mut seen = [0, 0];
    for (index, action) in ["filter", "drop"].into_iter().enumerate() {
        alice
            .call("PATCH", POLICY, &json!({ sort: action }))
            .await
            .ok();
        let before = types(&alice, "include_filtered=true").await.len();
        post(&bob, &format!("hey @alice {action}")).await;
        seen[index] = types(&alice, "include_filtered=true").await.len() - before;
    }
    seen
}

#[tokio::test]
async fn each_sort_of_notification_is_held_back_or_dropped() {
    for (sort, prepare) in [
        ("for_not_following", None),
        ("for_not_followers", None),
        ("for_new_accounts", None),
        ("for_limited_accounts", Some("limit")),
        ("for_bots", Some("bot")),
    ] {
        let world = World::new().await;
        let prepare = async |world: &World| match prepare {
            Some("limit") => world.server.limit("bob"),
            Some(_) => {
                let bob = Client::user(&world.server, "bob");
                let path = "/api/v1/accounts/update_credentials";
                bob.call("PATCH", path, &json!({ "bot": true })).await.ok();
            }
            None => {}
        };
        assert_eq!(becomes(&world, sort, prepare).await, [1, 0], "{sort}");
        let alice = Client::user(&world.server, "alice");
        assert_eq!(types(&alice, "").await.len(), 0, "{sort}");
        let held = alice
            .get(&format!("{LIST}?include_filtered=true"))
            .await
            .ok();
        assert_eq!(held[0]["filtered"], true);
    }
}

#[tokio::test]
async fn old_friends_are_not_held_back() {
    let world = World::new().await;
    let [alice, ..] = world.users();
    follow(&alice, "bob").await;
    world.server.clock().advance(31 * DAY);
    for sort in [
        "for_not_following",
        "for_not_followers",
        "for_new_accounts",
        "for_bots",
    ] {
        assert_eq!(
            becomes(&world, sort, async |_: &World| {}).await,
            [1, 1],
            "{sort}"
        );
    }
    assert_eq!(types(&alice, "").await.len(), 8);
}

#[tokio::test]
async fn a_private_mention_is_held_back_unless_the_user_began() {
    let world = World::new().await;
    let [alice, bob, carol] = world.users();
    privately(&bob, "psst @alice", None).await;
    assert_eq!(types(&alice, "").await.len(), 0);
    let begun = privately(&alice, "psst @carol", None).await;
    privately(&carol, "yes, @alice?", Some(&begun)).await;
    assert_eq!(types(&alice, "").await, ["mention"]);
    let policy = alice.get(POLICY).await.ok();
    assert_eq!(
        policy["summary"],
        json!({ "pending_requests_count": 1, "pending_notifications_count": 1 })
    );
}

#[tokio::test]
async fn a_request_that_is_accepted_lets_everything_through() {
    let world = World::new().await;
    let [alice, bob, _] = world.users();
    privately(&bob, "one @alice", None).await;
    let last = privately(&bob, "two @alice", None).await;
    let list = alice.get(REQUESTS).await.ok();
    assert_eq!(
        (list.as_array().unwrap().len(), &list[0]["account"]["acct"]),
        (1, &json!("bob"))
    );
    assert_eq!(
        (
            &list[0]["notifications_count"],
            &list[0]["last_status"]["id"]
        ),
        (&json!("2"), &json!(last))
    );
    let path = format!("{REQUESTS}/{}", list[0]["id"].as_str().unwrap());
    assert_eq!(alice.get(&path).await.ok(), list[0]);
    assert_eq!(
        bob.post(&format!("{path}/accept"), json!({})).await.status,
        404
    );
    assert_eq!(
        alice.post(&format!("{path}/accept"), json!({})).await.ok(),
        json!({})
    );
    assert_eq!(
        alice.get(&format!("{REQUESTS}/merged")).await.ok(),
        json!({ "merged": true })
    );
    assert_eq!(alice.get(&path).await.status, 404);
    privately(&bob, "three @alice", None).await;
    assert_eq!(types(&alice, "").await.len(), 3);
}

#[tokio::test]
async fn a_request_that_is_dismissed_is_gone_until_the_next_one() {
    let world = World::new().await;
    let [alice, bob, carol] = world.users();
    for client in [&bob, &carol] {
        privately(client, "one @alice", None).await;
    }
    let list = alice.get(REQUESTS).await.ok();
    let id = |index: usize| list[index]["id"].as_str().unwrap();
    let path = format!("{REQUESTS}/{}/dismiss", id(0));
    alice.post(&path, json!({})).await.ok();
    assert_eq!(types(&alice, "include_filtered=true").await.len(), 1);
    privately(&carol, "two @alice", None).await;
    let list = alice.get(REQUESTS).await.ok();
    let ids: Vec<&Value> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids.len(), 2);
    alice
        .post(&format!("{REQUESTS}/dismiss"), json!({ "id": ids }))
        .await
        .ok();
    assert_eq!(alice.get(REQUESTS).await.ok(), json!([]));
    assert_eq!(types(&alice, "include_filtered=true").await.len(), 0);
}

#[tokio::test]
async fn several_requests_are_accepted_at_once() {
    let world = World::new().await;
    let [alice, bob, carol] = world.users();
    for client in [&bob, &carol] {
        privately(client, "one @alice", None).await;
    }
    let list = alice.get(&format!("{REQUESTS}?limit=1")).await;
    let rest = alice.get(&list.link("next").unwrap()).await.ok();
    let form = format!(
        "id[]={}&id[]={}&id[]=1",
        list.json[0]["id"].as_str().unwrap(),
        rest[0]["id"].as_str().unwrap()
    );
    alice
        .form("POST", &format!("{REQUESTS}/accept"), &form)
        .await
        .ok();
    assert_eq!(types(&alice, "").await, ["mention", "mention"]);
}
