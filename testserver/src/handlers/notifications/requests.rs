//! The accounts whose notifications are held back.

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
        "accept_notification_request" => one(context, State::accept_notification_request),
        "dismiss_notification_request" => one(context, State::dismiss_notification_request),
        "accept_multiple_notification_requests" => {
            several(context, State::accept_notification_request)
        }
        "dismiss_multiple_notification_requests" => {
            several(context, State::dismiss_notification_request)
        }
        // Here they are moved at once.
        "notifications_merged" => Ok(Response::json(&json!({ "merged": true }))),
        _ => return None,
    })
}

fn list(context: &Context<'_>) -> HandlerResult {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let (found, links) = paginate(
        context,
        state.notification_requests_of(user).collect(),
        |request| request.id,
    );
    let found = found
        .into_iter()
        .map(|found| render::request(&state, found, now));
    Ok(page_response(found.collect(), links))
}

fn own(state: &State, user: Id, id: Id) -> Result<&NotificationRequest, ErrorResponse> {
    let found = state.notification_settings.requests.get(&id);
    found
        .filter(|request| request.to == user)
        .ok_or_else(not_found)
}

fn show(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let found = own(&state, user, context.id())?;
    Ok(Response::json(&render::request(
        &state,
        found,
        context.now(),
    )))
}

type Decision = fn(&mut State, &NotificationRequest);

fn one(context: &Context<'_>, decide: Decision) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let request = own(&state, user, context.id())?.clone();
    decide(&mut state, &request);
    decided(context, &state, user);
    Ok(Response::empty_object())
}

fn several(context: &Context<'_>, decide: Decision) -> HandlerResult {
    let user = context.user()?;
    let mut state = context.shared.state();
    let mut any = false;
    for id in context.params.list("id") {
        // What is not there, or not the user's, is passed over.
        if let Ok(request) = own(&state, user, parse_id(&id)).cloned() {
            decide(&mut state, &request);
            any = true;
        }
    }
    if any {
        decided(context, &state, user);
    }
    Ok(Response::empty_object())
}

/// What was accepted is moved by now.
fn decided(context: &Context<'_>, state: &State, user: Id) {
    if context.route.name.starts_with("accept_") {
        state.stream_notifications_merged(user);
    }
}
