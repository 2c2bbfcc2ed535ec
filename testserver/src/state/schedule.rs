//! Scheduled statuses, and tasks that are due at a point in time.

use jiff::Timestamp;
use serde_json::Value;

use super::State;
use super::annual_reports::refresh_name;
use super::posting::StatusDraft;
use crate::ids::Id;

/// Status to publish later.
#[derive(Clone, Debug)]
pub(crate) struct ScheduledStatus {
    pub(crate) id: Id,
    pub(crate) account: Id,
    pub(crate) at: Timestamp,
    pub(crate) draft: StatusDraft,
    /// Parameters of the post, as the API returns them.
    pub(crate) params: Value,
}

/// Task that is due at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DueTask {
    /// End a poll.
    EndPoll(Id),
    /// Publish a scheduled status.
    PublishStatus(Id),
    /// Insert a new status into home timelines and lists.
    Deliver(Id),
    /// Detach the media of a removed status or, if the flag is set, delete it.
    ReleaseMedia(Id, bool),
    /// Remove old media that is attached to nothing.
    RemoveOldMedia,
    /// Remove the favourite of an account, which was undone, from a status.
    RemoveFavourite(Id, Id),
    /// Remove the expired mute of an account by a user.
    EndMute(Id, Id),
    /// Merge the filtered notifications of a user from an account.
    MergeNotifications(Id, Id),
    /// Finish the annual report of an account for a year.
    FinishAnnualReport(Id, i16),
    /// Regenerate the feeds of a user.
    RegenerateFeeds(Id),
}

impl State {
    /// Adds a task.
    pub(crate) fn add_due_task(&mut self, at: Timestamp, task: DueTask) {
        self.due_tasks.insert((at, task));
    }

    /// Runs all tasks that are due, in chronological order.
    pub(crate) fn run_due_tasks(&mut self, now: Timestamp) {
        self.fetch_due_cards(now);
        while let Some(&(at, task)) = self.due_tasks.first().filter(|(at, _)| *at <= now) {
            self.due_tasks.remove(&(at, task));
            match task {
                DueTask::EndPoll(poll) => self.end_poll(poll, at),
                DueTask::PublishStatus(id) => self.publish_scheduled(id, at),
                DueTask::Deliver(id) => self.deliver_late(id, at),
                DueTask::ReleaseMedia(status, is_deleted) => {
                    self.release_media(status, is_deleted, at);
                }
                DueTask::RemoveFavourite(account, status) => {
                    self.remove_favourite(account, status);
                }
                DueTask::RemoveOldMedia => self.remove_old_media(at),
                DueTask::FinishAnnualReport(account, year) => {
                    self.finish_async_refresh(&refresh_name(account, year), at);
                }
                DueTask::EndMute(user, target) => self.end_mute(user, target, at),
                DueTask::MergeNotifications(user, from) => self.merge_notifications(user, from, at),
                DueTask::RegenerateFeeds(user) => self.regenerate(user, at),
            }
        }
        self.clean_up_nightly(now);
    }

    fn publish_scheduled(&mut self, id: Id, at: Timestamp) {
        // An update may have changed the time; then there is another task for it.
        if self
            .scheduled_statuses
            .get(&id)
            .is_none_or(|entry| entry.at != at)
        {
            return;
        }
        // Like Mastodon, removes the entry first. A status that can no longer be published is lost without a trace.
        if let Some(entry) = self.remove_scheduled_status(id, at)
            && self.can_be_published(&entry)
        {
            let _invalid = self.publish_status(entry.account, entry.draft, at);
        }
    }

    /// Whether the user can still log in, the statuses that a scheduled status refers to still exist, and its media are
    /// still free.
    fn can_be_published(&self, entry: &ScheduledStatus) -> bool {
        let account = self.accounts.get(&entry.account);
        if account.is_none_or(|account| account.moderation.disabled) {
            return false;
        }
        let mut statuses = [entry.draft.reply_to, entry.draft.quoted]
            .into_iter()
            .flatten();
        let is_free = |id: &Id| {
            let media = self.media.get(id);
            media.is_some_and(|media| media.account == entry.account && media.status.is_none())
        };
        statuses.all(|id| self.statuses.contains_key(&id)) && entry.draft.media.iter().all(is_free)
    }

    /// Removes a scheduled status. Its media can be attached again.
    pub(crate) fn remove_scheduled_status(
        &mut self,
        id: Id,
        now: Timestamp,
    ) -> Option<ScheduledStatus> {
        let entry = self.scheduled_statuses.remove(&id)?;
        self.schedule_media_cleanup(now);
        for attachment in self.media.values_mut() {
            if attachment.scheduled == Some(id) {
                attachment.scheduled = None;
            }
        }
        Some(entry)
    }
}
