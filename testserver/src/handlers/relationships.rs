//! Relationships between accounts: follows, blocks, mutes, notes, and lists of accounts.

use serde_json::{Value, json};

use super::accounts::requested_account;
use super::{Context, user_account};
use crate::clock::seconds_after;
use crate::ids::{Id, parse_id};
use crate::paging::{is_unlimited, page_response, paginate};
use crate::render;
use crate::response::{
    ErrorResponse, HandlerResult, Response, forbidden, not_found, validation_failed,
};
use crate::state::{Account, Follow, Mute, State, newest_first};

const MAX_NOTE: usize = 2000;
/// Maximum number of followed accounts, unless the user has more followers.
const MAX_FOLLOWS: usize = 7500;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "account_follow" => change_relationship(context, follow),
        "account_unfollow" => change_relationship(context, unfollow),
        "account_remove_from_followers" => change_relationship(context, remove_from_followers),
        "account_block" => change_relationship(context, block),
        "account_unblock" => change_relationship(context, unblock),
        "account_mute" => change_relationship(context, mute),
        "account_unmute" => change_relationship(context, unmute),
        "account_endorse" | "account_pin" => change_relationship(context, endorse),
        "account_unendorse" | "account_unpin" => change_relationship(context, unendorse),
        "account_note_set" => change_relationship(context, note),
        "follow_request_authorize" => change_relationship(context, authorize),
        "follow_request_reject" => change_relationship(context, reject),
        "account_relationships" => relationships(context),
        "account_familiar_followers" => familiar_followers(context),
        "account_followers" | "account_following" | "account_endorsements" => {
            accounts_of_account(context)
        }
        "follow_requests" | "blocks" | "endorsements" | "mutes" => accounts_of_user(context),
        _ => return None,
    })
}

/// Changes the relationship of the user to the account that the path names, and returns it.
fn change_relationship(
    context: &Context<'_>,
    change: impl Fn(&Context<'_>, &mut State, Id, Id) -> Result<(), ErrorResponse>,
) -> HandlerResult {
    let (user, now) = (context.user()?, context.now());
    let mut state = context.shared.state();
    let target = requested_account(context, &state)?;
    let is_followed = |state: &State| {
        let account = state.accounts.get(&user);
        account.is_some_and(|account| {
            account.follows.contains_key(&target) || account.follow_requests.contains_key(&target)
        })
    };
    let was_followed = is_followed(&state);
    change(context, &mut state, user, target)?;
    let mut relationship = render::relationship(&state, user, target, now);
    if context.route.name == "account_follow" && !needs_approval(&state, user, target) {
        // Like Mastodon, reports a follow even if the other server has not accepted it yet.
        relationship["following"] = true.into();
        relationship["requested"] = false.into();
    }
    let response = Response::json(&relationship);
    // Only a new follow counts against the rate limit.
    let is_new_follow = !was_followed && is_followed(&state);
    Ok(if is_new_follow {
        response
    } else {
        response.changed_nothing()
    })
}

fn follow(
    context: &Context<'_>,
    state: &mut State,
    user: Id,
    target: Id,
) -> Result<(), ErrorResponse> {
    if user == target {
        return Err(forbidden("Following your own account is not allowed"));
    }
    let other = state.accounts.get(&target).ok_or_else(not_found)?;
    if other.suspended {
        return Err(not_found());
    }
    let is_blocked = state.blocks(user, target)
        || state.blocks(target, user)
        || state.blocks_domain_of(user, target);
    if is_blocked || other.moved_to.is_some() {
        return Err(forbidden("This action is not allowed"));
    }
    let is_request = other.domain.is_some() || needs_approval(state, user, target);
    let (row, now) = (state.next_row_id(), context.now());
    let account = user_account(state, user)?;
    let existing = account
        .follows
        .get_mut(&target)
        .or_else(|| account.follow_requests.get_mut(&target));
    if let Some(existing) = existing {
        set_follow_options(context, existing);
        return Ok(());
    }
    let is_local = account.login.is_some();
    if is_local && account.follows.len() >= follow_limit(state, user) {
        return Err(validation_failed(&format!(
            "You cannot follow more than {} people",
            follow_limit(state, user)
        )));
    }
    context.check_creation_limit()?;
    if state.follows_nobody(user) {
        state.mark_as_incomplete(user, now);
    }
    let mut follow = Follow::new(row, now);
    set_follow_options(context, &mut follow);
    let kind = if is_request {
        user_account(state, user)?
            .follow_requests
            .insert(target, follow);
        "follow_request"
    } else {
        state.follow(user, target, follow, now);
        "follow"
    };
    state.notify(target, kind, user, None, now);
    Ok(())
}

/// Whether an account must approve the follow of a user. Other servers decide for their accounts.
fn needs_approval(state: &State, user: Id, target: Id) -> bool {
    let is =
        |id: Id, condition: fn(&Account) -> bool| state.accounts.get(&id).is_some_and(condition);
    is(target, |account| account.profile.locked) || is(user, |account| account.limited)
}

/// Returns the maximum number of accounts that a user can follow.
fn follow_limit(state: &State, user: Id) -> usize {
    let followed = state
        .accounts
        .get(&user)
        .map_or(0, |account| account.follows.len());
    if followed < MAX_FOLLOWS {
        return MAX_FOLLOWS;
    }
    // A tenth more than there are followers.
    let followers = state.followers(user).count();
    (followers + (followers + 5) / 10).max(MAX_FOLLOWS)
}

/// Sets the options that were sent.
fn set_follow_options(context: &Context<'_>, follow: &mut Follow) {
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

/// Like Mastodon, accepts a block of oneself without any effect.
fn block(_: &Context<'_>, state: &mut State, user: Id, target: Id) -> Result<(), ErrorResponse> {
    if user != target {
        state.block(user, target);
    }
    Ok(())
}

fn unblock(_: &Context<'_>, state: &mut State, user: Id, target: Id) -> Result<(), ErrorResponse> {
    user_account(state, user)?.blocks.remove(&target);
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
    let existing_row = state.mute(user, target, context.now()).map(|mute| mute.row);
    let row = existing_row.unwrap_or_else(|| state.next_row_id());
    let mute = Mute {
        row,
        notifications,
        expires,
    };
    state.add_mute(user, target, mute);
    Ok(())
}

fn unmute(
    context: &Context<'_>,
    state: &mut State,
    user: Id,
    target: Id,
) -> Result<(), ErrorResponse> {
    state.remove_mute(user, target, context.now());
    Ok(())
}

fn endorse(_: &Context<'_>, state: &mut State, user: Id, target: Id) -> Result<(), ErrorResponse> {
    if !state.follows(user, target) {
        return Err(validation_failed(
            "You must be already following the person you want to endorse",
        ));
    }
    let row = state.next_row_id();
    user_account(state, user)?
        .endorsed_accounts
        .insert(target, row);
    Ok(())
}

fn unendorse(
    _: &Context<'_>,
    state: &mut State,
    user: Id,
    target: Id,
) -> Result<(), ErrorResponse> {
    user_account(state, user)?.endorsed_accounts.remove(&target);
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
    let notes = &mut user_account(state, user)?.notes;
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

fn requested_ids(context: &Context<'_>) -> impl Iterator<Item = Id> {
    let ids = context.params.list("id").into_iter();
    ids.map(|id| parse_id(&id))
}

fn relationships(context: &Context<'_>) -> HandlerResult {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let with_suspended = context.params.is_true("with_suspended");
    let relationships = requested_ids(context)
        .filter_map(|id| state.accounts.get(&id))
        .filter(|account| with_suspended || !account.suspended)
        .map(|account| render::relationship(&state, user, account.id, now));
    Ok(Response::json(&Value::Array(relationships.collect())))
}

fn familiar_followers(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let results = requested_ids(context)
        .filter_map(|id| state.accounts.get(&id))
        .filter(|account| !account.suspended)
        .map(|account| {
            let is_hidden = account.profile.hide_collections == Some(true);
            let familiar = state
                .followers(account.id)
                .map(|(_, id)| id)
                .filter(|id| !is_hidden && state.follows(user, *id));
            let accounts: Vec<Value> = familiar.map(|id| render::account(&state, id)).collect();
            json!({ "id": account.id.to_string(), "accounts": accounts })
        });
    Ok(Response::json(&Value::Array(results.collect())))
}

/// Returns a page of accounts. `rows` holds the ID of each relationship, by which the list is paged,
/// and of the account.
fn account_page(
    context: &Context<'_>,
    state: &State,
    rows: Vec<(Id, Id)>,
    render: impl Fn(Id) -> Value,
) -> HandlerResult {
    let is_visible = |id: &Id| {
        let account = state.accounts.get(id);
        account.is_some_and(|account| !account.suspended)
    };
    let rows: Vec<_> = rows.into_iter().filter(|(_, id)| is_visible(id)).collect();
    let (rows, links) = if is_unlimited(context) {
        (rows, None)
    } else {
        paginate(context, rows, |(row, _)| *row)
    };
    let accounts = rows.into_iter().map(|(_, id)| render(id));
    Ok(page_response(accounts.collect(), links))
}

/// Returns the followers, followed accounts or featured accounts of an account that the viewer can see.
fn accounts_of_account(context: &Context<'_>) -> HandlerResult {
    let (state, viewer, now) = (context.shared.state(), context.viewer(), context.now());
    let id = requested_account(context, &state)?;
    let account = state.accounts.get(&id).ok_or_else(not_found)?;
    let is_follow_list = context.route.name != "account_endorsements";
    let is_hidden = account.suspended
        || is_follow_list && account.profile.hide_collections == Some(true) && viewer != Some(id)
        || viewer.is_some_and(|viewer| state.blocks(id, viewer));
    let mut rows = match context.route.name {
        _ if is_hidden => Vec::new(),
        "account_following" => following(account),
        "account_followers" => newest_first(state.followers(id)),
        _ => account.endorsed_accounts.newest_first(),
    };
    if viewer != Some(id) {
        rows.retain(|(_, id)| !state.hides_author(viewer, *id, now));
    }
    account_page(context, &state, rows, |id| {
        render::account_for(&state, id, context.viewer())
    })
}

fn following(account: &Account) -> Vec<(Id, Id)> {
    let follows = account.follows.iter();
    newest_first(follows.map(|(id, follow)| (follow.row, *id)))
}

/// Returns the user's own lists of accounts: follow requests, blocks, mutes or featured accounts.
fn accounts_of_user(context: &Context<'_>) -> HandlerResult {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    if context.route.name == "mutes" {
        let mutes = account.mutes.iter().filter(|(_, mute)| mute.is_active(now));
        let rows = newest_first(mutes.map(|(id, mute)| (mute.row, *id)));
        return account_page(context, &state, rows, |id| {
            render::muted_account(&state, user, id, now)
        });
    }
    let rows = match context.route.name {
        "follow_requests" => newest_first(state.follow_requesters(user)),
        "blocks" => account.blocks.newest_first(),
        _ => account.endorsed_accounts.newest_first(),
    };
    account_page(context, &state, rows, |id| {
        render::account_for(&state, id, context.viewer())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_can_follow_7500_accounts_or_a_tenth_more_than_there_are_followers() {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let mut state = State::seeded("http://s.example", now);
        let alice = state.local_account("alice").unwrap();
        assert_eq!(follow_limit(&state, alice), 7500);
        let others: Vec<Id> = (0..7500)
            .map(|number| state.add_remote_account(&format!("a{number}"), "x.example", now))
            .collect();
        let follow = Follow::new(1, now);
        for other in &others {
            let follows = &mut state.accounts.get_mut(&alice).unwrap().follows;
            follows.insert(*other, follow.clone());
            let follows = &mut state.accounts.get_mut(other).unwrap().follows;
            follows.insert(alice, follow.clone());
        }
        // Bob and Carol follow Alice, too.
        assert_eq!(follow_limit(&state, alice), 8252);
    }
}
