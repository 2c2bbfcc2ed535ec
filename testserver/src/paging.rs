//! Pages of results and their Link headers.

use axum::http::header;

use crate::handlers::Context;
use crate::ids::parse_id;
use crate::response::Response;

/// Returns the requested page of items that are sorted newest first, with its `Link` header.
pub(crate) fn paginate<T: Clone>(
    context: &Context<'_>,
    items: Vec<T>,
    id: impl Fn(&T) -> u64,
) -> (Vec<T>, Option<String>) {
    let cursor = |name: &str| {
        let is_supported = context.route.cursors.contains(&name);
        let value = context.params.string(name).filter(|_| is_supported);
        value.map(|id| parse_id(&id))
    };
    let limit = page_limit(context);
    let (max_id, since_id, min_id) = (cursor("max_id"), cursor("since_id"), cursor("min_id"));
    let is_in_range = |item: &T| {
        max_id.is_none_or(|max| id(item) < max)
            && min_id.or(since_id).is_none_or(|min| id(item) > min)
    };
    let mut page: Vec<T> = items.into_iter().filter(is_in_range).collect();
    if min_id.is_some() && page.len() > limit {
        page.drain(..page.len() - limit);
    }
    page.truncate(limit);
    let (Some(first), Some(last)) = (page.first().map(&id), page.last().map(&id)) else {
        return (page, None);
    };
    let has_next = page.len() == limit || context.route.next_on_last_page;
    let next = has_next.then(|| format!("max_id={last}"));
    let links = link_header(
        context,
        next,
        Some(format!("{}={first}", context.route.previous_cursor)),
    );
    (page, links)
}

/// Returns the requested page of ranked items, paged by `offset`, with its `Link` header.
pub(crate) fn paginate_by_offset<T>(
    context: &Context<'_>,
    items: Vec<T>,
) -> (Vec<T>, Option<String>) {
    let limit = page_limit(context);
    let offset = context.params.integer("offset").unwrap_or(0);
    let offset = usize::try_from(offset).unwrap_or(0);
    let page: Vec<T> = items.into_iter().skip(offset).take(limit).collect();
    let next = (page.len() == limit).then(|| format!("offset={}", offset + limit));
    let previous = (offset > limit).then(|| format!("offset={}", offset - limit));
    let links = link_header(context, next, previous);
    (page, links)
}

/// Returns the page size: the `limit` parameter without its sign, bounded by the maximum of the route. A limit that is
/// no number is zero.
pub(crate) fn page_limit(context: &Context<'_>) -> usize {
    let (default, max) = context.route.page_size.unwrap_or((20, 40));
    let limit = context.params.string("limit").map(|_| {
        let limit = context.params.integer("limit").unwrap_or(0);
        u32::try_from(limit.unsigned_abs())
            .unwrap_or(u32::MAX)
            .min(max)
    });
    limit.unwrap_or(default) as usize
}

/// Builds the `Link` header: the URL of the request with other cursors. Like Mastodon, it omits unknown parameters and
/// those that the route is specified to drop.
pub(crate) fn link_header(
    context: &Context<'_>,
    next: Option<String>,
    previous: Option<String>,
) -> Option<String> {
    let is_kept = |pair: &&str| {
        let name = pair.split(['=', '[', '%']).next().unwrap_or_default();
        let is_known = context.route.params.iter().any(|param| param.name == name);
        (is_known || name == "limit") && !context.route.dropped_by_link.contains(&name)
    };
    let query: Vec<&str> = context.query_string.split('&').filter(is_kept).collect();
    let link = |cursor: String, rel: &str| {
        let query: Vec<&str> = query.iter().copied().chain([cursor.as_str()]).collect();
        let (server, path) = (&context.shared.url, context.request_path());
        format!("<{server}{path}?{}>; rel=\"{rel}\"", query.join("&"))
    };
    let next = next.map(|cursor| link(cursor, "next"));
    let previous = previous.map(|cursor| link(cursor, "prev"));
    let links: Vec<String> = next.into_iter().chain(previous).collect();
    (!links.is_empty()).then(|| links.join(", "))
}

/// Returns a page of items with its `Link` header.
pub(crate) fn page_response(items: Vec<serde_json::Value>, links: Option<String>) -> Response {
    let response = Response::json(&serde_json::Value::Array(items));
    match links {
        Some(links) => response.header(header::LINK, links),
        None => response,
    }
}
