//! The way from a page to its neighbours: by the links of the answer, or by counting.

use url::{Url, form_urlencoded};

use crate::endpoint::Style;
use crate::params::{Group, Value};
use crate::request::Request;
use crate::secret::is_secret;
use crate::transport::RawResponse;

/// The values that lead to the next and to the previous page, where there is one.
pub(super) fn neighbours(
    response: &RawResponse,
    request: &Request,
    items: usize,
) -> (Option<Group>, Option<Group>) {
    let links: Vec<(String, Vec<(String, String)>)> = response
        .headers
        .get_all("link")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(links)
        .collect();
    let paging = request.endpoint.paging.as_ref();
    // Where the server sends links, none means the end.
    let counted = paging.is_some_and(|paging| paging.style == Style::Offset && !paging.link);
    if links.is_empty() && counted && items > 0 {
        return counted_neighbours(request, items);
    }
    let by_link = |rel: &str| {
        let (_, query) = links.iter().find(|(found, _)| found == rel)?;
        moved(request, query, items)
    };
    (by_link("next"), by_link("prev"))
}

/// The neighbours of a list whose answers do not name them.
fn counted_neighbours(request: &Request, items: usize) -> (Option<Group>, Option<Group>) {
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
    let usual = request
        .endpoint
        .paging
        .and_then(|paging| paging.default_limit);
    let step = number("limit").or(usual.map(i64::from)).unwrap_or(0);
    let next = offset.saturating_add(i64::try_from(items).unwrap_or(i64::MAX));
    let previous = (offset > 0).then(|| at((offset - step).max(0)));
    (Some(at(next)), previous)
}

/// The names by which a list is paged, wherever they come from.
const POSITIONS: [&str; 4] = ["max_id", "since_id", "min_id", "offset"];

/// The values at another position: the filters stay the caller's own, because servers lose some of
/// them in the link; `None` if the link names no position, or leads from nothing to nothing.
fn moved(request: &Request, query: &[(String, String)], items: usize) -> Option<Group> {
    let mut moved = request.values.clone();
    moved.retain(|name| !POSITIONS.contains(&name));
    let filters = moved.clone();
    for (name, value) in query {
        let plain = name.split('[').next().unwrap_or(name);
        if is_secret(plain) {
            // Some servers repeat the token of a query.
            continue;
        }
        if request.values.get(plain).is_none() || POSITIONS.contains(&plain) {
            // What is not of the endpoint is the server's own cursor, such as `before`.
            if request.endpoint.param(plain).is_none() {
                moved.set_owned(name.clone(), value.clone());
            }
        }
    }
    let stays = moved == request.values && (items == 0 || moved == filters);
    (!stays).then_some(moved)
}

/// The links of a header: their relation, and the query of their address. The address itself is
/// never asked: it could be anybody's.
fn links(header: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut links = Vec::new();
    for piece in header.split('<').skip(1) {
        let Some((address, attributes)) = piece.split_once('>') else {
            continue;
        };
        let rel = attributes
            .split(';')
            .find_map(|attribute| attribute.trim().strip_prefix("rel="));
        let Some(rel) = rel.map(|rel| rel.trim_matches([' ', ',', '"'])) else {
            continue;
        };
        let query = Url::parse(address)
            .ok()
            .and_then(|url| url.query().map(str::to_owned));
        let query = query
            .or_else(|| address.split_once('?').map(|(_, query)| query.to_owned()))
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
    use super::links;

    #[test]
    fn links_are_read_by_their_relation_whatever_their_address() {
        let header = r#"<https://other.example/api/v1/x?max_id=7&limit=2>; rel="next", </api/v1/x?before=2024-01-01>; rel="prev""#;
        let found = links(header);
        assert_eq!(found[0].0, "next");
        assert_eq!(
            found[0].1,
            [
                ("max_id".to_owned(), "7".to_owned()),
                ("limit".to_owned(), "2".to_owned())
            ]
        );
        assert_eq!(found[1].1, [("before".to_owned(), "2024-01-01".to_owned())]);
    }
}
