//! Filters, and what they find.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::{Filter, FilterStatus, Keyword, State, Status};

/// What every form of a filter has.
fn short(filter: &Filter) -> Value {
    json!({
        "id": filter.id.to_string(), "title": filter.title, "context": filter.context,
        "expires_at": filter.expires.map(iso8601), "filter_action": filter.action,
    })
}

pub(crate) fn filter(filter: &Filter) -> Value {
    let mut value = short(filter);
    value["keywords"] = filter.keywords.iter().map(keyword).collect();
    let statuses = filter.statuses.iter();
    value["statuses"] = statuses.map(|entry| filter_status(*entry)).collect();
    value
}

pub(crate) fn keyword(found: &Keyword) -> Value {
    json!({ "id": found.id.to_string(), "keyword": found.keyword, "whole_word": found.whole_word })
}

pub(crate) fn filter_status(entry: FilterStatus) -> Value {
    json!({ "id": entry.id.to_string(), "status_id": entry.status.to_string() })
}

/// A keyword as the filter that it was once.
pub(crate) fn filter_v1(filter: &Filter, found: &Keyword) -> Value {
    json!({
        "id": found.id.to_string(), "phrase": found.keyword, "context": filter.context,
        "expires_at": filter.expires.map(iso8601), "irreversible": filter.action == "hide",
        "whole_word": found.whole_word,
    })
}

/// The user's filters that match a status.
pub(crate) fn filtered(state: &State, status: &Status, user: Id, now: Timestamp) -> Value {
    let found = state.matching_filters(user, status, now).into_iter();
    let result = found.map(|found| {
        let ids: Vec<String> = found.statuses.iter().map(ToString::to_string).collect();
        json!({
            "filter": short(found.filter), "keyword_matches": found.matched_text.map(|word| [word]),
            "status_matches": (!ids.is_empty()).then_some(ids),
        })
    });
    result.collect()
}
