//! Trends with the decisions of the staff about them.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::iso8601;
use crate::ids::Id;
use crate::render::{card, status, tag};
use crate::state::{Publisher, State, Status, TagDay};

pub(crate) fn admin_tag(state: &State, name: &str, viewer: Option<Id>, now: Timestamp) -> Value {
    let review = state.moderation.trends.tag(name);
    let mut value = tag(state, name, viewer, now);
    value["trendable"] = state.is_tag_trendable(name).into();
    value["usable"] = (review.usable != Some(false)).into();
    value["requires_review"] = (!review.is_reviewed).into();
    value["listable"] = (review.listable != Some(false)).into();
    value
}

pub(crate) fn admin_status(
    state: &State,
    item: &Status,
    viewer: Option<Id>,
    now: Timestamp,
) -> Value {
    let mut value = status(state, item, viewer, now);
    let is_reviewed = state.moderation.trends.statuses.contains_key(&item.id);
    value["requires_review"] = (!is_reviewed).into();
    value
}

/// Renders the usage per day.
fn history(days: &[TagDay]) -> Value {
    let days = days.iter().map(|day| {
        json!({
            "day": day.starts_at.to_string(), "accounts": day.accounts.to_string(), "uses": day.uses.to_string(),
        })
    });
    days.collect()
}

/// Renders a trending page. The server does not fetch pages, so the title is the address.
pub(crate) fn trending_link(state: &State, url: &str, now: Timestamp) -> Value {
    let mut value = card(state, url, None);
    value["history"] = history(&state.link_history(url, now));
    value
}

pub(crate) fn admin_link(state: &State, url: &str, now: Timestamp) -> Value {
    let trends = &state.moderation.trends;
    let mut value = trending_link(state, url, now);
    // IDs of pages are numbers.
    value["id"] = trends.link(url).map(|link| link.id).into();
    value["requires_review"] = trends.link_requires_review(url).into();
    value
}

pub(crate) fn publisher(publisher: &Publisher) -> Value {
    json!({
        "id": publisher.id, "domain": publisher.domain, "trendable": publisher.trendable,
        "reviewed_at": publisher.reviewed.map(iso8601), "requested_review_at": iso8601(publisher.requested),
        "requires_review": publisher.reviewed.is_none(),
    })
}
