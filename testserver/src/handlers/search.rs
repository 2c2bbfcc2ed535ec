//! Search.

use serde_json::{Value, json};

use super::Context;
use crate::render;
use crate::reply::{Outcome, Reply};
use crate::state::Status;

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "search_v2" => search(context),
        _ => return None,
    })
}

fn search(context: &Context<'_>) -> Outcome {
    let (state, viewer, now) = (context.shared.state(), context.viewer(), context.now());
    let wanted = context.params.text("q").unwrap_or_default().to_lowercase();
    let accounts: Vec<Value> = state
        .accounts
        .values()
        .filter(|account| account.username.contains(wanted.trim_start_matches('@')))
        .map(|account| render::account(&state, account.id))
        .collect();
    let matches = |status: &&Status| {
        state.sees(viewer, status) && status.text.to_lowercase().contains(&wanted)
    };
    let statuses: Vec<Value> = state
        .statuses
        .values()
        .rev()
        .filter(matches)
        .map(|found| render::status(&state, found, viewer, now))
        .collect();
    Ok(Reply::json(
        &json!({ "accounts": accounts, "statuses": statuses, "hashtags": [] }),
    ))
}
