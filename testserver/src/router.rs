//! Routing: finds the route of a request, checks the token, scopes and parameters, and calls the handler.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State as Extract};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::Response as HttpResponse;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use crate::clock::http_date;
use crate::connection::Peer;
use crate::control;
use crate::cors::Cors;
use crate::fault::FaultKind;
use crate::handlers::{self, Context, admin};
use crate::params::{Params, parse, validate};
use crate::posting;
use crate::rate_limit::{Quota, Requester, too_many_requests};
use crate::request_log::{Recording, read_body};
use crate::response::{
    ErrorResponse, HandlerResult, Response, forbidden, internal_server_error, route_not_found,
    unauthorized, unprocessable,
};
use crate::route::{Auth, Route, Scope};
use crate::routes;
use crate::server::Shared;
use crate::state::Token;
use crate::streaming;

/// Endpoints that check whether there is a user, but not whether there is a token.
const WITHOUT_TOKEN_CHECK: &[&str] = &[
    "account_in_collections",
    "announcements",
    "donation_campaign",
];
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");

/// APIs that a listener serves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerRole {
    All,
    /// Everything except the streaming API. Streaming requests are redirected.
    Rest,
    Streaming,
}

pub(crate) fn app(shared: Arc<Shared>, role: ServerRole) -> Router {
    Router::new()
        .fallback(handle)
        .layer(DefaultBodyLimit::max(parse::MAX_BODY_BYTES))
        .with_state((shared, role))
}

async fn handle(
    Extract((shared, role)): Extract<(Arc<Shared>, ServerRole)>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> HttpResponse {
    let cors = Cors::of(&request, role);
    if let Some(response) = cors.preflight(&request) {
        return response;
    }
    let shared = shared.for_request(&request, peer.is_secure);
    let mut response = if shared.has_control_api && control::is_control_path(request.uri().path()) {
        control::handle(shared, request).await.into_http()
    } else {
        let (recording, request) = Recording::start(&shared, request);
        let response = respond(shared, role, peer.clone(), request).await;
        recording.finish((!peer.is_cut()).then(|| response.status().as_u16()));
        response
    };
    cors.share(&mut response);
    response
}

async fn respond(
    shared: Arc<Shared>,
    role: ServerRole,
    peer: Peer,
    request: Request,
) -> HttpResponse {
    let (method, path) = (request.method().as_str(), request.uri().path());
    let (delay, fault) = shared.faults.take_for_request(method, path);
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    let is_streaming = role == ServerRole::Streaming || streaming::is_streaming_path(path);
    let response = match &fault {
        Some(FaultKind::Disconnect) => {
            read_body(request).await;
            Response::without_body(StatusCode::OK)
        }
        // The body of a stream has no end, so both faults close the connection at once.
        Some(FaultKind::LostResponse | FaultKind::TruncatedBody) if is_streaming => {
            Response::without_body(StatusCode::OK)
        }
        Some(FaultKind::RateLimited) => {
            read_body(request).await;
            rate_limited_response(&shared)
        }
        Some(FaultKind::Response(status, headers, body)) => {
            read_body(request).await;
            let status = StatusCode::from_u16(*status);
            let mut response =
                Response::without_body(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
            (response.headers, response.body) = (headers.clone(), body.clone());
            response
        }
        _ if is_streaming && role == ServerRole::Rest => streaming::redirect(&shared, &request),
        _ if is_streaming => return streaming::handle(&shared, &peer, request).await,
        _ => {
            let (method, path) = (method.to_owned(), path.to_owned());
            let processed = process(Arc::clone(&shared), peer.clone(), request);
            let mut response = match fault {
                Some(FaultKind::Interrupted(time, status)) => {
                    let response = tokio::time::timeout(time, processed).await;
                    response.unwrap_or_else(|_| {
                        if status.is_none() {
                            peer.cut();
                        }
                        Response::with_reason(status.unwrap_or_default())
                    })
                }
                _ => processed.await,
            };
            shared.faults.change_response(&method, &path, &mut response);
            response
        }
    };
    let truncated = matches!(fault, Some(FaultKind::TruncatedBody));
    if matches!(fault, Some(FaultKind::Disconnect | FaultKind::LostResponse))
        || truncated && is_streaming
    {
        peer.cut();
    }
    // Clients compute reset times from the Date header, so it must follow the clock of the server.
    let date = http_date(shared.clock.now());
    let response = response.header(header::DATE, date);
    if truncated {
        response.into_truncated_http()
    } else {
        response.into_http()
    }
}

/// Processes a request. The server finishes a POST request even if its client disconnects.
async fn process(shared: Arc<Shared>, peer: Peer, request: Request) -> Response {
    let is_post = request.method() == Method::POST;
    let handled = async move {
        let result = handle_api_request(&shared, &peer, request).await;
        result.unwrap_or_else(|error| *error)
    };
    if is_post {
        // Dropping the handle does not end the task.
        tokio::spawn(handled)
            .await
            .unwrap_or_else(|_| *internal_server_error())
    } else {
        handled.await
    }
}

fn rate_limited_response(shared: &Shared) -> Response {
    let quota = shared.rate_limiter.exhausted_quota(shared.clock.now());
    quota.map_or_else(
        || Response::without_body(StatusCode::TOO_MANY_REQUESTS),
        |quota| *too_many_requests(&quota),
    )
}

async fn handle_api_request(shared: &Shared, peer: &Peer, request: Request) -> HandlerResult {
    // A HEAD request is handled as GET; hyper omits the body.
    let method = match request.method() {
        &Method::HEAD => Method::GET,
        other => other.clone(),
    };
    let path = request.uri().path().to_owned();
    let client = admin::ip_blocks::client_address(peer.address.ip(), request.headers());
    admin::ip_blocks::check_access(shared, client)?;
    if let Some(page) = handlers::pages::handle(shared, &method, &path, request.headers()) {
        return page;
    }
    if let Some(page_handler) = handlers::oauth::page_handler(&method, &path) {
        let (query, headers) = (query(&request), request.headers().clone());
        let params = parse::parse_request(&query, request).await?;
        return page_handler(shared, &params, &headers);
    }
    let (route, captured) = find_route(&method, &path).ok_or_else(route_not_found)?;
    let (mut headers, query) = (request.headers().clone(), query(&request));
    let params = parse::parse_request(&query, request).await?;
    let token = presented_token(&headers, &params);
    let known_token = token
        .as_ref()
        .and_then(|token| shared.state().tokens.get(token).cloned());
    let requester = Requester {
        token: known_token.as_ref().and(token.clone()),
        user: known_token.as_ref().and_then(|known| known.user),
        address: client.to_string(),
    };
    let now = shared.clock.now();
    let is_rate_limited = path.starts_with("/api/");
    // Scheduled statuses are free, also when they are published.
    let is_scheduling = route.name == "status_post" && params.non_blank("scheduled_at").is_some();
    let mut quota = None;
    if is_rate_limited {
        let cursors = ["max_id", "min_id", "since_id"];
        let is_paging = cursors.iter().any(|name| params.non_blank(name).is_some());
        let limiter = &shared.rate_limiter;
        quota = limiter.check(route, is_paging, !is_scheduling, &requester, now)?;
    }
    let work = posting::work(shared, route, requester.user, &mut headers).await;
    let mut result = work.and_then(|_lock| {
        authorize_and_handle(
            shared,
            route,
            captured,
            params,
            query,
            (headers, client),
            (token, known_token),
        )
    });
    if let Ok(response) = &result
        && is_rate_limited
    {
        let is_counted = !is_scheduling && !response.has_changed_nothing;
        let limiter = &shared.rate_limiter;
        let success_quota = limiter.count_success(route, is_counted, &requester, now);
        // If both have as many left, Mastodon reports the quota of successes.
        let quotas = [success_quota, quota].into_iter().flatten();
        quota = quotas.min_by_key(Quota::remaining);
    }
    let response = match &mut result {
        Ok(response) => response,
        Err(error) => &mut **error,
    };
    if let Some(quota) = quota {
        response.headers.extend(quota.headers());
    }
    let deprecated_on = route
        .deprecated_on
        .or_else(|| handlers::collections::deprecated_on(&path));
    if let Some(since) = deprecated_on.and_then(unix_midnight) {
        response.headers.push((DEPRECATION, format!("@{since}")));
    }
    result
}

/// Checks the request in the same order as Mastodon, then calls the handler.
fn authorize_and_handle(
    shared: &Shared,
    route: &'static Route,
    path_params: Vec<(&'static str, String)>,
    params: Params,
    query_string: String,
    (headers, address): (HeaderMap, IpAddr),
    (presented, known): (Option<String>, Option<Token>),
) -> HandlerResult {
    // An endpoint without authentication ignores an invalid token.
    if route.auth != Auth::None && presented.is_some() {
        match &known {
            None if admin::is_for_staff(route) => {}
            None => return Err(unauthorized("The access token is invalid")),
            Some(token) if token.revoked => {
                return Err(unauthorized("The access token was revoked"));
            }
            Some(_) => {}
        }
    }
    let token = known.filter(|token| !token.revoked);
    admin::check_not_suspended(shared, route, token.as_ref())?;
    check_authorization(route, token.as_ref())?;
    check_account(shared, route, token.as_ref())?;
    admin::record_activity(shared, route, token.as_ref());
    // The OAuth handlers validate their parameters, because OAuth defines its own errors.
    if !route.path.starts_with("/oauth/") && !admin::is_for_staff(route) {
        validate::validate(route, &params)?;
    }
    if let Some(user) = token.as_ref().and_then(|token| token.user) {
        shared.state().note_activity(user, shared.clock.now());
    }
    handlers::handle(&Context {
        shared,
        route,
        path_params,
        params,
        query_string,
        headers,
        address,
        token,
    })
}

fn query(request: &Request) -> String {
    request.uri().query().unwrap_or_default().to_owned()
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

/// Converts a date to the Unix time of its start.
fn unix_midnight(day: &str) -> Option<i64> {
    let start: Timestamp = format!("{day}T00:00:00Z").parse().ok()?;
    Some(start.as_second())
}

/// Finds the matching route with the fewest path parameters, so that literal segments take precedence.
fn find_route(
    method: &Method,
    path: &str,
) -> Option<(&'static Route, Vec<(&'static str, String)>)> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let matches = routes::all()
        .filter(|route| !route.removed)
        .filter_map(|route| {
            let mut methods =
                std::iter::once(route.method).chain(route.additional_methods.iter().copied());
            let accepts_method = methods.any(|own| own.as_str() == method.as_str());
            let paths = std::iter::once(route.path).chain(route.aliases.iter().copied());
            let captured = paths
                .filter(|_| accepts_method)
                .find_map(|template| match_path(template, path))?;
            Some((route, captured))
        });
    matches.min_by_key(|(_, captured)| captured.len())
}

fn match_path(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    let mut captured = Vec::new();
    loop {
        match (template.next(), path.next()) {
            (None, None) => return Some(captured),
            (Some(expected), Some(segment)) if expected == segment => {}
            (Some(expected), Some(segment)) if !segment.is_empty() => {
                let name = expected.strip_prefix('{')?.strip_suffix('}')?;
                captured.push((
                    name,
                    percent_decode_str(segment).decode_utf8_lossy().into_owned(),
                ));
            }
            _ => return None,
        }
    }
}

fn check_authorization(route: &Route, token: Option<&Token>) -> Result<(), ErrorResponse> {
    let is_token_required = matches!(route.auth, Auth::App | Auth::User)
        && !WITHOUT_TOKEN_CHECK.contains(&route.name)
        && !admin::is_for_staff(route);
    let Some(token) = token else {
        return if is_token_required {
            Err(unauthorized("The access token is invalid"))
        } else {
            Ok(())
        };
    };
    let has_scope = route
        .scopes
        .iter()
        .any(|scope| token.scopes.iter().any(|own| Scope::covers(own, scope)));
    if route.auth != Auth::None && !route.scopes.is_empty() && !has_scope {
        return Err(forbidden("This action is outside the authorized scopes"));
    }
    if route.auth == Auth::User && token.user.is_none() && !admin::is_for_staff(route) {
        return Err(unprocessable("This method requires an authenticated user"));
    }
    Ok(())
}

/// Rejects users who may not use the API yet. Without a confirmed email address only the confirmation endpoints are
/// allowed; while the approval by the staff is pending, none is.
fn check_account(
    shared: &Shared,
    route: &Route,
    token: Option<&Token>,
) -> Result<(), ErrorResponse> {
    let state = shared.state();
    let user = token.and_then(|token| state.accounts.get(&token.user?));
    let is_unconfirmed = user.is_some_and(crate::state::Account::is_unconfirmed);
    if is_unconfirmed && route.auth == Auth::User && !route.name.starts_with("email_") {
        return Err(forbidden(
            "Your login is missing a confirmed e-mail address",
        ));
    }
    if user.is_some_and(|user| user.pending_reason.is_some()) && route.auth == Auth::User {
        return Err(forbidden("Your login is currently pending approval"));
    }
    let is_disabled = user.is_some_and(|user| user.moderation.disabled);
    if is_disabled && route.auth == Auth::User && !admin::is_for_staff(route) {
        return Err(admin::login_disabled());
    }
    Ok(())
}
