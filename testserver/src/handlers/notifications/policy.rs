//! Whose notifications a user wants.

use super::super::Context;
use crate::render;
use crate::reply::{Outcome, Reply};
use crate::state::{Action, Sort};

pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "notifications_policy" => show(context, render::policy),
        "notifications_policy_v1" => show(context, render::policy_v1),
        "update_notifications_policy" => update(context),
        "update_notifications_policy_v1" => update_v1(context),
        _ => return None,
    })
}

type Form = fn(&crate::state::State, crate::ids::Id) -> serde_json::Value;

fn show(context: &Context<'_>, form: Form) -> Outcome {
    let (user, state) = (context.user()?, context.shared.state());
    Ok(Reply::json(&form(&state, user)))
}

fn update(context: &Context<'_>) -> Outcome {
    change(context, |name| {
        Action::named(&context.params.filled(&format!("for_{name}"))?)
    })?;
    show(context, render::policy)
}

fn update_v1(context: &Context<'_>) -> Outcome {
    change(context, |name| {
        let held_back = context.params.flag(&format!("filter_{name}"))?;
        Some(if held_back {
            Action::Filter
        } else {
            Action::Accept
        })
    })?;
    show(context, render::policy_v1)
}

/// Changes what is given; the rest stays as it is.
fn change(
    context: &Context<'_>,
    given: impl Fn(&str) -> Option<Action>,
) -> Result<(), crate::reply::Refusal> {
    let user = context.user()?;
    let mut state = context.shared.state();
    let policy = state.inbox.policies.entry(user).or_default();
    for (sort, name) in Sort::ALL {
        if let Some(action) = given(name) {
            policy.set(*sort, action);
        }
    }
    Ok(())
}
