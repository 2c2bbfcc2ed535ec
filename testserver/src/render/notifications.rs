//! Notifications, one by one and in groups.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{account, status};
use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::{
    Notification, NotificationPolicy, NotificationRequest, PolicyAction, PolicyCategory, State,
};
use crate::text::escape_html;

/// How far the server counts what is held back.
const MAX_COUNT: usize = 100;

/// A notification. Of a type that the client says not to know it tells in words.
pub(crate) fn notification(
    state: &State,
    found: &Notification,
    supported: Option<&[String]>,
    now: Timestamp,
) -> Value {
    let mut value = json!({
        "id": found.id.to_string(), "type": found.kind, "created_at": iso8601(found.created),
        "group_key": found.group_key(), "account": account(state, found.from),
    });
    if found.filtered {
        value["filtered"] = true.into();
    }
    if let Some(id) = found.status {
        let subject = state.statuses.get(&id);
        value["status"] = subject.map_or(Value::Null, |subject| {
            status(state, subject, Some(found.to), now)
        });
    }
    if let Some(fallback) = fallback(state, found, supported) {
        value["fallback"] = fallback;
    }
    value
}

/// What to show for a type that the client does not know.
pub(crate) fn fallback(
    state: &State,
    found: &Notification,
    supported: Option<&[String]>,
) -> Option<Value> {
    if supported?.iter().any(|kind| kind == found.kind) {
        return None;
    }
    let name = state
        .accounts
        .get(&found.from)
        .map(|account| escape_html(&account.acct()));
    let did = did(found.kind);
    let title = format!("<p>@{} {did}</p>", name.unwrap_or_default());
    Some(json!({ "title": title, "summary": null, "details": null }))
}

/// What an account did, after its name.
pub(crate) fn did(kind: &str) -> &'static str {
    match kind {
        "mention" => "mentioned you",
        "status" => "posted",
        "reblog" => "boosted your post",
        "follow" => "followed you",
        "follow_request" => "asked to follow you",
        "favourite" => "favourited your post",
        "poll" => "ran a poll that has ended",
        "update" => "edited a post",
        "quote" => "quoted your post",
        "quoted_update" => "edited a post you have quoted",
        _ => "did something",
    }
}

/// What a row of avatars needs of an account.
pub(crate) fn partial_account(state: &State, id: Id) -> Value {
    let whole = account(state, id);
    let names = [
        "id",
        "acct",
        "locked",
        "bot",
        "url",
        "avatar",
        "avatar_static",
        "avatar_description",
    ];
    let fields = names
        .iter()
        .map(|name| ((*name).to_owned(), whole[*name].clone()));
    Value::Object(fields.collect())
}

pub(crate) fn policy(state: &State, user: Id) -> Value {
    let policy = policy_of(state, user);
    let categories = PolicyCategory::ALL.iter();
    let categories = categories.map(|(category, name)| {
        (
            format!("for_{name}"),
            policy.action_for(*category).as_str().into(),
        )
    });
    with_summary(state, user, categories)
}

/// The policy in its first form, which knows nothing but holding back.
pub(crate) fn policy_v1(state: &State, user: Id) -> Value {
    let policy = policy_of(state, user);
    let categories = PolicyCategory::ALL
        .iter()
        .filter(|(category, _)| *category != PolicyCategory::LimitedAccounts);
    let categories = categories.map(|(category, name)| {
        let held_back = policy.action_for(*category) != PolicyAction::Accept;
        (format!("filter_{name}"), held_back.into())
    });
    with_summary(state, user, categories)
}

fn policy_of(state: &State, user: Id) -> NotificationPolicy {
    state
        .notification_settings
        .policies
        .get(&user)
        .cloned()
        .unwrap_or_default()
}

fn with_summary(
    state: &State,
    user: Id,
    categories: impl Iterator<Item = (String, Value)>,
) -> Value {
    let requests = || state.notification_requests_of(user);
    let held_back: usize = requests()
        .map(|request| state.filtered_count(request))
        .sum();
    let mut value = Value::Object(categories.collect());
    value["summary"] = json!({
        "pending_requests_count": requests().take(MAX_COUNT).count(), "pending_notifications_count": held_back,
    });
    value
}

pub(crate) fn request(state: &State, found: &NotificationRequest, now: Timestamp) -> Value {
    let mut value = json!({
        "id": found.id.to_string(), "created_at": iso8601(found.created), "updated_at": iso8601(found.updated),
        "notifications_count": state.filtered_count(found).min(MAX_COUNT).to_string(), "account": account(state, found.from),
    });
    let last = found.last_status.and_then(|id| state.statuses.get(&id));
    if let Some(last) = last {
        value["last_status"] = status(state, last, Some(found.to), now);
    }
    value
}
