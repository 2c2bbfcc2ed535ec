//! Custom emojis of the server.

use serde_json::{Value, json};

use crate::state::{CustomEmoji, State};

pub(crate) fn custom_emojis(state: &State) -> Value {
    let emoji = |emoji: &CustomEmoji| {
        let (url, static_url) = image_urls(&state.url, &emoji.shortcode);
        json!({
            "shortcode": emoji.shortcode, "url": url, "static_url": static_url,
            "visible_in_picker": emoji.visible_in_picker, "category": emoji.category, "featured": emoji.featured,
        })
    };
    state.custom_emojis.iter().map(emoji).collect()
}

/// Returns whether the server has a custom emoji with this shortcode.
pub(crate) fn is_custom_emoji(state: &State, name: &str) -> bool {
    let mut emojis = state.custom_emojis.iter();
    emojis.any(|emoji| emoji.shortcode == name)
}

/// Returns the URLs of an emoji: of the image that may be animated, and of the static one.
pub(super) fn image_urls(base_url: &str, shortcode: &str) -> (String, String) {
    let url = |style: &str| format!("{base_url}/custom_emojis/{style}/{shortcode}.png");
    (url("original"), url("static"))
}
