//! Notification requests: accounts whose notifications are filtered.

use jiff::Timestamp;
use serde_json::json;

use super::super::Context;
use crate::ids::{Id, parse_id};
use crate::paging::{page_response, paginate};
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found};
use crate::state::{NotificationRequest, State};

pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "notification_requests" => list(context),
        "notification_request" => show(context),
        "accept_notification_request" => decide_one(context, accept),
        "dismiss_notification_request" => decide_one(context, dismiss),
        "accept_multiple_notification_requests" => decide_several(context, accept),
        "dismiss_multiple_notification_requests" => decide_several(context, delete),
        "notifications_merged" => merged(context),
        _ => return None,
    })
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let (requests, links) = paginate(
        context,
        state.notification_requests_of(user).collect(),
        |request| request.id,
    );
    let requests = requests
        .into_iter()
        .map(|request| render::request(&state, request, now));
    Ok(page_response(requests.collect(), links))
}

fn own_request(state: &State, user: Id, id: Id) -> Result<&NotificationRequest, ErrorResponse> {
    let request = state.notification_settings.requests.get(&id);
    request
        .filter(|request| request.to == user)
        .ok_or_else(not_found)
}

fn show(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let request = own_request(&state, user, context.id())?;
    Ok(Response::json(&render::request(
        &state,
        request,
        context.now(),
    )))
}

type Decision = fn(&mut State, &NotificationRequest, Timestamp);

fn accept(state: &mut State, request: &NotificationRequest, now: Timestamp) {
    state.accept_notification_request(request, now);
}

fn dismiss(state: &mut State, request: &NotificationRequest, _: Timestamp) {
    state.dismiss_notification_request(request);
}

/// Several requests are dismissed differently: their filtered notifications remain.
fn delete(state: &mut State, request: &NotificationRequest, _: Timestamp) {
    state.notification_settings.requests.remove(&request.id);
}

fn decide_one(context: &Context<'_>, decide: Decision) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let request = own_request(&state, user, context.id())?.clone();
    decide(&mut state, &request, context.now());
    // Merges the notifications, if that takes no time.
    state.run_due_tasks(context.now());
    Ok(Response::empty_object())
}

/// Ignores unknown requests and those of other users.
fn decide_several(context: &Context<'_>, decide: Decision) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    for id in context.params.list("id") {
        if let Ok(request) = own_request(&state, user, parse_id(&id)).cloned() {
            decide(&mut state, &request, context.now());
        }
    }
    state.run_due_tasks(context.now());
    Ok(Response::empty_object())
}

fn merged(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let merged = state.has_merged_notifications(user, context.now());
    Ok(Response::json(&json!({ "merged": merged })))
}
