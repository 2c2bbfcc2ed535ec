//! Accounts, as moderators see them, and what the staff tells users.

use serde_json::{Value, json};

use super::{report, role};
use crate::clock::iso8601;
use crate::ids::Id;
use crate::render::{account, notified_collection};
use crate::state::{About, Notification, State, Warning};

/// Renders an account. For an account without a user, what concerns the user is null.
pub(crate) fn admin_account(state: &State, id: Id) -> Value {
    let Some(stored) = state.accounts.get(&id) else {
        return Value::Null;
    };
    let (login, moderation) = (stored.login.as_ref(), &stored.moderation);
    let ips = moderation.addresses.iter();
    let ips = ips.map(|(ip, at)| json!({ "ip": ip.to_string(), "used_at": iso8601(*at) }));
    let of_user = |value: bool| login.map(|_| value);
    let mut value = json!({
        "id": id.to_string(), "username": stored.username, "domain": stored.domain, "created_at": iso8601(stored.created),
        "email": login.map(|login| &login.email), "ip": moderation.addresses.first().map(|(ip, _)| ip.to_string()),
        "ips": login.map(|_| ips.collect::<Vec<_>>()), "locale": login.map(|login| &login.locale),
        "invite_request": moderation.invite_request, "role": role(state, id),
        "confirmed": of_user(!stored.is_unconfirmed()), "approved": of_user(stored.pending_reason.is_none()),
        "disabled": of_user(moderation.disabled), "sensitized": moderation.sensitized, "silenced": stored.limited,
        "suspended": stored.suspended, "account": account(state, id),
    });
    let app = login.and_then(|login| state.apps.get(login.app.as_ref()?));
    if let Some(app) = app {
        value["created_by_application_id"] = app.id.to_string().into();
    }
    if let Some(inviter) = moderation.invited_by {
        value["invited_by_account_id"] = inviter.to_string().into();
    }
    value
}

/// Renders a warning for the user that it concerns.
fn warning(state: &State, warning: &Warning) -> Value {
    let ids = |ids: &Vec<Id>| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "id": warning.id.to_string(), "action": warning.action, "text": warning.text,
        "status_ids": warning.statuses.as_ref().map(ids), "created_at": iso8601(warning.created),
        "target_account": account(state, warning.target), "appeal": null,
    })
}

/// Renders what a notification is about, if that is not a status, with the name of its field.
pub(crate) fn about(state: &State, notification: &Notification) -> Option<(&'static str, Value)> {
    Some(match notification.about? {
        About::Report(id) => ("report", report(state, state.reports.get(&id)?)),
        About::Warning(id) => {
            let stored = state.moderation.warnings.get(&id)?;
            ("moderation_warning", warning(state, stored))
        }
        About::Severance(id) => {
            let event = state.moderation.severances.get(&id)?;
            let value = json!({
                "id": event.id.to_string(), "type": event.kind, "purged": false, "target_name": event.domain,
                "followers_count": event.followers, "following_count": event.following,
                "created_at": iso8601(event.created),
            });
            ("event", value)
        }
        About::Collection(activity) => {
            let shown = notified_collection(state, activity, notification.to);
            ("collection", shown)
        }
    })
}
