//! Notifications, grouped notifications, policies and requests.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::accounts::account_id;
use crate::client::Client;

const LIST: &str = "/api/v1/notifications";
const GROUPS: &str = "/api/v2/notifications";
const POLICY: &str = "/api/v2/notifications/policy";
const REQUESTS: &str = "/api/v1/notifications/requests";
const DAY: Duration = Duration::from_secs(86_400);

async fn follow(client: &Client<'_>, name: &str) {
    let id = account_id(client, name).await;
    client
        .post(&format!("/api/v1/accounts/{id}/follow"), json!({}))
        .await
        .ok();
}

async fn types(client: &Client<'_>, query: &str) -> Vec<String> {
    let list = client.get(&format!("{LIST}?{query}")).await.ok();
    let notifications = list.as_array().unwrap().iter();
    notifications
        .map(|notification| notification["type"].as_str().unwrap().to_owned())
        .collect()
}

struct Fixture {
    server: TestServer,
}

impl Fixture {
    async fn new() -> Self {
        Self {
            server: TestServer::start().await.unwrap(),
        }
    }

    fn users(&self) -> [Client<'_>; 3] {
        ["alice", "bob", "carol"].map(|name| Client::user(&self.server, name))
    }

    /// Creates four notifications for Alice and returns the ID of her status: Bob and Carol
    /// favourite it, Carol boosts it, and Bob mentions Alice.
    async fn create_notifications(&self) -> String {
        let [alice, bob, carol] = self.users();
        let id = alice.post_text("look").await;
        bob.act_on_status(&id, "favourite").await;
        carol.act_on_status(&id, "favourite").await;
        carol.act_on_status(&id, "reblog").await;
        bob.post_text("hello @alice").await;
        id
    }
}

#[tokio::test]
async fn notifications_can_be_filtered_by_type_and_account_and_paged() {
    let fixture = Fixture::new().await;
    let [alice, bob, _] = fixture.users();
    let status = fixture.create_notifications().await;
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
    let from_bob = format!("account_id={}", account_id(&bob, "bob").await);
    assert_eq!(types(&alice, &from_bob).await, ["mention", "favourite"]);
    let first = alice.get(&format!("{LIST}?limit=3")).await;
    assert_eq!(first.json[1]["status"]["id"], status.as_str());
    let next = first.link("next").unwrap();
    let second = alice.get(&next).await;
    assert_eq!(second.json.as_array().unwrap().len(), 1);
    let first_again = alice.get(&second.link("prev").unwrap()).await.ok();
    assert_eq!(first_again, first.json);
}

#[tokio::test]
async fn notification_can_be_fetched_and_dismissed_and_all_can_be_cleared() {
    let fixture = Fixture::new().await;
    let [alice, bob, _] = fixture.users();
    fixture.create_notifications().await;
    let list = alice.get(LIST).await.ok();
    let path = format!("{LIST}/{}", list[0]["id"].as_str().unwrap());
    assert_eq!(alice.get(&path).await.ok(), list[0]);
    assert_eq!(bob.get(&path).await.status, 404);
    assert_eq!(
        bob.post(&format!("{path}/dismiss"), json!({})).await.status,
        404
    );
    assert_eq!(
        alice.post(&format!("{path}/dismiss"), json!({})).await.ok(),
        json!({})
    );
    assert_eq!(alice.get(&path).await.status, 404);
    assert_eq!(types(&alice, "").await.len(), 3);
    alice.post(&format!("{LIST}/clear"), json!({})).await.ok();
    assert_eq!(alice.get(LIST).await.ok(), json!([]));
    fixture.create_notifications().await;
    alice.post(&format!("{GROUPS}/clear"), json!({})).await.ok();
    assert_eq!(alice.get(LIST).await.ok(), json!([]));
}

#[tokio::test]
async fn notifications_newer_than_the_marker_are_unread() {
    let fixture = Fixture::new().await;
    let [alice, bob, _] = fixture.users();
    let status = fixture.create_notifications().await;
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
    bob.post_text("again @alice").await;
    bob.act_on_status(&status, "reblog").await;
    assert_eq!(count("/api/v1/notifications/unread_count").await, 2);
    assert_eq!(count("/api/v2/notifications/unread_count").await, 2);
}

#[tokio::test]
async fn types_that_every_client_is_expected_to_support_have_no_fallback() {
    let fixture = Fixture::new().await;
    let [alice, ..] = fixture.users();
    fixture.create_notifications().await;
    let list = alice
        .get(&format!("{LIST}?supported_types[]=mention"))
        .await
        .ok();
    let list = list.as_array().unwrap();
    assert_eq!(list[1]["type"], "reblog");
    assert!(list.iter().all(|item| item.get("fallback").is_none()));
}

#[tokio::test]
async fn notifications_of_one_type_for_one_status_form_one_group() {
    let fixture = Fixture::new().await;
    let [alice, bob, carol] = fixture.users();
    let status = fixture.create_notifications().await;
    let response = alice.get(GROUPS).await.ok();
    let groups = response["notification_groups"].as_array().unwrap();
    let group_types: Vec<&Value> = groups.iter().map(|group| &group["type"]).collect();
    assert_eq!(group_types, ["mention", "reblog", "favourite"]);
    let group = &groups[2];
    let ids = [
        account_id(&carol, "carol").await,
        account_id(&bob, "bob").await,
    ];
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
    assert_eq!(response["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(response["statuses"].as_array().unwrap().len(), 2);
    assert_eq!(response.get("partial_accounts"), None);
    let list = alice.get(LIST).await.ok();
    assert_eq!(
        (&list[2]["group_key"], &list[3]["group_key"]),
        (&group["group_key"], &group["group_key"])
    );
    let ungrouped = alice
        .get(&format!("{GROUPS}?grouped_types[]=reblog"))
        .await
        .ok();
    assert_eq!(
        ungrouped["notification_groups"].as_array().unwrap().len(),
        4
    );
}

#[tokio::test]
async fn group_is_closed_after_twelve_hours() {
    let fixture = Fixture::new().await;
    let [alice, bob, carol] = fixture.users();
    let id = alice.post_text("look").await;
    bob.act_on_status(&id, "favourite").await;
    fixture
        .server
        .clock()
        .advance(Duration::from_secs(13 * 3600));
    carol.act_on_status(&id, "favourite").await;
    let response = alice.get(GROUPS).await.ok();
    assert_eq!(response["notification_groups"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn partial_avatars_returns_only_the_latest_account_in_full() {
    let fixture = Fixture::new().await;
    let [alice, bob, carol] = fixture.users();
    let id = alice.post_text("look").await;
    bob.act_on_status(&id, "favourite").await;
    carol.act_on_status(&id, "favourite").await;
    let response = alice
        .get(&format!("{GROUPS}?expand_accounts=partial_avatars"))
        .await
        .ok();
    assert_eq!(response["accounts"][0]["username"], "carol");
    let partial = response["partial_accounts"].as_array().unwrap();
    assert_eq!((partial.len(), &partial[0]["acct"]), (1, &json!("bob")));
    assert_eq!(partial[0].get("note"), None);
}

#[tokio::test]
async fn groups_are_paged_and_the_next_link_omits_expand_accounts() {
    let fixture = Fixture::new().await;
    let [alice, ..] = fixture.users();
    fixture.create_notifications().await;
    let first = alice
        .get(&format!("{GROUPS}?limit=2&expand_accounts=partial_avatars"))
        .await;
    let next = first.link("next").unwrap();
    assert!(!next.contains("expand_accounts"), "{next}");
    let second = alice.get(&next).await;
    let groups = second.json["notification_groups"].as_array().unwrap();
    assert_eq!((groups.len(), &groups[0]["type"]), (1, &json!("favourite")));
    // Each page that is not empty has a link, also the last one. Older members of a group are on a page of their own.
    let mut page = alice.get(&second.link("next").unwrap()).await;
    while page.json["notification_groups"] != json!([]) {
        page = alice.get(&page.link("next").unwrap()).await;
    }
    assert_eq!((page.link("next"), page.link("prev")), (None, None));
    let first_again = alice.get(&second.link("prev").unwrap()).await.ok();
    let types_of = |page: &Value| {
        let groups = page["notification_groups"].as_array().unwrap().clone();
        groups
            .iter()
            .map(|group| group["type"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(types_of(&first_again), types_of(&first.json));
}

#[tokio::test]
async fn group_can_be_fetched_by_key_and_dismissed() {
    let fixture = Fixture::new().await;
    let [alice, ..] = fixture.users();
    fixture.create_notifications().await;
    let response = alice.get(GROUPS).await.ok();
    let key = |index: usize| {
        response["notification_groups"][index]["group_key"]
            .as_str()
            .unwrap()
    };
    let path = format!("{GROUPS}/{}", key(2));
    let group = alice.get(&path).await.ok();
    assert_eq!(group["notification_groups"][0]["notifications_count"], 2);
    assert_eq!(group["notification_groups"][0].get("page_max_id"), None);
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
async fn policy_has_mastodons_defaults_and_accepts_partial_updates() {
    let fixture = Fixture::new().await;
    let [alice, ..] = fixture.users();
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
        .send_json("PATCH", POLICY, &json!({ "for_bots": "drop" }))
        .await
        .ok();
    assert_eq!(changed, policy);
    let rejected = alice
        .send_json("PATCH", POLICY, &json!({ "for_bots": "dance" }))
        .await;
    assert_eq!(rejected.status, 500);
    let v1 = alice.get("/api/v1/notifications/policy").await.ok();
    assert_eq!(
        (&v1["filter_bots"], &v1["filter_new_accounts"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(v1.get("filter_limited_accounts"), None);
    let change = json!({ "filter_not_following": true, "filter_bots": false });
    alice
        .send_json("PUT", "/api/v1/notifications/policy", &change)
        .await
        .ok();
    let policy = alice.get(POLICY).await.ok();
    assert_eq!(
        (&policy["for_not_following"], &policy["for_bots"]),
        (&json!("filter"), &json!("accept"))
    );
}

/// Counts the notifications of Alice that one mention by Bob adds, filtered ones included:
/// first with `filter` for the policy category, then with `drop`.
async fn added_by_filter_and_drop(
    fixture: &Fixture,
    category: &str,
    prepare: impl AsyncFn(&Fixture),
) -> [usize; 2] {
    let [alice, bob, _] = fixture.users();
    prepare(fixture).await;
    let mut added = [0, 0];
    for (index, action) in ["filter", "drop"].into_iter().enumerate() {
        alice
            .send_json("PATCH", POLICY, &json!({ category: action }))
            .await
            .ok();
        let before = types(&alice, "include_filtered=true").await.len();
        bob.post_text(&format!("hey @alice {action}")).await;
        added[index] = types(&alice, "include_filtered=true").await.len() - before;
    }
    added
}

#[tokio::test]
async fn each_policy_category_can_be_filtered_or_dropped() {
    for (category, prepare) in [
        ("for_not_following", None),
        ("for_not_followers", None),
        ("for_new_accounts", None),
        ("for_limited_accounts", Some("limit")),
        ("for_bots", Some("bot")),
    ] {
        let fixture = Fixture::new().await;
        let prepare = async |fixture: &Fixture| match prepare {
            Some("limit") => fixture.server.limit_account("bob"),
            Some(_) => {
                let bob = Client::user(&fixture.server, "bob");
                let path = "/api/v1/accounts/update_credentials";
                bob.send_json("PATCH", path, &json!({ "bot": true }))
                    .await
                    .ok();
            }
            None => {}
        };
        assert_eq!(
            added_by_filter_and_drop(&fixture, category, prepare).await,
            [1, 0],
            "{category}"
        );
        let alice = Client::user(&fixture.server, "alice");
        assert_eq!(types(&alice, "").await.len(), 0, "{category}");
        let filtered = alice
            .get(&format!("{LIST}?include_filtered=true"))
            .await
            .ok();
        assert_eq!(filtered[0]["filtered"], true);
    }
}

#[tokio::test]
async fn long_standing_mutual_follows_are_not_filtered() {
    let fixture = Fixture::new().await;
    let [alice, ..] = fixture.users();
    follow(&alice, "bob").await;
    fixture.server.clock().advance(31 * DAY);
    for category in [
        "for_not_following",
        "for_not_followers",
        "for_new_accounts",
        "for_bots",
    ] {
        assert_eq!(
            added_by_filter_and_drop(&fixture, category, async |_: &Fixture| {}).await,
            [1, 1],
            "{category}"
        );
    }
    assert_eq!(types(&alice, "").await.len(), 8);
}

#[tokio::test]
async fn private_mention_is_filtered_unless_the_user_started_the_conversation() {
    let fixture = Fixture::new().await;
    let [alice, bob, carol] = fixture.users();
    bob.post_direct("psst @alice", None).await;
    assert_eq!(types(&alice, "").await.len(), 0);
    let started = alice.post_direct("psst @carol", None).await;
    carol.post_direct("yes, @alice?", Some(&started)).await;
    assert_eq!(types(&alice, "").await, ["mention"]);
    let policy = alice.get(POLICY).await.ok();
    assert_eq!(
        policy["summary"],
        json!({ "pending_requests_count": 1, "pending_notifications_count": 1 })
    );
}

#[tokio::test]
async fn accepting_a_request_shows_its_notifications_and_later_ones() {
    let fixture = Fixture::new().await;
    let [alice, bob, _] = fixture.users();
    bob.post_direct("one @alice", None).await;
    let last = bob.post_direct("two @alice", None).await;
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
    bob.post_direct("three @alice", None).await;
    assert_eq!(types(&alice, "").await.len(), 3);
}

#[tokio::test]
async fn dismissed_request_reappears_with_the_next_notification() {
    let fixture = Fixture::new().await;
    let [alice, bob, carol] = fixture.users();
    for client in [&bob, &carol] {
        client.post_direct("one @alice", None).await;
    }
    let list = alice.get(REQUESTS).await.ok();
    let id = |index: usize| list[index]["id"].as_str().unwrap();
    let path = format!("{REQUESTS}/{}/dismiss", id(0));
    alice.post(&path, json!({})).await.ok();
    assert_eq!(types(&alice, "include_filtered=true").await.len(), 1);
    carol.post_direct("two @alice", None).await;
    let list = alice.get(REQUESTS).await.ok();
    let ids: Vec<&Value> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|request| &request["id"])
        .collect();
    assert_eq!(ids.len(), 2);
    alice
        .post(&format!("{REQUESTS}/dismiss"), json!({ "id": ids }))
        .await
        .ok();
    assert_eq!(alice.get(REQUESTS).await.ok(), json!([]));
    // Only the dismissal of a single request deletes its notifications.
    assert_eq!(types(&alice, "include_filtered=true").await.len(), 2);
}

#[tokio::test]
async fn several_requests_can_be_accepted_at_once() {
    let fixture = Fixture::new().await;
    let [alice, bob, carol] = fixture.users();
    for client in [&bob, &carol] {
        client.post_direct("one @alice", None).await;
    }
    let list = alice.get(&format!("{REQUESTS}?limit=1")).await;
    let rest = alice.get(&list.link("next").unwrap()).await.ok();
    let form = format!(
        "id[]={}&id[]={}&id[]=1",
        list.json[0]["id"].as_str().unwrap(),
        rest[0]["id"].as_str().unwrap()
    );
    alice
        .send_form("POST", &format!("{REQUESTS}/accept"), &form)
        .await
        .ok();
    assert_eq!(types(&alice, "").await, ["mention", "mention"]);
}
