//! Items of a list that cannot be read are left out and reported, and all others are kept.

use mastodon_sdk::{Mastodon, Page, Tag};
use mastodon_types::json::RejectedItem;
use serde_json::{Value, json};

use super::{full_status, rejections, with_json};
use crate::support::fixtures::{account, with_fields};
use crate::support::{ScriptedServer, json_response, ok_json, request_line};

#[tokio::test]
async fn unreadable_item_of_a_timeline_is_rejected_with_its_position_and_reason() {
    let malformed = |pointer, json| with_json(full_status("2"), pointer, json);
    let items = [
        (
            "null".to_owned(),
            "[1]: expected an object (Status), found null",
        ),
        (
            r#""text""#.to_owned(),
            r#"[1]: expected an object (Status), found "text""#,
        ),
        ("7".to_owned(), "[1]: expected an object (Status), found 7"),
        (
            "[7]".to_owned(),
            "[1]: expected an object (Status), found [7]",
        ),
        ("{}".to_owned(), "[1]: expected the field `id`, found {}"),
        (
            "[]".to_owned(),
            "[1]: expected an object (Status), found []",
        ),
        (
            malformed("/account", "null"),
            "[1].account: expected an object (Account), found null",
        ),
        (
            malformed("/account", "{}"),
            "[1].account: expected the field `id`, found {}",
        ),
        (
            malformed("/account", r#""bob""#),
            r#"[1].account: expected an object (Account), found "bob""#,
        ),
        (
            malformed("/account/id", "null"),
            "[1].account.id: expected an ID, found null",
        ),
        (
            malformed("/account/acct", "[]"),
            "[1].account.acct: expected a string, found []",
        ),
        (malformed("/id", "{}"), "[1].id: expected an ID, found {}"),
    ];
    let timeline = |item: &str| format!("[{},{item},{}]", full_status("1"), full_status("3"));
    let script = items
        .iter()
        .map(|(item, _)| json_response(200, "", &timeline(item)));
    let server = ScriptedServer::start(script.collect()).await;
    let client = server.client();
    for (item, problem) in &items {
        let page = client.timeline_home().await.unwrap();
        let ids: Vec<_> = page.iter().map(|status| status.id.as_str()).collect();
        assert_eq!(ids, ["1", "3"], "{item}");
        assert_eq!(rejections(page.rejected()), [format!("1 {problem}")]);
        assert_eq!(page.rejected()[0].json, *item);
    }
}

#[tokio::test]
async fn unreadable_item_of_a_list_inside_an_entity_is_left_out() {
    // Pointer to a list with one item, what is sent before and after that item, and the number of problems.
    let cases = [
        ("/tags", "null,", ",null", 2),
        ("/tags", "", ",{},\"cats\"", 2),
        ("/mentions", r#"null,{"id":"1"},"#, "", 2),
        ("/emojis", "null,", ",[]", 2),
        ("/account/fields", "null,", ",7", 2),
        ("/account/emojis", r#"{"shortcode":"dog"},"#, "", 1),
        ("/media_attachments", r#"null,{"type":"image"},"#, "", 2),
        ("/poll/options", "", ",null", 1),
        ("/card/authors", "[[]],", "", 1),
    ];
    let status = || {
        let mut status = full_status("2");
        status["mentions"] = json!([{ "id": "1", "acct": "alice" }]);
        status["poll"]["options"] = json!([{ "title": "Yes" }]);
        status
    };
    let script = cases.map(|(pointer, before, after, _)| {
        let item = status().pointer(pointer).unwrap()[0].to_string();
        let malformed = with_json(status(), pointer, &format!("[{before}{item}{after}]"));
        json_response(200, "", &format!("[{malformed}]"))
    });
    let server = ScriptedServer::start(script.to_vec()).await;
    let client = server.client();
    for (pointer, before, after, problems) in cases {
        let response = client.timeline_home().response().await.unwrap();
        let value = serde_json::to_value(&response.value[0]).unwrap();
        let kept = value.pointer(pointer).unwrap().as_array().unwrap();
        assert_eq!(kept.len(), 1, "{pointer}: {before}…{after}");
        assert_eq!(
            response.problems().len(),
            problems,
            "{pointer}: {:?}",
            response.problems()
        );
        assert_eq!(response.rejected(), [], "{pointer}");
    }
}

#[tokio::test]
async fn attachment_without_type_is_kept_and_emoji_without_url_is_left_out() {
    let mut status = full_status("1");
    status["media_attachments"] = json!([{ "id": "3", "url": "https://files.example/1.png" }]);
    status["emojis"] = json!([{ "shortcode": "cat" }, { "shortcode": "dog", "url": "https://files.example/dog.png" }]);
    let server = ScriptedServer::start(vec![ok_json(&status)]).await;
    let response = server.client().status("1").response().await.unwrap();
    assert_eq!(response.value.media_attachments[0].kind.as_str(), "");
    let emojis: Vec<_> = response
        .value
        .emojis
        .iter()
        .map(|emoji| emoji.shortcode.as_str())
        .collect();
    assert_eq!(emojis, ["dog"]);
    let reason = r#"emojis[0]: expected the field `url`, found {"shortcode":"cat"}"#;
    let problems: Vec<_> = response
        .problems()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(problems, [reason]);
    assert_eq!(rejections(response.rejected()), [format!("0 {reason}")]);
}

/// Number of kept items and paths of the rejected ones.
type Outcome = (usize, Vec<String>);

fn outcome<T>(kept: &[T], rejected: &[RejectedItem]) -> Outcome {
    (
        kept.len(),
        rejected
            .iter()
            .map(|item| item.problem.path.clone())
            .collect(),
    )
}

fn page_outcome<T: serde::de::DeserializeOwned>(page: &Page<T>) -> Outcome {
    outcome(page, page.rejected())
}

/// A list with two readable and three unreadable items.
fn list(good: &Value) -> Value {
    json!([null, good, "text", good, []])
}

/// Calls a method that returns a list, and expects that it keeps two items and rejects three.
macro_rules! keeps_two_of_five {
    ($($good:expr => |$client:ident| $outcome:expr;)*) => {$({
        let server = ScriptedServer::start(vec![ok_json(&list(&$good))]).await;
        let $client: &Mastodon = &server.client();
        let rejected = ["[0]", "[2]", "[4]"].map(str::to_owned).to_vec();
        assert_eq!($outcome, (2, rejected), "{}", server.request_lines()[0]);
    })*};
}

#[tokio::test]
async fn every_list_keeps_its_readable_items() {
    let account = account("2", "bob");
    let status = full_status("1");
    let tag = json!({ "name": "rust", "url": "https://a.example/tags/rust" });
    let notification = json!({ "id": "1", "type": "follow", "created_at": "2026-01-01T00:00:00Z", "account": account });
    let conversation =
        json!({ "id": "1", "unread": false, "accounts": [account], "last_status": status });
    let folder = json!({ "id": "1", "title": "Friends" });
    let link = json!({ "url": "https://news.example/1", "title": "News" });
    let emoji = json!({ "shortcode": "cat", "url": "https://files.example/cat.png" });
    let relationship = json!({ "id": "2", "following": true });
    keeps_two_of_five! {
        status => |client| page_outcome(&client.timeline_home().await.unwrap());
        status => |client| page_outcome(&client.timeline_public().await.unwrap());
        status => |client| page_outcome(&client.account_statuses("2").await.unwrap());
        status => |client| page_outcome(&client.bookmarks().await.unwrap());
        status => |client| page_outcome(&client.trending_statuses().await.unwrap());
        notification => |client| page_outcome(&client.notifications().await.unwrap());
        account => |client| page_outcome(&client.account_followers("2").await.unwrap());
        account => |client| page_outcome(&client.blocks().await.unwrap());
        account => |client| page_outcome(&client.list_accounts("1").await.unwrap());
        account => |client| page_outcome(&client.directory().await.unwrap());
        conversation => |client| page_outcome(&client.conversations().await.unwrap());
        tag => |client| page_outcome(&client.trending_tags().await.unwrap());
        tag => |client| page_outcome(&client.followed_tags().await.unwrap());
        link => |client| page_outcome(&client.trending_links().await.unwrap());
        folder => |client| { let lists = client.lists().response().await.unwrap(); outcome(&lists.value, lists.rejected()) };
        emoji => |client| { let emojis = client.custom_emojis().response().await.unwrap(); outcome(&emojis.value, emojis.rejected()) };
        relationship => |client| {
            let found = client.account_relationships(["2"]).response().await.unwrap();
            outcome(&found.value, found.rejected())
        };
    }
}

#[tokio::test]
async fn trends_without_any_readable_item_are_an_empty_page() {
    let server = ScriptedServer::start(vec![ok_json(&json!([{}, {}]))]).await;
    let page: Page<Tag> = server.client().trending_tags().await.unwrap();
    assert!(page.is_empty());
    assert_eq!(
        rejections(page.rejected()),
        [
            "0 [0]: expected the field `name`, found {}",
            "1 [1]: expected the field `name`, found {}"
        ]
    );
}

#[tokio::test]
async fn lists_inside_an_object_keep_their_readable_items() {
    let search = json!({
        "accounts": [null, account("2", "bob")], "statuses": [full_status("1"), {}],
        "hashtags": ["rust", { "name": "rust", "url": "" }],
    });
    let context = json!({ "ancestors": [full_status("1"), null], "descendants": [null, full_status("2"), "text"] });
    let group = |key: &str| json!({ "group_key": key, "notifications_count": 1, "type": "follow", "most_recent_notification_id": "9" });
    let grouped = json!({
        "accounts": [account("2", "bob"), null], "statuses": [null],
        "notification_groups": [group("a"), null, {}, group("b")],
    });
    let server =
        ScriptedServer::start([search, context, grouped].iter().map(ok_json).collect()).await;
    let client = server.client();
    let found = client.search_v2("rust").response().await.unwrap();
    let counts = (
        found.value.accounts.len(),
        found.value.statuses.len(),
        found.value.hashtags.len(),
    );
    assert_eq!(counts, (1, 1, 1));
    assert_eq!(
        rejections(found.rejected()),
        [
            "0 accounts[0]: expected an object (Account), found null",
            r#"0 hashtags[0]: expected an object (Tag), found "rust""#,
            "1 statuses[1]: expected the field `id`, found {}",
        ]
    );
    let context = client.status_context("1").response().await.unwrap();
    assert_eq!(
        (
            context.value.ancestors.len(),
            context.value.descendants.len()
        ),
        (1, 1)
    );
    let paths: Vec<_> = context
        .rejected()
        .iter()
        .map(|item| item.problem.path.as_str())
        .collect();
    assert_eq!(paths, ["ancestors[1]", "descendants[0]", "descendants[2]"]);
    let page = client.grouped_notifications().await.unwrap();
    let keys: Vec<_> = page.iter().map(|group| group.group_key.as_str()).collect();
    assert_eq!(keys, ["a", "b"]);
    let paths: Vec<_> = page
        .rejected()
        .iter()
        .map(|item| item.problem.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "accounts[1]",
            "notification_groups[1]",
            "notification_groups[2]",
            "statuses[0]"
        ]
    );
    assert_eq!(page.body().accounts.len(), 1);
}

#[tokio::test]
async fn items_and_pages_continue_after_rejected_items() {
    let page = |items: &Value, next: Option<u32>| {
        let link =
            next.map(|id| format!("link: <https://a.example/x?max_id={id}>; rel=\"next\"\r\n"));
        json_response(200, &link.unwrap_or_default(), &items.to_string())
    };
    let script = || {
        vec![
            page(&json!([full_status("9"), null]), Some(8)),
            page(&json!([{}, "text", null]), Some(5)),
            page(&json!([null, full_status("4")]), Some(4)),
            page(&json!([]), None),
        ]
    };
    let server = ScriptedServer::start(script()).await;
    let mut items = server.client().timeline_home().items();
    let mut ids = Vec::new();
    while let Some(status) = items.try_next().await.unwrap() {
        ids.push(status.id.to_string());
    }
    assert_eq!(ids, ["9", "4"]);

    let server = ScriptedServer::start(script()).await;
    let mut pages = server.client().timeline_home().pages();
    let mut counts = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        counts.push((page.len(), page.rejected().len()));
    }
    assert_eq!(counts[..3], [(1, 1), (0, 3), (1, 1)]);

    let server = ScriptedServer::start(script()).await;
    let first = server.client().timeline_home().await.unwrap();
    let second = first.next().await.unwrap().unwrap();
    assert!(second.is_empty() && second.has_next());
    assert_eq!(second.next().await.unwrap().unwrap().len(), 1);

    let server = ScriptedServer::start(script()).await;
    let first = server.client().timeline_home().await.unwrap();
    assert_eq!(first.remaining().await.unwrap().len(), 2);
}

#[tokio::test]
async fn next_offset_counts_rejected_items() {
    let account = |id: &str| account(id, "bob");
    let server = ScriptedServer::start(vec![
        ok_json(&json!([account("1"), null, account("2")])),
        ok_json(&json!([null, {}])),
        ok_json(&json!([account("3")])),
        ok_json(&json!([])),
    ])
    .await;
    let mut items = server.client().directory().items();
    let mut ids = Vec::new();
    while let Some(account) = items.try_next().await.unwrap() {
        ids.push(account.id.to_string());
    }
    assert_eq!(ids, ["1", "2", "3"]);
    let requests = server.requests();
    let offsets: Vec<_> = requests
        .iter()
        .map(|request| request_line(request))
        .collect();
    assert_eq!(
        offsets,
        ["", "?offset=3", "?offset=5", "?offset=6"]
            .map(|query| format!("GET /api/v1/directory{query}"))
    );
}

#[tokio::test]
async fn rejected_item_shows_the_json_that_the_server_sent() {
    let reduced = with_fields(json!({ "id": "2" }), &json!({ "content": "é 日本" }));
    let body = format!("[ {} , {reduced} ]", full_status("1"));
    let server = ScriptedServer::start(vec![json_response(200, "", &body)]).await;
    let response = server.client().timeline_home().response().await.unwrap();
    assert_eq!(response.value.rejected(), response.rejected());
    let [rejected] = response.rejected() else {
        panic!("{:?}", response.rejected())
    };
    assert_eq!(
        serde_json::from_str::<Value>(&rejected.json).unwrap(),
        reduced
    );
    assert_eq!(response.problems(), std::slice::from_ref(&rejected.problem));
}
