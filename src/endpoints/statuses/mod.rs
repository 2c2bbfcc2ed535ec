//! Statuses: replies, edits, length and limits.

mod edit;
mod length;
mod limits;
mod links;
mod posted;
mod reply;
mod schedule;
mod split;
mod thread;

pub(super) use edit::PreserveUnsetParams;
pub(super) use limits::CheckStatusLimits;
pub(super) use posted::FindPostedStatus;
pub use split::{SplitError, SplitOptions};
pub use thread::ThreadPostCall;
