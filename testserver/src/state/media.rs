//! Media attachments.

use std::time::Duration;

use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::{DueTask, State};
use crate::clock::{earlier, later, seconds_after};
use crate::ids::{Id, first_id_at};
use crate::media_info::MediaInfo;

/// Time for which media is kept that is attached to nothing.
const UNATTACHED_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// Time of day (UTC) at which the server removes such media. Mastodon chooses a time between 3 and 6 o'clock.
const CLEANUP_TIME: SignedDuration = SignedDuration::from_hours(4);
const DAY: i64 = 86_400;

#[derive(Clone, Debug)]
pub(crate) struct Media {
    pub(crate) id: Id,
    pub(crate) account: Id,
    pub(crate) bytes: Bytes,
    pub(crate) info: MediaInfo,
    pub(crate) thumbnail: Option<(Bytes, MediaInfo)>,
    pub(crate) description: Option<String>,
    /// Focal point. The second number is missing if only one was sent.
    pub(crate) focus: Option<(f64, Option<f64>)>,
    /// Time at which the processing is finished or fails.
    pub(crate) ready_at: Timestamp,
    /// Whether the processing fails.
    pub(crate) fails: bool,
    /// Status that the file is attached to.
    pub(crate) status: Option<Id>,
    /// Scheduled status that the file is attached to.
    pub(crate) scheduled: Option<Id>,
}

impl Media {
    pub(crate) fn is_ready(&self, now: Timestamp) -> bool {
        !self.fails && self.ready_at <= now
    }
}

impl State {
    /// Detaches or deletes the media of a status that was removed. The media of a status that is part of an open report is
    /// kept for the staff: it stays attached.
    pub(super) fn release_media_later(&mut self, status: Id, is_deleted: bool, now: Timestamp) {
        let has_media = self
            .media
            .values()
            .any(|media| media.status == Some(status));
        let mut reports = self
            .reports
            .values()
            .filter(|report| report.resolved.is_none());
        if !has_media || reports.any(|report| report.statuses.contains(&status)) {
            return;
        }
        let delay = self
            .behavior
            .with(|behavior| behavior.posting.media_release_delay);
        let task = DueTask::ReleaseMedia(status, is_deleted);
        if delay.is_zero() {
            self.release_media(status, is_deleted, now);
        } else {
            self.add_due_task(later(now, delay), task);
        }
    }

    pub(super) fn release_media(&mut self, status: Id, is_deleted: bool, now: Timestamp) {
        if is_deleted {
            self.media.retain(|_, media| media.status != Some(status));
            return;
        }
        for media in self.media.values_mut() {
            if media.status == Some(status) {
                media.status = None;
            }
        }
        self.schedule_media_cleanup(now);
    }

    /// Schedules the next nightly removal of old media. Must be called when media is attached to nothing.
    pub(crate) fn schedule_media_cleanup(&mut self, now: Timestamp) {
        let midnight = now.as_second() - now.as_second().rem_euclid(DAY);
        let today = midnight + CLEANUP_TIME.as_secs();
        let next = if today > now.as_second() {
            today
        } else {
            today + DAY
        };
        if let Some(at) = seconds_after(Timestamp::UNIX_EPOCH, next) {
            self.add_due_task(at, DueTask::RemoveOldMedia);
        }
    }

    /// Removes media that is older than a day and attached to nothing.
    pub(super) fn remove_old_media(&mut self, now: Timestamp) {
        let oldest_kept = first_id_at(earlier(now, UNATTACHED_LIFETIME));
        let is_attached = |media: &Media| media.status.is_some() || media.scheduled.is_some();
        self.media
            .retain(|id, media| is_attached(media) || *id >= oldest_kept);
        if self.media.values().any(|media| !is_attached(media)) {
            self.schedule_media_cleanup(now);
        }
    }
}
