//! Invites to sign up.

use serde_json::json;

use super::Context;
use crate::response::{HandlerResult, Response, not_found, unauthorized};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    (context.route.name == "invite").then(|| show(context))
}

/// Returns the data with which an application signs up an invited user. A browser gets a page.
fn show(context: &Context<'_>) -> HandlerResult {
    let (state, now) = (context.shared.state(), context.now());
    let code = context
        .path_params
        .first()
        .map_or("", |(_, code)| code.as_str());
    if !context.wants_json() {
        return Ok(Response::html(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sign up</title></head>\
             <body><h1>Sign up</h1><p>Use an application to sign up with this invite.</p></body></html>\n"
                .to_owned(),
        ));
    }
    let invite = state.invites.get(code).ok_or_else(not_found)?;
    if !invite.is_valid(now) {
        return Err(unauthorized("This invite is not valid"));
    }
    let api_url = format!("{}/api/v2/instance", context.shared.url);
    Ok(Response::json(
        &json!({ "invite_code": code, "instance_api_url": api_url }),
    ))
}
