//! Subscriptions by email to the statuses of an account.

use axum::http::{StatusCode, header};
use serde_json::json;

use super::Context;
use super::accounts::signup::is_email_address;
use crate::response::{HandlerResult, Response, not_found};

const MAX_EMAIL: usize = 320;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    (context.route.name == "email_subscription_create").then(|| subscribe(context))
}

fn subscribe(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let id = context.id();
    let account = state.accounts.get(&id);
    let account = account.filter(|account| account.domain.is_none());
    let is_suspended = account.ok_or_else(not_found)?.suspended;
    let subscribers = state.email_subscriptions.get_mut(&id);
    let Some(subscribers) = subscribers.filter(|_| !is_suspended) else {
        let response = Response::without_body(StatusCode::NOT_FOUND);
        return Err(Box::new(
            response.header(header::CONTENT_TYPE, "text/html".to_owned()),
        ));
    };
    let email = context.params.string("email").unwrap_or_default();
    let words: Vec<&str> = email.split_whitespace().collect();
    let email = words.join(" ").to_lowercase();
    let mut errors = Vec::new();
    if email.is_empty() {
        errors.push(("BLANK", "can't be blank".to_owned()));
    } else if !is_email_address(&email) {
        errors.push(("INVALID", "is invalid".to_owned()));
    }
    if email.chars().count() > MAX_EMAIL {
        let message = format!("is too long (maximum is {MAX_EMAIL} characters)");
        errors.push(("TOO_LONG", message));
    }
    if subscribers.contains(&email) {
        errors.push(("TAKEN", "has already been taken".to_owned()));
    }
    if !errors.is_empty() {
        let messages: Vec<String> = errors
            .iter()
            .map(|(_, message)| format!("Email {message}"))
            .collect();
        let details = errors.iter().map(
            |(code, message)| json!({ "error": format!("ERR_{code}"), "description": message }),
        );
        let body = json!({
            "error": format!("Validation failed: {}", messages.join(", ")),
            "details": { "email": details.collect::<Vec<_>>() },
        });
        let response = Response::json(&body).status(StatusCode::UNPROCESSABLE_ENTITY);
        return Err(Box::new(response));
    }
    subscribers.insert(email);
    Ok(Response::empty_object())
}
