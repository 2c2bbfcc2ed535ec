//! From a request to its route: token, scopes, parameters, then the handler.

use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State as Extract};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::Response as HttpResponse;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use crate::clock::http_date;
use crate::connection::Peer;
use crate::fault::FaultKind;
use crate::handlers::{self, Context};
use crate::params::{Params, parse, validate};
use crate::rate_limit::{Quota, Requester, too_many_requests};
use crate::response::{
    ErrorResponse, HandlerResult, Response, forbidden, route_not_found, unauthorized, unprocessable,
};
use crate::route::{Auth, Route, Scope, Verb};
use crate::routes;
use crate::server::Shared;
use crate::state::Token;
use crate::streaming;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");

/// What a role is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerRole {
    All,
    /// Everything but streams; it tells where those are.
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
    let (verb, path) = (request.method().as_str(), request.uri().path());
    let (delay, fault) = shared.faults.apply(verb, path);
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    let streams = role == ServerRole::Streaming || streaming::is_streaming_path(path);
    let reply = match &fault {
        Some(FaultKind::Disconnect) => Response::without_body(StatusCode::OK),
        // No answer of a stream is ever whole.
        Some(FaultKind::LostResponse | FaultKind::TruncatedBody) if streams => {
            Response::without_body(StatusCode::OK)
        }
        Some(FaultKind::RateLimited) => rate_limited_response(&shared),
        Some(FaultKind::Response(status, kind, body)) => Response::with_body(kind, body.clone())
            .status(StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)),
        _ if streams && role == ServerRole::Rest => streaming::redirect(&shared, &request),
        _ if streams => return streaming::handle(&shared, &peer, request),
        _ => handle_api_request(&shared, &peer, request)
            .await
            .unwrap_or_else(|refusal| *refusal),
    };
    let truncated = matches!(fault, Some(FaultKind::TruncatedBody));
    if matches!(fault, Some(FaultKind::Disconnect | FaultKind::LostResponse))
        || truncated && streams
    {
        peer.cut();
    }
    // A client reckons with the server's time, which here can be moved.
    let date = http_date(shared.clock.now());
    let reply = reply.header(header::DATE, date);
    if truncated {
        reply.into_truncated_http()
    } else {
        reply.into_http()
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
    // A HEAD is answered as a GET, of which the body is left out on the way.
    let method = match request.method() {
        &Method::HEAD => Method::GET,
        other => other.clone(),
    };
    let path = request.uri().path().to_owned();
    if let Some(page) = handlers::pages::handle(shared, &method, &path, request.headers()) {
        return page;
    }
    if let Some(form) = handlers::oauth::form(&method, &path) {
        let (query, headers) = (query(&request), request.headers().clone());
        let params = parse::parse_request(&query, request).await?;
        return form(shared, &params, &headers);
    }
    let (route, captured) = find_route(&method, &path).ok_or_else(route_not_found)?;
    let (headers, query) = (request.headers().clone(), query(&request));
    let params = parse::parse_request(&query, request).await?;
    let token = presented_token(&headers, &params);
    let known = token
        .as_ref()
        .and_then(|token| shared.state().tokens.get(token).cloned());
    let requester = Requester {
        token: known.as_ref().and(token.clone()),
        user: known.as_ref().and_then(|known| known.user),
        address: peer.address.ip().to_string(),
    };
    let now = shared.clock.now();
    let limited = path.starts_with("/api/");
    let mut quota = None;
    if limited {
        let paging = ["max_id", "min_id", "since_id"];
        let paging = paging.iter().any(|name| params.non_blank(name).is_some());
        quota = shared.rate_limiter.check(route, paging, &requester, now)?;
    }
    let mut outcome = authorize_and_handle(
        shared,
        route,
        captured,
        params,
        query,
        headers,
        (token, known),
    );
    if outcome.is_ok()
        && limited
        && let Some(done) = shared.rate_limiter.count_success(route, &requester, now)
    {
        quota = [quota, Some(done)]
            .into_iter()
            .flatten()
            .min_by_key(Quota::remaining);
    }
    let reply = match &mut outcome {
        Ok(reply) => reply,
        Err(refusal) => &mut **refusal,
    };
    if let Some(quota) = quota {
        reply.headers.extend(quota.headers());
    }
    if let Some(since) = route.deprecated_on.and_then(unix_midnight) {
        reply.headers.push((DEPRECATION, format!("@{since}")));
    }
    outcome
}

/// Checks the request in the order of the real server, and lets its handler answer.
fn authorize_and_handle(
    shared: &Shared,
    route: &'static Route,
    path_params: Vec<(&'static str, String)>,
    params: Params,
    query_string: String,
    headers: HeaderMap,
    (presented, known): (Option<String>, Option<Token>),
) -> HandlerResult {
    // Where no token is asked for, a bad one does no harm.
    if route.auth != Auth::None && presented.is_some() {
        match &known {
            None => return Err(unauthorized("The access token is invalid")),
            Some(token) if token.revoked => {
                return Err(unauthorized("The access token was revoked"));
            }
            Some(_) => {}
        }
    }
    let token = known.filter(|token| !token.revoked);
    check_authorization(route, token.as_ref())?;
    check_account(shared, route, token.as_ref())?;
    // The OAuth endpoints have errors of their own.
    if !route.path.starts_with("/oauth/") {
        validate::validate(route, &params)?;
    }
    handlers::handle(&Context {
        shared,
        route,
        path_params,
        params,
        query_string,
        headers,
        token,
    })
}

fn query(request: &Request) -> String {
    request.uri().query().unwrap_or_default().to_owned()
}

/// The token that a request shows: in the header, or else among the parameters.
fn presented_token(headers: &HeaderMap, params: &Params) -> Option<String> {
    let header = headers.get(header::AUTHORIZATION);
    let bearer = header.and_then(|value| {
        let (kind, token) = value.to_str().ok()?.split_once(' ')?;
        kind.eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    bearer
        .or_else(|| params.non_blank("access_token"))
        .or_else(|| params.non_blank("bearer_token"))
}

/// The Unix time of the midnight at which a day begins.
fn unix_midnight(day: &str) -> Option<i64> {
    let begins: Timestamp = format!("{day}T00:00:00Z").parse().ok()?;
    Some(begins.as_second())
}

/// The route with the fewest parameters in its path, so that a fixed word goes before a placeholder.
fn find_route(
    method: &Method,
    path: &str,
) -> Option<(&'static Route, Vec<(&'static str, String)>)> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let matches = routes::all()
        .filter(|route| !route.removed)
        .filter_map(|route| {
            let verbs = || std::iter::once(route.verb).chain(route.also.iter().copied());
            let known = verbs().any(|verb| method_name(verb) == method.as_str());
            let paths = std::iter::once(route.path).chain(route.aliases.iter().copied());
            let captured = paths
                .filter(|_| known)
                .find_map(|template| match_path(template, path))?;
            Some((route, captured))
        });
    matches.min_by_key(|(_, captured)| captured.len())
}

fn method_name(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Patch => "PATCH",
        Verb::Delete => "DELETE",
    }
}

fn match_path(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    let mut captured = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(captured),
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) if !given.is_empty() => {
                let name = wanted.strip_prefix('{')?.strip_suffix('}')?;
                captured.push((
                    name,
                    percent_decode_str(given).decode_utf8_lossy().into_owned(),
                ));
            }
            _ => return None,
        }
    }
}

fn check_authorization(route: &Route, token: Option<&Token>) -> Result<(), ErrorResponse> {
    let needed = matches!(route.auth, Auth::App | Auth::User);
    let Some(token) = token else {
        return if needed {
            Err(unauthorized("The access token is invalid"))
        } else {
            Ok(())
        };
    };
    let covered = route
        .scopes
        .iter()
        .any(|scope| token.scopes.iter().any(|own| Scope::covers(own, scope)));
    if route.auth != Auth::None && !route.scopes.is_empty() && !covered {
        return Err(forbidden("This action is outside the authorized scopes"));
    }
    if route.auth == Auth::User && token.user.is_none() {
        return Err(unprocessable("This method requires an authenticated user"));
    }
    Ok(())
}

/// A user whose e-mail address is not confirmed can do nothing but see to that, and one whom the staff has
/// not let in yet nothing at all.
fn check_account(
    shared: &Shared,
    route: &Route,
    token: Option<&Token>,
) -> Result<(), ErrorResponse> {
    let state = shared.state();
    let user = token.and_then(|token| state.accounts.get(&token.user?));
    let waits = user.is_some_and(crate::state::Account::is_unconfirmed);
    if waits && route.auth == Auth::User && !route.name.starts_with("email_") {
        return Err(forbidden(
            "Your login is missing a confirmed e-mail address",
        ));
    }
    if user.is_some_and(|user| user.pending_reason.is_some()) && route.auth == Auth::User {
        return Err(forbidden("Your login is currently pending approval"));
    }
    Ok(())
}
