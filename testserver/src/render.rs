//! State as the JSON of the API.

use serde_json::{Value, json};

use crate::clock::{day, iso, midnight};
use crate::ids::Id;
use crate::state::{Media, Notification, Poll, State, Status, words};

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

pub(crate) fn account(state: &State, id: Id) -> Value {
    let Some(account) = state.accounts.get(&id) else {
        return Value::Null;
    };
    let own = || {
        state
            .statuses
            .values()
            .filter(|status| status.account == id)
    };
    let picture = format!("{}/avatars/original/missing.png", state.url);
    let name = &account.username;
    json!({
        "id": id.to_string(), "username": name, "acct": name, "display_name": name,
        "url": format!("{}/@{name}", state.url), "uri": format!("{}/users/{name}", state.url),
        "note": escape(&account.note), "avatar": picture, "avatar_static": picture, "header": picture, "header_static": picture,
        "locked": false, "bot": false, "group": false, "discoverable": true, "indexable": false, "hide_collections": null,
        "created_at": midnight(account.created), "last_status_at": own().map(|status| day(status.created)).max(),
        "statuses_count": own().count(), "following_count": account.follows.len(),
        "followers_count": state.accounts.values().filter(|other| other.follows.contains(&id)).count(),
        "emojis": [], "fields": [], "roles": [],
    })
}

pub(crate) fn credential_account(state: &State, id: Id) -> Value {
    let mut value = account(state, id);
    let note = state.accounts.get(&id).map(|account| account.note.clone());
    value["source"] = json!({
        "privacy": "public", "sensitive": false, "language": null, "note": note, "fields": [], "follow_requests_count": 0,
    });
    value["role"] = json!({ "id": "-99", "name": "", "color": "", "permissions": "65536", "highlighted": false });
    value
}

pub(crate) fn relationship(state: &State, viewer: Id, id: Id) -> Value {
    let follows = |from: &Id, to: &Id| {
        state
            .accounts
            .get(from)
            .is_some_and(|account| account.follows.contains(to))
    };
    json!({
        "id": id.to_string(), "following": follows(&viewer, &id), "followed_by": follows(&id, &viewer), "showing_reblogs": true,
        "notifying": false, "languages": null, "blocking": false, "blocked_by": false, "muting": false,
        "muting_notifications": false, "requested": false, "requested_by": false, "domain_blocking": false,
        "endorsed": false, "note": "",
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

pub(crate) fn poll(poll: &Poll, viewer: Option<Id>, now: jiff::Timestamp) -> Value {
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

pub(crate) fn status(
    state: &State,
    found: &Status,
    viewer: Option<Id>,
    now: jiff::Timestamp,
) -> Value {
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

pub(crate) fn notification(state: &State, found: &Notification, now: jiff::Timestamp) -> Value {
    let mut value = json!({
        "id": found.id.to_string(), "type": found.kind, "created_at": iso(found.created),
        "group_key": format!("ungrouped-{}", found.id), "account": account(state, found.from),
    });
    if let Some(subject) = found.status.and_then(|id| state.statuses.get(&id)) {
        value["status"] = status(state, subject, Some(found.to), now);
    }
    value
}
