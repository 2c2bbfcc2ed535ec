//! Facts about the API as a whole: versions, server software, scopes, rate limits, limits of statuses.

#[rustfmt::skip]
#[path = "../../generated/api.rs"]
mod generated;
mod ids;
mod limits;
mod scopes;
#[rustfmt::skip]
#[path = "../../generated/servers.rs"]
pub(crate) mod servers;
pub(crate) mod support;
mod version;

pub(crate) use generated::*;
pub use generated::{RateLimitBucket, Scope};
pub(crate) use ids::id_noun;
pub use limits::StatusLimits;
pub use scopes::Scopes;
pub use servers::Software;
pub use support::{ServerSupport, Support};
pub use version::{ParseVersionError, ServerVersion, Version};

/// Names that the generated tables use.
mod prelude {
    pub(crate) use std::time::Duration;

    pub(crate) use super::support::{Base, Server, VersionLocation};
    pub(crate) use super::{StatusLimits, Version};
    pub(crate) use mastodon_types::{UnknownValue, open_enum};
}
