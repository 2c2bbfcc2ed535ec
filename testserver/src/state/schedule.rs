//! What happens at a time: scheduled statuses appear, polls end.

use jiff::Timestamp;
use serde_json::Value;

use super::State;
use super::posting::StatusDraft;
use crate::ids::Id;

/// A status to be published later.
#[derive(Clone, Debug)]
pub(crate) struct ScheduledStatus {
    pub(crate) id: Id,
    pub(crate) account: Id,
    pub(crate) at: Timestamp,
    pub(crate) draft: StatusDraft,
    /// What it was posted with, as the API tells it.
    pub(crate) params: Value,
}

/// What is due at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DueTask {
    /// The end of a poll.
    EndPoll(Id),
    /// The publication of a scheduled status.
    PublishStatus(Id),
}

impl State {
    /// Puts something on the due_tasks.
    pub(crate) fn add_due_task(&mut self, at: Timestamp, due: DueTask) {
        self.due_tasks.insert((at, due));
    }

    /// Does what was due until now, in the order of time.
    pub(crate) fn run_due_tasks(&mut self, now: Timestamp) {
        while let Some(&(at, due)) = self.due_tasks.first().filter(|(at, _)| *at <= now) {
            self.due_tasks.remove(&(at, due));
            match due {
                DueTask::EndPoll(poll) => self.end_poll(poll, at),
                DueTask::PublishStatus(id) => self.publish_scheduled(id, at),
            }
        }
    }

    fn publish_scheduled(&mut self, id: Id, at: Timestamp) {
        // An update may have moved it; then it stands on the due_tasks again.
        if self
            .scheduled_statuses
            .get(&id)
            .is_none_or(|entry| entry.at != at)
        {
            return;
        }
        if let Some(entry) = self.remove_scheduled_status(id) {
            // What can no longer be posted is dropped, as the real server does.
            let _refused = self.publish_status(entry.account, entry.draft, at);
        }
    }

    /// Takes an entry out of the schedule; its media are free again.
    pub(crate) fn remove_scheduled_status(&mut self, id: Id) -> Option<ScheduledStatus> {
        let entry = self.scheduled_statuses.remove(&id)?;
        for medium in &entry.draft.media {
            if let Some(medium) = self.media.get_mut(medium) {
                medium.scheduled = None;
            }
        }
        Some(entry)
    }
}
