//! Notification policies.

use super::super::Context;
use crate::render;
use crate::response::{HandlerResult, Response};
use crate::state::{PolicyAction, PolicyCategory};

pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "notifications_policy" => show(context, render::policy),
        "notifications_policy_v1" => show(context, render::policy_v1),
        "update_notifications_policy" => update(context),
        "update_notifications_policy_v1" => update_v1(context),
        _ => return None,
    })
}

type Renderer = fn(&crate::state::State, crate::ids::Id) -> serde_json::Value;

fn show(context: &Context<'_>, render: Renderer) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    Ok(Response::json(&render(&state, user)))
}

fn update(context: &Context<'_>) -> HandlerResult {
    change(context, |name| {
        PolicyAction::from_name(&context.params.non_blank(&format!("for_{name}"))?)
    })?;
    show(context, render::policy)
}

fn update_v1(context: &Context<'_>) -> HandlerResult {
    change(context, |name| {
        let is_filtered = context.params.flag(&format!("filter_{name}"))?;
        Some(if is_filtered {
            PolicyAction::Filter
        } else {
            PolicyAction::Accept
        })
    })?;
    show(context, render::policy_v1)
}

/// Changes the categories for which `requested` returns an action.
fn change(
    context: &Context<'_>,
    requested: impl Fn(&str) -> Option<PolicyAction>,
) -> Result<(), crate::response::ErrorResponse> {
    let user = context.user()?;
    let mut state = context.shared.state();
    let policy = state
        .notification_settings
        .policies
        .entry(user)
        .or_default();
    for (category, name) in PolicyCategory::ALL {
        if let Some(action) = requested(name) {
            policy.set(*category, action);
        }
    }
    Ok(())
}
