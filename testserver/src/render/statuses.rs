//! Statuses, their edit history and quotes.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{account_for, card, collection, filtered, media, poll};
use crate::clock::iso8601;
use crate::ids::Id;
use crate::state::{Account, Quote, QuotePolicy, State, Status, StatusVersion};
use crate::text;

/// Position of a status in a response.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Not inside another quote.
    TopLevel,
    /// Inside a status that quotes it. A nested quote is reduced to its ID.
    Quoted,
}

pub(crate) fn status(state: &State, status: &Status, viewer: Option<Id>, now: Timestamp) -> Value {
    render_at(state, status, viewer, now, Position::TopLevel)
}

/// Renders a deleted status: with the source text, and with the quoted status regardless of the
/// state of the quote.
pub(crate) fn deleted_status(state: &State, status: &Status, viewer: Id, now: Timestamp) -> Value {
    let mut value = self::status(state, status, Some(viewer), now);
    if let Some(fields) = value.as_object_mut() {
        fields.remove("content");
    }
    value["text"] = status.text.clone().into();
    if let Some(quoted) = visible_quoted_status(state, status.quote, Some(viewer)) {
        value["quote"]["quoted_status"] =
            render_at(state, quoted, Some(viewer), now, Position::Quoted);
    }
    value
}

fn render_at(
    state: &State,
    status: &Status,
    viewer: Option<Id>,
    now: Timestamp,
    position: Position,
) -> Value {
    let original = state.statuses.get(&status.original_id()).unwrap_or(status);
    let base_url = &state.url;
    let author = state.accounts.get(&status.account);
    let is_sensitized = author.is_some_and(|author| author.moderation.sensitized);
    let uri = author
        .map(|author| author.uri(&state.canonical_url))
        .unwrap_or_default();
    let uri = format!("{uri}/statuses/{}", status.id);
    let (uri, url) = if status.reblog_of.is_some() {
        let activity = format!("{uri}/activity");
        (activity.clone(), activity)
    } else {
        (uri, page_url(state, status))
    };
    let attachments = status.media.iter().filter_map(|id| state.media.get(id));
    let tags = status
        .tags
        .iter()
        .map(|name| json!({ "name": name, "url": format!("{base_url}/tags/{name}") }));
    let replies = status
        .replies
        .iter()
        .filter_map(|id| state.statuses.get(id))
        .filter(|reply| reply.visibility.is_distributable());
    let quotes = status
        .quoted_by
        .keys()
        .filter_map(|id| state.statuses.get(id)?.quote)
        .filter(|quote| !quote.revoked);
    let application = status
        .application
        .as_ref()
        .map(|application| json!({ "name": application.name, "website": application.website }));
    let tagged_collections = state.linked_collections(&status.text).into_iter();
    let tagged_collections: Vec<Value> = tagged_collections
        .map(|linked| collection(state, linked, viewer))
        .collect();
    let preview_card = status.card.as_ref().map(|url| card(state, url, viewer));
    let mut value = json!({
        "id": status.id.to_string(), "created_at": iso8601(status.created), "edited_at": status.edited.map(iso8601),
        "in_reply_to_id": status.reply_to.map(|id| id.to_string()),
        "in_reply_to_account_id": status.reply_to_account.map(|id| id.to_string()),
        "sensitive": status.sensitive || is_sensitized, "spoiler_text": status.spoiler_text, "visibility": status.visibility.as_str(),
        "language": status.language, "uri": uri, "url": url,
        "replies_count": replies.count(), "reblogs_count": status.reblogged_by.len(),
        "favourites_count": status.favourited_by.len(), "quotes_count": quotes.count(),
        "content": content(state, status, &status.text), "application": application,
        "account": account_for(state, status.account, viewer),
        "media_attachments": attachments.map(|item| media(state, item, now)).collect::<Vec<_>>(),
        "mentions": mentions(state, status), "tags": tags.collect::<Vec<_>>(), "emojis": [], "tagged_collections": tagged_collections,
        "card": preview_card, "poll": status.poll.as_ref().map(|item| poll(item, status.account, viewer, now)),
        "quote_approval": quote_approval(state, status, viewer),
    });
    value["quote"] = quote(state, status.quote, viewer, now, position);
    value["reblog"] = status
        .reblog_of
        .map_or(Value::Null, |_| self::status(state, original, viewer, now));
    if let Some(viewer) = viewer {
        value["favourited"] = original.favourited_by.contains_key(&viewer).into();
        value["reblogged"] = original.reblogged_by.contains_key(&viewer).into();
        value["bookmarked"] = original.bookmarked_by.contains_key(&viewer).into();
        let conversation = (viewer, original.conversation);
        value["muted"] = state.muted_conversations.contains(&conversation).into();
        value["filtered"] = filtered(state, status, viewer, now);
        let can_be_pinned = viewer == status.account
            && status.reblog_of.is_none()
            && status.visibility != crate::state::Visibility::Direct;
        if can_be_pinned {
            value["pinned"] = status.pinned.is_some().into();
        }
    }
    value
}

/// Returns the URL of the page of a status.
fn page_url(state: &State, status: &Status) -> String {
    let author = state.accounts.get(&status.account);
    let page = author.map(|author| author.url(&state.url));
    format!("{}/{}", page.unwrap_or_default(), status.id)
}

/// Renders the text of a status, which can be a translation. Only the author and the mentioned accounts are linked.
pub(crate) fn content(state: &State, status: &Status, text: &str) -> String {
    let linked = std::iter::once(&status.account).chain(&status.mentions);
    content_with(state, text, status.quote, linked.copied())
}

/// Renders a text as HTML with links to the given accounts. A link to the quoted status precedes it, for clients without
/// support for quotes.
fn content_with(
    state: &State,
    text: &str,
    quote: Option<Quote>,
    linked: impl Iterator<Item = Id>,
) -> String {
    let linked: Vec<&Account> = linked.filter_map(|id| state.accounts.get(&id)).collect();
    let html = text::to_html(text, &state.url, |handle| {
        let account = state.account_for_handle(handle)?;
        let account = linked.iter().find(|linked| linked.id == account)?;
        // If others have the same username, the domain tells them apart.
        let is_namesake = |other: &&Account| {
            other.id != account.id && other.username.eq_ignore_ascii_case(&account.username)
        };
        let name = if linked.iter().copied().any(|other| is_namesake(&other)) {
            account.acct()
        } else {
            account.username.clone()
        };
        Some((account.url(&state.url), name))
    });
    let quoted = quote
        .and_then(|quote| quote.status)
        .and_then(|id| state.statuses.get(&id));
    match quoted.map(|quoted| page_url(state, quoted)) {
        Some(url) if !html.contains(&url) => format!(
            "<p class=\"quote-inline\">RE: {}</p>{html}",
            text::link_html(&url)
        ),
        _ => html,
    }
}

fn mentions(state: &State, status: &Status) -> Vec<Value> {
    let accounts = status
        .mentions
        .iter()
        .filter_map(|id| state.accounts.get(id));
    accounts.map(|account| mention(state, account)).collect()
}

/// Renders the account data of a mention.
pub(super) fn mention(state: &State, account: &Account) -> Value {
    json!({
        "id": account.id.to_string(), "username": account.username, "acct": account.acct(),
        "url": account.url(&state.url),
    })
}

fn quote_approval(state: &State, status: &Status, viewer: Option<Id>) -> Value {
    let automatic = match status.quote_policy {
        QuotePolicy::Nobody => json!([]),
        policy => json!([policy.as_str()]),
    };
    let current_user = if state.can_quote(viewer, status) {
        "automatic"
    } else {
        "denied"
    };
    json!({ "automatic": automatic, "manual": [], "current_user": current_user })
}

/// Returns the quoted status if it exists and the viewer can see it.
fn visible_quoted_status(
    state: &State,
    quote: Option<Quote>,
    viewer: Option<Id>,
) -> Option<&Status> {
    let quoted = state.statuses.get(&quote?.status?)?;
    Some(quoted).filter(|quoted| state.can_see(viewer, quoted))
}

fn quote(
    state: &State,
    quote: Option<Quote>,
    viewer: Option<Id>,
    now: Timestamp,
    position: Position,
) -> Value {
    let Some(quote) = quote else {
        return Value::Null;
    };
    let quoted = visible_quoted_status(state, Some(quote), viewer).filter(|_| !quote.revoked);
    let viewer_relation = |relation: fn(&State, Id, Id, Timestamp) -> bool| {
        let author = quoted.map(|quoted| quoted.account);
        viewer
            .zip(author)
            .is_some_and(|(viewer, author)| relation(state, viewer, author, now))
    };
    let quote_state = if quote.revoked {
        "revoked"
    } else if quote.status.is_none() {
        "deleted"
    } else if quoted.is_none() {
        "unauthorized"
    } else if viewer_relation(|state, viewer, author, _| state.blocks(viewer, author)) {
        "blocked_account"
    } else if viewer_relation(State::mutes) {
        "muted_account"
    } else {
        "accepted"
    };
    match position {
        Position::TopLevel => {
            let quoted =
                quoted.map(|quoted| render_at(state, quoted, viewer, now, Position::Quoted));
            json!({ "state": quote_state, "quoted_status": quoted })
        }
        Position::Quoted => {
            json!({ "state": quote_state, "quoted_status_id": quoted.map(|quoted| quoted.id.to_string()) })
        }
    }
}

/// Renders a version in the edit history of a status.
pub(crate) fn version(
    state: &State,
    status: &Status,
    version: &StatusVersion,
    viewer: Option<Id>,
    now: Timestamp,
) -> Value {
    let attachments = version.media.iter().filter_map(|(id, description)| {
        let mut value = media(state, state.media.get(id)?, now);
        value["description"] = description.clone().into();
        Some(value)
    });
    // Mastodon does not look up the mentions of a version.
    let author = std::iter::once(status.account);
    let mut value = json!({
        "content": content_with(state, &version.text, version.quote, author), "spoiler_text": version.spoiler_text,
        "sensitive": version.sensitive, "created_at": iso8601(version.created), "account": account_for(state, status.account, viewer),
        "media_attachments": attachments.collect::<Vec<_>>(), "emojis": [],
    });
    if let Some(options) = &version.options {
        let options = options.iter().map(|title| json!({ "title": title }));
        value["poll"] = json!({ "options": options.collect::<Vec<_>>() });
    }
    if version.quote.is_some() {
        value["quote"] = quote(state, version.quote, viewer, now, Position::TopLevel);
    }
    value
}
