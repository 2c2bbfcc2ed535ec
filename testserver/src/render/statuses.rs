//! Statuses, their versions and quotes.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{account, filtered, media, poll};
use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::{Account, Quote, QuotePolicy, State, Status, StatusVersion};
use crate::text;

/// Where a status is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// By itself.
    Outside,
    /// Inside a status that quotes it: there a quote is told by its id alone.
    Quoted,
}

pub(crate) fn status(state: &State, found: &Status, viewer: Option<Id>, now: Timestamp) -> Value {
    at_place(state, found, viewer, now, Place::Outside)
}

/// A status in the answer to its deletion: the text as it was written, and the quoted status whatever
/// became of the quote.
pub(crate) fn deleted_status(state: &State, found: &Status, viewer: Id, now: Timestamp) -> Value {
    let mut value = status(state, found, Some(viewer), now);
    if let Some(fields) = value.as_object_mut() {
        fields.remove("content");
    }
    value["text"] = found.text.clone().into();
    if let Some(quoted) = shown_quoted(state, found.quote, Some(viewer)) {
        value["quote"]["quoted_status"] = at_place(state, quoted, Some(viewer), now, Place::Quoted);
    }
    value
}

fn at_place(
    state: &State,
    found: &Status,
    viewer: Option<Id>,
    now: Timestamp,
    place: Place,
) -> Value {
    let proper = state.statuses.get(&found.original_id()).unwrap_or(found);
    let server = &state.url;
    let author = state.accounts.get(&found.account);
    let uri = author.map(|author| author.uri(server)).unwrap_or_default();
    let uri = format!("{uri}/statuses/{}", found.id);
    let (uri, url) = if found.reblog_of.is_some() {
        let activity = format!("{uri}/activity");
        (activity.clone(), activity)
    } else {
        (uri, address(state, found))
    };
    let attachments = found.media.iter().filter_map(|id| state.media.get(id));
    let tags = found
        .tags
        .iter()
        .map(|name| json!({ "name": name, "url": format!("{server}/tags/{name}") }));
    let replies = found
        .replies
        .iter()
        .filter_map(|id| state.statuses.get(id))
        .filter(|reply| reply.visibility.is_distributable());
    let quotes = found
        .quoted_by
        .keys()
        .filter_map(|id| state.statuses.get(id)?.quote)
        .filter(|quote| !quote.revoked);
    let application = found
        .application
        .as_ref()
        .map(|application| json!({ "name": application.name, "website": application.website }));
    let mut value = json!({
        "id": found.id.to_string(), "created_at": iso8601(found.created), "edited_at": found.edited.map(iso8601),
        "in_reply_to_id": found.reply_to.map(|id| id.to_string()),
        "in_reply_to_account_id": found.reply_to_account.map(|id| id.to_string()),
        "sensitive": found.sensitive, "spoiler_text": found.spoiler_text, "visibility": found.visibility.as_str(),
        "language": found.language, "uri": uri, "url": url,
        "replies_count": replies.count(), "reblogs_count": found.reblogged_by.len(),
        "favourites_count": found.favourited_by.len(), "quotes_count": quotes.count(),
        "content": content(state, &found.text, found.quote), "application": application,
        "account": account(state, found.account),
        "media_attachments": attachments.map(|found| media(state, found, now)).collect::<Vec<_>>(),
        "mentions": mentions(state, found), "tags": tags.collect::<Vec<_>>(), "emojis": [], "tagged_collections": [],
        "card": null, "poll": found.poll.as_ref().map(|poll_| poll(poll_, found.account, viewer, now)),
        "quote_approval": quote_approval(state, found, viewer),
    });
    value["quote"] = quote(state, found.quote, viewer, now, place);
    value["reblog"] = found
        .reblog_of
        .map_or(Value::Null, |_| status(state, proper, viewer, now));
    if let Some(viewer) = viewer {
        value["favourited"] = proper.favourited_by.contains_key(&viewer).into();
        value["reblogged"] = proper.reblogged_by.contains_key(&viewer).into();
        value["bookmarked"] = proper.bookmarked_by.contains_key(&viewer).into();
        let conversation = (viewer, proper.conversation);
        value["muted"] = state.muted_conversations.contains(&conversation).into();
        value["filtered"] = filtered(state, found, viewer, now);
        let pinnable = viewer == found.account
            && found.reblog_of.is_none()
            && found.visibility != crate::state::Visibility::Direct;
        if pinnable {
            value["pinned"] = found.pinned.is_some().into();
        }
    }
    value
}

/// The page of a status.
fn address(state: &State, status: &Status) -> String {
    let author = state.accounts.get(&status.account);
    let page = author.map(|author| author.url(&state.url));
    format!("{}/{}", page.unwrap_or_default(), status.id)
}

/// The text as HTML. For clients that know nothing of quotes it begins with a link to the quoted status.
pub(crate) fn content(state: &State, text: &str, quote: Option<Quote>) -> String {
    let html = text::to_html(text, &state.url, |handle| {
        let account = state.accounts.get(&state.account_for_handle(handle)?)?;
        Some((account.url(&state.url), account.username.clone()))
    });
    let quoted = quote
        .and_then(|quote| quote.status)
        .and_then(|id| state.statuses.get(&id));
    match quoted.map(|quoted| address(state, quoted)) {
        Some(address) if !html.contains(&address) => format!(
            "<p class=\"quote-inline\">RE: {}</p>{html}",
            text::link_html(&address)
        ),
        _ => html,
    }
}

fn mentions(state: &State, found: &Status) -> Vec<Value> {
    let accounts = found
        .mentions
        .iter()
        .filter_map(|id| state.accounts.get(id));
    accounts.map(|account| mention(state, account)).collect()
}

/// What a text that mentions an account tells of it.
pub(super) fn mention(state: &State, account: &Account) -> Value {
    json!({
        "id": account.id.to_string(), "username": account.username, "acct": account.acct(),
        "url": account.url(&state.url),
    })
}

fn quote_approval(state: &State, found: &Status, viewer: Option<Id>) -> Value {
    let automatic = match found.quote_policy {
        QuotePolicy::Nobody => json!([]),
        policy => json!([policy.as_str()]),
    };
    let user = if state.can_quote(viewer, found) {
        "automatic"
    } else {
        "denied"
    };
    json!({ "automatic": automatic, "manual": [], "current_user": user })
}

/// The quoted status, unless it is gone or not for the viewer.
fn shown_quoted(state: &State, quote: Option<Quote>, viewer: Option<Id>) -> Option<&Status> {
    let quoted = state.statuses.get(&quote?.status?)?;
    Some(quoted).filter(|quoted| state.can_see(viewer, quoted))
}

fn quote(
    state: &State,
    quote: Option<Quote>,
    viewer: Option<Id>,
    now: Timestamp,
    place: Place,
) -> Value {
    let Some(quote) = quote else {
        return Value::Null;
    };
    let shown = shown_quoted(state, Some(quote), viewer).filter(|_| !quote.revoked);
    let of_viewer = |relation: fn(&State, Id, Id, Timestamp) -> bool| {
        let author = shown.map(|quoted| quoted.account);
        viewer
            .zip(author)
            .is_some_and(|(viewer, author)| relation(state, viewer, author, now))
    };
    let name = if quote.revoked {
        "revoked"
    } else if quote.status.is_none() {
        "deleted"
    } else if shown.is_none() {
        "unauthorized"
    } else if of_viewer(|state, viewer, author, _| state.blocks(viewer, author)) {
        "blocked_account"
    } else if of_viewer(State::mutes) {
        "muted_account"
    } else {
        "accepted"
    };
    match place {
        Place::Outside => {
            let quoted = shown.map(|quoted| at_place(state, quoted, viewer, now, Place::Quoted));
            json!({ "state": name, "quoted_status": quoted })
        }
        Place::Quoted => {
            json!({ "state": name, "quoted_status_id": shown.map(|quoted| quoted.id.to_string()) })
        }
    }
}

/// A version in the history of a status.
pub(crate) fn version(
    state: &State,
    of: &Status,
    version: &StatusVersion,
    viewer: Option<Id>,
    now: Timestamp,
) -> Value {
    let attachments = version.media.iter().filter_map(|(id, description)| {
        let mut value = media(state, state.media.get(id)?, now);
        value["description"] = description.clone().into();
        Some(value)
    });
    let mut value = json!({
        "content": content(state, &version.text, version.quote), "spoiler_text": version.spoiler_text,
        "sensitive": version.sensitive, "created_at": iso8601(version.created), "account": account(state, of.account),
        "media_attachments": attachments.collect::<Vec<_>>(), "emojis": [],
    });
    if let Some(options) = &version.options {
        let options = options.iter().map(|title| json!({ "title": title }));
        value["poll"] = json!({ "options": options.collect::<Vec<_>>() });
    }
    if version.quote.is_some() {
        value["quote"] = quote(state, version.quote, viewer, now, Place::Outside);
    }
    value
}
