//! Announcements.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::accounts::html;
use super::emojis::{image_urls, is_custom_emoji};
use super::statuses::{mention, status};
use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::{Announcement, State};
use crate::text;

pub(crate) fn announcement(
    state: &State,
    announcement: &Announcement,
    viewer: Option<Id>,
    now: Timestamp,
) -> Value {
    let mentions = state.mentioned_accounts(&announcement.text).into_iter();
    let mentions = mentions.filter_map(|id| Some(mention(state, state.accounts.get(&id)?)));
    let statuses = state.linked_statuses(&announcement.text).into_iter();
    let statuses = statuses.map(|linked| status(state, linked, viewer, now));
    let tags = text::hashtags(&announcement.text).into_iter();
    let tags =
        tags.map(|name| json!({ "url": format!("{}/tags/{name}", state.url), "name": name }));
    let reactions = announcement.reactions.iter().map(|(name, users)| {
        let mut value = json!({ "name": name, "count": users.len() });
        if let Some(viewer) = viewer {
            value["me"] = users.contains(&viewer).into();
        }
        if is_custom_emoji(state, name) {
            let (url, static_url) = image_urls(&state.url, name);
            value["url"] = url.into();
            value["static_url"] = static_url.into();
        }
        value
    });
    let mut value = json!({
        "id": announcement.id.to_string(), "content": html(state, &announcement.text), "starts_at": null, "ends_at": null,
        "all_day": false, "published_at": iso8601(announcement.published), "updated_at": iso8601(announcement.updated),
        "mentions": mentions.collect::<Vec<_>>(), "statuses": statuses.collect::<Vec<_>>(), "tags": tags.collect::<Vec<_>>(), "emojis": [],
        "reactions": reactions.collect::<Vec<_>>(),
    });
    if let Some(viewer) = viewer {
        value["read"] = announcement.read_by.contains(&viewer).into();
    }
    value
}
