//! Accounts: lists, and decisions about sign-ups, suspensions and limits.

use super::{Context, account_action, account_filter, authorize, not_permitted};
use crate::ids::Id;
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, forbidden, not_found};
use crate::state::{Account, Permission, State};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "admin_accounts_v1" | "admin_accounts_v2" => list(context),
        "admin_account" => show(context),
        "admin_account_moderate" => account_action::perform(context),
        "admin_account_delete" => delete(context),
        "admin_account_approve" => {
            let now = context.now();
            decide_sign_up(context, |state, id| state.approve_account(id, now))
        }
        "admin_account_reject" => reject(context),
        "admin_account_enable" => enable(context),
        "admin_account_unsilence" => change(context, |account| {
            account.limited = false;
            account.moderation.limited_by = None;
        }),
        "admin_account_unsensitive" => {
            change(context, |account| account.moderation.sensitized = false)
        }
        "admin_account_unsuspend" => unsuspend(context),
        _ => return None,
    })
}

fn list(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let accounts = account_filter::matching_accounts(context, &state)?;
    authorize(context, &state, &[Permission::ManageUsers])?;
    let (ids, links) = paginate(context, accounts, |id| *id);
    let accounts = ids.into_iter().map(|id| render::admin_account(&state, id));
    Ok(page_response(accounts.collect(), links))
}

/// Returns the account that the path names.
pub(super) fn requested<'s>(
    context: &Context<'_>,
    state: &'s State,
) -> Result<&'s Account, ErrorResponse> {
    state.accounts.get(&context.id()).ok_or_else(not_found)
}

/// Returns the account that the path names if it has a user on this server.
fn requested_user<'s>(
    context: &Context<'_>,
    state: &'s State,
) -> Result<&'s Account, ErrorResponse> {
    let account = requested(context, state)?;
    if account.login.is_none() {
        return Err(forbidden("Forbidden"));
    }
    Ok(account)
}

fn rendered(state: &State, id: Id) -> HandlerResult {
    Ok(Response::json(&render::admin_account(state, id)))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let id = requested(context, &state)?.id;
    authorize(context, &state, &[Permission::ManageUsers])?;
    rendered(&state, id)
}

/// Changes an account in a way that only needs the permission to manage users.
fn change(context: &Context<'_>, change: impl FnOnce(&mut Account)) -> HandlerResult {
    let mut state = context.shared.state();
    let id = requested(context, &state)?.id;
    authorize(context, &state, &[Permission::ManageUsers])?;
    change(state.accounts.get_mut(&id).ok_or_else(not_found)?);
    rendered(&state, id)
}

fn enable(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let id = requested_user(context, &state)?.id;
    authorize(context, &state, &[Permission::ManageUsers])?;
    state.set_login_disabled(id, false);
    rendered(&state, id)
}

/// Decides about a sign-up that waits for approval.
fn decide_sign_up(context: &Context<'_>, decide: impl FnOnce(&mut State, Id)) -> HandlerResult {
    let mut state = context.shared.state();
    let account = requested_user(context, &state)?;
    let (id, is_pending) = (account.id, account.pending_reason.is_some());
    authorize(context, &state, &[Permission::ManageUsers])?;
    if !is_pending {
        return Err(not_permitted());
    }
    decide(&mut state, id);
    rendered(&state, id)
}

fn reject(context: &Context<'_>) -> HandlerResult {
    let now = context.now();
    decide_sign_up(context, |state, id| state.remove_account(id, now))?;
    Ok(Response::empty_object())
}

fn unsuspend(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let account = requested(context, &state)?;
    let (id, is_suspended) = (account.id, account.suspended);
    authorize(context, &state, &[Permission::ManageUsers])?;
    if !is_suspended {
        return Err(not_permitted());
    }
    state.unsuspend_account(id, context.now());
    rendered(&state, id)
}

/// Deletes the data of a suspended account.
fn delete(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let account = requested(context, &state)?;
    let is_deletable = account.suspended && account.moderation.is_deletable;
    let id = account.id;
    authorize(context, &state, &[Permission::DeleteUserData])?;
    if !is_deletable {
        return Err(not_permitted());
    }
    if account_is_pending(&state, id) {
        state.remove_account(id, context.now());
    } else {
        state.delete_account_data(id, context.now());
    }
    Ok(Response::empty_object())
}

/// Whether an account never was complete, so that nothing of it is kept.
fn account_is_pending(state: &State, id: Id) -> bool {
    let account = state.accounts.get(&id);
    account.is_some_and(|account| account.is_unconfirmed() || account.pending_reason.is_some())
}
