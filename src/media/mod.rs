//! Uploading media and what belongs to it: waiting until the server is done, limits, blurred previews.

mod limits;
mod post;

pub use limits::MediaLimits;
#[cfg(feature = "blurhash")]
pub use mastodon_types::{BlurhashError, Pixels};
pub use post::MediaPostCall;
