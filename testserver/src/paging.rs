//! Pages of results and their Link headers.

use axum::http::header;

use crate::handlers::Context;
use crate::ids::{Id, parse_id};
use crate::response::Response;

/// Position and size of a requested page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageRequest {
    pub(crate) limit: usize,
    /// Upper bound, exclusive.
    pub(crate) max_id: Option<Id>,
    /// Lower bound, exclusive. The page has the newest items above it.
    pub(crate) since_id: Option<Id>,
    /// Lower bound, exclusive. The page has the oldest items above it. Takes precedence over `since_id`.
    pub(crate) min_id: Option<Id>,
}

impl PageRequest {
    pub(crate) fn of(context: &Context<'_>) -> Self {
        let cursor = |name: &str| {
            let is_supported = context.route.cursors.contains(&name);
            let value = context.params.non_blank(name).filter(|_| is_supported);
            value.map(|id| parse_id(&id))
        };
        Self {
            limit: page_limit(context),
            max_id: cursor("max_id"),
            since_id: cursor("since_id"),
            min_id: cursor("min_id"),
        }
    }
}

/// Returns the requested page of items that are sorted newest first, with its `Link` header.
pub(crate) fn paginate<T: Clone>(
    context: &Context<'_>,
    items: Vec<T>,
    id: impl Fn(&T) -> Id,
) -> (Vec<T>, Option<String>) {
    let PageRequest {
        limit,
        max_id,
        since_id,
        min_id,
    } = PageRequest::of(context);
    let is_in_range = |item: &T| {
        max_id.is_none_or(|max| id(item) < max)
            && min_id.or(since_id).is_none_or(|min| id(item) > min)
    };
    let mut page: Vec<T> = items.into_iter().filter(is_in_range).collect();
    if min_id.is_some() && page.len() > limit {
        page.drain(..page.len() - limit);
    }
    page.truncate(limit);
    let is_full = page.len() == limit;
    let bounds = page.first().map(&id).zip(page.last().map(&id));
    let links = page_links(context, bounds, is_full);
    (page, links)
}

/// Returns the `Link` header of a page, given the IDs of its first and last item. `None` if it has no items.
pub(crate) fn page_links(
    context: &Context<'_>,
    bounds: Option<(Id, Id)>,
    is_full: bool,
) -> Option<String> {
    let (first, last) = bounds?;
    let has_next = is_full || context.route.next_on_last_page;
    let next = has_next.then(|| format!("max_id={last}"));
    let previous = format!("{}={first}", context.route.previous_cursor);
    link_header(context, next, Some(previous))
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

/// Whether Mastodon fails to build the links of the requested page: it takes an empty page of zero items for a full one, and
/// looks for the ID of its last item.
pub(crate) fn fails_without_limit(context: &Context<'_>) -> bool {
    let route = context.route;
    route.page_size.is_some()
        && route.cursors.contains(&"max_id")
        && !route.next_on_last_page
        && !is_unlimited(context)
        && page_limit(context) == 0
}

/// Whether the request is for a complete list, without links.
pub(crate) fn is_unlimited(context: &Context<'_>) -> bool {
    let limit = context.params.string("limit");
    UNLIMITED.contains(&context.route.name) && limit.as_deref() == Some("0")
}

/// Lists that are complete with a limit of zero.
const UNLIMITED: &[&str] = &["list_accounts", "endorsements"];
/// Undocumented parameters that the links of a route keep.
const UNDOCUMENTED: &[(&str, &str)] = &[("timeline_home", "local")];

/// Builds the `Link` header: the URL of the request with other cursors. Like Mastodon, it omits unknown parameters and
/// those that the route is specified to drop, and sorts and encodes the others.
pub(crate) fn link_header(
    context: &Context<'_>,
    next: Option<String>,
    previous: Option<String>,
) -> Option<String> {
    let route = context.route;
    let is_kept = |name: &str| {
        let name = name.split('[').next().unwrap_or_default();
        let is_known = route.params.iter().any(|param| param.name == name);
        (is_known || name == "limit" || UNDOCUMENTED.contains(&(route.name, name)))
            && !route.dropped_by_link.contains(&name)
    };
    let pairs = form_urlencoded::parse(context.query_string.as_bytes());
    let pairs = pairs.filter(|(name, _)| is_kept(name));
    let query: Vec<String> = pairs
        .map(|(name, value)| {
            let encode =
                |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            format!("{}={}", encode(&name), encode(&value))
        })
        .collect();
    let link = |cursor: String, rel: &str| {
        let mut query = query.clone();
        query.push(cursor);
        query.sort_unstable();
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
