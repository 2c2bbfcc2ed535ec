//! Cache of recently delivered events.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::time::Duration;

use tokio::time::Instant;

use super::positions::{EventKind, Position, list_position};
use crate::streaming::generated::{Channel, StreamEvent};

/// Cache of recently delivered events, so that each event is delivered once.
///
/// An event can arrive twice: over the stream and in a list, and in the stream itself. Mastodon sends a mentioned
/// follower the edit and the deletion of a status twice.
///
/// The cache stores hashes, so its size does not depend on the length of IDs.
#[derive(Debug, Default)]
pub(crate) struct DedupCache {
    hasher: RandomState,
    entries: HashMap<u64, Entry>,
    order: VecDeque<u64>,
    /// Number of events added so far.
    added: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Live,
    Backfilled,
    Deleted(Instant),
}

/// Maximum number of events in the cache. The stream and the lists differ by seconds at most.
pub(crate) const CAPACITY: usize = 16_384;

/// Maximum time between two copies of a deletion, and between a deletion and the status that it overtook.
const DELETION_WINDOW: Duration = Duration::from_secs(60);

impl DedupCache {
    /// Adds an event that a backfill delivered.
    pub(crate) fn insert_backfilled(&mut self, kind: EventKind, position: &Position) {
        self.insert(self.key(kind, position), Entry::Backfilled);
    }

    /// Adds an event that the connection received. Returns whether it must be delivered.
    pub(crate) fn insert_live(&mut self, channel: &Channel, event: &StreamEvent) -> bool {
        match event {
            StreamEvent::Delete(id) => {
                let key = self.deletion_key(id.as_str());
                let is_new = !self.is_deleted(id.as_str());
                self.insert(key, Entry::Deleted(Instant::now()));
                return is_new;
            }
            StreamEvent::StatusUpdate(status) => {
                let Some(edited_at) = status.edited_at else {
                    return true;
                };
                let version = ("edit", status.id.as_str(), edited_at.as_nanosecond());
                let key = self.hasher.hash_one(version);
                let is_new = !self.entries.contains_key(&key);
                self.insert(key, Entry::Live);
                return is_new;
            }
            StreamEvent::Update(status) if self.is_deleted(status.id.as_str()) => {
                // A public timeline checks each status in the database before it sends it, so a deletion can overtake
                // the status. A home timeline can lose a status and get it back.
                if is_filtered(channel) {
                    return false;
                }
                let key = self.deletion_key(status.id.as_str());
                self.entries.remove(&key);
                if let Some((kind, position)) = list_position(event) {
                    self.insert(self.key(kind, &position), Entry::Live);
                }
                return true;
            }
            _ => {}
        }
        let Some((kind, position)) = list_position(event) else {
            return true;
        };
        let key = self.key(kind, &position);
        match (kind, self.entries.get_mut(&key)) {
            (_, None) => self.insert(key, Entry::Live),
            // A conversation is sent again at each change, and its position does not show the change.
            (EventKind::Conversation, Some(entry)) => {
                return std::mem::replace(entry, Entry::Live) == Entry::Live;
            }
            (_, Some(_)) => return false,
        }
        true
    }

    /// Returns whether a backfill must not deliver an event: it was delivered recently, or it is a status that was
    /// deleted from the timeline a moment ago. A list that was fetched before, or that lags behind, still has it.
    pub(crate) fn is_known(&self, kind: EventKind, position: &Position) -> bool {
        self.entries.contains_key(&self.key(kind, position))
            || kind == EventKind::Status && self.is_deleted(position.as_str())
    }

    fn is_deleted(&self, id: &str) -> bool {
        let entry = self.entries.get(&self.deletion_key(id));
        matches!(entry, Some(Entry::Deleted(at)) if at.elapsed() < DELETION_WINDOW)
    }

    /// Returns a mark for [`has_all_since`](Self::has_all_since).
    pub(crate) fn mark(&self) -> u64 {
        self.added
    }

    /// Returns whether the cache still has all events that were added since a mark.
    pub(crate) fn has_all_since(&self, mark: u64) -> bool {
        self.added - mark <= CAPACITY as u64
    }

    fn key(&self, kind: EventKind, position: &Position) -> u64 {
        self.hasher.hash_one((kind, position.as_str()))
    }

    fn deletion_key(&self, id: &str) -> u64 {
        self.hasher.hash_one(("delete", id))
    }

    fn insert(&mut self, key: u64, entry: Entry) {
        if self.entries.insert(key, entry).is_some() {
            return;
        }
        self.added += 1;
        self.order.push_back(key);
        if self.order.len() > CAPACITY
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }
}

/// Returns whether the streaming server checks each status of a channel in the database before it sends it.
fn is_filtered(channel: &Channel) -> bool {
    !matches!(
        channel,
        Channel::User | Channel::UserNotification | Channel::List(_) | Channel::Direct
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = r#"{"id":"7","created_at":"2024-01-01T00:00:00Z","edited_at":"2024-01-02T00:00:00Z","content":"","visibility":"direct","account":{"id":"1","username":"a","acct":"a","url":"","created_at":"2024-01-01T00:00:00Z"}}"#;

    fn update() -> StreamEvent {
        StreamEvent::Update(serde_json::from_str(STATUS).unwrap())
    }

    fn delete() -> StreamEvent {
        StreamEvent::Delete("7".into())
    }

    #[test]
    fn oldest_entries_are_evicted_first() {
        let mut cache = DedupCache::default();
        let mark = cache.mark();
        for id in 0..CAPACITY {
            cache.insert_backfilled(EventKind::Status, &id.to_string().as_str().into());
        }
        assert!(cache.has_all_since(mark));
        for id in CAPACITY..CAPACITY + 1000 {
            cache.insert_backfilled(EventKind::Status, &id.to_string().as_str().into());
        }
        assert!(!cache.has_all_since(mark));
        assert_eq!(cache.entries.len(), CAPACITY);
        assert!(!cache.is_known(EventKind::Status, &"999".into()));
        assert!(cache.is_known(EventKind::Status, &"1000".into()));
        assert!(!cache.is_known(EventKind::Notification, &"1000".into()));
    }

    #[test]
    fn backfilled_conversation_is_delivered_again_only_after_a_change() {
        let json = format!(r#"{{"id":"1","unread":true,"accounts":[],"last_status":{STATUS}}}"#);
        let event = StreamEvent::Conversation(serde_json::from_str(&json).unwrap());
        let mut cache = DedupCache::default();
        cache.insert_backfilled(EventKind::Conversation, &"7".into());
        let mut insert = |event| cache.insert_live(&Channel::Direct, event);
        assert_eq!([&event; 3].map(&mut insert), [false, true, true]);
        assert_eq!([&update(); 3].map(&mut insert), [true, false, false]);
    }

    #[test]
    fn status_after_its_deletion_is_delivered_only_by_streams_that_can_get_it_back() {
        for (channel, expected) in [
            (Channel::User, [true, true, true, true]),
            (Channel::Public, [true, true, false, false]),
        ] {
            let mut cache = DedupCache::default();
            let mut insert = |event: &StreamEvent| cache.insert_live(&channel, event);
            let delivered = [
                insert(&update()),
                insert(&delete()),
                insert(&update()),
                insert(&delete()),
            ];
            assert_eq!(delivered, expected, "{channel:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn second_copies_of_an_edit_and_of_a_deletion_are_dropped() {
        let edit = StreamEvent::StatusUpdate(serde_json::from_str(STATUS).unwrap());
        let mut cache = DedupCache::default();
        let mut insert = |event: &StreamEvent| cache.insert_live(&Channel::User, event);
        assert_eq!([insert(&edit), insert(&edit)], [true, false]);
        assert_eq!([insert(&delete()), insert(&delete())], [true, false]);
        tokio::time::advance(DELETION_WINDOW).await;
        assert!(insert(&delete()));
    }
}
