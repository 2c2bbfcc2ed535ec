//! Authentication and authorization of requests: access token, scopes, user.

use axum::http::{HeaderMap, header};

use crate::handlers::admin;
use crate::locale::printable;
use crate::params::Params;
use crate::response::{ErrorResponse, forbidden, unauthorized, unprocessable};
use crate::route::{Auth, Route, Scope};
use crate::server::Shared;
use crate::state::{Account, Token};

/// Routes that are open to visitors even if the server requires a user elsewhere.
const OPEN_TO_VISITORS: &[&str] = &["app_create", "account_create", "invite", "oembed"];
const USER_REQUIRED: &str = "This method requires an authenticated user";
/// Endpoints that check whether there is a user, but not whether there is a token.
const WITHOUT_TOKEN_CHECK: &[&str] = &[
    "account_in_collections",
    "announcements",
    "donation_campaign",
];

/// Access token of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Presented {
    /// The token that the client sent.
    pub(crate) value: Option<String>,
    /// The record of the token, also if it was revoked; `None` if the server does not know the token.
    pub(crate) known: Option<Token>,
}

impl Presented {
    pub(crate) fn new(shared: &Shared, headers: &HeaderMap, params: &Params) -> Self {
        let value = presented_token(headers, params);
        let known = value
            .as_ref()
            .and_then(|token| shared.state().tokens.get(token).cloned());
        Self { value, known }
    }
}

/// Returns the access token of a request: from the `Authorization` header, otherwise from the parameters.
fn presented_token(headers: &HeaderMap, params: &Params) -> Option<String> {
    let header = headers.get(header::AUTHORIZATION);
    let bearer = header.and_then(|value| {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    bearer
        .or_else(|| params.non_blank("access_token"))
        .or_else(|| params.non_blank("bearer_token"))
}

/// Checks in the order of Mastodon whether a request may use a route. Returns the token to act with.
pub(crate) fn authorize(
    shared: &Shared,
    route: &Route,
    known: Option<Token>,
) -> Result<Option<Token>, ErrorResponse> {
    if route.path.starts_with("/api/") {
        check_visitor_access(shared, route, known.as_ref())?;
    }
    admin::check_not_suspended(shared, route, known.as_ref())?;
    let token = match known {
        Some(token) if token.revoked => {
            // An endpoint without authentication ignores the token.
            if route.auth != Auth::None {
                return Err(invalid_token("The access token was revoked"));
            }
            None
        }
        known => known,
    };
    check_scopes(route, token.as_ref())?;
    check_user(shared, route, token.as_ref())?;
    admin::record_activity(shared, route, token.as_ref());
    Ok(token)
}

/// Rejects visitors and applications if the server requires a user for everything.
fn check_visitor_access(
    shared: &Shared,
    route: &Route,
    known: Option<&Token>,
) -> Result<(), ErrorResponse> {
    let (is_limited, is_disallowed) = shared.behavior.with(|behavior| {
        let is_disallowed = behavior.instance.visitors_disallowed;
        (behavior.limited_federation, is_disallowed)
    });
    let has_user = known.is_some_and(|token| token.user.is_some());
    let is_open = OPEN_TO_VISITORS.contains(&route.name)
        || route.name == "instance_v2"
        || route.name.starts_with("instance_") && !is_limited;
    if has_user || is_open || !is_limited && !is_disallowed {
        Ok(())
    } else {
        Err(unauthorized(USER_REQUIRED))
    }
}

/// A token that the server does not know is like no token: an endpoint that needs none treats the client as a visitor.
fn check_scopes(route: &Route, token: Option<&Token>) -> Result<(), ErrorResponse> {
    let is_token_required = matches!(route.auth, Auth::App | Auth::User)
        && !WITHOUT_TOKEN_CHECK.contains(&route.name)
        && !admin::is_for_staff(route);
    let Some(token) = token else {
        return if is_token_required {
            Err(invalid_token("The access token is invalid"))
        } else {
            Ok(())
        };
    };
    let has_scope = route
        .scopes
        .iter()
        .any(|scope| token.scopes.iter().any(|own| Scope::covers(own, scope)));
    if route.auth != Auth::None && !route.scopes.is_empty() && !has_scope {
        return Err(insufficient_scope(route));
    }
    if route.auth == Auth::User && token.user.is_none() && !admin::is_for_staff(route) {
        return Err(unprocessable(USER_REQUIRED));
    }
    Ok(())
}

/// Rejects users who may not use the API yet. Without a confirmed email address only the confirmation endpoints are
/// allowed; while the approval by the staff is pending, none is.
fn check_user(shared: &Shared, route: &Route, token: Option<&Token>) -> Result<(), ErrorResponse> {
    if route.auth != Auth::User {
        return Ok(());
    }
    let state = shared.state();
    let user = token.and_then(|token| state.accounts.get(&token.user?));
    let is_unconfirmed = user.is_some_and(Account::is_unconfirmed);
    if is_unconfirmed && !route.name.starts_with("email_") {
        return Err(forbidden(
            "Your login is missing a confirmed e-mail address",
        ));
    }
    if user.is_some_and(|user| user.pending_reason.is_some()) {
        return Err(forbidden("Your login is currently pending approval"));
    }
    let is_disabled = user.is_some_and(|user| user.moderation.disabled);
    if is_disabled && !admin::is_for_staff(route) {
        return Err(admin::login_disabled());
    }
    Ok(())
}

/// 401: the access token is missing, unknown or revoked.
pub(crate) fn invalid_token(description: &str) -> ErrorResponse {
    let mut response = unauthorized(description);
    let header = bearer_challenge("invalid_token", description);
    response.headers.push((header::WWW_AUTHENTICATE, header));
    response
}

/// 403: the token lacks the scopes of the route.
fn insufficient_scope(route: &Route) -> ErrorResponse {
    let parents = route
        .scopes
        .iter()
        .filter_map(|scope| Some(scope.rsplit_once(':')?.0));
    let parents = parents.filter(|parent| *parent != "admin");
    let broad = route.scopes.iter().filter(|scope| !scope.contains(':'));
    let narrow = route.scopes.iter().filter(|scope| scope.contains(':'));
    let mut scopes: Vec<&str> = broad.copied().chain(parents).collect();
    scopes.extend(narrow);
    let description = format!(
        "Access to this resource requires scope \"{}\".",
        scopes.join(" ")
    );
    let mut response = forbidden("This action is outside the authorized scopes");
    let header = bearer_challenge("insufficient_scope", &description);
    response.headers.push((header::WWW_AUTHENTICATE, header));
    response
}

/// Returns the `WWW-Authenticate` header of an error.
pub(crate) fn bearer_challenge(error: &str, description: &str) -> String {
    let description = printable(description);
    format!("Bearer realm=\"Doorkeeper\", error=\"{error}\", error_description=\"{description}\"")
}
