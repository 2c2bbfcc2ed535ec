//! Donation campaigns.

use axum::http::StatusCode;

use super::Context;
use crate::response::{HandlerResult, Response};

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    (context.route.name == "donation_campaign").then(|| show(context))
}

/// Returns the campaign as the external service sent it.
fn show(context: &Context<'_>) -> HandlerResult {
    context.user()?;
    let state = context.shared.state();
    Ok(match &state.donation_campaign {
        Some(campaign) => Response::json(campaign),
        None => Response::without_body(StatusCode::NO_CONTENT),
    })
}
