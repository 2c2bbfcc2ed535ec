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
/// supports the type, or if every client is expected to.
pub(crate) fn fallback(
    state: &State,
    notification: &Notification,
    supported: Option<&[String]>,
) -> Option<Value> {
    let action = fallback_action(notification.kind)?;
    if supported?.iter().any(|kind| kind == notification.kind) {
        return None;
    }
    let name = state
        .accounts
        .get(&notification.from)
        .map(|account| escape_html(&account.acct()));
    let title = match action {
        Action::Of(action) => format!("@{} {action}", name.unwrap_or_default()),
        Action::Event(event) => event.to_owned(),
    };
    let summary = format!(
        "The type of this notification is new. <a href=\"{}\">Sign in to the web app</a> to see it.",
        escape_html(&state.url)
    );
    Some(json!({ "title": title, "summary": summary, "description": null }))
}

/// What a notification reports.
enum Action {
    /// Something that the account did.
    Of(&'static str),
    /// Something that happened to the user.
    Event(&'static str),
}

/// Describes the types that not every client is expected to support.
fn fallback_action(kind: &str) -> Option<Action> {
    Some(match kind {
        "admin.sign_up" => Action::Of("signed up"),
        "admin.report" => Action::Of("reported an account"),
        "added_to_collection" => Action::Of("added you to a collection"),
        "collection_update" => Action::Of("updated a collection you are in"),
        "moderation_warning" => Action::Event("You received a moderation warning"),
        "severed_relationships" => Action::Event("Follows ended"),
        _ => return None,
    })
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
