//! Streaming API over server-sent events and WebSocket.

mod behavior;
mod channel;
mod filter;
mod hub;
mod inspection;
mod outbox;
mod publish;
mod requests;
mod sse;
mod subscription;
mod transport;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::Response as HttpResponse;

pub use behavior::{Labels, StreamingBehavior, TokenLocations};
pub(crate) use channel::Channel;
pub(crate) use hub::{Hub, HubConnection, Registration, Subscriber};
pub use inspection::{Streaming, StreamingConnection};
pub(crate) use outbox::send_delayed;
pub(crate) use subscription::{StreamError, Subscription};
pub(crate) use transport::Payload;
pub use transport::Transport;

use crate::clock::http_date;
use crate::connection::Peer;
use crate::params::{Params, parse};
use crate::response::{Response, route_not_found};
use crate::route::{Scope, Stream};
use crate::routes::{self, STREAMS};
use crate::server::Shared;
use crate::state::{Account, State, Token};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Whether a path belongs to the streaming API.
pub(crate) fn is_streaming_path(path: &str) -> bool {
    let rest = path_of("stream_open_websocket").and_then(|base| path.strip_prefix(base));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn path_of(name: &str) -> Option<&'static str> {
    let route = routes::all().find(|route| route.name == name);
    route.map(|route| route.path)
}

/// Handles a request to the streaming API. Open streams are served by tasks of their own.
pub(crate) async fn handle(shared: &Arc<Shared>, peer: &Peer, request: Request) -> HttpResponse {
    let path = request.uri().path();
    let path = path.strip_suffix('/').unwrap_or(path).to_owned();
    let opened = if request.method() != Method::GET {
        return route_not_found().into_http();
    } else if path_of("stream_healthy") == Some(&path) {
        return Response::with_body("text/plain", b"OK".to_vec()).into_http();
    } else if websocket::is_upgrade_request(request.headers()) {
        Ok(websocket::open(shared, path, request))
    } else {
        sse::open(shared, peer, path, request).await
    };
    let behavior = shared.hub.behavior();
    let mut response = opened.unwrap_or_else(|error| error.into_http(&behavior));
    let headers = response.headers_mut();
    if let Ok(date) = http_date(shared.clock.now()).try_into() {
        headers.insert(header::DATE, date);
    }
    if let Ok(id) = shared.hub.next_request_id().try_into() {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// Redirects a streaming request to the streaming address.
pub(crate) fn redirect(shared: &Shared, request: &Request) -> Response {
    let rest = request.uri().path_and_query();
    let rest = rest.map_or("/", |rest| rest.as_str());
    let moved = Response::without_body(StatusCode::MOVED_PERMANENTLY);
    // The scheme stays that of the request, although the address of the streaming API is that of a WebSocket.
    let (scheme, _) = shared.url.split_once("://").unwrap_or_default();
    let (_, host) = shared.streaming_url.split_once("://").unwrap_or_default();
    moved.header(header::LOCATION, format!("{scheme}://{host}{rest}"))
}

fn query(request: &Request) -> Params {
    let mut params = Params::default();
    let query = request.uri().query().unwrap_or_default();
    // Malformed parameters are ignored.
    let _malformed = parse::parse_pairs(&mut params, query.as_bytes());
    params
}

/// Returns the user token of a request: from the header, the query or the WebSocket subprotocol.
fn authenticate(state: &State, headers: &HeaderMap, query: &Params) -> Result<Token, StreamError> {
    let header = |name| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.filter(|value| !value.is_empty())
    };
    let header_is_read = state.hub.behavior().token_locations == TokenLocations::All;
    let token = match header(header::AUTHORIZATION).filter(|_| header_is_read) {
        Some(value) => Some(value.strip_prefix("Bearer ").unwrap_or(value).to_owned()),
        None => query
            .non_blank("access_token")
            .or_else(|| header(header::SEC_WEBSOCKET_PROTOCOL).map(str::to_owned)),
    };
    let token = token.ok_or(StreamError::unauthorized("Missing access token"))?;
    let token = state.tokens.get(token.trim());
    let is_usable = |token: &&Token| {
        let account = token.user.and_then(|user| state.accounts.get(&user));
        let is_active = |account: &Account| !account.suspended && !account.moderation.disabled;
        !token.revoked && account.is_some_and(is_active)
    };
    token
        .filter(is_usable)
        .cloned()
        .ok_or(StreamError::unauthorized("Invalid access token"))
}

/// Finds a channel by its name.
fn find_stream(name: &str) -> Option<&'static Stream> {
    STREAMS.iter().find(|stream| stream.name == name)
}

/// Returns the duration of the database query of a stream. The channels of a user need no query.
fn query_delay(shared: &Shared, stream: &str) -> Duration {
    let hub = &shared.hub;
    match stream.split(':').next() {
        Some("list" | "public" | "hashtag") => hub.random.duration(&hub.behavior().query_delay),
        _ => Duration::ZERO,
    }
}

/// Whether a token has at least one of the scopes. Public streams require none.
fn has_any_scope(token: &Token, scopes: &[&str]) -> bool {
    let has = |required: &&str| {
        let mut granted = token.scopes.iter();
        granted.any(|granted| Scope::covers(granted, required))
    };
    scopes.is_empty() || scopes.iter().any(has)
}

/// Registers a connection of the token's user with the hub.
fn register(
    shared: &Shared,
    state: &State,
    transport: Transport,
    path: String,
    token: &Token,
    subscriptions: Vec<Subscription>,
) -> HubConnection {
    let user = token.user.unwrap_or_default();
    shared.hub.register(Subscriber {
        transport,
        path,
        token: token.value.clone(),
        user,
        languages: state.chosen_languages.of(user).to_vec(),
        subscriptions,
    })
}
