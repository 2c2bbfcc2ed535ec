//! Requests for the next and previous page, from Link headers or offsets.

use http::{HeaderMap, header};
use url::form_urlencoded;

use super::range::{Direction, cursor};
use crate::call::endpoint::PagingStyle;
use crate::call::params::{Group, Value};
use crate::call::request::{CURSORS, Request};
use crate::http::RawResponse;
use crate::redact::is_secret;
use crate::serde_impls::from_json_bytes;

/// Parameters of the next and of the previous page; `None` if there is no such page.
#[derive(Clone, Debug)]
pub(super) struct Neighbors {
    pub(super) next: Option<Group>,
    pub(super) previous: Option<Group>,
}

/// What a response reports about the pages next to its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    /// `Link` headers. Copied, because a header refers to all that was received with it.
    headers: Vec<Vec<u8>>,
    /// Number of items that the server sent.
    items: usize,
}

impl Links {
    pub(super) fn new(headers: &HeaderMap, items: usize) -> Self {
        let headers = headers.get_all(header::LINK).iter();
        Self {
            headers: headers.map(|value| value.as_bytes().to_vec()).collect(),
            items,
        }
    }

    /// Returns the parameters of the next and of the previous page.
    pub(super) fn neighbors(&self, request: &Request) -> Neighbors {
        let items = self.items;
        let headers = self.headers.iter();
        let links = headers.flat_map(|header| parse_links(&String::from_utf8_lossy(header)));
        let links: Vec<Link> = links.collect();
        let paging = request.endpoint.paging.as_ref();
        // On an endpoint with Link headers, a missing header means the end of the list.
        let by_offset =
            paging.is_some_and(|paging| paging.style == PagingStyle::Offset && !paging.link_header);
        if links.is_empty() && by_offset && items > 0 {
            return offset_neighbors(request, items);
        }
        let by_link = |relations: &[&str], direction: Direction| {
            let is_related = |link: &&Link| {
                let mut own = link.relations.iter();
                own.any(|own| relations.contains(&own.as_str()))
            };
            let link = links.iter().find(is_related)?;
            linked_values(request, &link.query, items, direction)
        };
        Neighbors {
            next: by_link(&["next"], Direction::Older),
            previous: by_link(&["prev", "previous"], Direction::Newer),
        }
    }
}

/// Returns the parameters of the next and of the previous page of a list that has no `Link` header.
fn offset_neighbors(request: &Request, items: usize) -> Neighbors {
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
    Neighbors {
        next: Some(at(next)),
        previous,
    }
}

/// Returns whether a parameter is a position in a list, instead of a filter.
fn is_position(name: &str) -> bool {
    name == "offset" || CURSORS.contains(&name)
}

/// Returns the parameters of a linked page. The caller's filters and bounds are kept, because servers omit some of them
/// from the link. `None` if the link contains no position, or leads from an empty page to the same page.
fn linked_values(
    request: &Request,
    query: &[(String, String)],
    items: usize,
    direction: Direction,
) -> Option<Group> {
    let mut values = filters(request);
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
    let has_position = values != filters;
    request.range().keep_bound(&mut values, request, direction);
    let is_same_page = values == request.values && (items == 0 || !has_position);
    (!is_same_page).then_some(values)
}

/// Returns the parameters of a request without its position in the list.
fn filters(request: &Request) -> Group {
    let mut values = request.values.clone();
    values.retain(|name| !is_position(name));
    values
}

/// Returns the parameters of the page with the next newer items, for a list that is read from its oldest item on.
pub(super) fn newer_values(
    response: &RawResponse,
    request: &Request,
    previous: Option<&Group>,
) -> Option<Group> {
    let has_min_id = request.accepts_cursor("min_id");
    let linked = previous.and_then(|values| match cursor(values, "since_id") {
        // Such a link leads to the newest page. The items between are skipped.
        Some(position) if has_min_id && values.get("min_id").is_none() => Some(position),
        _ => None,
    });
    let position = match (previous, linked) {
        (Some(values), None) => return Some(values.clone()),
        (_, Some(position)) => position,
        (None, None) => {
            let paging = request.endpoint.paging.as_ref();
            newest_id(&response.body, paging?.cursor_field?)?
        }
    };
    let mut values = filters(request);
    values.set("min_id", position);
    request
        .range()
        .keep_bound(&mut values, request, Direction::Newer);
    Some(values)
}

/// Returns the highest ID at a path of the items, which are a list or in lists of an object.
fn newest_id(body: &[u8], path: &str) -> Option<String> {
    let items: Vec<serde_json::Value> = match from_json_bytes(body).ok()? {
        serde_json::Value::Array(items) => items,
        serde_json::Value::Object(lists) => {
            let lists = lists.into_iter().map(|(_, list)| list);
            lists
                .filter_map(|list| match list {
                    serde_json::Value::Array(items) => Some(items),
                    _ => None,
                })
                .flatten()
                .collect()
        }
        _ => return None,
    };
    let id = |item: &serde_json::Value| {
        let field = path
            .split('.')
            .try_fold(item, |value, name| value.get(name));
        match field? {
            serde_json::Value::String(id) => Some(id.clone()),
            serde_json::Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    };
    let ids = items.iter().filter_map(id);
    ids.max_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)))
}

/// Parses a `Link` header (RFC 8288): the relations of each link, and the query of its URL. The URL itself is never
/// requested, because it could point to any host.
fn parse_links(header: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((url, parameters)) = after.split_once('>') else {
            break;
        };
        let (rel, after) = parse_parameters(parameters);
        rest = after;
        if let Some(rel) = rel {
            links.push(Link {
                relations: rel
                    .split_ascii_whitespace()
                    .map(str::to_ascii_lowercase)
                    .collect(),
                query: query_pairs(url.trim()),
            });
        }
    }
    links
}

/// A link in a header.
#[derive(Debug, PartialEq)]
struct Link {
    /// Relation types, in lowercase.
    relations: Vec<String>,
    /// Names and values in the query of the target.
    query: Vec<(String, String)>,
}

/// Parses the parameters of a link. Returns the first `rel`, and the rest of the header.
fn parse_parameters(mut rest: &str) -> (Option<String>, &str) {
    let mut rel = None;
    loop {
        rest = rest.trim_start();
        let Some(parameter) = rest.strip_prefix(';') else {
            return (rel, rest);
        };
        let name_end = parameter.find(['=', ';', ',']).unwrap_or(parameter.len());
        let (name, after) = parameter.split_at(name_end);
        rest = after;
        if let Some(value) = after.strip_prefix('=') {
            let (value, after) = parse_value(value.trim_start());
            rest = after;
            if rel.is_none() && name.trim().eq_ignore_ascii_case("rel") {
                rel = Some(value);
            }
        }
    }
}

/// Parses the value of a parameter: a quoted string or a token. Returns it and the rest of the header.
fn parse_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text
            .find(|c: char| matches!(c, ';' | ',') || c.is_ascii_whitespace())
            .unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut is_escaped) = (String::new(), false);
    for (index, c) in quoted.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => {
                is_escaped = true;
                continue;
            }
            '"' => return (value, &quoted[index + 1..]),
            _ => {}
        }
        value.push(c);
    }
    (value, "")
}

/// Returns the names and values in the query of a URL, which may be relative.
fn query_pairs(url: &str) -> Vec<(String, String)> {
    let url = url.split('#').next().unwrap_or_default();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_strategy::unicode_text;
    use proptest::prelude::*;

    fn parsed(header: &str) -> Vec<(String, String)> {
        let query = |link: &Link| {
            let pairs = link
                .query
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join("&")
        };
        parse_links(header)
            .iter()
            .map(|link| (link.relations.join(" "), query(link)))
            .collect()
    }

    #[test]
    fn links_are_parsed_by_relation_and_their_host_is_ignored() {
        let pair = |rel: &str, query: &str| (rel.to_owned(), query.to_owned());
        for (header, expected) in [
            (
                r#"<https://other.example/api/v1/x?max_id=7&limit=2>; rel="next", </api/v1/x?before=2024-01-01>; rel="prev""#,
                vec![
                    pair("next", "max_id=7&limit=2"),
                    pair("prev", "before=2024-01-01"),
                ],
            ),
            (
                "<?max_id=7>;rel=next,<?min_id=9>;rel=prev",
                vec![pair("next", "max_id=7"), pair("prev", "min_id=9")],
            ),
            (
                "<?max_id=7#x> ; Rel = \"NEXT last\"",
                vec![pair("next last", "max_id=7")],
            ),
            (
                r#"<?q=a,b;c=d&max_id=7>; title="a, <b>; rel=\"prev\""; rel="next"; rel="prev""#,
                vec![pair("next", "q=a,b;c=d&max_id=7")],
            ),
            (
                r#"<?max_id=7>; crossorigin; rel=next; type="x""#,
                vec![pair("next", "max_id=7")],
            ),
            ("<https://a.example/x>; rel=next", vec![pair("next", "")]),
            (
                "<?max_id=7>, <?max_id=6>; rel=next",
                vec![pair("next", "max_id=6")],
            ),
            ("<?max_id=7; rel=next", vec![]),
            (r#"<?max_id=7>; rel="next"#, vec![pair("next", "max_id=7")]),
            ("", vec![]),
            (";;,,>><", vec![]),
        ] {
            assert_eq!(parsed(header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_link_is_found_after_any_parameter(text in unicode_text()) {
            parse_links(&text);
            let quoted = text.replace(['\\', '"'], "");
            let header = format!("<https://a.example/?max_id=7>; title=\"{quoted}\"; rel=\"next\"");
            let expected = [("next".to_owned(), "max_id=7".to_owned())];
            prop_assert_eq!(parsed(&header), expected);
        }
    }
}
