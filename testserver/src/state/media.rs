//! Media attachments.

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
    /// Time at which the processing is finished.
    pub(crate) ready_at: Timestamp,
    /// Status that the file is attached to.
    pub(crate) status: Option<Id>,
    /// Scheduled status that the file is attached to.
    pub(crate) scheduled: Option<Id>,
}

impl Media {
    pub(crate) fn is_ready(&self, now: Timestamp) -> bool {
        self.ready_at <= now
    }
}
