//! Statuses and what belongs to users, from a seed.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use super::{call, client, get, post, seed_error, seeded};
use crate::client::ids;

const SEED: &str = "
clock: 2026-01-31T12:00:00Z
roles: [{ name: Helper, permissions: [manage_reports], position: 5 }]
emojis: [{ shortcode: ferris, category: Animals }]
users:
  - { username: alice, role: Owner, tokens: [{ token: alice }] }
  - { username: bob, role: Helper, tokens: [{ token: bob }] }
  - { username: carol, silenced: true }
  - { username: erin@elsewhere.example }
follows:
  - { from: alice, to: bob }
  - { from: alice, to: erin@elsewhere.example }
mutes: [{ user: alice, target: carol }]
blocks: [{ user: bob, target: carol }]
domain_blocks: [{ user: bob, domain: Nasty.example }]
media:
  - { label: cat, user: alice, id: 500, description: A cat, focus: [0.5, -0.5] }
statuses:
  - label: first
    user: alice
    id: 1000
    text: 'Hello @bob #rust'
    created_at: 2026-01-30T12:00:00Z
    visibility: unlisted
    language: de
    spoiler_text: Greeting
    media: [cat]
    pinned: true
    favourited_by: [bob, erin@elsewhere.example]
    boosted_by: [bob]
    bookmarked_by: [bob]
  - { label: answer, user: bob, text: '@alice Hi', reply_to: first, created_at: -2h }
  - { user: erin@elsewhere.example, boost_of: answer, id: 2000, created_at: -1h }
  - { user: alice, quote: answer, text: Quoting, notify: false }
  - label: poll
    user: alice
    text: Which?
    created_at: -2d
    poll:
      options: [a, b]
      expires_at: -1d
      multiple: true
      votes: [{ user: bob, choices: [0, 1] }]
scheduled_statuses:
  - { user: alice, scheduled_at: +1h, text: Later, id: 9 }
notifications:
  - { to: alice, type: favourite, from: carol, status: first }
  - { to: bob, type: follow, from: erin@elsewhere.example }
lists:
  - { user: alice, title: Friends, id: 3, accounts: [bob], replies_policy: none, exclusive: true }
filters:
  - { user: alice, title: Rude, context: [home, thread], action: hide, keywords: [{ keyword: rude, whole_word: false }], statuses: [answer] }
collections:
  - { user: alice, id: 4000, name: Crabs, accounts: [bob] }
trends: { tags: [Crabs], links: ['https://rust-lang.org/'], statuses: [answer] }
announcements:
  - { text: Welcome, published_at: -1d, read_by: [bob], reactions: [{ name: ferris, users: [alice, bob] }] }
";

#[tokio::test]
async fn seed_defines_statuses_and_the_acts_on_them() {
    let server = seeded(SEED).await;
    let bob = client(&server, "bob");
    let first = bob.fetch_status("1000").await;
    for (pointer, expected) in [
        ("/created_at", json!("2026-01-30T12:00:00.000Z")),
        ("/visibility", json!("unlisted")),
        ("/language", json!("de")),
        ("/spoiler_text", json!("Greeting")),
        ("/sensitive", json!(true)),
        ("/mentions/0/username", json!("bob")),
        ("/tags/0/name", json!("rust")),
        ("/media_attachments/0/id", json!("500")),
        ("/media_attachments/0/description", json!("A cat")),
        ("/favourites_count", json!(2)),
        ("/reblogs_count", json!(1)),
        ("/replies_count", json!(1)),
        ("/favourited", json!(true)),
        ("/reblogged", json!(true)),
        ("/bookmarked", json!(true)),
    ] {
        assert_eq!(first.pointer(pointer), Some(&expected), "{pointer}");
    }
    let alice = client(&server, "alice");
    let boost = alice.fetch_status("2000").await;
    assert_eq!(
        (&boost["account"]["acct"], &boost["reblog"]["content"]),
        (
            &json!("erin@elsewhere.example"),
            &json!(boost["reblog"]["content"])
        )
    );
    assert_eq!(boost["reblog"]["in_reply_to_id"], "1000");
    let own = alice.get("/api/v1/accounts/verify_credentials").await.ok();
    let path = format!("/api/v1/accounts/{}/statuses", own["id"].as_str().unwrap());
    let pinned = alice.get(&format!("{path}?pinned=true")).await.ok();
    assert_eq!(ids(&pinned), ["1000"]);
    let statuses = alice.get(&path).await.ok();
    let poll = statuses
        .as_array()
        .unwrap()
        .iter()
        .find(|status| status["poll"].is_object())
        .unwrap();
    assert_eq!(
        (
            &poll["poll"]["expired"],
            &poll["poll"]["votes_count"],
            &poll["poll"]["voters_count"]
        ),
        (&json!(true), &json!(2), &json!(1))
    );
    let quoting = statuses
        .as_array()
        .unwrap()
        .iter()
        .find(|status| status["quote"].is_object())
        .unwrap();
    assert_eq!(quoting["quote"]["state"], "accepted");
    // The acts have created their notifications, except for the quote.
    let mut types = bob.notification_types().await;
    types.sort();
    assert_eq!(
        types,
        [
            "added_to_collection",
            "follow",
            "follow",
            "mention",
            "poll",
            "reblog"
        ]
    );
}

#[tokio::test]
async fn seed_defines_what_belongs_to_users_and_the_server() {
    let server = seeded(SEED).await;
    let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
    let own = alice.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!(own["role"]["name"], "Owner");
    let users = get(&server, "/users").await;
    assert_eq!(
        (&users[1]["role"], &users[2]["role"], &users[2]["silenced"]),
        (&json!("Helper"), &Value::Null, &json!(true))
    );
    let scheduled = alice.get("/api/v1/scheduled_statuses").await.ok();
    assert_eq!(
        (&scheduled[0]["id"], &scheduled[0]["params"]["text"]),
        (&json!("9"), &json!("Later"))
    );
    let list = alice.get("/api/v1/lists/3").await.ok();
    assert_eq!(
        (&list["title"], &list["replies_policy"], &list["exclusive"]),
        (&json!("Friends"), &json!("none"), &json!(true))
    );
    let members = alice.get("/api/v1/lists/3/accounts").await.ok();
    assert_eq!(members[0]["username"], "bob");
    let filters = alice.get("/api/v2/filters").await.ok();
    assert_eq!(
        (&filters[0]["filter_action"], &filters[0]["context"]),
        (&json!("hide"), &json!(["home", "thread"]))
    );
    assert_eq!(filters[0]["statuses"].as_array().unwrap().len(), 1);
    let collection = alice.get("/api/v1/collections/4000").await.ok();
    assert_eq!(collection["collection"]["name"], "Crabs", "{collection}");
    let announcements = bob
        .get("/api/v1/announcements?with_dismissed=true")
        .await
        .ok();
    let announcement = &announcements[0];
    assert_eq!(
        (
            &announcement["published_at"],
            &announcement["read"],
            &announcement["reactions"][0]["count"]
        ),
        (&json!("2026-01-30T12:00:00.000Z"), &json!(true), &json!(2))
    );
    let emojis = alice.get("/api/v1/custom_emojis").await.ok();
    assert_eq!(
        (emojis.as_array().unwrap().len(), &emojis[0]["shortcode"]),
        (1, &json!("ferris"))
    );
    let trend =
        async |path: &str| alice.get(&format!("/api/v1/trends/{path}")).await.ok()[0].clone();
    assert_eq!(trend("tags").await["name"], "Crabs");
    assert_eq!(trend("links").await["url"], "https://rust-lang.org/");
    assert_eq!(trend("statuses").await["account"]["username"], "bob");
    let mutes = alice.get("/api/v1/mutes").await.ok();
    assert_eq!(mutes[0]["username"], "carol");
    let blocks = bob.get("/api/v1/blocks").await.ok();
    assert_eq!(blocks[0]["username"], "carol");
    assert_eq!(
        bob.get("/api/v1/domain_blocks").await.ok(),
        json!(["nasty.example"])
    );
    post(&server, "/clock/advance", json!({ "seconds": 3601 })).await;
    assert_eq!(
        alice.get("/api/v1/scheduled_statuses").await.ok(),
        json!([])
    );
}

#[tokio::test]
async fn seed_error_in_a_status_names_the_place() {
    let users = "users: [{ username: a, role: ROLE }, { username: b }]\n";
    for (data, expected) in [
        (
            "statuses: [{ user: a, text: x, reply_to: y }]",
            "statuses[0].reply_to: unknown status `y`; the labels are none",
        ),
        (
            "statuses: [{ user: a, text: x, label: l }, { user: a, text: x, label: l }]",
            "statuses[1].label: another status has the label `l`",
        ),
        (
            "statuses: [{ user: a }]",
            "statuses[0]: Text can't be blank",
        ),
        (
            "statuses: [{ user: a, text: x, media: [7] }]",
            "statuses[0].media[0]: unknown media attachment `7`; the labels are none",
        ),
        (
            "statuses: [{ user: a, text: x, favourited_by: [b, c] }]",
            "statuses[0].favourited_by[1]: unknown user `c`; the users are `a`, `b`",
        ),
        (
            "statuses: [{ user: a, text: x, visibility: hidden }]",
            "statuses[0].visibility: unknown variant `hidden`, expected one of `public`,",
        ),
        (
            "statuses: [{ user: a, text: x, poll: { options: [a, b], votes: [{ user: b, choices: [2] }] } }]",
            "statuses[0].poll.votes[0].choices: choices are positions from 0 to 1",
        ),
        (
            "lists: [{ user: a, title: x, accounts: [b] }]",
            "lists[0].accounts[0]: the owner of a list must follow its members",
        ),
        (
            "filters: [{ user: a, title: x, context: [] }]",
            "filters[0].context: a filter needs at least one context",
        ),
        (
            "notifications: [{ to: a, from: b, type: mention }]",
            "notifications[0].status: a notification of the type `mention` needs a status",
        ),
        (
            "media: [{ user: a, content: { base64: eA== } }]",
            "media[0].content: the file is not media that Mastodon accepts",
        ),
        (
            "roles: [{ name: x, permissions: [fly] }]",
            "roles[0].permissions[0]: unknown permission `fly`; the permissions are ",
        ),
        (
            "emojis: [{ shortcode: ':a:' }]",
            "emojis[0].shortcode: `:a:` is not a shortcode",
        ),
        (
            "scheduled_statuses: [{ user: a, text: x, scheduled_at: -1h }]",
            "scheduled_statuses[0].scheduled_at: must be after the time of the clock",
        ),
    ] {
        let data = format!("{}{data}", users.replace("ROLE", "Owner"));
        let error = seed_error(&data).await;
        assert!(error.contains(expected), "{data}\n{error}\n{expected}");
    }
    let error = seed_error(&users.replace("ROLE", "admn")).await;
    let expected = "users[0].role: unknown role `admn`; the roles are `";
    assert!(error.contains(expected), "{error}");
}

#[tokio::test]
async fn announcement_is_changed_and_deleted() {
    let server = TestServer::start().await.unwrap();
    let id = post(&server, "/announcements", json!({ "text": "Hello" })).await["id"].clone();
    let path = format!("/announcements/{}", id.as_str().unwrap());
    call(&server, "PATCH", &path, &json!({ "text": "Bye" }))
        .await
        .ok();
    let alice = crate::client::Client::user(&server, "alice");
    let announcements = alice.get("/api/v1/announcements").await.ok();
    assert_eq!(announcements[0]["content"], "<p>Bye</p>");
    call(&server, "DELETE", &path, &Value::Null).await.ok();
    assert_eq!(alice.get("/api/v1/announcements").await.ok(), json!([]));
    assert_eq!(
        call(&server, "DELETE", &path, &Value::Null).await.status,
        404
    );
}
