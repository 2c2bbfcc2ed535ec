//! Actions on statuses: boosts, favourites, bookmarks, mutes and pins.

use std::cmp::Reverse;

use super::{status_response, visible_status};
use crate::handlers::Context;
use crate::ids::Id;
use crate::limits::MAX_PINNED_STATUSES;
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, forbidden, not_found, validation_failed};
use crate::state::{QuotePolicy, State, Status, Visibility};

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
    let requested = context.params.non_blank("visibility");
    let requested = requested.and_then(|name| Visibility::from_name(&name));
    let visibility = if boosted.visibility.is_distributable() {
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

pub(super) fn unreblog(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let requested = state.statuses.get(&context.id()).ok_or_else(not_found)?;
    let original = requested.original_id();
    let boost = state.statuses.get(&original);
    let boost = boost.and_then(|status| status.reblogged_by.get(&user).copied());
    match boost {
        Some(boost) => {
            state.remove_status(boost, now);
        }
        // Without a boost to undo, the status must be visible to the user.
        None => {
            visible_status(context, &state, original)?;
        }
    }
    status_response(context, &state, original)
}

/// Adds or removes a favourite or a bookmark.
pub(super) fn favourite_or_bookmark(context: &Context<'_>) -> HandlerResult {
    let (user, now, name) = (context.user()?, context.now(), context.route.name);
    let mut state = context.shared.state();
    let requested = state.statuses.get(&context.id()).ok_or_else(not_found)?;
    let (requested, id) = (requested.id, requested.original_id());
    let status = state.statuses.get(&id).ok_or_else(not_found)?;
    let author = status.account;
    let exists = match name {
        "status_favourite" | "status_unfavourite" => status.favourited_by.contains_key(&user),
        _ => status.bookmarked_by.contains_key(&user),
    };
    let removes = matches!(name, "status_unfavourite" | "status_unbookmark");
    if !(removes && exists) {
        visible_status(context, &state, requested)?;
    }
    if name == "status_favourite" && state.blocks(user, author) {
        return Err(not_allowed());
    }
    let row = state.next_row_id();
    let status = state.statuses.get_mut(&id).ok_or_else(not_found)?;
    match name {
        "status_favourite" => status.favourited_by.entry(user).or_insert(row),
        "status_bookmark" => status.bookmarked_by.entry(user).or_insert(row),
        "status_unfavourite" => {
            status.favourited_by.remove(&user);
            state.remove_notification("favourite", user, id);
            return status_response(context, &state, requested);
        }
        _ => {
            status.bookmarked_by.remove(&user);
            return status_response(context, &state, requested);
        }
    };
    if name == "status_favourite" && !exists {
        state.notify_about_status(author, "favourite", user, id, now);
    }
    status_response(context, &state, requested)
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
    let id = status.id;
    let row = if context.route.name == "status_unpin" {
        None
    } else if let Some(row) = status.pinned.filter(|_| status.account == user) {
        Some(row)
    } else {
        check_pin(&state, user, status)?;
        Some(state.next_row_id())
    };
    if let Some(status) = state.statuses.get_mut(&id)
        && status.account == user
    {
        status.pinned = row;
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
