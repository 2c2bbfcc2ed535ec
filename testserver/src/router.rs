//! From a request to its route: token, scopes, parameters, then the handler.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State as Extract};
use axum::http::{HeaderMap, HeaderName, Method, Response, StatusCode, header};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use crate::clock::http_date;
use crate::fault::Kind as Fault;
use crate::handlers::{self, Context};
use crate::line::Caller;
use crate::params::{Params, check, parse};
use crate::rate_limit::{Sender, Standing, too_many};
use crate::reply::{Outcome, Refusal, Reply, forbidden, no_route, unauthorized, unprocessable};
use crate::route::{Auth, Route, Scope, Verb};
use crate::routes::ROUTES;
use crate::server::Shared;
use crate::state::Token;
use crate::streaming;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");

/// What a host is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    Everything,
    /// Everything but streams; it tells where those are.
    Rest,
    Streaming,
}

pub(crate) fn app(shared: Arc<Shared>, host: Host) -> Router {
    Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(parse::MAX_BODY))
        .with_state((shared, host))
}

async fn answer(
    Extract((shared, host)): Extract<(Arc<Shared>, Host)>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    request: Request,
) -> Response<Body> {
    let (verb, path) = (request.method().as_str(), request.uri().path());
    let (delay, fault) = shared.faults.strike(verb, path);
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    let streams = host == Host::Streaming || streaming::has(path);
    let reply = match &fault {
        Some(Fault::Cut) => Reply::bare(StatusCode::OK),
        // No answer of a stream is ever whole.
        Some(Fault::LostAnswer | Fault::Truncated) if streams => Reply::bare(StatusCode::OK),
        Some(Fault::RateLimited) => refused_as_too_many(&shared),
        Some(Fault::Answer(status, kind, body)) => Reply::of(kind, body.clone())
            .status(StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)),
        _ if streams && host == Host::Rest => streaming::redirect(&shared, &request),
        _ if streams => return streaming::answer(&shared, &caller, request).await,
        _ => route(&shared, &caller, request)
            .await
            .unwrap_or_else(|refusal| *refusal),
    };
    let torn = matches!(fault, Some(Fault::Truncated));
    if matches!(fault, Some(Fault::Cut | Fault::LostAnswer)) || torn && streams {
        caller.cut_off();
    }
    // A client reckons with the server's time, which here can be moved.
    let date = http_date(shared.clock.now());
    let reply = reply.header(header::DATE, date);
    if torn {
        reply.into_torn_response()
    } else {
        reply.into_response()
    }
}

fn refused_as_too_many(shared: &Shared) -> Reply {
    let standing = shared.limiter.exhausted(shared.clock.now());
    standing.map_or_else(
        || Reply::bare(StatusCode::TOO_MANY_REQUESTS),
        |standing| *too_many(&standing),
    )
}

async fn route(shared: &Shared, caller: &Caller, request: Request) -> Outcome {
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
        let params = parse::read(&query, request).await?;
        return form(shared, &params, &headers);
    }
    let (route, captured) = find(&method, &path).ok_or_else(no_route)?;
    let (headers, query) = (request.headers().clone(), query(&request));
    let params = parse::read(&query, request).await?;
    let token = presented(&headers, &params);
    let known = token
        .as_ref()
        .and_then(|token| shared.state().tokens.get(token).cloned());
    let sender = Sender {
        token: known.as_ref().and(token.clone()),
        user: known.as_ref().and_then(|known| known.user),
        address: caller.address.ip().to_string(),
    };
    let now = shared.clock.now();
    let limited = path.starts_with("/api/");
    let mut standing = None;
    if limited {
        let paging = ["max_id", "min_id", "since_id"];
        let paging = paging.iter().any(|name| params.filled(name).is_some());
        standing = shared.limiter.arrive(route, paging, &sender, now)?;
    }
    let mut outcome = answered(
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
        && let Some(done) = shared.limiter.done(route, &sender, now)
    {
        standing = [standing, Some(done)]
            .into_iter()
            .flatten()
            .min_by_key(Standing::remaining);
    }
    let reply = match &mut outcome {
        Ok(reply) => reply,
        Err(refusal) => &mut **refusal,
    };
    if let Some(standing) = standing {
        reply.headers.extend(standing.headers());
    }
    if let Some(since) = route.deprecated_on.and_then(midnight_of) {
        reply.headers.push((DEPRECATION, format!("@{since}")));
    }
    outcome
}

/// Checks the request in the order of the real server, and lets its handler answer.
fn answered(
    shared: &Shared,
    route: &'static Route,
    path: Vec<(&'static str, String)>,
    params: Params,
    query: String,
    headers: HeaderMap,
    (presented, known): (Option<String>, Option<Token>),
) -> Outcome {
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
    authorise(route, token.as_ref())?;
    confirmed(shared, route, token.as_ref())?;
    // The OAuth endpoints have errors of their own.
    if !route.path.starts_with("/oauth/") {
        check::check(route, &params)?;
    }
    handlers::handle(&Context {
        shared,
        route,
        path,
        params,
        query,
        headers,
        token,
    })
}

fn query(request: &Request) -> String {
    request.uri().query().unwrap_or_default().to_owned()
}

/// The token that a request shows: in the header, or else among the parameters.
fn presented(headers: &HeaderMap, params: &Params) -> Option<String> {
    let header = headers.get(header::AUTHORIZATION);
    let bearer = header.and_then(|value| {
        let (kind, token) = value.to_str().ok()?.split_once(' ')?;
        kind.eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    bearer
        .or_else(|| params.filled("access_token"))
        .or_else(|| params.filled("bearer_token"))
}

/// The Unix time of the midnight at which a day begins.
fn midnight_of(day: &str) -> Option<i64> {
    let begins: Timestamp = format!("{day}T00:00:00Z").parse().ok()?;
    Some(begins.as_second())
}

/// The route with the fewest parameters in its path, so that a fixed word goes before a placeholder.
fn find(method: &Method, path: &str) -> Option<(&'static Route, Vec<(&'static str, String)>)> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let matches = ROUTES
        .iter()
        .filter(|route| !route.removed)
        .filter_map(|route| {
            let verbs = || std::iter::once(route.verb).chain(route.also.iter().copied());
            let known = verbs().any(|verb| name(verb) == method.as_str());
            let paths = std::iter::once(route.path).chain(route.aliases.iter().copied());
            let captured = paths
                .filter(|_| known)
                .find_map(|template| capture(template, path))?;
            Some((route, captured))
        });
    matches.min_by_key(|(_, captured)| captured.len())
}

fn name(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Patch => "PATCH",
        Verb::Delete => "DELETE",
    }
}

fn capture(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
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

fn authorise(route: &Route, token: Option<&Token>) -> Result<(), Refusal> {
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

/// A user whose e-mail address is not confirmed can do nothing but see to that.
fn confirmed(shared: &Shared, route: &Route, token: Option<&Token>) -> Result<(), Refusal> {
    let state = shared.state();
    let user = token.and_then(|token| state.accounts.get(&token.user?));
    let waits = user.is_some_and(crate::state::Account::is_unconfirmed);
    if waits && route.auth == Auth::User && !route.name.starts_with("email_") {
        return Err(forbidden(
            "Your login is missing a confirmed e-mail address",
        ));
    }
    Ok(())
}

/// A page of items that are sorted newest first, with the links to its neighbours.
pub(crate) fn page<T: Clone>(
    context: &Context<'_>,
    items: Vec<T>,
    id: impl Fn(&T) -> u64,
) -> (Vec<T>, Option<String>) {
    let reads = |name: &str| context.route.cursors.contains(&name);
    let position = |name: &str| {
        let given = context.params.text(name).filter(|_| reads(name));
        given.map(|text| crate::ids::position(&text))
    };
    let limit = page_limit(context);
    let (max_id, since_id, min_id) = (position("max_id"), position("since_id"), position("min_id"));
    let fits = |item: &T| {
        max_id.is_none_or(|max| id(item) < max)
            && since_id.or(min_id).is_none_or(|least| id(item) > least)
    };
    let mut fitting: Vec<T> = items.into_iter().filter(fits).collect();
    if min_id.is_some() && fitting.len() > limit {
        fitting.drain(..fitting.len() - limit);
    }
    fitting.truncate(limit);
    let (Some(first), Some(last)) = (fitting.first().map(&id), fitting.last().map(&id)) else {
        return (fitting, None);
    };
    let next = (fitting.len() == limit).then(|| format!("max_id={last}"));
    let links = links(
        context,
        next,
        Some(format!("{}={first}", context.route.previous)),
    );
    (fitting, links)
}

/// A page of items in the order of their rank, with the links to its neighbours.
pub(crate) fn offset_page<T>(context: &Context<'_>, items: Vec<T>) -> (Vec<T>, Option<String>) {
    let limit = page_limit(context);
    let given = context.params.integer("offset").unwrap_or(0);
    let offset = usize::try_from(given).unwrap_or(0);
    let found: Vec<T> = items.into_iter().skip(offset).take(limit).collect();
    let next = (found.len() == limit).then(|| format!("offset={}", offset + limit));
    let previous = (offset > limit).then(|| format!("offset={}", offset - limit));
    let links = links(context, next, previous);
    (found, links)
}

pub(crate) fn page_limit(context: &Context<'_>) -> usize {
    let (default, max) = context.route.limit.unwrap_or((20, 40));
    let limit = context.params.integer("limit");
    limit.map_or(default, |limit| u32::try_from(limit).unwrap_or(0).min(max)) as usize
}

/// The Link header: the request's own address with other cursors. The real server forgets some filters
/// there, and what it does not know.
pub(crate) fn links(
    context: &Context<'_>,
    next: Option<String>,
    previous: Option<String>,
) -> Option<String> {
    let kept = |pair: &&str| {
        let name = pair.split(['=', '[', '%']).next().unwrap_or_default();
        let known = context.route.params.iter().any(|param| param.name == name);
        (known || name == "limit") && !context.route.loses.contains(&name)
    };
    let query: Vec<&str> = context.query.split('&').filter(kept).collect();
    let link = |cursor: String, rel: &str| {
        let query: Vec<&str> = query.iter().copied().chain([cursor.as_str()]).collect();
        let (server, path) = (&context.shared.url, context.address());
        format!("<{server}{path}?{}>; rel=\"{rel}\"", query.join("&"))
    };
    let next = next.map(|cursor| link(cursor, "next"));
    let previous = previous.map(|cursor| link(cursor, "prev"));
    let links: Vec<String> = next.into_iter().chain(previous).collect();
    (!links.is_empty()).then(|| links.join(", "))
}

/// An answer with a page's links.
pub(crate) fn linked(items: Vec<serde_json::Value>, links: Option<String>) -> Reply {
    let reply = Reply::json(&serde_json::Value::Array(items));
    match links {
        Some(links) => reply.header(header::LINK, links),
        None => reply,
    }
}
