//! Actions on statuses: boosts, favourites, bookmarks, mutes and pins.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{status_response, status_value, visible_status};
use crate::clock::later;
use crate::handlers::Context;
use crate::ids::Id;
use crate::limits::MAX_PINNED_STATUSES;
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, forbidden, not_found, unprocessable, validation_failed,
};
use crate::state::{DueTask, QuotePolicy, State, Status, Visibility};

/// Returns the ID of the status that the path names or, for a boost, of the boosted status.
fn original_id(context: &Context<'_>, state: &State) -> Result<Id, ErrorResponse> {
    Ok(visible_status(context, state, context.id())?.original_id())
}

fn not_allowed() -> ErrorResponse {
    forbidden("This action is not allowed")
}

pub(super) fn reblog(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let original = original_id(context, &state)?;
    let boosted = state.statuses.get(&original).ok_or_else(not_found)?;
    let author = boosted.account;
    let is_allowed = boosted.visibility.is_distributable()
        || boosted.visibility == Visibility::Private && author == user;
    if !is_allowed || state.blocks(user, author) {
        return Err(not_allowed());
    }
    if let Some(boost) = boosted.reblogged_by.get(&user) {
        return status_response(context, &state, *boost);
    }
    let visibility = if boosted.visibility.is_distributable() {
        let requested = super::visibility(&context.params)?;
        requested.unwrap_or(state.posting_defaults(user).visibility)
    } else {
        boosted.visibility
    };
    if visibility == Visibility::Direct {
        return Err(validation_failed("Visibility is reserved"));
    }
    let (id, created) = state.next_status_id(now);
    state.insert_status(Status {
        arrived: now,
        visibility,
        language: None,
        reblog_of: Some(original),
        quote_policy: QuotePolicy::Nobody,
        ..Status::new(id, user, created, "")
    });
    state.notify_about_status(author, "reblog", user, original, now);
    status_response(context, &state, id)
}

/// Undoes the boost of a status. Like Mastodon, looks for a boost of exactly the status that the path names: the ID of a
/// boost undoes nothing.
pub(super) fn unreblog(context: &Context<'_>) -> HandlerResult {
    let (user, now, id) = (context.user()?, context.now(), context.id());
    let mut state = context.shared.state();
    let boost = state.statuses.get(&id);
    let boost = boost.and_then(|status| status.reblogged_by.get(&user).copied());
    if let Some(boost) = boost {
        state.remove_status(boost, now);
        return status_response(context, &state, id);
    }
    let status = visible_status(context, &state, id)?;
    let mut value = render::status(&state, status, Some(user), now);
    forget_actions(&mut value);
    Ok(Response::json(&value))
}

/// Removes the actions of the user from a rendered status. Mastodon looks none up if there was no boost to undo.
fn forget_actions(status: &mut Value) {
    let Some(fields) = status.as_object_mut() else {
        return;
    };
    for action in ["favourited", "reblogged", "bookmarked", "muted", "pinned"] {
        if let Some(value) = fields.get_mut(action) {
            *value = false.into();
        }
    }
    if let Some(filtered) = fields.get_mut("filtered") {
        *filtered = json!([]);
    }
    forget_actions(&mut status["reblog"]);
    if status["quote"]["quoted_status"].is_object() {
        forget_actions(&mut status["quote"]["quoted_status"]);
    }
}

/// Adds a favourite or a bookmark to a status or, for a boost, to the boosted status.
pub(super) fn favourite_or_bookmark(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let is_favourite = context.route.name == "status_favourite";
    let mut state = context.shared.state();
    let requested = visible_status(context, &state, context.id())?;
    if is_favourite && state.blocks(user, requested.account) {
        return Err(not_allowed());
    }
    let (requested, id) = (requested.id, requested.original_id());
    let status = state.statuses.get(&id).ok_or_else(not_found)?;
    let (author, exists) = (
        status.account,
        marks(status, is_favourite).contains_key(&user),
    );
    if exists && requested != id {
        // Mastodon looks for a mark of the boost, finds none, and then cannot create a second one.
        return Err(validation_failed("Status has already been taken"));
    }
    if !exists {
        let row = state.next_row_id();
        let status = state.statuses.get_mut(&id).ok_or_else(not_found)?;
        marks_mut(status, is_favourite).insert(user, row);
        if is_favourite {
            state.notify_about_status(author, "favourite", user, id, now);
        }
    }
    status_response(context, &state, requested)
}

/// Removes a favourite or a bookmark, also from a status that the user cannot see any longer. Like Mastodon, looks for a
/// mark of exactly the status that the path names: the ID of a boost removes nothing.
pub(super) fn unfavourite_or_unbookmark(context: &Context<'_>) -> HandlerResult {
    let (user, id) = (context.user()?, context.id());
    let is_favourite = context.route.name == "status_unfavourite";
    let mut state = context.shared.state();
    let status = state.statuses.get(&id).ok_or_else(not_found)?;
    if !marks(status, is_favourite).contains_key(&user) {
        visible_status(context, &state, id)?;
        let mut response = status_value(context, &state, id)?;
        response[if is_favourite {
            "favourited"
        } else {
            "bookmarked"
        }] = false.into();
        return Ok(Response::json(&response));
    }
    if is_favourite {
        return unfavourite(context, &mut state, user, id);
    }
    if let Some(status) = state.statuses.get_mut(&id) {
        status.bookmarked_by.remove(&user);
    }
    status_response(context, &state, id)
}

/// Removes a favourite, now or later. The response shows it as removed.
fn unfavourite(context: &Context<'_>, state: &mut State, user: Id, status: Id) -> HandlerResult {
    let delay = context
        .shared
        .behavior
        .with(|behavior| behavior.posting.unfavourite_delay);
    if delay.is_zero() {
        state.remove_favourite(user, status);
        return status_response(context, state, status);
    }
    state.add_due_task(
        later(context.now(), delay),
        DueTask::RemoveFavourite(user, status),
    );
    let mut value = status_value(context, state, status)?;
    let count = value["favourites_count"].as_u64().unwrap_or_default();
    value["favourited"] = false.into();
    value["favourites_count"] = count.saturating_sub(1).into();
    Ok(Response::json(&value))
}

/// Returns the favourites or the bookmarks of a status.
fn marks(status: &Status, is_favourite: bool) -> &BTreeMap<Id, Id> {
    if is_favourite {
        &status.favourited_by
    } else {
        &status.bookmarked_by
    }
}

fn marks_mut(status: &mut Status, is_favourite: bool) -> &mut BTreeMap<Id, Id> {
    if is_favourite {
        &mut status.favourited_by
    } else {
        &mut status.bookmarked_by
    }
}

/// Mutes or unmutes a conversation.
pub(super) fn mute(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let requested = visible_status(context, &state, context.id())?;
    let id = requested.id;
    let status = state
        .statuses
        .get(&requested.original_id())
        .ok_or_else(not_found)?;
    let conversation = (user, status.conversation);
    if context.route.name == "status_mute" {
        state.muted_conversations.insert(conversation);
    } else {
        state.muted_conversations.remove(&conversation);
    }
    status_response(context, &state, id)
}

pub(super) fn pin(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let status = visible_status(context, &state, context.id())?;
    let (id, is_pinned) = (status.id, status.pinned.is_some() && status.account == user);
    let is_unpin = context.route.name == "status_unpin";
    if !is_unpin {
        check_pin(&state, user, status)?;
        if is_pinned {
            return Err(unprocessable("Duplicate record"));
        }
    }
    if is_pinned || !is_unpin {
        let row = (!is_unpin).then(|| state.next_row_id());
        if let Some(status) = state.statuses.get_mut(&id) {
            status.pinned = row;
        }
    }
    status_response(context, &state, id)
}

fn check_pin(state: &State, user: Id, status: &Status) -> Result<(), ErrorResponse> {
    let mut errors = Vec::new();
    if status.reblog_of.is_some() {
        errors.push("A boost cannot be pinned");
    }
    if status.account != user {
        errors.push("Someone else's post cannot be pinned");
    }
    if status.visibility == Visibility::Direct {
        errors.push("Posts that are only visible to mentioned users cannot be pinned");
    }
    let own_statuses = state.statuses.values().filter(|own| own.account == user);
    if own_statuses.filter(|own| own.pinned.is_some()).count() >= MAX_PINNED_STATUSES {
        errors.push("You have already pinned the maximum number of posts");
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(validation_failed(&errors.join(", ")))
    }
}

/// Lists the accounts that favourited or boosted a status, newest first.
pub(super) fn list_accounts(context: &Context<'_>) -> HandlerResult {
    let (viewer, now) = (context.viewer(), context.now());
    let state = context.shared.state();
    let id = original_id(context, &state)?;
    let status = state.statuses.get(&id).ok_or_else(not_found)?;
    let is_public_boost = |boost: &Id| {
        let boost = state.statuses.get(boost);
        boost.is_some_and(|boost| boost.visibility.is_distributable())
    };
    let is_favourites = context.route.name == "status_favourited_by";
    let rows = if is_favourites {
        &status.favourited_by
    } else {
        &status.reblogged_by
    };
    let rows = rows
        .iter()
        .filter(|(account, _)| !state.hides_author(viewer, **account, now))
        .filter(|(_, boost)| is_favourites || is_public_boost(boost));
    let mut rows: Vec<(Id, Id)> = rows.map(|(account, row)| (*row, *account)).collect();
    rows.sort_unstable_by_key(|(row, _)| Reverse(*row));
    let (rows, links) = paginate(context, rows, |(row, _)| *row);
    let accounts = rows
        .into_iter()
        .map(|(_, account)| render::account(&state, account));
    Ok(page_response(accounts.collect(), links))
}
