//! Live events that wait for a backfill.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::open::StreamSettings;
use crate::streaming::connection::Received;

/// Live events that are delivered after the events that were missed before them. They wait for a limited time, and
/// within the size of the buffer.
pub(super) struct HeldBack {
    events: VecDeque<Received>,
    size: usize,
    /// End of the wait.
    pub(super) until: Instant,
    max_events: usize,
    max_size: usize,
}

impl HeldBack {
    pub(super) fn new(settings: &StreamSettings) -> Self {
        Self {
            events: VecDeque::new(),
            size: 0,
            until: Instant::now() + settings.backfill_timeout,
            max_events: settings.buffer,
            max_size: settings.buffer_bytes,
        }
    }

    pub(super) fn push(&mut self, received: Received) {
        self.size += received.size;
        self.events.push_back(received);
    }

    /// Returns whether the events must wait no longer.
    pub(super) fn is_over(&self) -> bool {
        self.events.len() >= self.max_events
            || self.size >= self.max_size
            || self.until <= Instant::now()
    }
}

impl IntoIterator for HeldBack {
    type Item = Received;
    type IntoIter = std::collections::vec_deque::IntoIter<Received>;

    fn into_iter(self) -> Self::IntoIter {
        self.events.into_iter()
    }
}
