//! Confirmation of the email address after sign-up.

use serde_json::json;

use super::signup::is_email_address;
use super::validation::ValidationErrors;
use crate::handlers::Context;
use crate::response::{HandlerResult, Response, forbidden, not_found, route_not_found};
use crate::server::Shared;

/// Sends the confirmation email again. A new address invalidates the earlier link.
pub(super) fn resend(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let app = context.token.as_ref().and_then(|token| token.app.clone());
    let mut state = context.shared.state();
    let confirmation = state.unique_token("confirm");
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    let login = account.login.as_mut().ok_or_else(not_found)?;
    if login.app != app {
        return Err(forbidden(
            "This method is only available to the application the user originally signed-up with",
        ));
    }
    if login.confirmation.is_none() {
        return Err(forbidden(
            "This method is only available while the e-mail is awaiting confirmation",
        ));
    }
    if let Some(email) = context.params.string("email") {
        let email = email.trim();
        let mut errors = ValidationErrors::default();
        if email.is_empty() {
            errors.add_blank("email");
        } else if !is_email_address(email) {
            errors.add("email", "INVALID", "is invalid");
        }
        errors.into_result()?;
        email.clone_into(&mut login.email);
        login.confirmation = Some(confirmation);
    }
    state.resend_confirmation_email(user, context.now());
    Ok(Response::empty_object())
}

pub(super) fn check(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    Ok(Response::json(&json!(!account.is_unconfirmed())))
}

/// Handles the link in the confirmation email.
pub(crate) fn confirm(shared: &Shared, token: &str) -> HandlerResult {
    shared
        .state()
        .confirm_email(token, shared.clock.now())
        .ok_or_else(route_not_found)?;
    Ok(Response::html(
        "<!doctype html><title>Confirmed</title><p>Your e-mail address is confirmed.</p>"
            .to_owned(),
    ))
}
