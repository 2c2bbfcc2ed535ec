//! What happens at a time: scheduled statuses appear, polls end.

use jiff::Timestamp;
use serde_json::Value;

use super::State;
use super::posting::Draft;
use crate::ids::Id;

/// A status to be published later.
#[derive(Clone, Debug)]
pub(crate) struct Scheduled {
    pub(crate) id: Id,
    pub(crate) account: Id,
    pub(crate) at: Timestamp,
    pub(crate) draft: Draft,
    /// What it was posted with, as the API tells it.
    pub(crate) params: Value,
}

/// What is due at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// The end of a poll.
    Poll(Id),
    /// The publication of a scheduled status.
    Status(Id),
}

impl State {
    /// Puts something on the agenda.
    pub(crate) fn at(&mut self, at: Timestamp, due: Due) {
        self.agenda.insert((at, due));
    }

    /// Does what was due until now, in the order of time.
    pub(crate) fn catch_up(&mut self, now: Timestamp) {
        while let Some(&(at, due)) = self.agenda.first().filter(|(at, _)| *at <= now) {
            self.agenda.remove(&(at, due));
            match due {
                Due::Poll(poll) => self.end_poll(poll, at),
                Due::Status(id) => self.publish_scheduled(id, at),
            }
        }
    }

    fn publish_scheduled(&mut self, id: Id, at: Timestamp) {
        // An update may have moved it; then it stands on the agenda again.
        if self.scheduled.get(&id).is_none_or(|entry| entry.at != at) {
            return;
        }
        if let Some(entry) = self.unschedule(id) {
            // What can no longer be posted is dropped, as the real server does.
            let _refused = self.publish(entry.account, entry.draft, at);
        }
    }

    /// Takes an entry out of the schedule; its media are free again.
    pub(crate) fn unschedule(&mut self, id: Id) -> Option<Scheduled> {
        let entry = self.scheduled.remove(&id)?;
        for medium in &entry.draft.media {
            if let Some(medium) = self.media.get_mut(medium) {
                medium.scheduled = None;
            }
        }
        Some(entry)
    }
}
