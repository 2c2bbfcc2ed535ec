//! Statuses: replies, edits, length and limits.

mod edit;
mod length;
mod limits;
mod links;
mod reply;

pub(super) use edit::PreserveUnsetParams;
pub(super) use limits::CheckStatusLimits;
