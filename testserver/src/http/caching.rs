//! Caching: `Cache-Control`, `Vary`, entity tags and conditional requests.

use std::fmt::Write as _;

use axum::http::{StatusCode, header};
use sha2::{Digest, Sha256};

use super::ClientHeaders;
use crate::response::Response;

/// Routes that visitors may cache for a short time.
const CACHED_FOR_VISITORS: &[&str] = &[
    "account",
    "account_collections",
    "account_endorsements",
    "account_followers",
    "account_following",
    "account_in_collections",
    "account_lookup",
    "account_statuses",
    "collection",
    "directory",
    "poll",
    "status",
    "status_context",
    "status_favourited_by",
    "status_history",
    "status_quotes",
    "status_reblogged_by",
    "tag",
    "timeline_hashtag",
    "timeline_link",
    "timeline_public",
    "trending_links",
    "trending_statuses",
    "trending_tags",
];
/// Beginnings of the names of routes with data of the server, which everybody may cache.
const CACHED_FOR_ALL: &[&str] = &["instance", "custom_emojis"];

const FOR_VISITORS: &str = "max-age=15, public, stale-while-revalidate=30, stale-if-error=86400";
const FOR_ALL: &str = "max-age=300, public, stale-while-revalidate=30, stale-if-error=86400";
const NEVER: &str = "private, no-store";
/// Length of an entity tag in hexadecimal digits.
const ETAG_LENGTH: usize = 32;

/// Adds the caching headers of an API response. `has_user`: whether the request has the token of a user.
pub(crate) fn add_cache_headers(
    response: &mut Response,
    route: &str,
    client: &ClientHeaders,
    has_user: bool,
) {
    let is_for_all = CACHED_FOR_ALL.iter().any(|start| route.starts_with(start));
    let is_success = response.status.is_success();
    let control = if is_for_all && is_success {
        FOR_ALL
    } else if is_success
        && CACHED_FOR_VISITORS.contains(&route)
        && !has_user
        && !client.has_authorization
    {
        FOR_VISITORS
    } else {
        NEVER
    };
    let is_set = |name| response.headers.iter().any(|(known, _)| known == name);
    if !is_set(header::CACHE_CONTROL) {
        let control = (header::CACHE_CONTROL, control.to_owned());
        response.headers.push(control);
    }
    if !is_for_all {
        response
            .headers
            .push((header::VARY, "Authorization".to_owned()));
    }
}

/// Adds an entity tag, and answers a conditional request whose tag is still right with 304.
pub(crate) fn add_etag(response: &mut Response, client: &ClientHeaders, is_get: bool) {
    let has_tag = matches!(response.status, StatusCode::OK | StatusCode::CREATED);
    if !has_tag || response.body.is_empty() {
        return;
    }
    let digest = Sha256::digest(&response.body);
    let mut hex = String::new();
    for byte in digest.iter().take(ETAG_LENGTH / 2) {
        // Writing to a string cannot fail.
        let _result = write!(hex, "{byte:02x}");
    }
    let tag = format!("W/\"{hex}\"");
    let is_known = client
        .if_none_match
        .as_deref()
        .is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
    response.headers.push((header::ETAG, tag));
    if is_known && is_get && response.status == StatusCode::OK {
        response.status = StatusCode::NOT_MODIFIED;
        response.body.clear();
        response
            .headers
            .retain(|(name, _)| name != header::CONTENT_TYPE);
    }
}
