//! Conversations: direct statuses, grouped for each participant.

use super::{State, Visibility};
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
    /// Adds a direct status to the conversation of a participant. The author's has it at once, those of the others when they
    /// are notified. Returns the user with the conversation, to stream it.
    pub(super) fn add_to_conversation(&mut self, user: Id, status: Id) -> Option<(Id, Id)> {
        let status = self.statuses.get(&status)?;
        if status.visibility != Visibility::Direct {
            return None;
        }
        let (id, author, thread) = (status.id, status.account, status.conversation);
        let mut other_participants = status.mentions.clone();
        other_participants.push(author);
        other_participants.retain(|participant| *participant != user);
        other_participants.sort_unstable();
        other_participants.dedup();
        let new_id = self.next_row_id();
        let account = self.accounts.get_mut(&user)?;
        account.login.as_ref()?;
        let is_same = |conversation: &Conversation| {
            conversation.thread == thread && conversation.other_participants == other_participants
        };
        let mut conversations = account.conversations.values();
        let existing = conversations.find(|conversation| is_same(conversation));
        let conversation_id = existing.map_or(new_id, |existing| existing.id);
        let entry = account.conversations.entry(conversation_id);
        let conversation = entry.or_insert(Conversation {
            id: conversation_id,
            thread,
            other_participants,
            statuses: Vec::new(),
            unread: false,
        });
        if let Err(index) = conversation.statuses.binary_search(&id) {
            conversation.statuses.insert(index, id);
            conversation.unread = author != user;
        }
        Some((user, conversation_id))
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
