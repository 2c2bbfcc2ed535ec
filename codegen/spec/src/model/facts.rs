//! Response headers and error schemas of a method.

use crate::yaml::{ApiFile, Method, ResponseHeader, SentWith};

/// The error schemas of a method, for one status or for all: first those of some statuses or methods only,
/// then the general ones.
pub fn error_shapes<'a>(
    api: &'a ApiFile,
    method: &str,
    status: Option<u16>,
) -> (Vec<&'a str>, Vec<&'a str>) {
    let mut shapes = (Vec::new(), Vec::new());
    for (name, shape) in api
        .error_schemas
        .iter()
        .filter(|(_, shape)| !shape.nested_only)
    {
        let of_status = match status {
            Some(status) => shape.statuses.is_empty() || shape.statuses.contains(&status),
            None => shape.statuses.is_empty(),
        };
        let of_method = shape.methods.is_empty() || shape.methods.iter().any(|name| name == method);
        if of_status && of_method {
            let is_special = !shape.methods.is_empty() || !shape.statuses.is_empty();
            let list = if is_special {
                &mut shapes.0
            } else {
                &mut shapes.1
            };
            list.push(name.as_str());
        }
    }
    shapes
}

/// The response headers of a method.
pub fn headers<'a>(
    api: &'a ApiFile,
    method: &Method,
) -> impl Iterator<Item = (&'a str, &'a ResponseHeader)> {
    let is_linked = method
        .paging
        .as_ref()
        .is_some_and(|paging| paging.link_header.unwrap_or(true));
    let (is_refreshed, is_deprecated) = (method.async_refresh, method.deprecated.is_some());
    let given = api
        .response_headers
        .iter()
        .filter(move |(_, header)| match header.sent_with {
            SentWith::All => true,
            SentWith::Pages => is_linked,
            SentWith::AsyncRefresh => is_refreshed,
            SentWith::Deprecated => is_deprecated,
        });
    given.map(|(name, header)| (name.as_str(), header))
}
