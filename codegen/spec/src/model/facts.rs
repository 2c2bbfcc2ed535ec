//! Response headers and error schemas of a method.

use crate::yaml::{ApiFile, Method, ResponseHeader, SentWith};

/// The error schemas of a method for one status, or for any: those limited to some statuses or methods, and the
/// general ones.
pub fn error_schemas<'a>(
    api: &'a ApiFile,
    method: &str,
    status: Option<u16>,
) -> (Vec<&'a str>, Vec<&'a str>) {
    let mut schemas = (Vec::new(), Vec::new());
    for (name, schema) in api
        .error_schemas
        .iter()
        .filter(|(_, schema)| !schema.nested_only)
    {
        let matches_status = match status {
            Some(status) => schema.statuses.is_empty() || schema.statuses.contains(&status),
            None => schema.statuses.is_empty(),
        };
        let matches_method =
            schema.methods.is_empty() || schema.methods.iter().any(|name| name == method);
        if matches_status && matches_method {
            let is_special = !schema.methods.is_empty() || !schema.statuses.is_empty();
            let list = if is_special {
                &mut schemas.0
            } else {
                &mut schemas.1
            };
            list.push(name.as_str());
        }
    }
    schemas
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
    let headers = api
        .response_headers
        .iter()
        .filter(move |(_, header)| match header.sent_with {
            SentWith::All => true,
            SentWith::Pages => is_linked,
            SentWith::AsyncRefresh => is_refreshed,
            SentWith::Deprecated => is_deprecated,
        });
    headers.map(|(name, header)| (name.as_str(), header))
}
