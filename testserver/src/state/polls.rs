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
    /// Time at which the author and the voters are notified of the end.
    pub(crate) end_notified_at: Timestamp,
    pub(crate) multiple: bool,
    /// Whether the results are hidden until the poll ends.
    pub(crate) hide_totals: bool,
    /// Chosen options of each voter, in the order of the votes.
    pub(crate) votes: BTreeMap<Id, Vec<usize>>,
}

impl State {
    /// Returns the status that contains a poll.
    pub(crate) fn status_of_poll(&self, poll: Id) -> Option<&Status> {
        self.statuses.get(self.polls.get(&poll)?)
    }

    /// Notifies the author and all voters that a poll has ended. Accounts on other servers get no notification.
    pub(super) fn end_poll(&mut self, poll: Id, at: Timestamp) {
        let Some(status) = self.status_of_poll(poll) else {
            return;
        };
        // An edit may have changed the end; then this task is outdated.
        let poll = status.poll.as_ref();
        let Some(poll) = poll.filter(|poll| poll.end_notified_at == at) else {
            return;
        };
        let (id, author) = (status.id, status.account);
        let mut recipients = BTreeSet::from([author]);
        recipients.extend(poll.votes.keys());
        recipients.retain(|account| {
            let account = self.accounts.get(account);
            account.is_some_and(|account| account.domain.is_none())
        });
        for user in recipients {
            self.notify_about_status(user, "poll", author, id, at);
        }
    }
}
