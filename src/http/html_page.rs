//! HTML pages in place of API responses. Mastodon's API responds with JSON, so an HTML page is from a proxy in front of
//! the server, or is the server's page for an internal error.

use super::RawResponse;
use super::headers::header_str;

/// Maximum number of characters of a title.
const MAX_TITLE_LEN: usize = 80;

/// An HTML page that a server or proxy sent as an error response.
pub(super) struct HtmlPage {
    /// Who responded with the page, for errors.
    pub(super) message: String,
    /// Whether a proxy blocked the request.
    pub(super) is_block: bool,
}

/// Describes the HTML page in an error response; `None` if there is none.
pub(super) fn html_page(response: &RawResponse) -> Option<HtmlPage> {
    let header = |name| header_str(&response.headers, name).unwrap_or_default();
    // Cloudflare marks the responses with which it blocks a request.
    let is_marked = !header("cf-mitigated").is_empty();
    let excerpt = response.excerpt(0);
    let is_html = header("content-type").starts_with("text/html") || excerpt.starts_with('<');
    if !is_marked && (!is_html || excerpt.is_empty()) {
        return None;
    }
    // Pages of the server behind Cloudflare also have its `Server` header, but do not mention it.
    let is_cloudflare = is_marked
        || header("server").eq_ignore_ascii_case("cloudflare")
            && (excerpt.contains("loudflare") || response.status.as_u16() >= 520);
    let is_block = is_marked || matches!(response.status.as_u16(), 401 | 403 | 406 | 451);
    let sender = match (is_cloudflare, is_block) {
        (true, _) => "Cloudflare, a proxy in front of the server,",
        (false, true) => "a proxy in front of the server",
        (false, false) => "the server, or a proxy in front of it,",
    };
    let message = if is_block {
        format!("{sender} blocked the request before it reached Mastodon")
    } else {
        format!("{sender} responded with an HTML page")
    };
    let title = title(&excerpt).map(|title| format!(" with the title \"{title}\""));
    Some(HtmlPage {
        message: message + title.as_deref().unwrap_or_default(),
        is_block,
    })
}

/// Returns the title of a page, if it is plain text.
fn title(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("<title>")?;
    let (title, _) = rest.split_once("</title>")?;
    let words: Vec<&str> = title.split_whitespace().collect();
    let title: String = words.join(" ").chars().take(MAX_TITLE_LEN).collect();
    (!title.is_empty() && !title.contains(['<', '"']))
        .then(|| title.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn page(status: u16, headers: &[(&'static str, &str)], body: &str) -> Option<HtmlPage> {
        let status = StatusCode::from_u16(status).unwrap();
        let mut response = RawResponse::new(status, body.to_owned());
        for (name, value) in headers {
            response.headers.insert(*name, value.parse().unwrap());
        }
        html_page(&response)
    }

    #[test]
    fn json_and_plain_text_are_not_pages() {
        assert!(page(403, &[("server", "cloudflare")], r#"{"error":"no"}"#).is_none());
        assert!(page(403, &[], "Forbidden").is_none());
        assert!(page(502, &[("content-type", "text/html")], "").is_none());
    }

    #[test]
    fn the_sender_of_a_page_is_named() {
        let cloudflare = [
            ("server", "cloudflare"),
            ("content-type", "text/html; charset=UTF-8"),
        ];
        let block = "<html><head><title>Attention Required! | Cloudflare</title>";
        let blocked = page(403, &cloudflare, block).unwrap();
        assert!(blocked.is_block);
        assert_eq!(
            blocked.message,
            "Cloudflare, a proxy in front of the server, blocked the request before it reached Mastodon \
             with the title \"Attention Required! | Cloudflare\""
        );
        let origin = page(
            502,
            &cloudflare,
            "<title>502 Bad Gateway</title><center>nginx</center>",
        )
        .unwrap();
        assert!(!origin.is_block && origin.message.starts_with("the server, or a proxy"));
        let challenge = page(503, &[("cf-mitigated", "challenge")], "").unwrap();
        assert!(challenge.is_block && challenge.message.starts_with("Cloudflare"));
    }
}
