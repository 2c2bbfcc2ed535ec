//! The streaming API: events as they happen, as server-sent events or over a WebSocket.

mod hub;
mod publish;
mod sse;
mod subscription;
mod watch;
mod websocket;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Response, StatusCode, header};

pub(crate) use hub::{Hub, Listener, Payload, Place, Seat};
pub(crate) use subscription::{Refusal, Subscription};
pub use watch::{Connection, Streaming, Transport};

use crate::clock::http_date;
use crate::line::Caller;
use crate::params::{Params, parse};
use crate::reply::{Reply, no_route};
use crate::route::{Scope, Stream};
use crate::routes::{ROUTES, STREAMS};
use crate::server::Shared;
use crate::state::Token;

/// Whether a path belongs to the streaming API.
pub(crate) fn has(path: &str) -> bool {
    let rest = path_of("stream_open_websocket").and_then(|base| path.strip_prefix(base));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn path_of(name: &str) -> Option<&'static str> {
    let route = ROUTES.iter().find(|route| route.name == name);
    route.map(|route| route.path)
}

/// Answers a request to the streaming API. A stream goes on by itself.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    caller: &Caller,
    request: Request,
) -> Response<Body> {
    let path = request.uri().path();
    let path = path.strip_suffix('/').unwrap_or(path).to_owned();
    let opened = if request.method() != Method::GET {
        return no_route().into_response();
    } else if path_of("stream_healthy") == Some(&path) {
        return Reply::of("text/plain", b"OK".to_vec()).into_response();
    } else if websocket::is_asked_for(request.headers()) {
        Ok(websocket::open(shared, path, request))
    } else {
        sse::open(shared, caller, path, &request)
    };
    let mut response = opened.unwrap_or_else(Refusal::into_response);
    if let Ok(date) = http_date(shared.clock.now()).try_into() {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// Where a request to another host than the streaming one is sent on to.
pub(crate) fn redirect(shared: &Shared, request: &Request) -> Reply {
    let rest = request.uri().path_and_query();
    let rest = rest.map_or("/", |rest| rest.as_str());
    let moved = Reply::bare(StatusCode::MOVED_PERMANENTLY);
    moved.header(header::LOCATION, format!("{}{rest}", shared.streaming_url))
}

fn query(request: &Request) -> Params {
    let mut params = Params::default();
    let query = request.uri().query().unwrap_or_default();
    // What cannot be read is not there.
    let _unreadable = parse::read_pairs(&mut params, query.as_bytes());
    params
}

/// The token of a user that a request shows: in the header, the query, or as the subprotocol of a WebSocket.
fn token(shared: &Shared, headers: &HeaderMap, query: &Params) -> Result<Token, Refusal> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let shown = match header(header::AUTHORIZATION) {
        Some(value) => Some(value.strip_prefix("Bearer ").unwrap_or(value).to_owned()),
        None => query
            .filled("access_token")
            .or_else(|| header(header::SEC_WEBSOCKET_PROTOCOL).map(str::to_owned)),
    };
    let shown = shown.ok_or(Refusal::unauthorized("Missing access token"))?;
    let state = shared.state();
    let known = state.tokens.get(shown.trim());
    let known = known.filter(|token| !token.revoked && token.user.is_some());
    known
        .cloned()
        .ok_or(Refusal::unauthorized("Invalid access token"))
}

/// The stream of that name.
fn named(name: &str) -> Option<&'static Stream> {
    STREAMS.iter().find(|stream| stream.name == name)
}

/// Whether a token has any of the scopes.
fn covers(token: &Token, scopes: &[&str]) -> bool {
    let has = |wanted: &&str| token.scopes.iter().any(|own| Scope::covers(own, wanted));
    scopes.iter().any(has)
}

/// Lets whoever has the token listen from now on.
fn seat(
    shared: &Shared,
    transport: Transport,
    path: String,
    token: &Token,
    subscriptions: Vec<Subscription>,
) -> Seat {
    let notifications = named("user:notification");
    shared.hub.open(Listener {
        transport,
        path,
        token: token.value.clone(),
        user: token.user.unwrap_or_default(),
        notifications: notifications.is_some_and(|stream| covers(token, stream.scopes)),
        subscriptions,
    })
}
