//! Cache of recently delivered events.

use std::collections::{HashMap, VecDeque};

use super::positions::{EventKind, Position, list_position};
use crate::streaming::generated::StreamEvent;

/// Cache of recently delivered events, so that an event that is both streamed and listed is delivered once.
#[derive(Debug, Default)]
pub(crate) struct DedupCache {
    /// The value is `true` for an event that a backfill delivered.
    entries: HashMap<(EventKind, Position), bool>,
    order: VecDeque<(EventKind, Position)>,
}

/// Maximum number of events in the cache. The stream and the lists differ by seconds at most.
pub(crate) const CAPACITY: usize = 4096;

impl DedupCache {
    /// Adds an event that a backfill delivered.
    pub(crate) fn insert_backfilled(&mut self, kind: EventKind, position: Position) {
        self.insert((kind, position), true);
    }

    /// Adds an event that the connection received. Returns whether it must be delivered.
    pub(crate) fn insert_live(&mut self, event: &StreamEvent) -> bool {
        let Some(key) = list_position(event) else {
            return true;
        };
        match (key.0, self.entries.get_mut(&key)) {
            (_, None) => self.insert(key, false),
            // A conversation is sent again at each change, and its position does not show the change.
            (EventKind::Conversation, Some(backfilled)) => return !std::mem::take(backfilled),
            (_, Some(_)) => return false,
        }
        true
    }

    /// Returns whether an event was delivered recently.
    pub(crate) fn contains(&self, kind: EventKind, position: &Position) -> bool {
        self.entries.contains_key(&(kind, position.clone()))
    }

    /// Returns the cached positions of a kind, oldest entry first.
    pub(crate) fn positions(&self, kind: EventKind) -> impl Iterator<Item = &Position> {
        let keys = self.order.iter().filter(move |key| key.0 == kind);
        keys.map(|(_, position)| position)
    }

    fn insert(&mut self, key: (EventKind, Position), backfilled: bool) {
        if self.entries.insert(key.clone(), backfilled).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > CAPACITY
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_entries_are_evicted_first() {
        let mut cache = DedupCache::default();
        for id in 0..CAPACITY + 1000 {
            cache.insert_backfilled(EventKind::Status, id.to_string().as_str().into());
        }
        assert_eq!(cache.entries.len(), CAPACITY);
        assert_eq!(cache.positions(EventKind::Status).count(), CAPACITY);
        assert_eq!(cache.positions(EventKind::Notification).count(), 0);
        assert!(!cache.contains(EventKind::Status, &"999".into()));
        assert!(cache.contains(EventKind::Status, &"1000".into()));
    }

    #[test]
    fn backfilled_conversation_is_delivered_again_only_after_a_change() {
        let last_status = r#"{"id":"7","created_at":"2024-01-01T00:00:00Z","content":"","visibility":"direct","account":{"id":"1","username":"a","acct":"a","url":"","created_at":"2024-01-01T00:00:00Z"}}"#;
        let json =
            format!(r#"{{"id":"1","unread":true,"accounts":[],"last_status":{last_status}}}"#);
        let event = StreamEvent::Conversation(serde_json::from_str(&json).unwrap());
        let mut cache = DedupCache::default();
        cache.insert_backfilled(EventKind::Conversation, "7".into());
        let delivered: Vec<bool> = (0..3).map(|_| cache.insert_live(&event)).collect();
        assert_eq!(delivered, [false, true, true]);
        let event = StreamEvent::Update(serde_json::from_str(last_status).unwrap());
        let delivered: Vec<bool> = (0..3).map(|_| cache.insert_live(&event)).collect();
        assert_eq!(delivered, [true, false, false]);
    }
}
