//! Notifications.

use super::Context;
use crate::render;
use crate::reply::{Outcome, Reply};
use crate::router::{linked, page};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "notifications" => notifications(context),
        "notifications_clear" => clear(context),
        _ => return None,
    })
}

fn notifications(context: &Context<'_>) -> Outcome {
    let (user, state, now) = (context.user()?, context.shared.state(), context.now());
    let (types, exclude) = (
        context.params.list("types"),
        context.params.list("exclude_types"),
    );
    let wanted = |kind: &str| {
        (types.is_empty() || types.iter().any(|known| known == kind))
            && !exclude.iter().any(|known| known == kind)
    };
    let own = state
        .notifications
        .values()
        .rev()
        .filter(|found| found.to == user && wanted(found.kind));
    let (found, links) = page(context, own.collect(), |found| found.id);
    Ok(linked(
        found
            .into_iter()
            .map(|found| render::notification(&state, found, now))
            .collect(),
        links,
    ))
}

fn clear(context: &Context<'_>) -> Outcome {
    let user = context.user()?;
    context
        .shared
        .state()
        .notifications
        .retain(|_, found| found.to != user);
    Ok(Reply::empty())
}
