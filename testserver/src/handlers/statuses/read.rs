//! Reading statuses: context, history, source and translation.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{status_response, visible_status};
use crate::handlers::Context;
use crate::ids::{Id, parse_id};
use crate::render;
use crate::response::{HandlerResult, Response, unprocessable};
use crate::state::{State, Status};

/// Maximum number of statuses in one request.
const MAX_STATUSES: usize = 20;
/// Maximum number of ancestors and of descendants, and maximum depth, with a user token.
const USER_CONTEXT: usize = 4096;
/// The same limits without a user token.
const MAX_ANCESTORS: usize = 40;
const MAX_DESCENDANTS: usize = 60;
const MAX_DEPTH: usize = 20;

pub(super) fn status(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let id = visible_status(context, &state, context.id())?.id;
    status_response(context, &state, id)
}

pub(super) fn statuses(context: &Context<'_>) -> HandlerResult {
    let ids = context.params.list("id");
    let ids: BTreeSet<Id> = ids.iter().map(|id| parse_id(id)).collect();
    if ids.len() > MAX_STATUSES {
        return Err(unprocessable("Mastodon::ValidationError"));
    }
    let state = context.shared.state();
    let statuses = ids.iter().rev().filter_map(|id| state.statuses.get(id));
    Ok(Response::json(&render_visible(context, &state, statuses)))
}

/// Renders the statuses that the viewer can see and does not hide.
fn render_visible<'s>(
    context: &Context<'_>,
    state: &State,
    statuses: impl Iterator<Item = &'s Status>,
) -> Value {
    let (viewer, now) = (context.viewer(), context.now());
    statuses
        .filter(|status| {
            state.can_see(viewer, status) && !state.hides_author(viewer, status.account, now)
        })
        .map(|status| render::status(state, status, viewer, now))
        .collect()
}

pub(super) fn thread(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let start = visible_status(context, &state, context.id())?;
    let (max_ancestors, max_descendants, max_depth) = match context.viewer() {
        Some(_) => (USER_CONTEXT, USER_CONTEXT, USER_CONTEXT),
        None => (MAX_ANCESTORS, MAX_DESCENDANTS, MAX_DEPTH),
    };
    let parent = |status: &&Status| state.statuses.get(&status.reply_to?);
    let ancestors = std::iter::successors(Some(start), parent).skip(1);
    let mut ancestors: Vec<&Status> = ancestors.take(max_ancestors).collect();
    ancestors.reverse();
    let mut descendants = descendants(&state, start, max_descendants, max_depth);
    promote_self_replies(&mut descendants);
    Ok(Response::json(&json!({
        "ancestors": render_visible(context, &state, ancestors.into_iter()),
        "descendants": render_visible(context, &state, descendants.into_iter()),
    })))
}

/// Returns all direct and indirect replies, in depth-first order.
fn descendants<'s>(
    state: &'s State,
    start: &'s Status,
    limit: usize,
    max_depth: usize,
) -> Vec<&'s Status> {
    let mut found = Vec::new();
    let mut stack: Vec<(Id, usize)> = start.replies.iter().rev().map(|id| (*id, 1)).collect();
    while let Some((id, depth)) = stack.pop() {
        let Some(status) = state.statuses.get(&id) else {
            continue;
        };
        found.push(status);
        if found.len() == limit {
            break;
        }
        if depth < max_depth {
            stack.extend(status.replies.iter().rev().map(|id| (*id, depth + 1)));
        }
    }
    found
}

/// Moves replies of authors to themselves before other replies. Keeps the order within both groups.
fn promote_self_replies(statuses: &mut [&Status]) {
    statuses.sort_by_key(|status| status.reply_to_account != Some(status.account));
}

pub(super) fn history(context: &Context<'_>) -> HandlerResult {
    let (viewer, now) = (context.viewer(), context.now());
    let state = context.shared.state();
    let status = visible_status(context, &state, context.id())?;
    let current_only = || vec![state.snapshot(status, status.edited.unwrap_or(status.created))];
    let versions = Some(status.versions.clone()).filter(|versions| !versions.is_empty());
    let versions = versions.unwrap_or_else(current_only);
    let versions = versions
        .iter()
        .map(|version| render::version(&state, status, version, viewer, now));
    Ok(Response::json(&versions.collect()))
}

pub(super) fn source(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let status = visible_status(context, &state, context.id())?;
    Ok(Response::json(&json!({
        "id": status.id.to_string(), "text": status.text, "spoiler_text": status.spoiler_text,
    })))
}
