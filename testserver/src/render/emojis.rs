//! The server's own emojis.

use serde_json::{Value, json};

/// Their shortcodes, each with its category.
const CUSTOM_EMOJIS: &[(&str, Option<&str>)] = &[("crab", Some("Animals")), ("mastodon", None)];

pub(crate) fn custom_emojis(server: &str) -> Value {
    let emoji = |(shortcode, category): &(&str, Option<&str>)| {
        let (url, static_url) = pictures(server, shortcode);
        json!({
            "shortcode": shortcode, "url": url, "static_url": static_url, "visible_in_picker": true,
            "category": category, "featured": false,
        })
    };
    CUSTOM_EMOJIS.iter().map(emoji).collect()
}

/// Whether the server has an emoji of its own under that shortcode.
pub(crate) fn is_custom_emoji(name: &str) -> bool {
    CUSTOM_EMOJIS
        .iter()
        .any(|(shortcode, _)| *shortcode == name)
}

/// Where the pictures of an emoji are: the one that may move, and the one that does not.
pub(super) fn pictures(server: &str, shortcode: &str) -> (String, String) {
    let address = |style: &str| format!("{server}/custom_emojis/{style}/{shortcode}.png");
    (address("original"), address("static"))
}
