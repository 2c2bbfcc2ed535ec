//! Notification requests: accounts whose notifications are filtered.

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
        "accept_notification_request" => decide_one(context, State::accept_notification_request),
        "dismiss_notification_request" => decide_one(context, State::dismiss_notification_request),
        "accept_multiple_notification_requests" => {
            decide_several(context, State::accept_notification_request)
        }
        "dismiss_multiple_notification_requests" => {
            decide_several(context, State::dismiss_notification_request)
        }
        // This server merges notifications at once.
        "notifications_merged" => Ok(Response::json(&json!({ "merged": true }))),
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

type Decision = fn(&mut State, &NotificationRequest);

fn decide_one(context: &Context<'_>, decide: Decision) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let request = own_request(&state, user, context.id())?.clone();
    decide(&mut state, &request);
    stream_if_accepted(context, &state, user);
    Ok(Response::empty_object())
}

fn decide_several(context: &Context<'_>, decide: Decision) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let mut is_any_decided = false;
    for id in context.params.list("id") {
        // Unknown requests and those of other users are ignored.
        if let Ok(request) = own_request(&state, user, parse_id(&id)).cloned() {
            decide(&mut state, &request);
            is_any_decided = true;
        }
    }
    if is_any_decided {
        stream_if_accepted(context, &state, user);
    }
    Ok(Response::empty_object())
}

/// Sends the event for accepted requests, whose notifications are merged by now.
fn stream_if_accepted(context: &Context<'_>, state: &State, user: Id) {
    if context.route.name.starts_with("accept_") {
        state.stream_notifications_merged(user);
    }
}
