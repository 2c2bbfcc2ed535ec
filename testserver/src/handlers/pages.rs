//! What the server shows outside of its API: files, and pages for a browser.

use axum::http::{HeaderMap, Method, header};
use serde_json::json;

use super::{instance, media};
use crate::reply::{Outcome, Reply};
use crate::server::Shared;

/// The smallest picture there is: one grey pixel.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0xd, 0xa, 0x1a, 0xa, 0, 0, 0, 0xd, b'I', b'H', b'D', b'R', 0, 0, 0, 1,
    0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, b'U', 0, 0, 0, 0xa, b'I', b'D', b'A', b'T', b'x',
    0xda, b'c', b'h', 0, 0, 0, 0x82, 0, 0x81, 0xda, b'E', 8, 0x3b, 0, 0, 0, 0, b'I', b'E', b'N',
    b'D', 0xae, b'B', 0x60, 0x82,
];

/// `None` for an address that is not answered here.
pub(crate) fn handle(
    shared: &Shared,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Option<Outcome> {
    if method != Method::GET {
        return None;
    }
    if let Some(rest) = path.strip_prefix("/media/") {
        return Some(media::bytes(shared, rest));
    }
    let pictures = [
        "/avatars/",
        "/headers/",
        "/custom_emojis/",
        "/packs/assets/",
    ];
    let wanted_json = || {
        let accept = headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.contains("json"))
    };
    Some(Ok(match path {
        _ if pictures.iter().any(|folder| path.starts_with(folder)) && path.ends_with(".png") => {
            Reply::of("image/png", PIXEL.to_vec())
        }
        "/health" if wanted_json() => Reply::json(&json!({ "status": "OK" })),
        "/health" => Reply::of("text/plain; charset=utf-8", b"OK".to_vec()),
        "/" | "/about" => page("Test server", instance::EXTENDED_DESCRIPTION),
        "/privacy-policy" => page("Privacy policy", instance::PRIVACY_POLICY),
        "/terms-of-service" => page("Terms of service", instance::TERMS[0].1),
        _ => return None,
    }))
}

fn page(title: &str, content: &str) -> Reply {
    Reply::html(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1>{content}</body></html>\n"
    ))
}
