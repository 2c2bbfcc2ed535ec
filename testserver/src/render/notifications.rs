//! Notifications.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{account, status};
use crate::clock::iso;
use crate::state::{Notification, State};

pub(crate) fn notification(state: &State, found: &Notification, now: Timestamp) -> Value {
    let mut value = json!({
        "id": found.id.to_string(), "type": found.kind, "created_at": iso(found.created),
        "group_key": format!("ungrouped-{}", found.id), "account": account(state, found.from),
    });
    if let Some(subject) = found.status.and_then(|id| state.statuses.get(&id)) {
        value["status"] = status(state, subject, Some(found.to), now);
    }
    value
}
