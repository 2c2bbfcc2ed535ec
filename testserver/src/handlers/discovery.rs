//! Account search, suggestions and the directory.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde_json::Value;

use super::Context;
use crate::ids::{Id, parse_id};
use crate::paging::paginate_by_offset;
use crate::render;
use crate::response::{HandlerResult, Response, not_found};
use crate::state::{Account, State, Visibility};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "account_search" => search(context),
        "suggestions_v2" | "suggestions_v1" => suggestions(context),
        "suggestion_delete" => dismiss_suggestion(context),
        "directory" => directory(context),
        _ => return None,
    })
}

/// Returns a page by offset, without a Link header.
fn offset_page<T>(
    context: &Context<'_>,
    items: Vec<T>,
    render: impl Fn(T) -> Value,
) -> HandlerResult {
    let (items, _) = paginate_by_offset(context, items);
    Ok(Response::json(&Value::Array(
        items.into_iter().map(render).collect(),
    )))
}

fn search(context: &Context<'_>) -> HandlerResult {
    let (user, state, params) = (context.user()?, context.shared.state(), &context.params);
    let query = params.string("q").unwrap_or_default();
    let accounts = search_accounts(&state, Some(user), &query, params.is_true("following"));
    offset_page(context, accounts, |account| {
        render::account(&state, account.id)
    })
}

/// Searches names, addresses and profiles. An account with exactly this address comes first, then
/// followed accounts. Remote servers cannot be contacted, so `resolve` finds nothing more.
pub(super) fn search_accounts<'s>(
    state: &'s State,
    viewer: Option<Id>,
    query: &str,
    only_followed: bool,
) -> Vec<&'s Account> {
    let query = query.trim().to_lowercase();
    if query.is_empty() {
        return Vec::new();
    }
    let exact_match = state.account_by_acct(&query);
    let words: Vec<&str> = query
        .split(|c: char| c.is_whitespace() || c == '@')
        .filter(|word| !word.is_empty())
        .collect();
    let is_followed =
        |account: &Account| viewer.is_some_and(|viewer| state.follows(viewer, account.id));
    let mut accounts: Vec<&Account> = state
        .accounts
        .values()
        .filter(|account| !account.suspended && account.moved_to.is_none())
        .filter(|account| !account.is_unconfirmed())
        .filter(|account| !only_followed || is_followed(account))
        .filter(|account| exact_match == Some(account.id) || matches_words(account, &words))
        .collect();
    accounts.sort_by_key(|account| {
        (
            exact_match != Some(account.id),
            !is_followed(account),
            account.id,
        )
    });
    accounts
}

/// Returns whether each word is a prefix of a word of the account.
fn matches_words(account: &Account, words: &[&str]) -> bool {
    let profile = &account.profile;
    let profile_words = profile
        .display_name
        .split_whitespace()
        .chain(profile.note.split_whitespace());
    let account_words: Vec<String> = profile_words
        .chain([account.username.as_str()])
        .chain(account.domain.as_deref())
        .map(str::to_lowercase)
        .collect();
    words.iter().all(|word| {
        account_words
            .iter()
            .any(|account_word| account_word.starts_with(word))
    })
}

/// Returns whether an account may appear in suggestions and in the directory.
fn is_discoverable(account: &Account) -> bool {
    account.profile.discoverable == Some(true)
        && !account.suspended
        && !account.limited
        && account.moved_to.is_none()
        && !account.is_unconfirmed()
}

/// Returns suggested accounts and their sources: first those that followed accounts follow, then the
/// most followed ones.
fn suggested_accounts(state: &State, user: Id, now: Timestamp) -> Vec<(Id, &'static str)> {
    let Some(user_account) = state.accounts.get(&user) else {
        return Vec::new();
    };
    let is_candidate = |account: &&Account| {
        let id = account.id;
        id != user
            && is_discoverable(account)
            && !user_account.follows.contains_key(&id)
            && !user_account.follow_requests.contains_key(&id)
            && !user_account.dismissed_suggestions.contains(&id)
            && !state.hides_author(Some(user), id, now)
    };
    let followed_followers = |id: Id| {
        let followers = state.followers(id);
        followers
            .filter(|(_, follower)| user_account.follows.contains_key(follower))
            .count()
    };
    let mut ranked: Vec<(Reverse<(usize, usize)>, Id)> = state
        .accounts
        .values()
        .filter(is_candidate)
        .map(|account| {
            let follower_count = state.followers(account.id).count();
            (
                Reverse((followed_followers(account.id), follower_count)),
                account.id,
            )
        })
        .collect();
    ranked.sort_unstable();
    let source = |followed_followers: usize| match followed_followers {
        0 => "most_followed",
        _ => "friends_of_friends",
    };
    ranked
        .into_iter()
        .map(|(Reverse((followed_followers, _)), id)| (id, source(followed_followers)))
        .collect()
}

fn suggestions(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let suggestions = suggested_accounts(&state, user, context.now());
    let is_v1 = context.route.name == "suggestions_v1";
    offset_page(context, suggestions, |(id, source)| {
        if is_v1 {
            render::account(&state, id)
        } else {
            render::suggestion(&state, id, source)
        }
    })
}

fn dismiss_suggestion(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    let (_, id) = context.path_params.first().ok_or_else(not_found)?;
    account.dismissed_suggestions.insert(parse_id(id));
    Ok(Response::empty_object())
}

fn directory(context: &Context<'_>) -> HandlerResult {
    let (state, viewer, now) = (context.shared.state(), context.viewer(), context.now());
    let only_local = context.params.is_true("local");
    let mut accounts: Vec<&Account> = state
        .accounts
        .values()
        .filter(|account| is_discoverable(account) && !(only_local && account.domain.is_some()))
        .filter(|account| !state.hides_author(viewer, account.id, now))
        .collect();
    // Newest accounts first. The stable sort below keeps this order among equals.
    accounts.reverse();
    if context.params.string("order").as_deref() != Some("new") {
        let last_status = |account: &Account| {
            let statuses = state.statuses.values();
            statuses
                .filter(|status| {
                    status.account == account.id && status.visibility != Visibility::Direct
                })
                .map(|status| status.id)
                .max()
        };
        accounts.sort_by_key(|account| Reverse(last_status(account)));
    }
    offset_page(context, accounts, |account| {
        render::account(&state, account.id)
    })
}
