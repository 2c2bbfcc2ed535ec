//! Positions delivered per list: the starting point of a backfill.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::{EnumAccess, Error as _, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::time::Instant;

use crate::serde_impls::{FieldName, transparent};
use crate::sorted::SortedMap;
use crate::streaming::generated::{Channel, StreamEvent};

mastodon_types::id_type! {
    /// A position in a list: the ID of a status or a notification.
    Position
}

/// Kinds of events that a backfill can fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// The kinds of events, in the order of their declaration.
const KINDS: [EventKind; 4] = [
    EventKind::Status,
    EventKind::Notification,
    EventKind::Conversation,
    EventKind::Announcement,
];

/// Their stored names.
const NAMES: [&str; 4] = ["status", "notification", "conversation", "announcement"];

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let index = *self as usize;
        serializer.serialize_unit_variant("EventKind", index as u32, NAMES[index])
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KindVisitor;

        impl<'de> Visitor<'de> for KindVisitor {
            type Value = EventKind;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("enum EventKind")
            }

            fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<EventKind, A::Error> {
                let (name, variant) = data.variant_seed(FieldName(&NAMES))?;
                variant.unit_variant()?;
                let index = NAMES.iter().position(|known| Some(*known) == name);
                let kind = index.and_then(|index| KINDS.get(index).copied());
                kind.ok_or_else(|| A::Error::custom("unknown kind of event"))
            }
        }

        deserializer.deserialize_enum("EventKind", &NAMES, KindVisitor)
    }
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
            return (id.len() <= MAX_ID_SIZE).then_some((EventKind::Announcement, position));
        }
        _ => return None,
    };
    (id.len() <= MAX_ID_SIZE).then(|| (kind, id.into()))
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

/// Positions in ascending order. Most are added at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PositionSet(Vec<Position>);

impl PositionSet {
    pub(crate) fn first(&self) -> Option<&Position> {
        self.0.first()
    }

    pub(crate) fn last(&self) -> Option<&Position> {
        self.0.last()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Position> {
        self.0.iter()
    }

    pub(crate) fn contains(&self, position: &Position) -> bool {
        self.0.binary_search(position).is_ok()
    }

    pub(crate) fn insert(&mut self, position: Position) {
        if let Err(index) = self.0.binary_search(&position) {
            self.0.insert(index, position);
        }
    }

    pub(crate) fn extend(&mut self, positions: impl IntoIterator<Item = Position>) {
        for position in positions {
            self.insert(position);
        }
    }
}

impl FromIterator<Position> for PositionSet {
    fn from_iter<I: IntoIterator<Item = Position>>(positions: I) -> Self {
        let mut set = Self::default();
        set.extend(positions);
        set
    }
}

/// Number of positions per kind that are always kept, about one page.
pub(super) const MIN_POSITIONS: usize = 40;

/// Maximum number of positions per kind, ten pages.
const MAX_POSITIONS: usize = 400;

/// Maximum number of positions of a list with a gap.
const MAX_POSITIONS_WITH_GAP: usize = 2000;

/// Position before all others: that of an empty list.
pub(super) const START: &str = "0";

/// Returns a position some seconds before one, if it has the ID of a status: 48 bits of milliseconds and 16 others.
///
/// The IDs of statuses from other servers are older than their arrival, so a status can get an ID before the first one
/// of a short list. In a long list, the oldest of many positions is early enough.
pub(crate) fn earlier(position: &Position) -> Option<Position> {
    const FIRST_SNOWFLAKE: u64 = 1 << 56;
    let id: u64 = position.as_str().parse().ok()?;
    let skew = u64::try_from(RETENTION.as_millis()).ok()? << 16;
    let earlier = id.checked_sub(skew).filter(|id| *id > FIRST_SNOWFLAKE)?;
    Some(earlier.to_string().into())
}

/// Returns the ID at a position, if it has one.
pub(crate) fn id_at(position: &Position) -> Option<String> {
    let id = position.as_str();
    (id != START).then(|| id.to_owned())
}

/// How long positions beyond [`MIN_POSITIONS`] are kept. Lists lag behind the stream by seconds, and the IDs of
/// statuses from other servers are older than their arrival.
const RETENTION: Duration = Duration::from_secs(5);

/// Maximum size of an ID in bytes. IDs of servers are much shorter.
const MAX_ID_SIZE: usize = 256;

/// The delivered positions of each kind.
///
/// A kind's positions are all those above the oldest one that were delivered, so a backfill starts after the oldest
/// one and skips the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Positions(SortedMap<EventKind, KindPositions>);

transparent!(Positions(SortedMap<EventKind, KindPositions>));

/// The delivered positions of a kind, with the time of their delivery. It is unknown for a position of a list or of
/// a checkpoint.
///
/// In ascending order. Most events have the highest position so far.
#[derive(Clone, Debug, Default)]
struct KindPositions(VecDeque<(Position, Option<Instant>)>);

impl Positions {
    /// Returns the positions of a kind, or `None` if its list has not been fetched yet.
    pub(crate) fn get(&self, kind: EventKind) -> Option<PositionSet> {
        let positions = self.0.get(&kind)?;
        Some(positions.iter().cloned().collect())
    }

    pub(crate) fn is_known(&self, kind: EventKind) -> bool {
        self.0.contains_key(&kind)
    }

    /// Returns the positions of a kind that were delivered within a duration.
    pub(crate) fn delivered_within(&self, kind: EventKind, duration: Duration) -> PositionSet {
        let positions = self.0.get(&kind).into_iter().flat_map(|kind| &kind.0);
        let recent = positions.filter(|(_, delivered)| {
            delivered.is_some_and(|delivered| delivered.elapsed() < duration)
        });
        recent.map(|(position, _)| position.clone()).collect()
    }

    /// Records the positions of a list. An empty list has the position [`START`].
    pub(crate) fn record_many(
        &mut self,
        kind: EventKind,
        positions: impl IntoIterator<Item = Position>,
    ) {
        let recorded = self.0.get_or_insert_with(kind, KindPositions::default);
        for position in positions {
            recorded.insert(position, None);
        }
        if recorded.0.is_empty() && kind != EventKind::Announcement {
            recorded.insert(START.into(), None);
        }
        recorded.prune(kind, Instant::now());
    }

    /// Replaces the positions of a kind with a single one.
    pub(crate) fn reset_to(&mut self, kind: EventKind, position: Position) {
        self.0.remove(&kind);
        self.record_many(kind, [position]);
    }

    /// Records a delivered event. Positions of lists with a gap are not removed: the events after the gap that were
    /// delivered must be known when it is filled.
    pub(crate) fn record(&mut self, event: &StreamEvent, has_gap: impl Fn(EventKind) -> bool) {
        match event {
            StreamEvent::Announcement(new) => self.remove_announcement(new.id.as_str()),
            StreamEvent::AnnouncementDelete(id) => self.remove_announcement(id.as_str()),
            _ => {}
        }
        let Some((kind, position)) = list_position(event) else {
            return;
        };
        // One event is enough to know the position in an ordered list. The unordered list of announcements is known
        // only after it has been fetched.
        if kind != EventKind::Announcement || self.is_known(kind) {
            let recorded = self.0.get_or_insert_with(kind, KindPositions::default);
            let now = Instant::now();
            recorded.insert(position, Some(now));
            if recorded.0.len() > MAX_POSITIONS_WITH_GAP || !has_gap(kind) {
                recorded.prune(kind, now);
            }
        }
    }

    fn remove_announcement(&mut self, id: &str) {
        if let Some(recorded) = self.0.get_mut(&EventKind::Announcement) {
            recorded
                .0
                .retain(|(position, _)| announcement_id(position) != id);
        }
    }
}

impl KindPositions {
    fn iter(&self) -> impl Iterator<Item = &Position> {
        self.0.iter().map(|(position, _)| position)
    }

    /// Adds a position, or replaces the time of its delivery.
    fn insert(&mut self, position: Position, delivered: Option<Instant>) {
        let index = match self.0.back() {
            Some((highest, _)) if *highest >= position => {
                self.0.binary_search_by(|(known, _)| known.cmp(&position))
            }
            _ => Err(self.0.len()),
        };
        match index {
            Ok(known) => self.0[known].1 = delivered,
            Err(index) => self.0.insert(index, (position, delivered)),
        }
    }

    /// Removes the oldest positions that are no longer needed.
    fn prune(&mut self, kind: EventKind, now: Instant) {
        // The list of announcements is compared as a whole. Few servers have ever published a hundred.
        let min = match kind {
            EventKind::Announcement => MAX_POSITIONS,
            _ => MIN_POSITIONS,
        };
        while self.0.len() > min {
            // A position from before the last seconds is kept: a backfill starts after it.
            let second = self.0.get(1).and_then(|(_, delivered)| *delivered);
            let is_recent =
                second.is_some_and(|delivered| now.duration_since(delivered) < RETENTION);
            if is_recent && self.0.len() <= MAX_POSITIONS {
                break;
            }
            self.0.pop_front();
        }
    }
}

impl PartialEq for KindPositions {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for KindPositions {}

impl Serialize for KindPositions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for KindPositions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PositionsVisitor;

        impl<'de> Visitor<'de> for PositionsVisitor {
            type Value = KindPositions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut values: A,
            ) -> Result<KindPositions, A::Error> {
                let mut positions = KindPositions::default();
                while let Some(position) = values.next_element()? {
                    positions.insert(position, None);
                    // More are never stored.
                    if positions.0.len() > MAX_POSITIONS_WITH_GAP {
                        positions.0.pop_front();
                    }
                }
                Ok(positions)
            }
        }

        deserializer.deserialize_seq(PositionsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(id: u32) -> StreamEvent {
        let json = format!(
            r#"{{"id":"{id}","created_at":"2024-01-01T00:00:00Z","content":"","account":{{"id":"1","username":"a","acct":"a","url":""}}}}"#
        );
        StreamEvent::Update(serde_json::from_str(&json).unwrap())
    }

    #[test]
    fn positions_of_a_list_are_limited_to_the_newest() {
        let mut positions = Positions::default();
        let ids = (1000..2000).map(|id: u32| id.to_string().into());
        positions.record_many(EventKind::Status, ids);
        positions.record_many(EventKind::Status, ["7".into(), "1999".into()]);
        let kept = positions.get(EventKind::Status).unwrap();
        assert_eq!(
            (kept.iter().len(), kept.first().unwrap().as_str()),
            (MIN_POSITIONS, "1960")
        );
        assert_eq!(positions.get(EventKind::Notification), None);
    }

    #[tokio::test(start_paused = true)]
    async fn positions_are_kept_for_some_seconds_after_their_delivery() {
        let mut positions = Positions::default();
        for id in 1000..1200 {
            positions.record(&status(id), |_| false);
        }
        let first = |positions: &Positions| {
            let kept = positions.get(EventKind::Status).unwrap();
            kept.first().unwrap().to_string()
        };
        assert_eq!(first(&positions), "1000");
        tokio::time::advance(RETENTION).await;
        positions.record(&status(1200), |_| false);
        assert_eq!(first(&positions), "1161");
        for id in 2000..2000 + 2 * MAX_POSITIONS as u32 {
            positions.record(&status(id), |_| false);
        }
        assert_eq!(
            positions.get(EventKind::Status).unwrap().iter().len(),
            MAX_POSITIONS
        );
    }

    #[tokio::test(start_paused = true)]
    async fn position_from_before_a_burst_is_kept() {
        let mut positions = Positions::default();
        positions.record_many(EventKind::Status, ["998".into(), "999".into()]);
        for id in 1000..1200 {
            positions.record(&status(id), |_| false);
        }
        let kept = positions.get(EventKind::Status).unwrap();
        assert_eq!(
            (kept.iter().len(), kept.first().unwrap().as_str()),
            (201, "999")
        );
    }

    #[test]
    fn position_before_a_status_is_some_seconds_earlier() {
        for (id, expected) in [
            // 2026-05-28T20:26:40Z and five seconds before.
            ("116654080000000000", Some("116654079672320000")),
            ("1234", None),
            ("01HXYZ", None),
            ("0", None),
        ] {
            let found = earlier(&id.into());
            assert_eq!(found.as_ref().map(Position::as_str), expected, "{id}");
        }
    }

    #[test]
    fn huge_id_has_no_position() {
        let json = format!(r#""{}""#, "9".repeat(MAX_ID_SIZE + 1));
        let event = StreamEvent::Delete(serde_json::from_str(&json).unwrap());
        assert_eq!(list_position(&event), None);
        let id = "9".repeat(MAX_ID_SIZE + 1);
        let json = format!(
            r#"{{"id":"{id}","created_at":"2024-01-01T00:00:00Z","content":"","account":{{"id":"1","username":"a","acct":"a","url":""}}}}"#
        );
        let event = StreamEvent::Update(serde_json::from_str(&json).unwrap());
        assert_eq!(list_position(&event), None);
    }
}
