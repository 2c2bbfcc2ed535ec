//! Files and web pages outside of the API.

use axum::http::{HeaderMap, Method, header};
use serde_json::json;

use super::{accounts, instance};
use crate::media_files;
use crate::response::{HandlerResult, Response};
use crate::server::Shared;

/// Returns `None` if no file or page has this path.
pub(crate) fn handle(
    shared: &Shared,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Option<HandlerResult> {
    if method != Method::GET {
        return None;
    }
    if let Some(file) = media_files::serve(shared, path) {
        return Some(file);
    }
    if let Some(image) = accounts::profile_images::serve(shared, path) {
        return Some(image);
    }
    let image_folders = [
        "/avatars/",
        "/headers/",
        "/custom_emojis/",
        "/packs/assets/",
        "/system/cache/preview_cards/",
    ];
    let accepts_json = || {
        let accept = headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.contains("json"))
    };
    Some(Ok(match path {
        _ if image_folders.iter().any(|folder| path.starts_with(folder))
            && path.ends_with(".png") =>
        {
            Response::with_body(
                "image/png",
                accounts::profile_images::DEFAULT_IMAGE.to_vec(),
            )
        }
        "/health" if accepts_json() => Response::json(&json!({ "status": "OK" })),
        "/health" => Response::with_body("text/plain; charset=utf-8", b"OK".to_vec()),
        "/" | "/about" => page("Test server", instance::ABOUT),
        "/privacy-policy" => page("Privacy policy", instance::PRIVACY_POLICY),
        "/terms-of-service" => page("Terms of service", instance::TERMS[0].1),
        _ => return None,
    }))
}

fn page(title: &str, content: &str) -> Response {
    Response::html(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1>{content}</body></html>\n"
    ))
}
