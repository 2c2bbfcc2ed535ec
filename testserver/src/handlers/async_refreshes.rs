//! Asynchronous refreshes.

use axum::http::HeaderName;
use serde_json::json;

use super::Context;
use crate::response::{HandlerResult, Response, route_not_found};

const HEADER: HeaderName = HeaderName::from_static("mastodon-async-refresh");

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    (context.route.name == "get_async_refresh_status").then(|| show(context))
}

fn show(context: &Context<'_>) -> HandlerResult {
    let (state, now) = (context.shared.state(), context.now());
    let id = context
        .path_params
        .first()
        .map_or("", |(_, id)| id.as_str());
    let refresh = state.async_refresh(id, now).ok_or_else(route_not_found)?;
    let status = if refresh.is_running {
        "running"
    } else {
        "finished"
    };
    Ok(Response::json(&json!({ "async_refresh": {
        "id": id, "status": status, "result_count": refresh.result_count,
    } })))
}

/// Adds the header that names running work to a response.
pub(super) fn with_refresh_header(response: Response, refresh: String) -> Response {
    response.header(HEADER, refresh)
}
