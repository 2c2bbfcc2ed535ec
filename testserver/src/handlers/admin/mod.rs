//! Administration. The role of the user decides what is permitted, in addition to the scopes of the token.
//!
//! Like Mastodon, these endpoints look for the record first, then check the role, then validate the parameters.

mod account_action;
mod account_filter;
mod accounts;
mod blocks;
mod domain_blocks;
mod email_blocks;
pub(crate) mod ip_blocks;
mod metrics;
mod reports;
mod tags;
mod trends;

use super::Context;
use crate::ids::Id;
use crate::response::{ErrorResponse, HandlerResult, forbidden, unauthorized};
use crate::route::{Auth, Route};
use crate::server::Shared;
use crate::state::{Permission, State, Token};

/// Each handler returns `None` for routes of other subjects.
const SUBJECTS: &[fn(&Context<'_>) -> Option<HandlerResult>] = &[
    accounts::handle,
    domain_blocks::handle,
    email_blocks::handle,
    ip_blocks::handle,
    metrics::handle,
    reports::handle,
    tags::handle,
    trends::handle,
];

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    if !is_for_staff(context.route) {
        return None;
    }
    SUBJECTS.iter().find_map(|handle| handle(context))
}

/// Whether an endpoint is for the staff. Without a user such an endpoint is forbidden by the role, not unauthorized.
pub(crate) fn is_for_staff(route: &Route) -> bool {
    route.name.starts_with("admin_")
}

/// Endpoints that limited federation mode leaves open.
const ALWAYS_OPEN: &[&str] = &[
    "account_create",
    "app_create",
    "instance_v2",
    "invite",
    "oembed",
];

/// Rejects the token of a suspended account, even where none is needed. In limited federation mode, requires a user.
pub(crate) fn check_not_suspended(
    shared: &Shared,
    route: &Route,
    token: Option<&Token>,
) -> Result<(), ErrorResponse> {
    let is_api = route.path.starts_with("/api/") || route.path.starts_with("/oauth/userinfo");
    let state = shared.state();
    let user = token.and_then(|token| token.user).filter(|_| is_api);
    let Some(user) = user else {
        let is_closed = is_api && !ALWAYS_OPEN.contains(&route.name);
        return if is_closed && state.is_limited_federation() {
            Err(unauthorized("This method requires an authenticated user"))
        } else {
            Ok(())
        };
    };
    match state.accounts.get(&user) {
        Some(account) if account.suspended => Err(login_disabled()),
        _ => Ok(()),
    }
}

/// Remembers that a user was active today. Like in Mastodon, administration does not count.
pub(crate) fn record_activity(shared: &Shared, route: &Route, token: Option<&Token>) {
    let user = token.and_then(|token| token.user);
    if let Some(user) = user.filter(|_| route.auth == Auth::User && !is_for_staff(route)) {
        let now = shared.clock.now();
        if let Some(account) = shared.state().accounts.get_mut(&user) {
            account.moderation.be_active(now);
        }
    }
}

/// 403: the staff has suspended the account or disabled the login.
pub(crate) fn login_disabled() -> ErrorResponse {
    forbidden("Your login is currently disabled")
}

/// Returns the user if the role grants one of the permissions.
fn authorize(
    context: &Context<'_>,
    state: &State,
    any_of: &[Permission],
) -> Result<Id, ErrorResponse> {
    let user = context.viewer().filter(|user| state.can(*user, any_of));
    user.ok_or_else(not_permitted)
}

/// 403: the role does not permit the action.
fn not_permitted() -> ErrorResponse {
    forbidden("This action is not allowed")
}
