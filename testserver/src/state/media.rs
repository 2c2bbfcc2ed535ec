//! Uploaded files.

use axum::body::Bytes;
use jiff::Timestamp;

use crate::file::Facts;
use crate::ids::Id;

#[derive(Clone, Debug)]
pub(crate) struct Media {
    pub(crate) id: Id,
    pub(crate) account: Id,
    pub(crate) bytes: Bytes,
    pub(crate) facts: Facts,
    pub(crate) thumbnail: Option<(Bytes, Facts)>,
    pub(crate) description: Option<String>,
    pub(crate) focus: Option<(f64, f64)>,
    /// When the server is done with it.
    pub(crate) ready: Timestamp,
    /// The status that it is attached to.
    pub(crate) status: Option<Id>,
    /// The entry in the schedule that it is attached to.
    pub(crate) scheduled: Option<Id>,
}

impl Media {
    pub(crate) fn is_ready(&self, now: Timestamp) -> bool {
        self.ready <= now
    }
}
