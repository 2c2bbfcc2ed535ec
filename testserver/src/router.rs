//! Entry of all HTTP requests: applies faults, and passes the request to the streaming API or to the REST API.

use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State as Extract};
use axum::http::{Method, StatusCode, header};
use axum::response::Response as HttpResponse;

use crate::clock::http_date;
use crate::connection::Peer;
use crate::control;
use crate::cors::Cors;
use crate::fault::FaultKind;
use crate::params::parse;
use crate::rate_limit::too_many_requests;
use crate::request_log::{Recording, read_body};
use crate::requests;
use crate::response::{Response, internal_server_error};
use crate::server::Shared;
use crate::streaming;

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
    let handled = async move { requests::respond(&shared, &peer, request).await };
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
    let quota = shared
        .rate_limiter
        .current()
        .exhausted_quota(shared.clock.now());
    quota.map_or_else(
        || Response::without_body(StatusCode::TOO_MANY_REQUESTS),
        |quota| *too_many_requests(&quota),
    )
}
