//! What users make of accounts: lists, conversations, suggestions, markers.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{account, status};
use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::{Conversation, List, Marker, State};

pub(crate) fn list(list: &List) -> Value {
    json!({
        "id": list.id.to_string(), "title": list.title, "replies_policy": list.replies_policy.as_str(),
        "exclusive": list.exclusive,
    })
}

pub(crate) fn marker(marker: &Marker) -> Value {
    json!({
        "last_read_id": marker.last_read.to_string(), "version": marker.version, "updated_at": iso8601(marker.updated),
    })
}

pub(crate) fn conversation(state: &State, found: &Conversation, user: Id, now: Timestamp) -> Value {
    // Who writes to nobody else has a conversation with themselves.
    let own = [user];
    let people = if found.other_participants.is_empty() {
        &own[..]
    } else {
        &found.other_participants
    };
    let last = state.statuses.get(&found.last_status());
    json!({
        "id": found.id.to_string(), "unread": found.unread,
        "accounts": people.iter().map(|id| account(state, *id)).collect::<Vec<_>>(),
        "last_status": last.map(|last| status(state, last, Some(user), now)),
    })
}

/// An account that is proposed, with the reason under its old and its new name.
pub(crate) fn suggestion(state: &State, id: Id, source: &str) -> Value {
    let old = match source {
        "friends_of_friends" => "past_interactions",
        _ => "global",
    };
    json!({ "source": old, "sources": [source], "account": account(state, id) })
}
