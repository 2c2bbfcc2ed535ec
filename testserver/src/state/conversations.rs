//! Conversations: direct statuses, grouped for each participant.

use super::{State, Status, Visibility};
use crate::ids::Id;

/// Direct statuses of one thread between the same participants, as seen by one of them.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: Id,
    /// ID of the thread ([`Status::conversation`]).
    thread: Id,
    /// All participants except the user.
    pub(crate) other_participants: Vec<Id>,
    statuses: Vec<Id>,
    pub(crate) unread: bool,
}

impl Conversation {
    /// Returns the ID of the last status. Conversations without statuses are removed, so there is one.
    pub(crate) fn last_status(&self) -> Id {
        self.statuses.last().copied().unwrap_or(0)
    }

    /// Returns the conversation up to its last status for which a condition is true. `None` if there is none.
    pub(crate) fn until(&self, condition: impl Fn(Id) -> bool) -> Option<Self> {
        let last = self
            .statuses
            .iter()
            .rposition(|status| condition(*status))?;
        let mut conversation = self.clone();
        conversation.statuses.truncate(last + 1);
        Some(conversation)
    }
}

impl State {
    /// Adds a direct status to the conversations of its author and of the mentioned users. Returns the users with their
    /// conversations.
    pub(super) fn add_to_conversations(&mut self, status: &Status) -> Vec<(Id, Id)> {
        if status.visibility != Visibility::Direct {
            return Vec::new();
        }
        let mut participants = status.mentions.clone();
        participants.push(status.account);
        participants.sort_unstable();
        participants.dedup();
        let join = |user: &Id| {
            let others = participants
                .iter()
                .copied()
                .filter(|participant| participant != user);
            Some((
                *user,
                self.add_to_conversation_of(*user, others.collect(), status)?,
            ))
        };
        participants.iter().filter_map(join).collect()
    }

    fn add_to_conversation_of(
        &mut self,
        user: Id,
        other_participants: Vec<Id>,
        status: &Status,
    ) -> Option<Id> {
        let author = status.account;
        if user != author && (self.blocks(user, author) || self.mutes(user, author, status.created))
        {
            return None;
        }
        let new_id = self.next_row_id();
        let account = self.accounts.get_mut(&user)?;
        account.login.as_ref()?;
        let is_same = |conversation: &Conversation| {
            conversation.thread == status.conversation
                && conversation.other_participants == other_participants
        };
        let mut conversations = account.conversations.values();
        let existing = conversations.find(|conversation| is_same(conversation));
        let id = existing.map_or(new_id, |existing| existing.id);
        let conversation = account.conversations.entry(id).or_insert(Conversation {
            id,
            thread: status.conversation,
            other_participants,
            statuses: Vec::new(),
            unread: false,
        });
        conversation.statuses.push(status.id);
        conversation.unread = author != user;
        Some(id)
    }

    /// Removes a deleted status from all conversations, and conversations without statuses. Returns the users with the
    /// changed conversations that remain.
    pub(super) fn remove_from_conversations(&mut self, status: Id) -> Vec<(Id, Id)> {
        let mut changed = Vec::new();
        for account in self.accounts.values_mut() {
            account.conversations.retain(|id, conversation| {
                let before = conversation.statuses.len();
                conversation.statuses.retain(|id| *id != status);
                let remaining = conversation.statuses.len();
                if (1..before).contains(&remaining) {
                    changed.push((account.id, *id));
                }
                remaining > 0
            });
        }
        changed
    }
}
