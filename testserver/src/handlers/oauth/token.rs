//! Issuing and revoking access tokens.

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::Context;
use super::unknown_client;
use crate::ids::Id;
use crate::params::Params;
use crate::response::{ErrorResponse, HandlerResult, Response, oauth_error};
use crate::state::{AuthorizationCode, State, redirect_uri_matches};

pub(super) fn token(context: &Context<'_>) -> HandlerResult {
    let (params, now) = (&context.params, context.now());
    let grant_type = params
        .non_blank("grant_type")
        .ok_or_else(|| missing_parameter("grant_type"))?;
    let is_supported = match grant_type.as_str() {
        "authorization_code" | "client_credentials" => true,
        "password" => context
            .shared
            .behavior
            .with(|behavior| behavior.password_grant),
        _ => false,
    };
    if !is_supported {
        return Err(oauth_error(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
        ));
    }
    let mut state = context.shared.state();
    let client = authenticate_client(&state, params, &context.headers);
    let (client_id, user, scopes) = if grant_type == "client_credentials" {
        let client_id = client.ok_or_else(unknown_client)?;
        let app = state.apps.get(&client_id).ok_or_else(unknown_client)?;
        let scope = params.non_blank("scope");
        let scopes = app
            .requested_scopes(scope.as_deref())
            .ok_or_else(invalid_scope)?;
        (client_id, None, scopes)
    } else if grant_type == "password" {
        let client_id = client.ok_or_else(unknown_client)?;
        let (user, scopes) = password_grant(&state, &client_id, params)?;
        (client_id, Some(user), scopes)
    } else {
        let code = params
            .non_blank("code")
            .ok_or_else(|| missing_parameter("code"))?;
        let grant = state.authorization_codes.get(&code);
        let client_id = validate_grant(grant, client, params, now)?;
        let grant = state
            .authorization_codes
            .remove(&code)
            .ok_or_else(invalid_grant)?;
        (client_id, Some(grant.user), grant.scopes)
    };
    let token = state.find_or_create_token(&client_id, user, &scopes, now);
    let mut body = json!({
        "access_token": token.value, "token_type": "Bearer", "scope": token.scopes.join(" "),
        "created_at": token.created.as_second(),
    });
    if token.scopes.is_empty()
        && let Some(members) = body.as_object_mut()
    {
        members.remove("scope");
    }
    Ok(Response::json(&body)
        .header(header::CACHE_CONTROL, "no-store".to_owned())
        .header(header::PRAGMA, "no-cache".to_owned()))
}

/// Returns the user of an email address and a password, and the requested scopes.
fn password_grant(
    state: &State,
    client_id: &str,
    params: &Params,
) -> Result<(Id, Vec<String>), ErrorResponse> {
    let text = |name: &str| params.string(name).unwrap_or_default();
    let app = state.apps.get(client_id).ok_or_else(unknown_client)?;
    let user = state
        .authenticate(&text("username"), &text("password"))
        .ok_or_else(invalid_grant)?;
    let scopes = app
        .requested_scopes(params.non_blank("scope").as_deref())
        .ok_or_else(invalid_scope)?;
    Ok((user, scopes))
}

/// Returns the ID of the client that the header or the parameters authenticate.
fn authenticate_client(state: &State, params: &Params, headers: &HeaderMap) -> Option<String> {
    let from_params = || {
        Some((
            params.non_blank("client_id")?,
            params.string("client_secret")?,
        ))
    };
    let (id, secret) = basic_credentials(headers).or_else(from_params)?;
    state.apps.get(&id).filter(|app| app.secret == secret)?;
    Some(id)
}

fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| (id.to_owned(), secret.to_owned()))
}

/// Checks in the order of Doorkeeper that the code was issued to this client for this redirect URI and PKCE challenge.
/// Returns the ID of the client.
fn validate_grant(
    grant: Option<&AuthorizationCode>,
    client: Option<String>,
    params: &Params,
    now: Timestamp,
) -> Result<String, ErrorResponse> {
    let verifier = params.non_blank("code_verifier");
    let uses_pkce = grant.is_some_and(|grant| grant.code_challenge.is_some());
    if uses_pkce && verifier.is_none() {
        return Err(missing_parameter("code_verifier"));
    }
    let redirect_uri = params
        .non_blank("redirect_uri")
        .ok_or_else(|| missing_parameter("redirect_uri"))?;
    let client_id = client.ok_or_else(unknown_client)?;
    let grant = grant.ok_or_else(invalid_grant)?;
    // A verifier for a code without a challenge is wrong, too.
    let is_verified = match (&grant.code_challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            *challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
        }
        _ => false,
    };
    let is_redirect_uri = redirect_uri_matches(&grant.redirect_uri, &redirect_uri);
    if grant.client_id == client_id && grant.is_valid(now) && is_redirect_uri && is_verified {
        Ok(client_id)
    } else {
        Err(invalid_grant())
    }
}

/// Revokes a token. The client must authenticate, except for tokens that belong to no application.
pub(super) fn revoke(context: &Context<'_>) -> HandlerResult {
    let params = &context.params;
    let mut state = context.shared.state();
    let client = authenticate_client(&state, params, &context.headers);
    let has_client_credentials =
        params.contains("client_id") || context.headers.contains_key(header::AUTHORIZATION);
    let value = params.string("token").unwrap_or_default();
    let token = state.tokens.get_mut(&value);
    let is_allowed = match token.as_ref().map(|token| &token.app) {
        Some(Some(app)) => client.as_ref() == Some(app),
        Some(None) => client.is_some() || !has_client_credentials,
        None => client.is_some(),
    };
    if !is_allowed {
        return Err(Box::new(
            Response::json(&json!({
                "error": "unauthorized_client",
                "error_description": "You are not authorized to revoke this token",
            }))
            .status(StatusCode::FORBIDDEN),
        ));
    }
    let Some(token) = token else {
        // RFC 7009: revoking an unknown token is no error.
        return Ok(Response::empty_object());
    };
    token.revoked = true;
    state.push_subscriptions.remove(&value);
    state.hub.end_connections_of_token(&value);
    Ok(Response::empty_object())
}

fn missing_parameter(name: &str) -> ErrorResponse {
    oauth_error(
        StatusCode::BAD_REQUEST,
        "invalid_request",
        &format!("Missing required parameter: {name}."),
    )
}

pub(super) fn invalid_scope() -> ErrorResponse {
    oauth_error(
        StatusCode::BAD_REQUEST,
        "invalid_scope",
        "The requested scope is invalid, unknown, or malformed.",
    )
}

fn invalid_grant() -> ErrorResponse {
    oauth_error(
        StatusCode::BAD_REQUEST,
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
    )
}
