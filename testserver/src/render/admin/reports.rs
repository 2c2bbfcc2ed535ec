//! Reports, as their senders and as moderators see them.

use serde_json::{Value, json};

use super::admin_account;
use crate::clock::iso8601;
use crate::handlers::instance;
use crate::ids::Id;
use crate::render::{account, status};
use crate::state::{Report, State};

pub(crate) fn report(state: &State, report: &Report) -> Value {
    let ids = |ids: &[Id]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "id": report.id.to_string(), "action_taken": report.resolved.is_some(),
        "action_taken_at": report.resolved.map(|(_, at)| iso8601(at)), "category": report.category,
        "comment": report.comment, "forwarded": report.forwarded, "created_at": iso8601(report.created),
        "status_ids": ids(&report.statuses), "collection_ids": ids(&report.collections), "rule_ids": report.rules,
        "target_account": account(state, report.target),
    })
}

pub(crate) fn admin_report(state: &State, report: &Report, viewer: Id) -> Value {
    let moderator = |id: Option<Id>| id.map_or(Value::Null, |id| admin_account(state, id));
    let statuses = report
        .statuses
        .iter()
        .filter_map(|id| state.statuses.get(id));
    let statuses = statuses.map(|item| status(state, item, Some(viewer), report.updated));
    let rules = report.rules.iter().filter_map(|id| instance::rule(id));
    let resolved = report.resolved;
    json!({
        "id": report.id.to_string(), "action_taken": resolved.is_some(),
        "action_taken_at": resolved.map(|(_, at)| iso8601(at)), "category": report.category,
        "comment": report.comment, "forwarded": report.forwarded, "created_at": iso8601(report.created),
        "updated_at": iso8601(report.updated), "account": admin_account(state, report.reporter),
        "target_account": admin_account(state, report.target), "assigned_account": moderator(report.assigned_to),
        "action_taken_by_account": moderator(resolved.map(|(by, _)| by)),
        "statuses": statuses.collect::<Vec<_>>(), "rules": rules.collect::<Vec<_>>(),
    })
}
