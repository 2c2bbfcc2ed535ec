//! From a request to its route: token, scopes, parameters, then the handler.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State as Extract};
use axum::http::{HeaderMap, Method, Response};
use percent_encoding::percent_decode_str;

use crate::handlers::{self, Context};
use crate::params::{Params, check, parse};
use crate::reply::{Outcome, Refusal, Reply, forbidden, no_route, unauthorized, unprocessable};
use crate::route::{Auth, Route, Verb};
use crate::routes::ROUTES;
use crate::server::Shared;
use crate::state::Token;

pub(crate) fn app(shared: Arc<Shared>) -> Router {
    Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(parse::MAX_BODY))
        .with_state(shared)
}

async fn answer(Extract(shared): Extract<Arc<Shared>>, request: Request) -> Response<Body> {
    match route(&shared, request).await {
        Ok(reply) => reply.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn route(shared: &Shared, request: Request) -> Outcome {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    if let Some(id) = path.strip_prefix("/media/") {
        return handlers::media::bytes(shared, id);
    }
    if let Some(picture) = handlers::accounts::pictures::bytes(shared, &path) {
        return picture;
    }
    if path == "/auth/confirmation" {
        let mut params = Params::default();
        parse::read_pairs(
            &mut params,
            request.uri().query().unwrap_or_default().as_bytes(),
        )?;
        let link = params.text("confirmation_token");
        return handlers::accounts::emails::confirm(shared, &link.unwrap_or_default());
    }
    if method == Method::POST && path == "/oauth/authorize" {
        let params = parse::read("", request).await?;
        return handlers::oauth::consent(shared, &params);
    }
    let (route, captured) = find(&method, &path).ok_or_else(no_route)?;
    let headers = request.headers().clone();
    let token = token(shared, &headers)?;
    authorise(route, token.as_ref())?;
    confirmed(shared, route, token.as_ref())?;
    let query = request.uri().query().unwrap_or_default().to_owned();
    let params = parse::read(&query, request).await?;
    check::check(route, &params)?;
    let context = Context {
        shared,
        route,
        path: captured,
        params,
        query,
        headers,
        token,
    };
    handlers::handle(&context)
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

fn token(shared: &Shared, headers: &HeaderMap) -> Result<Option<Token>, Refusal> {
    let Some(value) = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
    else {
        return Ok(None);
    };
    let found = value
        .strip_prefix("Bearer ")
        .and_then(|token| shared.state().tokens.get(token).cloned());
    found
        .map(Some)
        .ok_or_else(|| unauthorized("The access token is invalid"))
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
        .any(|scope| token.scopes.iter().any(|own| covers(own, scope)));
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

/// Parents cover their children, and `follow` covers what it once was.
fn covers(own: &str, scope: &str) -> bool {
    let old = ["blocks", "follows", "mutes"];
    own == scope
        || scope
            .strip_prefix(own)
            .is_some_and(|rest| rest.starts_with(':'))
        || (own == "follow"
            && scope
                .split_once(':')
                .is_some_and(|(_, what)| old.contains(&what)))
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
    // Followed hashtags are the one list that reads min_id and yet does not link to it.
    let newer = if reads("min_id") && context.route.name != "followed_tags" {
        "min_id"
    } else {
        "since_id"
    };
    let next = (fitting.len() == limit).then(|| format!("max_id={last}"));
    let links = links(context, next, Some(format!("{newer}={first}")));
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

fn page_limit(context: &Context<'_>) -> usize {
    let (default, max) = context.route.limit.unwrap_or((20, 40));
    let limit = context.params.integer("limit");
    limit.map_or(default, |limit| u32::try_from(limit).unwrap_or(0).min(max)) as usize
}

/// The Link header: the request's own address with other cursors. The real server forgets some filters
/// there, and what it does not know.
fn links(context: &Context<'_>, next: Option<String>, previous: Option<String>) -> Option<String> {
    let lost: &[&str] = match context.route.name {
        "timeline_hashtag" => &["any", "all", "none", "remote"],
        "account_statuses" => &["exclude_direct"],
        _ => &[],
    };
    let kept = |pair: &&str| {
        let name = pair.split(['=', '[', '%']).next().unwrap_or_default();
        let known = context.route.params.iter().any(|param| param.name == name);
        (known || name == "limit") && !lost.contains(&name)
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
        Some(links) => reply.header(axum::http::header::LINK, links),
        None => reply,
    }
}
