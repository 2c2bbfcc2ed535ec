//! What is used more than usual.

use super::Context;
use crate::paging::{page_response, paginate_by_offset};
use crate::render;
use crate::response::HandlerResult;

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "trending_tags" | "trends" => tags(context),
        // Pages are not fetched here, so there is nothing to tell of them.
        "trending_links" => Ok(page_response(Vec::new(), None)),
        _ => return None,
    })
}

fn tags(context: &Context<'_>) -> HandlerResult {
    let (state, viewer, now) = (context.shared.state(), context.viewer(), context.now());
    let (found, links) = paginate_by_offset(context, state.trending_tags(now));
    let found = found.into_iter();
    let found = found.map(|name| render::tag(&state, name, viewer, now));
    Ok(page_response(found.collect(), links))
}
