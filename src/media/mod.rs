//! Uploading media and what belongs to it: waiting until the server is done, limits, blurred previews.

#[cfg(feature = "blurhash")]
mod blurhash;
mod limits;
mod post;

#[cfg(feature = "blurhash")]
pub use blurhash::{BlurhashError, Pixels};
pub use limits::MediaLimits;
pub use post::MediaPostCall;
