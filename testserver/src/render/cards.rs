//! Preview cards. The server fetches nothing: what a card says follows from its URL.

use serde_json::{Value, json};

use crate::ids::Id;
use crate::state::State;

const IMAGE_SIZE: (u32, u32) = (400, 225);

/// Renders the card of a URL. A viewer with a token also sees whether the author lacks the attribution.
pub(crate) fn card(state: &State, url: &str, viewer: Option<Id>) -> Value {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (width, height) = IMAGE_SIZE;
    let mut value = json!({
        "url": url, "title": title(rest), "description": format!("Page on {host}"), "language": "en", "type": "link",
        "author_name": "", "author_url": "", "provider_name": host, "provider_url": format!("{scheme}://{host}"),
        "html": "", "width": width, "height": height, "embed_url": "", "published_at": null, "authors": [],
        "image": format!("{}/system/cache/preview_cards/{host}/card.png", state.url), "image_description": "",
        "blurhash": "00A0}M",
    });
    if viewer.is_some() {
        value["missing_attribution"] = false.into();
    }
    value
}

/// Returns the last part of the path in words, or the host.
fn title(rest: &str) -> String {
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let last = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let words = last
        .split('.')
        .next()
        .unwrap_or_default()
        .replace(['-', '_', '+'], " ");
    let is_host = !path.trim_end_matches('/').contains('/');
    if is_host || words.trim().is_empty() {
        return path.split('/').next().unwrap_or_default().to_owned();
    }
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn title_of_a_page_is_the_end_of_its_path_in_words() {
        assert_eq!(
            title("example.com/2026/how-to-garden.html?x=1"),
            "How to garden"
        );
        assert_eq!(title("example.com/"), "example.com");
        assert_eq!(title("example.com:8080"), "example.com:8080");
    }
}
