//! Uploaded files.

use axum::body::Bytes;
use jiff::Timestamp;

use crate::ids::Id;
use crate::media_info::MediaInfo;

#[derive(Clone, Debug)]
pub(crate) struct Media {
    pub(crate) id: Id,
    pub(crate) account: Id,
    pub(crate) bytes: Bytes,
    pub(crate) info: MediaInfo,
    pub(crate) thumbnail: Option<(Bytes, MediaInfo)>,
    pub(crate) description: Option<String>,
    pub(crate) focus: Option<(f64, f64)>,
    /// When the server is done with it.
    pub(crate) ready_at: Timestamp,
    /// The status that it is attached to.
    pub(crate) status: Option<Id>,
    /// The entry in the schedule that it is attached to.
    pub(crate) scheduled: Option<Id>,
}

impl Media {
    pub(crate) fn is_ready(&self, now: Timestamp) -> bool {
        self.ready_at <= now
    }
}
