//! Requests for the next and previous page, from Link headers or offsets.

use url::{Url, form_urlencoded};

use crate::call::endpoint::PagingStyle;
use crate::call::params::{Group, Value};
use crate::call::request::{CURSORS, Request};
use crate::http::RawResponse;
use crate::redact::is_secret;

/// Returns the parameters of the next and of the previous page; `None` if there is no such page.
pub(super) fn neighbors(
    response: &RawResponse,
    request: &Request,
    items: usize,
) -> (Option<Group>, Option<Group>) {
    let links: Vec<(String, Vec<(String, String)>)> = response
        .headers
        .get_all("link")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(parse_links)
        .collect();
    let paging = request.endpoint.paging.as_ref();
    // On an endpoint with Link headers, a missing header means the end of the list.
    let by_offset =
        paging.is_some_and(|paging| paging.style == PagingStyle::Offset && !paging.link_header);
    if links.is_empty() && by_offset && items > 0 {
        return offset_neighbors(request, items);
    }
    let by_link = |rel: &str| {
        let (_, query) = links.iter().find(|(link_rel, _)| link_rel == rel)?;
        linked_values(request, query, items)
    };
    (by_link("next"), by_link("prev"))
}

/// Returns the parameters of the next and of the previous page of a list that has no `Link` header.
fn offset_neighbors(request: &Request, items: usize) -> (Option<Group>, Option<Group>) {
    let number = |name: &str| match request.values.get(name) {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    };
    let at = |offset: i64| {
        let mut values = request.values.clone();
        values.set("offset", offset);
        values
    };
    let offset = number("offset").unwrap_or(0);
    let default_limit = request
        .endpoint
        .paging
        .and_then(|paging| paging.default_limit);
    let step = number("limit")
        .or(default_limit.map(i64::from))
        .unwrap_or(0);
    let next = offset.saturating_add(i64::try_from(items).unwrap_or(i64::MAX));
    let previous = (offset > 0).then(|| at((offset - step).max(0)));
    (Some(at(next)), previous)
}

/// Returns whether a parameter is a position in a list, instead of a filter.
fn is_position(name: &str) -> bool {
    name == "offset" || CURSORS.contains(&name)
}

/// Returns the parameters of a linked page. The caller's filters are kept, because servers omit some of them
/// from the link. `None` if the link contains no position, or leads from an empty page to the same page.
fn linked_values(request: &Request, query: &[(String, String)], items: usize) -> Option<Group> {
    let mut values = request.values.clone();
    values.retain(|name| !is_position(name));
    let filters = values.clone();
    for (name, value) in query {
        let base_name = name.split('[').next().unwrap_or(name);
        if is_secret(base_name) {
            // Some servers repeat an access token from the query.
            continue;
        }
        if request.values.get(base_name).is_none() || is_position(base_name) {
            // A parameter that the endpoint does not have is a server-specific cursor, such as `before`.
            if request.endpoint.param(base_name).is_none() {
                values.push(name.clone(), value.clone());
            }
        }
    }
    let is_same_page = values == request.values && (items == 0 || values == filters);
    (!is_same_page).then_some(values)
}

/// Parses a `Link` header: the relation of each link, and the query of its URL. The URL itself is never
/// requested, because it could point to any host.
fn parse_links(header: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut links = Vec::new();
    for link in header.split('<').skip(1) {
        let Some((url, attributes)) = link.split_once('>') else {
            continue;
        };
        let rel = attributes
            .split(';')
            .find_map(|attribute| attribute.trim().strip_prefix("rel="));
        let Some(rel) = rel.map(|rel| rel.trim_matches([' ', ',', '"'])) else {
            continue;
        };
        let query = Url::parse(url)
            .ok()
            .and_then(|url| url.query().map(str::to_owned));
        let query = query
            .or_else(|| url.split_once('?').map(|(_, query)| query.to_owned()))
            .unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        links.push((rel.to_owned(), pairs));
    }
    links
}

#[cfg(test)]
mod tests {
    use super::parse_links;

    #[test]
    fn links_are_parsed_by_relation_and_their_host_is_ignored() {
        let header = r#"<https://other.example/api/v1/x?max_id=7&limit=2>; rel="next", </api/v1/x?before=2024-01-01>; rel="prev""#;
        let links = parse_links(header);
        assert_eq!(links[0].0, "next");
        assert_eq!(
            links[0].1,
            [
                ("max_id".to_owned(), "7".to_owned()),
                ("limit".to_owned(), "2".to_owned())
            ]
        );
        assert_eq!(links[1].1, [("before".to_owned(), "2024-01-01".to_owned())]);
    }
}
