//! The accounts whose notifications are held back.

use serde_json::json;

use super::super::Context;
use crate::ids::{Id, position};
use crate::render;
use crate::reply::{Outcome, Refusal, Reply, not_found};
use crate::router::{linked, page};
use crate::state::{Request, State};

pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "notification_requests" => list(context),
        "notification_request" => show(context),
        "accept_notification_request" => one(context, State::accept_request),
        "dismiss_notification_request" => one(context, State::dismiss_request),
        "accept_multiple_notification_requests" => several(context, State::accept_request),
        "dismiss_multiple_notification_requests" => several(context, State::dismiss_request),
        // Here they are moved at once.
        "notifications_merged" => Ok(Reply::json(&json!({ "merged": true }))),
        _ => return None,
    })
}

fn list(context: &Context<'_>) -> Outcome {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let (found, links) = page(context, state.requests_of(user).collect(), |request| {
        request.id
    });
    let found = found
        .into_iter()
        .map(|found| render::request(&state, found, now));
    Ok(linked(found.collect(), links))
}

fn own(state: &State, user: Id, id: Id) -> Result<&Request, Refusal> {
    let found = state.inbox.requests.get(&id);
    found
        .filter(|request| request.to == user)
        .ok_or_else(not_found)
}

fn show(context: &Context<'_>) -> Outcome {
    let (user, state) = (context.user()?, context.shared.state());
    let found = own(&state, user, context.id())?;
    Ok(Reply::json(&render::request(&state, found, context.now())))
}

type Decision = fn(&mut State, &Request);

fn one(context: &Context<'_>, decide: Decision) -> Outcome {
    let user = context.user()?;
    let mut state = context.shared.state();
    let request = own(&state, user, context.id())?.clone();
    decide(&mut state, &request);
    decided(context, &state, user);
    Ok(Reply::empty())
}

fn several(context: &Context<'_>, decide: Decision) -> Outcome {
    let user = context.user()?;
    let mut state = context.shared.state();
    for id in context.params.list("id") {
        // What is not there, or not the user's, is passed over.
        if let Ok(request) = own(&state, user, position(&id)).cloned() {
            decide(&mut state, &request);
        }
    }
    decided(context, &state, user);
    Ok(Reply::empty())
}

/// What was accepted is moved by now.
fn decided(context: &Context<'_>, state: &State, user: Id) {
    if context.route.name.starts_with("accept_") {
        state.stream_merged(user);
    }
}
