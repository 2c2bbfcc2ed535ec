//! Custom emojis of the server.

use serde_json::{Value, json};

/// Shortcodes and categories.
const CUSTOM_EMOJIS: &[(&str, Option<&str>)] = &[("crab", Some("Animals")), ("mastodon", None)];

pub(crate) fn custom_emojis(base_url: &str) -> Value {
    let emoji = |(shortcode, category): &(&str, Option<&str>)| {
        let (url, static_url) = image_urls(base_url, shortcode);
        json!({
            "shortcode": shortcode, "url": url, "static_url": static_url, "visible_in_picker": true,
            "category": category, "featured": false,
        })
    };
    CUSTOM_EMOJIS.iter().map(emoji).collect()
}

/// Returns whether the server has a custom emoji with this shortcode.
pub(crate) fn is_custom_emoji(name: &str) -> bool {
    CUSTOM_EMOJIS
        .iter()
        .any(|(shortcode, _)| *shortcode == name)
}

/// Returns the URLs of an emoji: of the image that may be animated, and of the static one.
pub(super) fn image_urls(base_url: &str, shortcode: &str) -> (String, String) {
    let url = |style: &str| format!("{base_url}/custom_emojis/{style}/{shortcode}.png");
    (url("original"), url("static"))
}
