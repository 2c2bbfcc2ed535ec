//! Responses that differ from the documentation: what is kept, what is absent, what is rejected, and what is
//! reported.

mod lists;
mod optional_values;
mod ranges;
mod secrets;
mod shapes;
mod unknown_fields;
mod writes;

use mastodon_types::json::{Problem, RejectedItem};
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::fixtures::{account, status};
use crate::support::{ScriptedServer, json_response};

/// A value at a JSON pointer of a response, what is decoded instead, and the number of reported problems.
type Case = (&'static str, &'static str, &'static str, usize);

/// Instead of a decoded value: the field is absent.
const ABSENT: &str = "";

/// A status with all kinds of values.
fn full_status(id: &str) -> Value {
    let poll = json!({
        "id": "9", "expires_at": "2026-02-01T00:00:00.000Z", "expired": false, "multiple": false, "votes_count": 3,
        "options": [{ "title": "Yes", "votes_count": 2 }, { "title": "No", "votes_count": 1 }], "emojis": [],
    });
    let card = json!({
        "url": "https://news.example/1", "title": "News", "type": "link", "width": 400, "height": 300,
        "published_at": "2026-01-01T00:00:00.000Z",
        "authors": [{ "name": "Eve", "url": "https://news.example/eve", "account": account("4", "eve") }],
    });
    let media = json!({
        "id": "3", "type": "image", "url": "https://files.example/1.png", "description": "A cat",
        "meta": { "original": { "width": 640, "height": 480, "aspect": 1.5 }, "focus": { "x": 0.5, "y": -0.5 } },
    });
    let emoji = json!({ "shortcode": "cat", "url": "https://files.example/cat.png", "visible_in_picker": true });
    let mut author = account("2", "bob");
    author["fields"] = json!([{ "name": "Site", "value": "https://bob.example" }]);
    author["emojis"] = json!([emoji]);
    status(&[
        ("id", json!(id)),
        ("account", author),
        ("replies_count", json!(2)),
        ("language", json!("en")),
        ("poll", poll),
        ("card", card),
        ("media_attachments", json!([media])),
        (
            "tags",
            json!([{ "name": "cats", "url": "https://a.example/tags/cats" }]),
        ),
        ("emojis", json!([emoji])),
        ("application", json!({ "name": "Web", "website": null })),
    ])
}

/// The JSON of a value in which the value at the pointer is replaced, or added to its object.
fn with_json(mut body: Value, pointer: &str, json: &str) -> String {
    const PLACEHOLDER: &str = "\u{1}";
    if pointer.is_empty() {
        return json.to_owned();
    }
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = PLACEHOLDER.into(),
        parent => parent[key] = PLACEHOLDER.into(),
    }
    body.to_string().replace(r#""\u0001""#, json)
}

/// The path of a problem with the value at a JSON pointer.
fn path(pointer: &str) -> String {
    let mut path = String::new();
    for segment in pointer.split('/').skip(1) {
        if segment.parse::<usize>().is_ok() {
            path.push_str(&format!("[{segment}]"));
        } else if path.is_empty() {
            path.push_str(segment);
        } else {
            path.push_str(&format!(".{segment}"));
        }
    }
    path
}

/// Compares a decoded value and its problems with a case. Returns the difference.
fn difference(
    case: &Case,
    prefix: &str,
    decoded: &impl Serialize,
    problems: &[Problem],
) -> Option<String> {
    let (pointer, json, expected, count) = *case;
    let decoded = serde_json::to_value(decoded).unwrap();
    let expected: Value = serde_json::from_str(expected).unwrap_or_default();
    let actual = decoded.pointer(pointer).cloned().unwrap_or_default();
    let path = format!("{prefix}{}", path(pointer));
    let paths_match = problems
        .iter()
        .all(|problem| problem.path.starts_with(&path));
    (actual != expected || problems.len() != count || !paths_match).then(|| {
        format!(
            "{pointer} = {json}: {actual} instead of {expected}, {count} problems: {problems:?}"
        )
    })
}

/// Checks how statuses are decoded that differ in one value, in the middle of a timeline.
async fn check_statuses(cases: &[Case]) {
    let timeline = |(pointer, json, ..): &Case| {
        let malformed = with_json(full_status("2"), pointer, json);
        json_response(
            200,
            "",
            &format!("[{},{malformed},{}]", full_status("1"), full_status("3")),
        )
    };
    let server = ScriptedServer::start(cases.iter().map(timeline).collect()).await;
    let client = server.client();
    let mut differences = Vec::new();
    for case in cases {
        let response = client.timeline_home().response().await.unwrap();
        assert_eq!(
            response.value.len(),
            3,
            "{case:?}: {:?}",
            response.rejected()
        );
        assert_eq!(response.rejected(), [], "{case:?}");
        differences.extend(difference(
            case,
            "[1].",
            &response.value[1],
            response.problems(),
        ));
        for (whole, id) in [(0, "1"), (2, "3")] {
            assert_eq!(response.value[whole].id, id);
            assert!(response.value[whole].card.is_some());
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

/// The rejected items as text: position, path, and what was expected and found.
fn rejections(items: &[RejectedItem]) -> Vec<String> {
    let text = |item: &RejectedItem| format!("{} {}", item.position, item.problem);
    items.iter().map(text).collect()
}
