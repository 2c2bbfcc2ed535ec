//! Accounts: sign-up, the user's own profile, and account data.

pub(crate) mod emails;
pub(crate) mod profile_images;
pub(crate) mod signup;
mod update;
mod validation;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Context;
use crate::ids::{Id, parse_id};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, unprocessable};
use crate::state::State;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "account_create" => signup::create(context),
        "email_resend_confirmation" => emails::resend(context),
        "email_check_confirmation" => emails::check(context),
        "account_verify_credentials" => verify_credentials(context),
        "account_update_credentials" => update::credentials(context),
        "account_delete_avatar" | "account_delete_header" => profile_images::delete(context),
        "profile" => profile(context),
        "profile_update" => update::profile(context),
        "preferences" => preferences(context),
        "accounts" => list(context),
        "account" => show(context),
        "account_lookup" => lookup(context),
        "account_lists" => lists(context),
        "account_featured_tags" => featured_tags(context),
        "account_identity_proofs" => identity_proofs(context),
        _ => return None,
    })
}

/// Returns the account that the path names. Accounts with an unconfirmed email address are hidden.
pub(super) fn requested_account(context: &Context<'_>, state: &State) -> Result<Id, ErrorResponse> {
    let account = state.accounts.get(&context.id());
    account
        .filter(|account| account.is_approved())
        .map(|account| account.id)
        .ok_or_else(not_found)
}

fn verify_credentials(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    Ok(Response::json(&render::credential_account(
        &context.shared.state(),
        user,
    )))
}

fn profile(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    Ok(Response::json(&render::profile(
        &context.shared.state(),
        user,
    )))
}

fn preferences(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let state = context.shared.state();
    let posting = state.posting_defaults(user);
    let login = state
        .accounts
        .get(&user)
        .and_then(|account| account.login.as_ref());
    let language = posting.language.or_else(|| Some(login?.locale.clone()));
    Ok(Response::json(&json!({
        "posting:default:visibility": posting.visibility.as_str(), "posting:default:sensitive": posting.sensitive,
        "posting:default:language": language, "posting:default:quote_policy": posting.quote_policy.as_str(),
        "reading:expand:media": "default", "reading:expand:spoilers": false, "reading:autoplay:gifs": false,
    })))
}

/// Returns the accounts in the order of their IDs.
/// Maximum number of accounts that one request can ask for.
const MAX_ACCOUNTS: usize = 40;

fn list(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let ids = context.params.list("id");
    let ids: BTreeSet<Id> = ids.iter().map(|id| parse_id(id)).collect();
    if ids.len() > MAX_ACCOUNTS {
        return Err(unprocessable("Mastodon::ValidationError"));
    }
    let accounts = state
        .accounts
        .values()
        .filter(|account| ids.contains(&account.id) && account.is_approved());
    Ok(Response::json(
        &accounts
            .map(|account| render::account_for(&state, account.id, context.viewer()))
            .collect(),
    ))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let id = requested_account(context, &state)?;
    Ok(Response::json(&render::account_for(
        &state,
        id,
        context.viewer(),
    )))
}

fn lookup(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let acct = context.params.string("acct").unwrap_or_default();
    let account = state
        .account_by_acct(&acct)
        .and_then(|id| state.accounts.get(&id))
        .filter(|account| account.is_approved())
        .ok_or_else(not_found)?;
    Ok(Response::json(&render::account_for(
        &state,
        account.id,
        context.viewer(),
    )))
}

/// Returns the user's lists that contain the account.
fn lists(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let account = requested_account(context, &state)?;
    let lists = state
        .lists
        .values()
        .filter(|list| list.owner == user && list.members.contains(&account));
    Ok(Response::json(&lists.map(render::list).collect()))
}

fn featured_tags(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let id = requested_account(context, &state)?;
    let account = state.accounts.get(&id).ok_or_else(not_found)?;
    if account.suspended {
        return Ok(Response::json(&json!([])));
    }
    let tags = account.featured_tags.newest_first();
    let tags = tags
        .iter()
        .map(|(tag_id, name)| render::featured_tag(&state, id, *tag_id, name));
    Ok(Response::json(&Value::Array(tags.collect())))
}

/// Returns an empty list: Mastodon no longer supports identity proofs.
fn identity_proofs(context: &Context<'_>) -> HandlerResult {
    requested_account(context, &context.shared.state())?;
    Ok(Response::json(&json!([])))
}
