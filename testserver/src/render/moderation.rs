//! What the staff sees of accounts and reports.

use serde_json::{Value, json};

use super::{account, status};
use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::{Report, State};

pub(crate) fn report(state: &State, report: &Report) -> Value {
    let ids: Vec<String> = report.statuses.iter().map(ToString::to_string).collect();
    json!({
        "id": report.id.to_string(), "action_taken": report.resolved.is_some(),
        "action_taken_at": report.resolved.map(|(_, at)| iso8601(at)), "category": report.category,
        "comment": report.comment, "forwarded": report.forwarded, "created_at": iso8601(report.created),
        "status_ids": ids, "collection_ids": [], "rule_ids": report.rules,
        "target_account": account(state, report.target),
    })
}

pub(crate) fn admin_report(state: &State, report: &Report, viewer: Id) -> Value {
    let someone = |id: Option<Id>| id.map_or(Value::Null, |id| admin_account(state, id));
    let shown = report
        .statuses
        .iter()
        .filter_map(|id| state.statuses.get(id));
    let shown = shown.map(|found| status(state, found, Some(viewer), report.updated));
    let resolved = report.resolved;
    json!({
        "id": report.id.to_string(), "action_taken": resolved.is_some(),
        "action_taken_at": resolved.map(|(_, at)| iso8601(at)), "category": report.category,
        "comment": report.comment, "forwarded": report.forwarded, "created_at": iso8601(report.created),
        "updated_at": iso8601(report.updated), "account": admin_account(state, report.reporter),
        "target_account": admin_account(state, report.target), "assigned_account": someone(report.assigned_to),
        "action_taken_by_account": someone(resolved.map(|(by, _)| by)),
        "statuses": shown.collect::<Vec<_>>(), "rules": [],
    })
}

pub(crate) fn admin_account(state: &State, id: Id) -> Value {
    let Some(found) = state.accounts.get(&id) else {
        return Value::Null;
    };
    let login = found.login.as_ref();
    json!({
        "id": id.to_string(), "username": found.username, "domain": found.domain, "created_at": iso8601(found.created),
        "email": login.map(|login| &login.email), "ip": null, "ips": [], "locale": login.map(|login| &login.locale),
        "invite_request": found.pending_reason.as_ref().filter(|reason| !reason.is_empty()), "role": null,
        "confirmed": login.is_some() && !found.is_unconfirmed(), "approved": found.pending_reason.is_none(),
        "disabled": false, "sensitized": false, "silenced": found.limited, "suspended": found.suspended,
        "account": account(state, id),
    })
}
