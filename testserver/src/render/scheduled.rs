//! Scheduled statuses.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::media;
use crate::clock::iso8601;
use crate::state::{ScheduledStatus, State};

pub(crate) fn scheduled(state: &State, entry: &ScheduledStatus, now: Timestamp) -> Value {
    let attachments = entry
        .draft
        .media
        .iter()
        .filter_map(|id| state.media.get(id))
        .filter(|attachment| attachment.scheduled == Some(entry.id));
    json!({
        "id": entry.id.to_string(), "scheduled_at": iso8601(entry.at), "params": entry.params,
        "media_attachments": attachments.map(|item| media(state, item, now)).collect::<Vec<_>>(),
    })
}
