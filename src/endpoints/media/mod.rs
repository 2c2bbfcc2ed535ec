//! Media: uploads with waiting for processing, limits, BlurHash previews.

#[cfg(feature = "blurhash")]
mod blurhash;
mod limits;
mod post;

#[cfg(feature = "blurhash")]
pub use blurhash::{BlurhashError, Pixels};
pub use post::MediaPostCall;
