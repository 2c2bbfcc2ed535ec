//! What is used more than usual.

use super::Context;
use crate::render;
use crate::reply::Outcome;
use crate::router::{linked, offset_page};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "trending_tags" | "trends" => tags(context),
        // Pages are not fetched here, so there is nothing to tell of them.
        "trending_links" => Ok(linked(Vec::new(), None)),
        _ => return None,
    })
}

fn tags(context: &Context<'_>) -> Outcome {
    let (state, viewer, now) = (context.shared.state(), context.viewer(), context.now());
    let (found, links) = offset_page(context, state.trending_tags(now));
    let found = found.into_iter();
    let found = found.map(|name| render::tag(&state, name, viewer, now));
    Ok(linked(found.collect(), links))
}
