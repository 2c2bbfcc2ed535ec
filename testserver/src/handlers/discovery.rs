//! Finding accounts: search, suggestions, the directory.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde_json::Value;

use super::Context;
use crate::ids::{Id, parse_id};
use crate::paging::paginate_by_offset;
use crate::render;
use crate::response::{HandlerResult, Response, not_found};
use crate::state::{Account, State, Visibility};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "account_search" => search(context),
        "suggestions_v2" | "suggestions_v1" => suggestions(context),
        "suggestion_delete" => forget(context),
        "directory" => directory(context),
        _ => return None,
    })
}

/// A page of these accounts. None of these lists has links.
fn slice<T>(context: &Context<'_>, found: Vec<T>, render: impl Fn(T) -> Value) -> HandlerResult {
    let (found, _) = paginate_by_offset(context, found);
    Ok(Response::json(&Value::Array(
        found.into_iter().map(render).collect(),
    )))
}

fn search(context: &Context<'_>) -> HandlerResult {
    let (user, state, params) = (context.user()?, context.shared.state(), &context.params);
    let wanted = params.string("q").unwrap_or_default();
    let found = accounts_with(&state, Some(user), &wanted, params.is_true("following"));
    slice(context, found, |account| {
        render::account(&state, account.id)
    })
}

/// Accounts with the words in their name, address or profile: the one whose address is meant first, then
/// those whom the viewer follows. All other servers are out of reach, so to resolve finds no more.
pub(super) fn accounts_with<'s>(
    state: &'s State,
    viewer: Option<Id>,
    wanted: &str,
    only_followed: bool,
) -> Vec<&'s Account> {
    let wanted = wanted.trim().to_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let meant = state.account_by_acct(&wanted);
    let words: Vec<&str> = wanted
        .split(|c: char| c.is_whitespace() || c == '@')
        .filter(|word| !word.is_empty())
        .collect();
    let followed =
        |account: &Account| viewer.is_some_and(|viewer| state.follows(viewer, account.id));
    let mut found: Vec<&Account> = state
        .accounts
        .values()
        .filter(|account| !account.suspended && account.moved_to.is_none())
        .filter(|account| !account.is_unconfirmed())
        .filter(|account| !only_followed || followed(account))
        .filter(|account| meant == Some(account.id) || has_words(account, &words))
        .collect();
    found.sort_by_key(|account| (meant != Some(account.id), !followed(account), account.id));
    found
}

/// Whether each of the words begins one of the account's.
fn has_words(account: &Account, words: &[&str]) -> bool {
    let profile = &account.profile;
    let of_profile = profile
        .display_name
        .split_whitespace()
        .chain(profile.note.split_whitespace());
    let own: Vec<String> = of_profile
        .chain([account.username.as_str()])
        .chain(account.domain.as_deref())
        .map(str::to_lowercase)
        .collect();
    words
        .iter()
        .all(|word| own.iter().any(|own| own.starts_with(word)))
}

/// Whether an account may be shown to those who do not know it.
fn is_found(account: &Account) -> bool {
    account.profile.discoverable == Some(true)
        && !account.suspended
        && !account.limited
        && account.moved_to.is_none()
        && !account.is_unconfirmed()
}

/// Accounts that the user does not know: those whom friends follow first, then the most followed.
fn proposed(state: &State, user: Id, now: Timestamp) -> Vec<(Id, &'static str)> {
    let Some(own) = state.accounts.get(&user) else {
        return Vec::new();
    };
    let unknown = |account: &&Account| {
        let id = account.id;
        id != user
            && is_found(account)
            && !own.follows.contains_key(&id)
            && !own.follow_requests.contains_key(&id)
            && !own.dismissed_suggestions.contains(&id)
            && !state.hides_author(Some(user), id, now)
    };
    let friends = |id: Id| {
        let followers = state.followers(id);
        followers
            .filter(|(_, follower)| own.follows.contains_key(follower))
            .count()
    };
    let mut found: Vec<(Reverse<(usize, usize)>, Id)> = state
        .accounts
        .values()
        .filter(unknown)
        .map(|account| {
            let fame = state.followers(account.id).count();
            (Reverse((friends(account.id), fame)), account.id)
        })
        .collect();
    found.sort_unstable();
    let source = |friends: usize| match friends {
        0 => "most_followed",
        _ => "friends_of_friends",
    };
    found
        .into_iter()
        .map(|(Reverse((friends, _)), id)| (id, source(friends)))
        .collect()
}

fn suggestions(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let found = proposed(&state, user, context.now());
    let bare = context.route.name == "suggestions_v1";
    slice(context, found, |(id, source)| {
        if bare {
            render::account(&state, id)
        } else {
            render::suggestion(&state, id, source)
        }
    })
}

fn forget(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    let (_, id) = context.path_params.first().ok_or_else(not_found)?;
    account.dismissed_suggestions.insert(parse_id(id));
    Ok(Response::empty_object())
}

fn directory(context: &Context<'_>) -> HandlerResult {
    let (state, viewer, now) = (context.shared.state(), context.viewer(), context.now());
    let local = context.params.is_true("local");
    let mut found: Vec<&Account> = state
        .accounts
        .values()
        .filter(|account| is_found(account) && !(local && account.domain.is_some()))
        .filter(|account| !state.hides_author(viewer, account.id, now))
        .collect();
    // The latest ids are those who joined last; a stable sort keeps that order among equals.
    found.reverse();
    if context.params.string("order").as_deref() != Some("new") {
        let last = |account: &Account| {
            let statuses = state.statuses.values();
            statuses
                .filter(|status| {
                    status.account == account.id && status.visibility != Visibility::Direct
                })
                .map(|status| status.id)
                .max()
        };
        found.sort_by_key(|account| Reverse(last(account)));
    }
    slice(context, found, |account| {
        render::account(&state, account.id)
    })
}
