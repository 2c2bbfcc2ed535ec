//! Queue of undecoded messages between the hub and a subscription, bounded in number and bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{CloseReason, HubMessage};

/// Memory of a message in addition to its text.
const OVERHEAD: usize = 128;

#[derive(Debug)]
struct Queue {
    state: Mutex<State>,
    has_messages: Notify,
    has_room: Notify,
    max_messages: usize,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<HubMessage>,
    bytes: usize,
    close_reason: Option<CloseReason>,
    /// Whether events may be missing although the connection is open.
    uncertain: bool,
    receiver_dropped: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self, reason: CloseReason) {
        self.lock().close_reason.get_or_insert(reason);
        self.has_messages.notify_one();
    }
}

/// Creates a queue of at most `max_messages` messages and `max_bytes` bytes. A larger message is queued alone.
pub(super) fn queue(max_messages: usize, max_bytes: usize) -> (Sender, Receiver) {
    let queue = Arc::new(Queue {
        state: Mutex::default(),
        has_messages: Notify::new(),
        has_room: Notify::new(),
        max_messages: max_messages.max(1),
        max_bytes,
    });
    (Sender(Arc::clone(&queue)), Receiver(queue))
}

/// Result of an attempt to queue a message.
pub(super) enum Pushed {
    Queued,
    Full(HubMessage),
    Closed,
}

/// The hub's end.
#[derive(Debug)]
pub(super) struct Sender(Arc<Queue>);

impl Sender {
    /// Queues a message if there is room.
    pub(super) fn try_push(&self, message: HubMessage) -> Pushed {
        let mut state = self.0.lock();
        if state.receiver_dropped {
            return Pushed::Closed;
        }
        let size = message.size() + OVERHEAD;
        let has_room = state.messages.len() < self.0.max_messages
            && state.bytes.saturating_add(size) <= self.0.max_bytes;
        if !has_room && !state.messages.is_empty() {
            return Pushed::Full(message);
        }
        state.bytes += size;
        state.messages.push_back(message);
        drop(state);
        self.0.has_messages.notify_one();
        Pushed::Queued
    }

    /// Queues a message when there is room. Returns whether the subscription still exists.
    pub(super) async fn push(&self, mut message: HubMessage) -> bool {
        loop {
            match self.try_push(message) {
                Pushed::Queued => return true,
                Pushed::Closed => return false,
                Pushed::Full(returned) => message = returned,
            }
            self.0.has_room.notified().await;
        }
    }

    /// Queues a heartbeat. A queued message already shows that the connection is alive.
    pub(super) fn push_heartbeat(&self) {
        if self.0.lock().messages.is_empty() {
            let _closed = self.try_push(HubMessage::Heartbeat);
        }
    }

    /// Reports that events may be missing, and wakes the subscription.
    pub(super) fn mark_uncertain(&self) {
        self.0.lock().uncertain = true;
        self.push_heartbeat();
    }

    /// Ends the subscription. It reads the reason after the messages that are still queued.
    pub(super) fn close(&self, reason: CloseReason) {
        self.0.close(reason);
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.close(CloseReason::closed());
    }
}

/// The subscription's end.
#[derive(Debug)]
pub(super) struct Receiver(Arc<Queue>);

impl Receiver {
    /// Takes the next message, or returns the reason for the end. Cancel-safe.
    pub(super) async fn next(&mut self) -> Result<HubMessage, CloseReason> {
        loop {
            {
                let mut state = self.0.lock();
                if let Some(message) = state.messages.pop_front() {
                    state.bytes -= message.size() + OVERHEAD;
                    drop(state);
                    self.0.has_room.notify_one();
                    return Ok(message);
                }
                if let Some(reason) = &state.close_reason {
                    return Err(reason.clone());
                }
            }
            self.0.has_messages.notified().await;
        }
    }

    pub(super) fn close_reason(&self) -> Option<CloseReason> {
        self.0.lock().close_reason.clone()
    }

    pub(super) fn take_uncertain(&mut self) -> bool {
        std::mem::take(&mut self.0.lock().uncertain)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.receiver_dropped = true;
        state.messages.clear();
        drop(state);
        self.0.has_room.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(bytes: usize) -> HubMessage {
        HubMessage::event("update", "x".repeat(bytes))
    }

    #[tokio::test]
    async fn queue_is_bounded_in_messages_and_bytes() {
        let (sender, mut receiver) = queue(3, 10_000);
        for _ in 0..3 {
            assert!(matches!(sender.try_push(event(10)), Pushed::Queued));
        }
        assert!(matches!(sender.try_push(event(10)), Pushed::Full(_)));
        let (large, mut large_receiver) = queue(100, 10_000);
        assert!(
            matches!(large.try_push(event(1 << 20)), Pushed::Queued),
            "alone"
        );
        assert!(matches!(large.try_push(event(1)), Pushed::Full(_)));
        large_receiver.next().await.unwrap();
        assert!(matches!(large.try_push(event(4000)), Pushed::Queued));
        assert!(matches!(large.try_push(event(4000)), Pushed::Queued));
        assert!(matches!(large.try_push(event(4000)), Pushed::Full(_)));
        drop(sender);
        for _ in 0..3 {
            receiver.next().await.unwrap();
        }
        assert!(receiver.next().await.is_err());
    }

    #[tokio::test]
    async fn sender_waits_for_room_and_notices_a_dropped_subscription() {
        let (sender, mut receiver) = queue(1, 10_000);
        assert!(sender.push(event(1)).await);
        let (pushed, _) = tokio::join!(sender.push(event(2)), receiver.next());
        assert!(pushed);
        let (pushed, ()) = tokio::join!(sender.push(event(3)), async { drop(receiver) });
        assert!(!pushed);
    }
}
