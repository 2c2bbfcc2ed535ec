//! Facts about the API as a whole: versions, scopes, rate limits, limits of statuses.

#[rustfmt::skip]
#[path = "../../generated/api.rs"]
mod generated;
mod limits;
mod scopes;
mod version;

pub(crate) use generated::*;
pub use generated::{RateLimitBucket, Scope};
pub use limits::StatusLimits;
pub use scopes::Scopes;
pub use version::{ParseVersionError, ServerVersion, Software, Version};

/// Names that the generated tables use.
mod prelude {
    pub(crate) use std::time::Duration;

    pub(crate) use super::{StatusLimits, Version};
    pub(crate) use mastodon_types::{UnknownValue, open_enum};
}
