//! OAuth: application registration, authorization and access tokens.

mod apps;
mod authorize;
mod passwords;
mod token;

use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::json;

use super::Context;
use super::accounts::emails;
use crate::params::Params;
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, oauth_error};
use crate::routes::SCOPES;
use crate::server::Shared;

pub(crate) use authorize::authorize;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "app_create" => apps::create(context),
        "app_verify_credentials" => apps::verify(context),
        "oauth_authorize" => authorize::show(context),
        "oauth_token" => token::token(context),
        "oauth_revoke" => token::revoke(context),
        "oauth_userinfo" | "oauth_userinfo_post" => user_info(context),
        "oauth_authorization_server_info" => Ok(server_info(context.shared)),
        _ => return None,
    })
}

type PageHandler = fn(&Shared, &Params, &HeaderMap) -> HandlerResult;

/// Returns the handler of a page or form outside of the API.
pub(crate) fn page_handler(method: &Method, path: &str) -> Option<PageHandler> {
    Some(match (method.as_str(), path) {
        ("POST", "/oauth/authorize") => authorize::submit,
        ("DELETE", "/oauth/authorize") => authorize::deny,
        ("GET", "/oauth/authorize/native") => authorize::show_code,
        ("GET", "/auth/confirmation") => confirm,
        ("GET", "/auth/password/new") => passwords::show_request,
        ("GET", "/auth/password/edit") => passwords::show_change,
        ("POST", "/auth/password") => passwords::submit,
        ("PUT" | "PATCH", "/auth/password") => passwords::change,
        ("GET", "/auth/sign_in") => authorize::sign_in_page,
        ("POST", "/auth/sign_in") => authorize::sign_in,
        ("DELETE" | "POST", "/auth/sign_out") => authorize::sign_out,
        _ => return None,
    })
}

/// Handles the link in the confirmation email.
fn confirm(shared: &Shared, params: &Params, _: &HeaderMap) -> HandlerResult {
    let token = params.string("confirmation_token");
    emails::confirm(shared, &token.unwrap_or_default())
}

fn unknown_client() -> ErrorResponse {
    oauth_error(
        StatusCode::UNAUTHORIZED,
        "invalid_client",
        "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
    )
}

fn user_info(context: &Context<'_>) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    let account = render::account(&state, user);
    if account.is_null() {
        return Err(not_found());
    }
    Ok(Response::json(&json!({
        "iss": format!("{}/", state.url), "sub": account["uri"], "name": account["display_name"],
        "preferred_username": account["username"], "profile": account["url"], "picture": account["avatar"],
    })))
}

fn server_info(shared: &Shared) -> Response {
    let url = &shared.url;
    let mut grant_types = vec!["authorization_code", "client_credentials"];
    if shared.behavior.with(|behavior| behavior.password_grant) {
        grant_types.insert(1, "password");
    }
    let scopes: Vec<&str> = SCOPES.iter().map(|scope| scope.name).collect();
    Response::json(&json!({
        "issuer": format!("{url}/"), "authorization_endpoint": format!("{url}/oauth/authorize"),
        "token_endpoint": format!("{url}/oauth/token"), "revocation_endpoint": format!("{url}/oauth/revoke"),
        "userinfo_endpoint": format!("{url}/oauth/userinfo"), "scopes_supported": scopes,
        "response_types_supported": ["code"], "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": grant_types,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"], "service_documentation": "https://docs.joinmastodon.org/",
        "app_registration_endpoint": format!("{url}/api/v1/apps"),
    }))
}
