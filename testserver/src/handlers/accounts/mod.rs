//! Accounts: signing up, the user's own profile, and those of others.

pub(crate) mod emails;
pub(crate) mod pictures;
mod problems;
mod signup;
mod update;

use serde_json::{Value, json};

use super::Context;
use crate::ids::{Id, parse_id};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found};
use crate::state::State;

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "account_create" => signup::create(context),
        "email_resend_confirmation" => emails::resend(context),
        "email_check_confirmation" => emails::check(context),
        "account_verify_credentials" => own(context),
        "account_update_credentials" => update::credentials(context),
        "account_delete_avatar" | "account_delete_header" => pictures::delete(context),
        "profile" => profile(context),
        "profile_update" => update::profile(context),
        "preferences" => preferences(context),
        "accounts" => several(context),
        "account" => one(context),
        "account_lookup" => lookup(context),
        "account_lists" => lists(context),
        "account_featured_tags" => featured_tags(context),
        "account_identity_proofs" => identity_proofs(context),
        _ => return None,
    })
}

/// The account that the path names. Nobody sees one whose e-mail address is not confirmed yet.
pub(super) fn named(context: &Context<'_>, state: &State) -> Result<Id, ErrorResponse> {
    let account = state.accounts.get(&context.id());
    account
        .filter(|account| !account.is_unconfirmed())
        .map(|account| account.id)
        .ok_or_else(not_found)
}

fn own(context: &Context<'_>) -> HandlerResult {
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

/// Accounts in the order of their ids, as the database gives them.
fn several(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let wanted: Vec<Id> = context
        .params
        .list("id")
        .iter()
        .map(|id| parse_id(id))
        .collect();
    let found = state
        .accounts
        .values()
        .filter(|account| wanted.contains(&account.id) && !account.is_unconfirmed());
    Ok(Response::json(
        &found
            .map(|account| render::account(&state, account.id))
            .collect(),
    ))
}

fn one(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let id = named(context, &state)?;
    Ok(Response::json(&render::account(&state, id)))
}

fn lookup(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let acct = context.params.string("acct").unwrap_or_default();
    let found = state
        .account_by_acct(&acct)
        .and_then(|id| state.accounts.get(&id))
        .filter(|account| !account.is_unconfirmed())
        .ok_or_else(not_found)?;
    Ok(Response::json(&render::account(&state, found.id)))
}

/// The user's lists that the account is on.
fn lists(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let account = named(context, &state)?;
    let found = state
        .lists
        .values()
        .filter(|list| list.owner == user && list.members.contains(&account));
    Ok(Response::json(&found.map(render::list).collect()))
}

fn featured_tags(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let id = named(context, &state)?;
    let account = state.accounts.get(&id).ok_or_else(not_found)?;
    if account.suspended {
        return Ok(Response::json(&json!([])));
    }
    let tags = account.featured_tags.newest_first();
    let tags = tags
        .iter()
        .map(|(row, name)| render::featured_tag(&state, id, *row, name));
    Ok(Response::json(&Value::Array(tags.collect())))
}

/// The services that gave these proofs are gone.
fn identity_proofs(context: &Context<'_>) -> HandlerResult {
    named(context, &context.shared.state())?;
    Ok(Response::json(&json!([])))
}
