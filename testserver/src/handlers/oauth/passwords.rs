//! The pages on which a user who has forgotten the password chooses another one.

use axum::http::{HeaderMap, StatusCode};
use jiff::SignedDuration;

use super::authorize::document;
use crate::ids::Id;
use crate::params::Params;
use crate::response::{HandlerResult, Response};
use crate::server::Shared;
use crate::state::{EmailKind, PasswordReset};
use crate::text::escape_html;

/// Time during which the link in the email works.
const LIFETIME: SignedDuration = SignedDuration::from_hours(6);
const SIGN_IN: &str = "/auth/sign_in";
const NEW: &str = "/auth/password/new";

/// Returns a field of the form, by the name of Mastodon's form or without the `user` prefix.
fn field(params: &Params, name: &str) -> String {
    let prefixed = params.map("user").and_then(|user| user.string(name));
    prefixed.or_else(|| params.string(name)).unwrap_or_default()
}

/// Shows the form that asks for the email address.
pub(super) fn show_request(_: &Shared, params: &Params, _: &HeaderMap) -> HandlerResult {
    Ok(document(
        params,
        "Reset password",
        "<form method=\"post\" action=\"/auth/password\">\
         <p><label>E-mail address <input type=\"email\" name=\"user[email]\" required></label></p>\
         <button type=\"submit\">Reset password</button></form>",
    ))
}

/// Sends the email, or sets the password of the form. The response does not tell whether the user exists.
pub(super) fn submit(shared: &Shared, params: &Params, headers: &HeaderMap) -> HandlerResult {
    if params.string("_method").as_deref() == Some("put") {
        return change(shared, params, headers);
    }
    let (email, now) = (field(params, "email"), shared.clock.now());
    let mut state = shared.state();
    let user = state.accounts.values().find(|account| {
        let login = account.login.as_ref();
        login.is_some_and(|login| login.email.eq_ignore_ascii_case(email.trim()))
    });
    if let Some(user) = user.map(|account| account.id) {
        let token = state.unique_token("reset");
        let path = format!("/auth/password/edit?reset_password_token={token}");
        state.send_email(EmailKind::PasswordReset, user, &path, now);
        let reset = PasswordReset { token, sent: now };
        state.password_resets.insert(user, reset);
    }
    Ok(Response::redirect(SIGN_IN.to_owned()))
}

/// Returns the user whose link is valid.
fn user_of(shared: &Shared, token: &str) -> Option<Id> {
    let (state, now) = (shared.state(), shared.clock.now());
    let mut resets = state.password_resets.iter();
    let (user, _) = resets
        .find(|(_, reset)| reset.token == token && now.duration_since(reset.sent) < LIFETIME)?;
    Some(*user)
}

/// Shows the form behind the link in the email.
pub(super) fn show_change(shared: &Shared, params: &Params, _: &HeaderMap) -> HandlerResult {
    let token = params.string("reset_password_token").unwrap_or_default();
    if user_of(shared, &token).is_none() {
        return Ok(Response::redirect(NEW.to_owned()));
    }
    Ok(change_form(params, &token))
}

fn change_form(params: &Params, token: &str) -> Response {
    let token = escape_html(token);
    document(
        params,
        "Set new password",
        &format!(
            "<form method=\"post\" action=\"/auth/password\"><input type=\"hidden\" name=\"_method\" value=\"put\">\
             <input type=\"hidden\" name=\"user[reset_password_token]\" value=\"{token}\">\
             <p><label>New password <input type=\"password\" name=\"user[password]\" required></label></p>\
             <p><label>Confirm password <input type=\"password\" name=\"user[password_confirmation]\" required></label></p>\
             <button type=\"submit\">Set new password</button></form>"
        ),
    )
}

/// Sets the password, and revokes all access tokens of the user.
pub(super) fn change(shared: &Shared, params: &Params, _: &HeaderMap) -> HandlerResult {
    let token = field(params, "reset_password_token");
    let (password, confirmation) = (
        field(params, "password"),
        field(params, "password_confirmation"),
    );
    let is_valid = (8..=72).contains(&password.len()) && password == confirmation;
    let Some(user) = user_of(shared, &token).filter(|_| is_valid) else {
        return Ok(change_form(params, &token).status(StatusCode::UNPROCESSABLE_ENTITY));
    };
    let mut state = shared.state();
    state.password_resets.remove(&user);
    let account = state.accounts.get_mut(&user);
    if let Some(login) = account.and_then(|account| account.login.as_mut()) {
        login.password = password;
    }
    state.revoke_access(user);
    Ok(Response::redirect(SIGN_IN.to_owned()))
}
