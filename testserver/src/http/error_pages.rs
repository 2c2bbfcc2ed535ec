//! Errors outside of the API's own error handling: a page for browsers, JSON for clients that ask for it.

use axum::http::StatusCode;

use crate::locale::Locale;
use crate::response::Response;
use crate::text::escape_html;

/// MIME types that Mastodon treats as JSON.
const JSON_TYPES: &[&str] = &[
    "application/json",
    "text/x-json",
    "application/jsonrequest",
    "application/jrd+json",
    "application/activity+json",
    "application/ld+json",
];

/// Whether an `Accept` header asks for JSON. Rails ignores the header of a browser, recognized by `*/*` in a list: then
/// HTML is meant. Without the header, and with `*/*` alone, HTML is meant, too.
pub(crate) fn wants_json(accept: Option<&str>) -> bool {
    let Some(accept) = accept else {
        return false;
    };
    let types: Vec<&str> = accept.split(',').map(str::trim).collect();
    let is_of_browser = types.len() > 1 && types.contains(&"*/*");
    if is_of_browser {
        return false;
    }
    let mut weighted: Vec<(f32, &str)> = types.iter().map(|entry| weighted_type(entry)).collect();
    // The sort is stable: of equal weights the first one is preferred.
    weighted.sort_by(|(left, _), (right, _)| right.total_cmp(left));
    let preferred = weighted.iter().map(|(_, name)| *name);
    let mut known = preferred.filter(|name| *name == "*/*" || JSON_TYPES.contains(name));
    known.next().is_some_and(|name| name != "*/*")
}

fn weighted_type(entry: &str) -> (f32, &str) {
    let mut parts = entry.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
    (weight.unwrap_or(1.0), name)
}

/// Returns the HTML page of an error.
pub(crate) fn error_page(status: StatusCode, locale: Locale) -> Response {
    let text = match status {
        StatusCode::BAD_REQUEST => locale.pick(
            "The request you submitted was invalid or malformed.",
            "Die Anfrage, die du gestellt hast, war ungültig oder fehlerhaft.",
            "La demande que vous avez soumise est invalide ou mal formée.",
        ),
        StatusCode::NOT_FOUND => locale.pick(
            "The page you are looking for isn't here.",
            "Die Seite, nach der du gesucht hast, wurde nicht gefunden.",
            "La page que vous recherchez n’existe pas.",
        ),
        StatusCode::GONE => locale.pick(
            "The page you were looking for doesn't exist here anymore.",
            "Die Seite, nach der du gesucht hast, existiert hier nicht mehr.",
            "La page que vous recherchez n’existe plus.",
        ),
        _ => locale.pick(
            "We're sorry, but something went wrong on our end.",
            "Wir bitten um Verzeihung, aber etwas ist bei uns schiefgegangen.",
            "Nous sommes désolé·e·s, mais quelque chose s’est mal passé de notre côté.",
        ),
    };
    let (lang, text) = (locale.code(), escape_html(text));
    Response::html(format!(
        "<!doctype html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{text}</title></head>\
         <body class=\"error\"><h1>{text}</h1></body></html>\n"
    ))
    .status(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_accept_header_that_prefers_json_asks_for_json() {
        for accept in [
            "application/json",
            "application/json; q=0.5, text/html; q=0.1",
            "application/activity+json",
            "text/csv, application/json",
        ] {
            assert!(wants_json(Some(accept)), "{accept}");
        }
        for accept in [
            "*/*",
            "text/html",
            "text/html,application/xhtml+xml,*/*;q=0.8, */*",
            "application/json, text/plain, */*",
        ] {
            assert!(!wants_json(Some(accept)), "{accept}");
        }
        assert!(!wants_json(None));
    }
}
