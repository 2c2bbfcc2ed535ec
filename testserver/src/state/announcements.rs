//! Announcements and the reactions to them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{State, Status};
use crate::ids::Id;
use crate::text;

/// Maximum number of different reactions to an announcement.
const MAX_REACTIONS: usize = 8;

#[derive(Clone, Debug)]
pub(crate) struct Announcement {
    pub(crate) id: Id,
    pub(crate) text: String,
    pub(crate) published: Timestamp,
    pub(crate) updated: Timestamp,
    /// Users who have dismissed the announcement.
    pub(crate) read_by: BTreeSet<Id>,
    /// Emojis in the order of their first use, each with the users who reacted with it.
    pub(crate) reactions: Vec<(String, BTreeSet<Id>)>,
}

/// Error of adding a reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReactionError {
    /// The user has reacted in the same way before.
    Duplicate,
    NoAnnouncement,
    TooMany,
}

impl State {
    /// Publishes an announcement.
    pub(crate) fn publish_announcement(&mut self, text: &str, now: Timestamp) -> Id {
        let id = self.next_row_id();
        let announcement = Announcement {
            id,
            text: text.to_owned(),
            published: now,
            updated: now,
            read_by: BTreeSet::new(),
            reactions: Vec::new(),
        };
        self.stream_announcement(&announcement);
        self.announcements.insert(id, announcement);
        id
    }

    /// Returns the public and unlisted statuses of this server whose pages a text links to, without duplicates.
    pub(crate) fn linked_statuses(&self, text: &str) -> Vec<&Status> {
        let mut linked: Vec<&Status> = Vec::new();
        for link in text::links(text) {
            let Some((page, id)) = link.rsplit_once('/') else {
                continue;
            };
            let status = id.parse().ok().and_then(|id| self.statuses.get(&id));
            let is_page = |status: &&Status| {
                let author = self.accounts.get(&status.account);
                author.is_some_and(|author| author.url(&self.url) == page)
            };
            let status = status
                .filter(is_page)
                .filter(|status| status.visibility.is_distributable());
            if let Some(status) = status
                && linked.iter().all(|known| known.id != status.id)
            {
                linked.push(status);
            }
        }
        linked
    }

    /// Changes the text of an announcement. Returns `false` if it does not exist.
    pub(crate) fn update_announcement(&mut self, id: Id, text: &str, now: Timestamp) -> bool {
        let Some(announcement) = self.announcements.get_mut(&id) else {
            return false;
        };
        text.clone_into(&mut announcement.text);
        announcement.updated = now;
        let changed = announcement.clone();
        self.stream_announcement(&changed);
        true
    }

    /// Deletes an announcement. Returns `false` if it does not exist.
    pub(crate) fn delete_announcement(&mut self, id: Id) -> bool {
        let removed = self.announcements.remove(&id).is_some();
        if removed {
            self.stream_announcement_deletion(id);
        }
        removed
    }

    /// Adds a reaction of a user.
    pub(crate) fn add_reaction(
        &mut self,
        id: Id,
        name: &str,
        user: Id,
    ) -> Result<(), ReactionError> {
        let announcement = self.announcements.get_mut(&id);
        let reactions = &mut announcement.ok_or(ReactionError::NoAnnouncement)?.reactions;
        let existing = reactions.iter().position(|(other, _)| other == name);
        if existing.is_none() && reactions.len() >= MAX_REACTIONS {
            return Err(ReactionError::TooMany);
        }
        let index = existing.unwrap_or_else(|| {
            reactions.push((name.to_owned(), BTreeSet::new()));
            reactions.len() - 1
        });
        let Some((_, users)) = reactions.get_mut(index) else {
            return Ok(());
        };
        if !users.insert(user) {
            return Err(ReactionError::Duplicate);
        }
        let count = users.len();
        self.stream_reaction(id, name, count);
        Ok(())
    }

    /// Removes a reaction of a user. Returns `false` if it does not exist.
    pub(crate) fn remove_reaction(&mut self, id: Id, name: &str, user: Id) -> bool {
        let Some(announcement) = self.announcements.get_mut(&id) else {
            return false;
        };
        let mut reactions = announcement.reactions.iter_mut();
        let reaction = reactions.find(|(other, _)| other == name);
        let Some((_, users)) = reaction.filter(|(_, users)| users.contains(&user)) else {
            return false;
        };
        users.remove(&user);
        let count = users.len();
        announcement
            .reactions
            .retain(|(_, users)| !users.is_empty());
        self.stream_reaction(id, name, count);
        true
    }
}
