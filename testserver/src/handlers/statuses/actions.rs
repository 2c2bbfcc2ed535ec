//! What users do with statuses: boost, favourite, bookmark, mute, pin.

use std::cmp::Reverse;

use super::{answer, visible};
use crate::handlers::Context;
use crate::ids::Id;
use crate::limits::MAX_PINNED_STATUSES;
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, forbidden, not_found, validation_failed};
use crate::state::{QuotePolicy, State, Status, Visibility};

/// The status that is acted upon: the one named, or the one of which that is a boost.
fn proper(context: &Context<'_>, state: &State) -> Result<Id, ErrorResponse> {
    Ok(visible(context, state, context.id())?.original_id())
}

fn not_allowed() -> ErrorResponse {
    forbidden("This action is not allowed")
}

pub(super) fn reblog(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let original = proper(context, &state)?;
    let boosted = state.statuses.get(&original).ok_or_else(not_found)?;
    let author = boosted.account;
    let allowed = boosted.visibility.is_distributable()
        || boosted.visibility == Visibility::Private && author == user;
    if !allowed || state.blocks(user, author) {
        return Err(not_allowed());
    }
    if let Some(boost) = boosted.reblogged_by.get(&user) {
        return answer(context, &state, *boost);
    }
    let given = context.params.non_blank("visibility");
    let given = given.and_then(|name| Visibility::from_name(&name));
    let visibility = if boosted.visibility.is_distributable() {
        given.unwrap_or(state.posting_defaults(user).visibility)
    } else {
        boosted.visibility
    };
    if visibility == Visibility::Direct {
        return Err(validation_failed("Visibility is reserved"));
    }
    let id = state.next_id(now);
    state.insert_status(Status {
        visibility,
        language: None,
        reblog_of: Some(original),
        quote_policy: QuotePolicy::Nobody,
        ..Status::new(id, user, now, "")
    });
    state.notify_about_status(author, "reblog", user, original, now);
    answer(context, &state, id)
}

pub(super) fn unreblog(context: &Context<'_>) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let named = state.statuses.get(&context.id()).ok_or_else(not_found)?;
    let original = named.original_id();
    let boost = state.statuses.get(&original);
    let boost = boost.and_then(|status| status.reblogged_by.get(&user).copied());
    match boost {
        Some(boost) => {
            state.remove_status(boost, now);
        }
        // Who has boosted it may forget it even if it is no longer to be seen.
        None => {
            visible(context, &state, original)?;
        }
    }
    answer(context, &state, original)
}

/// Favourites and bookmarks, and taking them back.
pub(super) fn mark(context: &Context<'_>) -> HandlerResult {
    let (user, now, name) = (context.user()?, context.now(), context.route.name);
    let mut state = context.shared.state();
    let named = state.statuses.get(&context.id()).ok_or_else(not_found)?;
    let (named, id) = (named.id, named.original_id());
    let status = state.statuses.get(&id).ok_or_else(not_found)?;
    let author = status.account;
    let marked = match name {
        "status_favourite" | "status_unfavourite" => status.favourited_by.contains_key(&user),
        _ => status.bookmarked_by.contains_key(&user),
    };
    let removes = matches!(name, "status_unfavourite" | "status_unbookmark");
    if !(removes && marked) {
        visible(context, &state, named)?;
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
            return answer(context, &state, named);
        }
        _ => {
            status.bookmarked_by.remove(&user);
            return answer(context, &state, named);
        }
    };
    if name == "status_favourite" && !marked {
        state.notify_about_status(author, "favourite", user, id, now);
    }
    answer(context, &state, named)
}

/// Mutes a conversation, or listens to it again.
pub(super) fn mute(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let named = visible(context, &state, context.id())?;
    let id = named.id;
    let status = state
        .statuses
        .get(&named.original_id())
        .ok_or_else(not_found)?;
    let conversation = (user, status.conversation);
    if context.route.name == "status_mute" {
        state.muted_conversations.insert(conversation);
    } else {
        state.muted_conversations.remove(&conversation);
    }
    answer(context, &state, id)
}

pub(super) fn pin(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let status = visible(context, &state, context.id())?;
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
    answer(context, &state, id)
}

fn check_pin(state: &State, user: Id, status: &Status) -> Result<(), ErrorResponse> {
    let mut problems = Vec::new();
    if status.reblog_of.is_some() {
        problems.push("A boost cannot be pinned");
    }
    if status.account != user {
        problems.push("Someone else's post cannot be pinned");
    }
    if status.visibility == Visibility::Direct {
        problems.push("Posts that are only visible to mentioned users cannot be pinned");
    }
    let own = state.statuses.values().filter(|own| own.account == user);
    if own.filter(|own| own.pinned.is_some()).count() >= MAX_PINNED_STATUSES {
        problems.push("You have already pinned the maximum number of posts");
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(validation_failed(&problems.join(", ")))
    }
}

/// Who favourited or boosted a status, the latest first.
pub(super) fn actors(context: &Context<'_>) -> HandlerResult {
    let (viewer, now) = (context.viewer(), context.now());
    let state = context.shared.state();
    let id = proper(context, &state)?;
    let status = state.statuses.get(&id).ok_or_else(not_found)?;
    let openly = |boost: &Id| {
        let boost = state.statuses.get(boost);
        boost.is_some_and(|boost| boost.visibility.is_distributable())
    };
    let favourites = context.route.name == "status_favourited_by";
    let marks = if favourites {
        &status.favourited_by
    } else {
        &status.reblogged_by
    };
    let marks = marks
        .iter()
        .filter(|(account, _)| !state.hides_author(viewer, **account, now))
        .filter(|(_, boost)| favourites || openly(boost));
    let mut marks: Vec<(Id, Id)> = marks.map(|(account, row)| (*row, *account)).collect();
    marks.sort_unstable_by_key(|(row, _)| Reverse(*row));
    let (marks, links) = paginate(context, marks, |(row, _)| *row);
    let accounts = marks
        .into_iter()
        .map(|(_, account)| render::account(&state, account));
    Ok(page_response(accounts.collect(), links))
}
