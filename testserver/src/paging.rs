//! Pages of results and their Link headers.

use axum::http::header;

use crate::handlers::Context;
use crate::ids::parse_id;
use crate::response::Response;

/// A page of items that are sorted newest first, with the links to its neighbours.
pub(crate) fn paginate<T: Clone>(
    context: &Context<'_>,
    items: Vec<T>,
    id: impl Fn(&T) -> u64,
) -> (Vec<T>, Option<String>) {
    let reads = |name: &str| context.route.cursors.contains(&name);
    let position = |name: &str| {
        let given = context.params.text(name).filter(|_| reads(name));
        given.map(|text| parse_id(&text))
    };
    let limit = page_limit(context);
    let (max_id, since_id, min_id) = (position("max_id"), position("since_id"), position("min_id"));
    let fits = |item: &T| {
        max_id.is_none_or(|max| id(item) < max)
            && since_id.or(min_id).is_none_or(|least| id(item) > least)
    };
    let mut fitting: Vec<T> = items.into_iter().filter(fits).collect();
    if min_id.is_some() && fitting.len() > limit {
        fitting.drain(..fitting.len() - limit);
    }
    fitting.truncate(limit);
    let (Some(first), Some(last)) = (fitting.first().map(&id), fitting.last().map(&id)) else {
        return (fitting, None);
    };
    let next = (fitting.len() == limit).then(|| format!("max_id={last}"));
    let links = link_header(
        context,
        next,
        Some(format!("{}={first}", context.route.previous)),
    );
    (fitting, links)
}

/// A page of items in the order of their rank, with the links to its neighbours.
pub(crate) fn paginate_by_offset<T>(
    context: &Context<'_>,
    items: Vec<T>,
) -> (Vec<T>, Option<String>) {
    let limit = page_limit(context);
    let given = context.params.integer("offset").unwrap_or(0);
    let offset = usize::try_from(given).unwrap_or(0);
    let found: Vec<T> = items.into_iter().skip(offset).take(limit).collect();
    let next = (found.len() == limit).then(|| format!("offset={}", offset + limit));
    let previous = (offset > limit).then(|| format!("offset={}", offset - limit));
    let links = link_header(context, next, previous);
    (found, links)
}

pub(crate) fn page_limit(context: &Context<'_>) -> usize {
    let (default, max) = context.route.limit.unwrap_or((20, 40));
    let limit = context.params.integer("limit");
    limit.map_or(default, |limit| u32::try_from(limit).unwrap_or(0).min(max)) as usize
}

/// The Link header: the request's own address with other cursors. The real server forgets some filters
/// there, and what it does not know.
pub(crate) fn link_header(
    context: &Context<'_>,
    next: Option<String>,
    previous: Option<String>,
) -> Option<String> {
    let kept = |pair: &&str| {
        let name = pair.split(['=', '[', '%']).next().unwrap_or_default();
        let known = context.route.params.iter().any(|param| param.name == name);
        (known || name == "limit") && !context.route.loses.contains(&name)
    };
    let query: Vec<&str> = context.query_string.split('&').filter(kept).collect();
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

/// An answer with a page's links.
pub(crate) fn page_response(items: Vec<serde_json::Value>, links: Option<String>) -> Response {
    let reply = Response::json(&serde_json::Value::Array(items));
    match links {
        Some(links) => reply.header(header::LINK, links),
        None => reply,
    }
}
