//! Notifications.

mod groups;
mod policy;
mod requests;

use serde_json::json;

use super::Context;
use crate::ids::{Id, parse_id};
use crate::paging::{page_response, paginate};
use crate::params::Params;
use crate::render;
use crate::response::{HandlerResult, Response, not_found};
use crate::state::{Notification, State};

/// Where counting what is unread stops.
const DEFAULT_COUNT: usize = 100;
const MAX_COUNT: i64 = 1000;

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "notifications" => list(context),
        "notification" => show(context),
        "notifications_clear" | "grouped_notifications_clear" => clear(context),
        "notification_dismiss" => dismiss(context),
        "notifications_unread_count" => unread(context),
        _ => {
            return policy::handle(context)
                .or_else(|| requests::handle(context))
                .or_else(|| groups::handle(context));
        }
    })
}

/// What the request asks for of the user's notifications, newest first.
fn wanted<'s>(context: &Context<'_>, state: &'s State, user: Id) -> Vec<&'s Notification> {
    let params = &context.params;
    let (types, excluded) = (params.list("types"), params.list("exclude_types"));
    // The grouped forms do not read it.
    let grouped = context.route.path.contains("/v2/");
    let from = params
        .non_blank("account_id")
        .filter(|_| !grouped)
        .map(|id| parse_id(&id));
    let fits = |found: &&Notification| {
        let named = |names: &[String]| names.iter().any(|name| name == found.kind);
        (types.is_empty() || named(&types))
            && !named(&excluded)
            && from.is_none_or(|from| found.from == from)
    };
    let with_filtered = params.is_true("include_filtered");
    state
        .notifications_of(user, with_filtered)
        .filter(fits)
        .collect()
}

/// The types that the client knows, if it says so.
fn supported(params: &Params) -> Option<Vec<String>> {
    params
        .contains("supported_types")
        .then(|| params.list("supported_types"))
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let (found, links) = paginate(context, wanted(context, &state, user), |found| found.id);
    let supported = supported(&context.params);
    let found = found.into_iter();
    let found = found.map(|found| render::notification(&state, found, supported.as_deref(), now));
    Ok(page_response(found.collect(), links))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let own = state.notifications.get(&context.id());
    let own = own.filter(|found| found.to == user).ok_or_else(not_found)?;
    let supported = supported(&context.params);
    Ok(Response::json(&render::notification(
        &state,
        own,
        supported.as_deref(),
        context.now(),
    )))
}

fn clear(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    state.notifications.retain(|_, found| found.to != user);
    Ok(Response::empty_object())
}

fn dismiss(context: &Context<'_>) -> HandlerResult {
    let (user, id) = (context.user()?, context.id());
    let mut state = context.shared.state();
    let own = state
        .notifications
        .get(&id)
        .is_some_and(|found| found.to == user);
    if !own {
        return Err(not_found());
    }
    state.notifications.remove(&id);
    Ok(Response::empty_object())
}

fn unread(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let read = state.last_read(user);
    let unread = wanted(context, &state, user)
        .into_iter()
        .filter(|found| found.id > read);
    Ok(counted(context, unread.count()))
}

fn counted(context: &Context<'_>, count: usize) -> Response {
    let limit = context
        .params
        .integer("limit")
        .map(|limit| limit.clamp(0, MAX_COUNT));
    let limit = limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(DEFAULT_COUNT);
    Response::json(&json!({ "count": count.min(limit) }))
}
