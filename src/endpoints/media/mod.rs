//! Media: uploads with waiting for processing, and limits.

mod limits;
mod post;

pub use post::MediaPostCall;
