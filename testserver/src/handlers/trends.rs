//! Trending hashtags and links.

use super::Context;
use crate::paging::{page_response, paginate_by_offset};
use crate::render;
use crate::response::HandlerResult;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "trending_tags" | "trends" => tags(context),
        "trending_links" => links(context),
        _ => return None,
    })
}

pub(super) fn tags(context: &Context<'_>) -> HandlerResult {
    let (state, viewer, now) = (context.shared.state(), context.viewer(), context.now());
    let mut allowed = state.trending_tags(now);
    allowed.retain(|name| state.is_tag_trendable(name));
    let (names, links) = paginate_by_offset(context, allowed);
    let tags = names.into_iter();
    let tags = tags.map(|name| render::tag(&state, name, viewer, now));
    Ok(page_response(tags.collect(), links))
}

pub(super) fn links(context: &Context<'_>) -> HandlerResult {
    let (mut state, now) = (context.shared.state(), context.now());
    let mut urls = state.trending_links(now);
    urls.retain(|url| state.is_link_trendable(url));
    let (urls, links) = paginate_by_offset(context, urls);
    let rendered = urls
        .iter()
        .map(|url| render::trending_link(&state, url, now));
    Ok(page_response(rendered.collect(), links))
}
