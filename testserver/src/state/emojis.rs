//! Custom emojis of the server.

/// Custom emoji.
#[derive(Clone, Debug)]
pub(crate) struct CustomEmoji {
    pub(crate) shortcode: String,
    pub(crate) category: Option<String>,
    pub(crate) visible_in_picker: bool,
    pub(crate) featured: bool,
}

impl CustomEmoji {
    /// Returns the emojis of the default data.
    pub(crate) fn defaults() -> Vec<Self> {
        let emoji = |(shortcode, category): (&str, Option<&str>)| Self {
            shortcode: shortcode.to_owned(),
            category: category.map(str::to_owned),
            visible_in_picker: true,
            featured: false,
        };
        [("crab", Some("Animals")), ("mastodon", None)]
            .map(emoji)
            .into()
    }
}
