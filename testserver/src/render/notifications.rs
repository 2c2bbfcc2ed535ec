//! Notifications, notification policies and requests.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::admin::about;
use super::{account, account_for, status};
use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::{
    Notification, NotificationPolicy, NotificationRequest, PolicyAction, PolicyCategory, State,
};
use crate::text::escape_html;

/// Maximum reported count of requests and of filtered notifications per request.
const MAX_COUNT: usize = 100;

/// Renders a notification, with a fallback text if the client does not support its type.
pub(crate) fn notification(
    state: &State,
    notification: &Notification,
    supported: Option<&[String]>,
    now: Timestamp,
) -> Value {
    let mut value = json!({
        "id": notification.id.to_string(), "type": notification.kind, "created_at": iso8601(notification.created),
        "group_key": notification.group_key(), "account": account_for(state, notification.from, Some(notification.to)),
    });
    if notification.filtered {
        value["filtered"] = true.into();
    }
    if let Some(id) = notification.status {
        let subject = state.statuses.get(&id);
        value["status"] = subject.map_or(Value::Null, |subject| {
            status(state, subject, Some(notification.to), now)
        });
    }
    if let Some((name, about)) = about(state, notification) {
        value[name] = about;
    }
    if let Some(fallback) = fallback(state, notification, supported) {
        value["fallback"] = fallback;
    }
    value
}

/// Renders what a client shows instead of a type that it does not support. Returns `None` if it
/// supports the type.
pub(crate) fn fallback(
    state: &State,
    notification: &Notification,
    supported: Option<&[String]>,
) -> Option<Value> {
    if supported?.iter().any(|kind| kind == notification.kind) {
        return None;
    }
    let name = state
        .accounts
        .get(&notification.from)
        .map(|account| escape_html(&account.acct()));
    let action = action_text(notification.kind);
    let title = format!("<p>@{} {action}</p>", name.unwrap_or_default());
    Some(json!({ "title": title, "summary": null, "details": null }))
}

/// Describes an action, to follow the name of the account.
fn action_text(kind: &str) -> &'static str {
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
        "added_to_collection" => "added you to a collection",
        "collection_update" => "updated a collection you are in",
        "quoted_update" => "edited a post you have quoted",
        _ => "did something",
    }
}

/// Renders the part of an account that a row of avatars needs.
pub(crate) fn partial_account(state: &State, id: Id) -> Value {
    let full = account(state, id);
    let fields = [
        "id",
        "acct",
        "locked",
        "bot",
        "url",
        "avatar",
        "avatar_static",
        "avatar_description",
    ];
    let fields = fields
        .iter()
        .map(|name| ((*name).to_owned(), full[*name].clone()));
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

/// Renders the policy for API version 1, which can only filter.
pub(crate) fn policy_v1(state: &State, user: Id) -> Value {
    let policy = policy_of(state, user);
    let categories = PolicyCategory::ALL
        .iter()
        .filter(|(category, _)| *category != PolicyCategory::LimitedAccounts);
    let categories = categories.map(|(category, name)| {
        let is_filtered = policy.action_for(*category) != PolicyAction::Accept;
        (format!("filter_{name}"), is_filtered.into())
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
    let filtered: usize = requests().map(|request| request.notifications_count).sum();
    let mut value = Value::Object(categories.collect());
    value["summary"] = json!({
        "pending_requests_count": requests().take(MAX_COUNT).count(), "pending_notifications_count": filtered,
    });
    value
}

pub(crate) fn request(state: &State, request: &NotificationRequest, now: Timestamp) -> Value {
    let mut value = json!({
        "id": request.id.to_string(), "created_at": iso8601(request.created), "updated_at": iso8601(request.updated),
        "notifications_count": request.notifications_count.to_string(), "account": account_for(state, request.from, Some(request.to)),
    });
    let last = request.last_status.and_then(|id| state.statuses.get(&id));
    if let Some(last) = last {
        value["last_status"] = status(state, last, Some(request.to), now);
    }
    value
}
