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
                DueTask::FinishAnnualReport(account, year) => {
                    self.finish_async_refresh(&refresh_name(account, year), at);
                }
                DueTask::EndMute(user, target) => self.end_mute(user, target, at),
                DueTask::MergeNotifications(user, from) => self.merge_notifications(user, from, at),
                DueTask::RegenerateFeeds(user) => self.regenerate(user, at),
            }
        }
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
        if let Some(entry) = self.remove_scheduled_status(id) {
            // A status that is no longer valid is dropped, as in Mastodon.
            let _invalid = self.publish_status(entry.account, entry.draft, at);
        }
    }

    /// Removes a scheduled status. Its media can be attached again.
    pub(crate) fn remove_scheduled_status(&mut self, id: Id) -> Option<ScheduledStatus> {
        let entry = self.scheduled_statuses.remove(&id)?;
        for attachment in &entry.draft.media {
            if let Some(attachment) = self.media.get_mut(attachment) {
                attachment.scheduled = None;
            }
        }
        Some(entry)
    }
}
