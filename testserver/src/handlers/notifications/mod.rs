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

/// Default and maximum of the unread count.
const DEFAULT_COUNT: usize = 100;
const MAX_COUNT: i64 = 1000;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "notifications" => list(context),
        "notification" => show(context),
        "notifications_clear" | "grouped_notifications_clear" => clear(context),
        "notification_dismiss" => dismiss(context),
        "notifications_unread_count" => unread_count(context),
        _ => {
            return policy::handle(context)
                .or_else(|| requests::handle(context))
                .or_else(|| groups::handle(context));
        }
    })
}

/// Returns the user's notifications that the request selects, newest first.
fn requested_notifications<'s>(
    context: &Context<'_>,
    state: &'s State,
    user: Id,
) -> Vec<&'s Notification> {
    let params = &context.params;
    let (types, excluded) = (params.list("types"), params.list("exclude_types"));
    // Grouped endpoints ignore `account_id`.
    let is_grouped = context.route.path.contains("/v2/");
    let from = params
        .non_blank("account_id")
        .filter(|_| !is_grouped)
        .map(|id| parse_id(&id));
    let is_selected = |notification: &&Notification| {
        let has_type = |names: &[String]| names.iter().any(|name| name == notification.kind);
        (types.is_empty() || has_type(&types))
            && !has_type(&excluded)
            && from.is_none_or(|from| notification.from == from)
            && state.is_listed(notification.created, context.now())
    };
    let with_filtered = params.is_true("include_filtered") || from.is_some();
    state
        .notifications_of(user, with_filtered)
        .filter(is_selected)
        .collect()
}

/// Returns the types that the client supports, if it sent them.
fn supported_types(params: &Params) -> Option<Vec<String>> {
    params
        .contains("supported_types")
        .then(|| params.list("supported_types"))
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let (page, links) = paginate(
        context,
        requested_notifications(context, &state, user),
        |notification| notification.id,
    );
    let supported = supported_types(&context.params);
    let notifications = page.into_iter();
    let notifications = notifications
        .map(|notification| render::notification(&state, notification, supported.as_deref(), now));
    Ok(page_response(notifications.collect(), links))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let notification = state.notifications.get(&context.id());
    let notification = notification
        .filter(|notification| notification.to == user && !state.is_suspended(notification.from))
        .ok_or_else(not_found)?;
    let supported = supported_types(&context.params);
    Ok(Response::json(&render::notification(
        &state,
        notification,
        supported.as_deref(),
        context.now(),
    )))
}

fn clear(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    state
        .notifications
        .retain(|_, notification| notification.to != user);
    Ok(Response::empty_object())
}

fn dismiss(context: &Context<'_>) -> HandlerResult {
    let (user, id) = (context.user()?, context.id());
    let mut state = context.shared.state();
    let is_own = state
        .notifications
        .get(&id)
        .is_some_and(|notification| notification.to == user);
    if !is_own {
        return Err(not_found());
    }
    state.delete_notifications(|notification| notification.id == id);
    Ok(Response::empty_object())
}

fn unread_count(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let read = state.last_read(user);
    let unread = requested_notifications(context, &state, user)
        .into_iter()
        .filter(|notification| notification.id > read);
    Ok(count_response(context, unread.count()))
}

fn count_response(context: &Context<'_>, count: usize) -> Response {
    let limit = context
        .params
        .integer("limit")
        .map(|limit| limit.saturating_abs().min(MAX_COUNT));
    let limit = limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(DEFAULT_COUNT);
    Response::json(&json!({ "count": count.min(limit) }))
}
