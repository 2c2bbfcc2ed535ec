//! Newest positions delivered per list: the starting point of a backfill.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::streaming::generated::{Channel, StreamEvent};

mastodon_types::id_type! {
    /// A position in a list: the ID of a status or a notification.
    Position
}

/// Kinds of events that a backfill can fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// New statuses.
    Status,
    /// Notifications.
    Notification,
    /// Conversations, identified by the ID of their last status.
    Conversation,
    /// Announcements, identified by their ID and the time of their last change.
    Announcement,
}

impl EventKind {
    /// Returns the name of the event that announces a new item.
    pub(super) fn event_name(self) -> &'static str {
        match self {
            Self::Status => "update",
            Self::Notification => "notification",
            Self::Conversation => "conversation",
            Self::Announcement => "announcement",
        }
    }

    /// Returns the kinds of events of a channel that a backfill can fetch.
    pub(crate) fn of(channel: &Channel) -> &'static [Self] {
        match channel {
            Channel::User => &[Self::Status, Self::Notification, Self::Announcement],
            Channel::UserNotification => &[Self::Notification],
            Channel::Direct => &[Self::Conversation],
            Channel::Public
            | Channel::PublicMedia
            | Channel::PublicLocal
            | Channel::PublicLocalMedia
            | Channel::PublicRemote
            | Channel::PublicRemoteMedia
            | Channel::Hashtag(_)
            | Channel::HashtagLocal(_)
            | Channel::List(_) => &[Self::Status],
            // No list is known that contains the events of other servers.
            _ => &[],
        }
    }
}

/// Returns the position of an event in the REST list that also contains it.
pub(crate) fn list_position(event: &StreamEvent) -> Option<(EventKind, Position)> {
    let (kind, id) = match event {
        StreamEvent::Update(status) => (EventKind::Status, status.id.as_str()),
        StreamEvent::Notification(notification) => {
            (EventKind::Notification, notification.id.as_str())
        }
        StreamEvent::Conversation(conversation) => (
            EventKind::Conversation,
            conversation.last_status.as_ref()?.id.as_str(),
        ),
        StreamEvent::Announcement(announcement) => {
            let id = announcement.id.as_str();
            let position = announcement_position(id, announcement.updated_at);
            return Some((EventKind::Announcement, position));
        }
        _ => return None,
    };
    Some((kind, id.into()))
}

/// Returns the position of one version of an announcement. The list of announcements has no order, so changes
/// are found only by comparing versions.
fn announcement_position(id: &str, updated_at: Timestamp) -> Position {
    format!("{id} {updated_at}").into()
}

/// Returns the announcement ID of a position made by [`announcement_position`].
pub(crate) fn announcement_id(position: &Position) -> &str {
    let position = position.as_str();
    position.rsplit_once(' ').map_or(position, |(id, _)| id)
}

/// The newest delivered positions of each kind.
///
/// Several positions are kept per kind, not only the newest one. A status from another server has an ID
/// based on its creation time and can arrive after newer statuses. A backfill starts after the oldest kept
/// position and skips the positions in the set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Positions {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<PositionSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification: Option<PositionSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<PositionSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    announcement: Option<PositionSet>,
}

/// Positions in ascending order.
pub(crate) type PositionSet = BTreeSet<Position>;

/// Maximum number of positions per kind, about one page.
pub(super) const MAX_POSITIONS: usize = 40;

/// Maximum number of announcements. Few servers have ever published a tenth of this.
const MAX_ANNOUNCEMENTS: usize = 400;

impl Positions {
    /// Returns the positions of a kind, or `None` if its list has not been fetched yet.
    pub(crate) fn get(&self, kind: EventKind) -> Option<&PositionSet> {
        match kind {
            EventKind::Status => self.status.as_ref(),
            EventKind::Notification => self.notification.as_ref(),
            EventKind::Conversation => self.conversation.as_ref(),
            EventKind::Announcement => self.announcement.as_ref(),
        }
    }

    fn get_mut(&mut self, kind: EventKind) -> &mut Option<PositionSet> {
        match kind {
            EventKind::Status => &mut self.status,
            EventKind::Notification => &mut self.notification,
            EventKind::Conversation => &mut self.conversation,
            EventKind::Announcement => &mut self.announcement,
        }
    }

    /// Records the positions of a list. An empty list is recorded as known and empty.
    pub(crate) fn record_many(
        &mut self,
        kind: EventKind,
        positions: impl IntoIterator<Item = Position>,
    ) {
        let recorded = self.get_mut(kind).get_or_insert_default();
        recorded.extend(positions);
        let max = match kind {
            EventKind::Announcement => MAX_ANNOUNCEMENTS,
            _ => MAX_POSITIONS,
        };
        while recorded.len() > max {
            recorded.pop_first();
        }
    }

    /// Replaces the positions of a kind with those of `other`, including `None`.
    pub(crate) fn copy_from(&mut self, kind: EventKind, other: &Self) {
        *self.get_mut(kind) = other.get(kind).cloned();
    }

    /// Replaces the positions of a kind with a single one.
    pub(crate) fn reset_to(&mut self, kind: EventKind, position: Position) {
        *self.get_mut(kind) = None;
        self.record_many(kind, [position]);
    }

    /// Records a delivered event.
    pub(crate) fn record(&mut self, event: &StreamEvent) {
        match event {
            StreamEvent::Announcement(new) => self.remove_announcement(new.id.as_str()),
            StreamEvent::AnnouncementDelete(id) => self.remove_announcement(id.as_str()),
            _ => {}
        }
        if let Some((kind, position)) = list_position(event) {
            // One event is enough to know the position in an ordered list. The unordered list of
            // announcements is known only after it has been fetched.
            if kind != EventKind::Announcement || self.get(kind).is_some() {
                self.record_many(kind, [position]);
            }
        }
    }

    fn remove_announcement(&mut self, id: &str) {
        if let Some(recorded) = &mut self.announcement {
            recorded.retain(|position| announcement_id(position) != id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_positions_are_kept_in_any_order_of_arrival() {
        let mut positions = Positions::default();
        let ids = (1000..2000).map(|id: u32| id.to_string().into());
        positions.record_many(EventKind::Status, ids);
        positions.record_many(EventKind::Status, ["7".into(), "1999".into()]);
        let kept = positions.get(EventKind::Status).unwrap();
        assert_eq!(
            (kept.len(), kept.first().unwrap().as_str()),
            (MAX_POSITIONS, "1960")
        );
        assert_eq!(positions.get(EventKind::Notification), None);
    }
}
