//! Filters and their matches.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::{Filter, FilterMatch, FilterStatus, Keyword, Matcher, State, Status};

/// Renders the fields that all representations of a filter share.
fn base(filter: &Filter) -> Value {
    json!({
        "id": filter.id.to_string(), "title": filter.title, "context": filter.context,
        "expires_at": filter.expires.map(iso8601), "filter_action": filter.action,
    })
}

pub(crate) fn filter(filter: &Filter) -> Value {
    let mut value = base(filter);
    value["keywords"] = filter.keywords.iter().map(keyword).collect();
    let statuses = filter.statuses.iter();
    value["statuses"] = statuses.map(|entry| filter_status(*entry)).collect();
    value
}

pub(crate) fn keyword(keyword: &Keyword) -> Value {
    json!({ "id": keyword.id.to_string(), "keyword": keyword.keyword, "whole_word": keyword.whole_word })
}

pub(crate) fn filter_status(entry: FilterStatus) -> Value {
    json!({ "id": entry.id.to_string(), "status_id": entry.status.to_string() })
}

/// Renders a keyword as a filter of API version 1.
pub(crate) fn filter_v1(filter: &Filter, keyword: &Keyword) -> Value {
    json!({
        "id": keyword.id.to_string(), "phrase": keyword.keyword, "context": filter.context,
        "expires_at": filter.expires.map(iso8601), "irreversible": filter.action == "hide",
        "whole_word": keyword.whole_word,
    })
}

/// Renders the user's filters that match a status.
pub(crate) fn filtered(state: &State, status: &Status, user: Id, now: Timestamp) -> Value {
    let matches = state.matching_filters(user, status, now, Matcher::Rest);
    matches.into_iter().map(result).collect()
}

/// Renders the user's filters that match a status as the streaming server does it. It does not know the action `blur`.
pub(crate) fn streamed_filtered(state: &State, status: &Status, user: Id, now: Timestamp) -> Value {
    let matches = state.matching_filters(user, status, now, Matcher::Streaming);
    let results = matches.into_iter().map(|matched| {
        let is_known = matches!(matched.filter.action.as_str(), "warn" | "hide");
        let mut result = result(matched);
        if let Some(filter) = result["filter"].as_object_mut().filter(|_| !is_known) {
            filter.remove("filter_action");
        }
        result
    });
    results.collect()
}

fn result(matched: FilterMatch<'_>) -> Value {
    let ids: Vec<String> = matched.statuses.iter().map(ToString::to_string).collect();
    json!({
        "filter": base(matched.filter), "keyword_matches": matched.matched_text.map(|text| [text]),
        "status_matches": (!ids.is_empty()).then_some(ids),
    })
}
