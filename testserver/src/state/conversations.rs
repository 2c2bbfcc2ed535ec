//! Conversations: direct statuses, gathered for each of those who take part.

use super::{State, Status, Visibility};
use crate::ids::Id;

/// Direct statuses of one thread between the same people, as one of them sees it.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: Id,
    /// The thread.
    thread: Id,
    /// Everybody in it but the user.
    pub(crate) others: Vec<Id>,
    statuses: Vec<Id>,
    pub(crate) unread: bool,
}

impl Conversation {
    /// The last status in it. One without any is removed.
    pub(crate) fn last(&self) -> Id {
        self.statuses.last().copied().unwrap_or(0)
    }
}

impl State {
    /// Puts a direct status into the conversations of its author and of those whom it mentions.
    pub(super) fn converse(&mut self, status: &Status) {
        if status.visibility != Visibility::Direct {
            return;
        }
        let mut people = status.mentions.clone();
        people.push(status.account);
        people.sort_unstable();
        people.dedup();
        for &user in &people {
            let others = people.iter().copied().filter(|person| *person != user);
            self.join(user, others.collect(), status);
        }
    }

    fn join(&mut self, user: Id, others: Vec<Id>, status: &Status) {
        let author = status.account;
        if user != author && (self.blocks(user, author) || self.mutes(user, author, status.created))
        {
            return;
        }
        let new = self.next_row();
        let Some(account) = self.accounts.get_mut(&user) else {
            return;
        };
        if account.login.is_none() {
            return;
        }
        let same =
            |found: &Conversation| found.thread == status.conversation && found.others == others;
        let known = account.conversations.values().find(|found| same(found));
        let id = known.map_or(new, |known| known.id);
        let conversation = account.conversations.entry(id).or_insert(Conversation {
            id,
            thread: status.conversation,
            others,
            statuses: Vec::new(),
            unread: false,
        });
        conversation.statuses.push(status.id);
        conversation.unread = author != user;
    }

    /// Takes a deleted status out of all conversations; those that are empty then are gone.
    pub(super) fn part(&mut self, status: Id) {
        for account in self.accounts.values_mut() {
            account.conversations.retain(|_, conversation| {
                conversation.statuses.retain(|id| *id != status);
                !conversation.statuses.is_empty()
            });
        }
    }
}
