//! Whose notifications a user wants.

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

type Form = fn(&crate::state::State, crate::ids::Id) -> serde_json::Value;

fn show(context: &Context<'_>, form: Form) -> HandlerResult {
    let (user, state) = (context.user()?, context.shared.state());
    Ok(Response::json(&form(&state, user)))
}

fn update(context: &Context<'_>) -> HandlerResult {
    change(context, |name| {
        PolicyAction::from_name(&context.params.non_blank(&format!("for_{name}"))?)
    })?;
    show(context, render::policy)
}

fn update_v1(context: &Context<'_>) -> HandlerResult {
    change(context, |name| {
        let held_back = context.params.flag(&format!("filter_{name}"))?;
        Some(if held_back {
            PolicyAction::Filter
        } else {
            PolicyAction::Accept
        })
    })?;
    show(context, render::policy_v1)
}

/// Changes what is given; the rest stays as it is.
fn change(
    context: &Context<'_>,
    given: impl Fn(&str) -> Option<PolicyAction>,
) -> Result<(), crate::response::ErrorResponse> {
    let user = context.user()?;
    let mut state = context.shared.state();
    let policy = state
        .notification_settings
        .policies
        .entry(user)
        .or_default();
    for (category, name) in PolicyCategory::ALL {
        if let Some(action) = given(name) {
            policy.set(*category, action);
        }
    }
    Ok(())
}
