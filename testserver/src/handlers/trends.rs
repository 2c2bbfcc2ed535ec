//! Trending hashtags and links.

use super::Context;
use crate::paging::{page_response, paginate_by_offset};
use crate::render;
use crate::response::HandlerResult;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "trending_tags" | "trends" => tags(context),
        // This server does not fetch linked pages, so it has no trending links.
        "trending_links" => Ok(page_response(Vec::new(), None)),
        _ => return None,
    })
}

fn tags(context: &Context<'_>) -> HandlerResult {
    let (state, viewer, now) = (context.shared.state(), context.viewer(), context.now());
    let (names, links) = paginate_by_offset(context, state.trending_tags(now));
    let tags = names.into_iter();
    let tags = tags.map(|name| render::tag(&state, name, viewer, now));
    Ok(page_response(tags.collect(), links))
}
