//! Polls.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{State, Status};
use crate::ids::Id;

#[derive(Clone, Debug)]
pub(crate) struct Poll {
    pub(crate) id: Id,
    pub(crate) options: Vec<String>,
    pub(crate) expires: Timestamp,
    pub(crate) multiple: bool,
    /// Whether the results are hidden until it ends.
    pub(crate) hide_totals: bool,
    pub(crate) votes: BTreeMap<Id, BTreeSet<usize>>,
}

impl State {
    /// The status with that poll.
    pub(crate) fn status_of_poll(&self, poll: Id) -> Option<&Status> {
        self.statuses.get(self.polls.get(&poll)?)
    }

    /// Tells the author and all who voted that a poll has ended.
    pub(super) fn end_poll(&mut self, poll: Id, at: Timestamp) {
        let Some(status) = self.status_of_poll(poll) else {
            return;
        };
        // An edit may have moved the end; then this was the old one.
        let Some(poll) = status.poll.as_ref().filter(|poll| poll.expires == at) else {
            return;
        };
        let (id, author) = (status.id, status.account);
        let mut told = BTreeSet::from([author]);
        told.extend(poll.votes.keys());
        for user in told {
            self.notify_about_status(user, "poll", author, id, at);
        }
    }
}
