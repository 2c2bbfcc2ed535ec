//! Limits of statuses.

/// Limits that a server sets for a status. A limit is `None` if the server does not publish it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusLimits {
    /// Maximum number of characters, content warning included.
    pub characters: Option<u64>,
    /// Number of characters that each link counts as, regardless of its length.
    pub characters_per_link: Option<u64>,
    /// Maximum number of media attachments.
    pub media: Option<u64>,
    /// Maximum number of poll options.
    pub poll_options: Option<u64>,
    /// Maximum number of characters of a poll option.
    pub poll_option_characters: Option<u64>,
    /// Minimum duration of a poll, in seconds.
    pub poll_min_seconds: Option<u64>,
    /// Maximum duration of a poll, in seconds.
    pub poll_max_seconds: Option<u64>,
}
