//! Accounts.

use super::Context;
use crate::render;
use crate::reply::{Outcome, Reply, not_found};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "account_verify_credentials" => verify_credentials(context),
        "account" | "account_lookup" => account(context),
        "account_search" => account_search(context),
        _ => return None,
    })
}

fn verify_credentials(context: &Context<'_>) -> Outcome {
    let user = context.user()?;
    Ok(Reply::json(&render::credential_account(
        &context.shared.state(),
        user,
    )))
}

fn account(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let id = match context.params.text("acct") {
        Some(acct) => state.account_named(acct.trim_start_matches('@')),
        None => Some(context.id()),
    };
    let found = id
        .filter(|id| state.accounts.contains_key(id))
        .ok_or_else(not_found)?;
    Ok(Reply::json(&render::account(&state, found)))
}

fn account_search(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let wanted = context.params.text("q").unwrap_or_default().to_lowercase();
    let wanted = wanted.trim_start_matches('@');
    let found = state
        .accounts
        .values()
        .filter(|account| account.username.contains(wanted));
    Ok(Reply::json(
        &found
            .map(|account| render::account(&state, account.id))
            .collect(),
    ))
}
