//! What users are to each other: follows, blocks, mutes, notes, and the lists of them.

use serde_json::{Value, json};

use super::Context;
use super::accounts::named;
use crate::clock::seconds_after;
use crate::ids::{Id, parse_id};
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, forbidden, not_found, validation_failed,
};
use crate::state::{Account, Follow, Mute, State, newest_first};

const MAX_NOTE: usize = 2000;

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "account_follow" => act(context, follow),
        "account_unfollow" => act(context, unfollow),
        "account_remove_from_followers" => act(context, remove_from_followers),
        "account_block" => act(context, block),
        "account_unblock" => act(context, unblock),
        "account_mute" => act(context, mute),
        "account_unmute" => act(context, unmute),
        "account_endorse" | "account_pin" => act(context, endorse),
        "account_unendorse" | "account_unpin" => act(context, unendorse),
        "account_note_set" => act(context, note),
        "follow_request_authorize" => act(context, authorize),
        "follow_request_reject" => act(context, reject),
        "account_relationships" => relationships(context),
        "account_familiar_followers" => familiar_followers(context),
        "account_followers" | "account_following" | "account_endorsements" => of_account(context),
        "follow_requests" | "blocks" | "endorsements" | "mutes" => of_user(context),
        _ => return None,
    })
}

/// Changes how the user stands to the account that the path names, and tells how that is then.
fn act(
    context: &Context<'_>,
    change: impl Fn(&Context<'_>, &mut State, Id, Id) -> Result<(), ErrorResponse>,
) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let target = named(context, &state)?;
    change(context, &mut state, user, target)?;
    Ok(Response::json(&render::relationship(
        &state, user, target, now,
    )))
}

fn own(state: &mut State, user: Id) -> Result<&mut Account, ErrorResponse> {
    state.accounts.get_mut(&user).ok_or_else(not_found)
}

fn follow(
    context: &Context<'_>,
    state: &mut State,
    user: Id,
    target: Id,
) -> Result<(), ErrorResponse> {
    let other = state.accounts.get(&target).ok_or_else(not_found)?;
    if user == target || other.suspended {
        return Err(not_found());
    }
    let apart = state.blocks(user, target)
        || state.blocks(target, user)
        || state.blocks_domain_of(user, target);
    if apart || other.moved_to.is_some() {
        return Err(forbidden("This action is not allowed"));
    }
    let limited = state
        .accounts
        .get(&user)
        .is_some_and(|account| account.limited);
    let asks = other.profile.locked || limited;
    let row = state.next_row_id();
    let account = own(state, user)?;
    let known = account
        .follows
        .get_mut(&target)
        .or_else(|| account.follow_requests.get_mut(&target));
    if let Some(known) = known {
        set_terms(context, known);
        return Ok(());
    }
    let mut new = Follow::new(row, context.now());
    set_terms(context, &mut new);
    let kind = if asks {
        account.follow_requests.insert(target, new);
        "follow_request"
    } else {
        account.follows.insert(target, new);
        "follow"
    };
    let muted = state.mute(target, user, context.now());
    if muted.is_none_or(|mute| !mute.notifications) {
        state.notify(target, kind, user, None, context.now());
    }
    Ok(())
}

/// Sets what was sent; the rest stays as it is.
fn set_terms(context: &Context<'_>, follow: &mut Follow) {
    let params = &context.params;
    if let Some(reblogs) = params.flag("reblogs") {
        follow.reblogs = reblogs;
    }
    if let Some(notify) = params.flag("notify") {
        follow.notify = notify;
    }
    if params.contains("languages") {
        let languages = params.list("languages").into_iter();
        follow.languages = languages.filter(|language| !language.is_empty()).collect();
    }
}

fn unfollow(_: &Context<'_>, state: &mut State, user: Id, target: Id) -> Result<(), ErrorResponse> {
    state.unfollow(user, target);
    state.cancel_follow_request(user, target);
    Ok(())
}

fn remove_from_followers(
    _: &Context<'_>,
    state: &mut State,
    user: Id,
    target: Id,
) -> Result<(), ErrorResponse> {
    state.unfollow(target, user);
    Ok(())
}

/// Nobody can block themselves, and the real server says nothing about it.
fn block(_: &Context<'_>, state: &mut State, user: Id, target: Id) -> Result<(), ErrorResponse> {
    if user != target {
        state.block(user, target);
    }
    Ok(())
}

fn unblock(_: &Context<'_>, state: &mut State, user: Id, target: Id) -> Result<(), ErrorResponse> {
    own(state, user)?.blocks.remove(&target);
    Ok(())
}

fn mute(
    context: &Context<'_>,
    state: &mut State,
    user: Id,
    target: Id,
) -> Result<(), ErrorResponse> {
    if user == target {
        return Ok(());
    }
    let params = &context.params;
    let seconds = params.integer("duration").unwrap_or(0);
    let expires = Some(seconds)
        .filter(|seconds| *seconds != 0)
        .and_then(|seconds| seconds_after(context.now(), seconds));
    let notifications = params.flag("notifications").unwrap_or(true);
    let known = state.mute(user, target, context.now()).map(|mute| mute.row);
    let row = known.unwrap_or_else(|| state.next_row_id());
    let new = Mute {
        row,
        notifications,
        expires,
    };
    own(state, user)?.mutes.insert(target, new);
    Ok(())
}

fn unmute(_: &Context<'_>, state: &mut State, user: Id, target: Id) -> Result<(), ErrorResponse> {
    own(state, user)?.mutes.remove(&target);
    Ok(())
}

fn endorse(_: &Context<'_>, state: &mut State, user: Id, target: Id) -> Result<(), ErrorResponse> {
    if !state.follows(user, target) {
        return Err(validation_failed(
            "You must be already following the person you want to endorse",
        ));
    }
    let row = state.next_row_id();
    own(state, user)?.endorsed_accounts.insert(target, row);
    Ok(())
}

fn unendorse(
    _: &Context<'_>,
    state: &mut State,
    user: Id,
    target: Id,
) -> Result<(), ErrorResponse> {
    own(state, user)?.endorsed_accounts.remove(&target);
    Ok(())
}

fn note(
    context: &Context<'_>,
    state: &mut State,
    user: Id,
    target: Id,
) -> Result<(), ErrorResponse> {
    let comment = context.params.non_blank("comment");
    if comment
        .as_ref()
        .is_some_and(|comment| comment.chars().count() > MAX_NOTE)
    {
        return Err(validation_failed(&format!(
            "Comment is too long (maximum is {MAX_NOTE} characters)"
        )));
    }
    let notes = &mut own(state, user)?.notes;
    match comment {
        Some(comment) => notes.insert(target, comment),
        None => notes.remove(&target),
    };
    Ok(())
}

fn authorize(
    context: &Context<'_>,
    state: &mut State,
    user: Id,
    target: Id,
) -> Result<(), ErrorResponse> {
    if !state.authorize_follow_request(target, user, context.now()) {
        return Err(not_found());
    }
    state.notify(user, "follow", target, None, context.now());
    Ok(())
}

fn reject(_: &Context<'_>, state: &mut State, user: Id, target: Id) -> Result<(), ErrorResponse> {
    let request = state.cancel_follow_request(target, user);
    request.map(|_| ()).ok_or_else(not_found)
}

fn wanted(context: &Context<'_>) -> impl Iterator<Item = Id> {
    let ids = context.params.list("id").into_iter();
    ids.map(|id| parse_id(&id))
}

fn relationships(context: &Context<'_>) -> HandlerResult {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let suspended = context.params.is_true("with_suspended");
    let found = wanted(context)
        .filter_map(|id| state.accounts.get(&id))
        .filter(|account| suspended || !account.suspended)
        .map(|account| render::relationship(&state, user, account.id, now));
    Ok(Response::json(&Value::Array(found.collect())))
}

fn familiar_followers(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let found = wanted(context)
        .filter_map(|id| state.accounts.get(&id))
        .filter(|account| !account.suspended)
        .map(|account| {
            let hidden = account.profile.hide_collections == Some(true);
            let familiar = state
                .followers(account.id)
                .map(|(_, id)| id)
                .filter(|id| !hidden && state.follows(user, *id));
            let accounts: Vec<Value> = familiar.map(|id| render::account(&state, id)).collect();
            json!({ "id": account.id.to_string(), "accounts": accounts })
        });
    Ok(Response::json(&Value::Array(found.collect())))
}

/// A page of accounts, each under the record that brought it here.
fn people(
    context: &Context<'_>,
    state: &State,
    rows: Vec<(Id, Id)>,
    render: impl Fn(Id) -> Value,
) -> HandlerResult {
    let shown = |id: &Id| {
        let account = state.accounts.get(id);
        account.is_some_and(|account| !account.suspended)
    };
    let rows = rows.into_iter().filter(|(_, id)| shown(id)).collect();
    let (rows, links) = paginate(context, rows, |(row, _)| *row);
    let accounts = rows.into_iter().map(|(_, id)| render(id));
    Ok(page_response(accounts.collect(), links))
}

/// Whom an account follows or features, and who follows it, as far as the viewer may know.
fn of_account(context: &Context<'_>) -> HandlerResult {
    let (state, viewer, now) = (context.shared.state(), context.viewer(), context.now());
    let id = named(context, &state)?;
    let account = state.accounts.get(&id).ok_or_else(not_found)?;
    let follows = context.route.name != "account_endorsements";
    let hidden = account.suspended
        || follows && account.profile.hide_collections == Some(true) && viewer != Some(id)
        || viewer.is_some_and(|viewer| state.blocks(id, viewer));
    let mut rows = match context.route.name {
        _ if hidden => Vec::new(),
        "account_following" => following(account),
        "account_followers" => newest_first(state.followers(id)),
        _ => account.endorsed_accounts.newest_first(),
    };
    if viewer != Some(id) {
        rows.retain(|(_, id)| !state.hides_author(viewer, *id, now));
    }
    people(context, &state, rows, |id| render::account(&state, id))
}

fn following(account: &Account) -> Vec<(Id, Id)> {
    let follows = account.follows.iter();
    newest_first(follows.map(|(id, follow)| (follow.row, *id)))
}

/// The user's own lists of accounts.
fn of_user(context: &Context<'_>) -> HandlerResult {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    if context.route.name == "mutes" {
        let mutes = account.mutes.iter().filter(|(_, mute)| mute.is_active(now));
        let rows = newest_first(mutes.map(|(id, mute)| (mute.row, *id)));
        return people(context, &state, rows, |id| {
            render::muted_account(&state, user, id, now)
        });
    }
    let rows = match context.route.name {
        "follow_requests" => newest_first(state.follow_requesters(user)),
        "blocks" => account.blocks.newest_first(),
        _ => account.endorsed_accounts.newest_first(),
    };
    people(context, &state, rows, |id| render::account(&state, id))
}
