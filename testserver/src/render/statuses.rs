//! Statuses, polls and media.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{account, escape};
use crate::clock::iso;
use crate::ids::Id;
use crate::state::{Media, Poll, State, Status, words};

pub(crate) fn status(state: &State, found: &Status, viewer: Option<Id>, now: Timestamp) -> Value {
    let author = state
        .accounts
        .get(&found.account)
        .map_or("", |account| account.username.as_str());
    let address = format!("{}/@{author}/{}", state.url, found.id);
    let mentions: Vec<Value> = state
        .mentions(&found.text)
        .into_iter()
        .filter_map(|id| state.accounts.get(&id))
        .map(|account| {
            let name = &account.username;
            json!({ "id": account.id.to_string(), "username": name, "acct": name, "url": format!("{}/@{name}", state.url) })
        })
        .collect();
    let tags: Vec<Value> = words(&found.text, '#')
        .map(|name| json!({ "name": name, "url": format!("{}/tags/{name}", state.url) }))
        .collect();
    let attachments: Vec<Value> = found
        .media
        .iter()
        .filter_map(|id| state.media.get(id))
        .map(|found| media(state, found))
        .collect();
    let reply = found.reply_to.and_then(|id| state.statuses.get(&id));
    let replies = state
        .statuses
        .values()
        .filter(|other| other.reply_to == Some(found.id))
        .count();
    let mut value = json!({
        "id": found.id.to_string(), "uri": address, "url": address, "created_at": iso(found.created), "edited_at": null,
        "account": account(state, found.account), "content": format!("<p>{}</p>", escape(&found.text)),
        "visibility": found.visibility, "sensitive": found.sensitive, "spoiler_text": found.spoiler,
        "media_attachments": attachments, "mentions": mentions, "tags": tags, "emojis": [],
        "reblogs_count": 0, "favourites_count": found.favourited_by.len(), "replies_count": replies, "quotes_count": 0,
        "in_reply_to_id": reply.map(|status| status.id.to_string()),
        "in_reply_to_account_id": reply.map(|status| status.account.to_string()),
        "reblog": null, "card": null, "language": found.language,
        "poll": found.poll.as_ref().map(|found| poll(found, viewer, now)),
    });
    if let Some(viewer) = viewer {
        value["favourited"] = found.favourited_by.contains(&viewer).into();
        value["bookmarked"] = found.bookmarked_by.contains(&viewer).into();
        for flag in ["reblogged", "muted"] {
            value[flag] = false.into();
        }
        value["filtered"] = json!([]);
    }
    value
}

pub(crate) fn poll(poll: &Poll, viewer: Option<Id>, now: Timestamp) -> Value {
    let count = |option: usize| {
        poll.votes
            .values()
            .filter(|votes| votes.contains(&option))
            .count()
    };
    let options: Vec<Value> = poll
        .options
        .iter()
        .enumerate()
        .map(|(index, title)| json!({ "title": title, "votes_count": count(index) }))
        .collect();
    let own = viewer.and_then(|viewer| poll.votes.get(&viewer));
    json!({
        "id": poll.id.to_string(), "expires_at": iso(poll.expires), "expired": poll.expires <= now, "multiple": poll.multiple,
        "votes_count": (0..poll.options.len()).map(count).sum::<usize>(), "voters_count": poll.votes.len(),
        "voted": own.is_some(), "own_votes": own.cloned().unwrap_or_default(), "options": options, "emojis": [],
    })
}

pub(crate) fn media(state: &State, media: &Media) -> Value {
    let url = format!("{}/media/{}", state.url, media.id);
    json!({
        "id": media.id.to_string(), "type": "image", "url": url, "preview_url": url, "remote_url": null,
        "preview_remote_url": null, "text_url": null, "meta": { "original": { "width": 1, "height": 1 } },
        "description": media.description, "blurhash": null,
    })
}
