//! Bounded queue between the task of a stream and the application.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

use super::event::{Backfilled, Gap, GapReason};
use super::item::{Item, remove_replaced};
use super::open::{OverflowPolicy, StreamSettings};
use crate::error::Error;
use crate::streaming::generated::StreamEvent;

/// The queue, shared by both ends, with the state of the stream.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Notified when a full queue has room again.
    has_room: Notify,
    capacity: usize,
    /// Maximum size of the events in bytes.
    max_size: usize,
    overflow_policy: OverflowPolicy,
    /// Whether the stream is connected.
    receiving: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// The items and their sizes in bytes.
    items: VecDeque<(Item, usize)>,
    size: usize,
    /// Number of items that are events.
    events: usize,
    /// Number of dropped events that are not reported yet.
    dropped: u64,
    /// Gaps of dropped events that are not reported yet, one for each list.
    gaps: Vec<Gap>,
    error: Option<Error>,
    ended: bool,
    waker: Option<Waker>,
}

impl State {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Drops the oldest API event, or the oldest other event if there is none.
    fn drop_oldest(&mut self) {
        let is_api_event = |(item, _): &(Item, usize)| matches!(item, Item::Event(event) | Item::Missed(event) if event.name().is_some());
        let api_event = self.items.iter().position(is_api_event);
        self.dropped += u64::from(api_event.is_some());
        let oldest = || self.items.iter().position(|(item, _)| item.is_event());
        let Some(index) = api_event.or_else(oldest) else {
            return;
        };
        if let Some((item, size)) = self.items.remove(index) {
            self.size -= size;
            self.events -= 1;
            remove_replaced(&mut self.items, index);
            if let Item::Event(StreamEvent::Backfilled(backfilled)) = item {
                self.keep_gaps(backfilled.gaps);
            }
        }
    }

    /// Keeps gaps of a dropped event, which are reported nowhere else. Joins those of a list.
    fn keep_gaps(&mut self, gaps: Vec<Gap>) {
        for gap in gaps {
            let mut kept = self.gaps.iter_mut();
            let Some(earlier) = kept.find(|earlier| earlier.kind == gap.kind) else {
                self.gaps.push(gap);
                continue;
            };
            earlier.until = gap.until;
            // The missing events of these gaps may be delivered later, and those of the others are not.
            if matches!(
                earlier.reason,
                GapReason::TimedOut | GapReason::FetchFailed(_)
            ) {
                earlier.reason = gap.reason;
            }
        }
    }
}

impl Queue {
    pub(super) fn new(settings: &StreamSettings) -> Arc<Self> {
        Self::with_capacity(
            settings.buffer,
            settings.buffer_bytes,
            settings.overflow_policy,
        )
    }

    fn with_capacity(
        capacity: usize,
        max_size: usize,
        overflow_policy: OverflowPolicy,
    ) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            has_room: Notify::new(),
            capacity: capacity.max(1),
            max_size,
            overflow_policy,
            receiving: AtomicBool::new(true),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether an item of a size fits. A large item fits into an empty queue.
    fn has_room(&self, state: &State, size: usize) -> bool {
        state.events == 0 || state.events < self.capacity && state.size + size <= self.max_size
    }

    /// Polls for the next item. Returns the error that ended the stream, if any, and then `None`.
    pub(super) fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Result<Item, Error>>> {
        let mut state = self.lock();
        if state.dropped > 0 {
            let dropped = std::mem::take(&mut state.dropped);
            return Poll::Ready(Some(Ok(Item::Event(StreamEvent::Lagged(dropped)))));
        }
        if !state.gaps.is_empty() {
            let gaps = std::mem::take(&mut state.gaps);
            let backfilled = StreamEvent::Backfilled(Backfilled { events: 0, gaps });
            return Poll::Ready(Some(Ok(Item::Event(backfilled))));
        }
        if let Some((item, size)) = state.items.pop_front() {
            state.size -= size;
            state.events -= usize::from(item.is_event());
            drop(state);
            self.has_room.notify_one();
            return Poll::Ready(Some(Ok(item)));
        }
        if let Some(error) = state.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        if state.ended {
            return Poll::Ready(None);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(context.waker()),
            waker => *waker = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.lock().ended
    }

    pub(super) fn is_receiving(&self) -> bool {
        self.receiving.load(Ordering::Relaxed) && self.is_alive()
    }

    /// Returns the number of queued items and their size in bytes.
    #[cfg(test)]
    pub(super) fn queued(&self) -> (usize, usize) {
        let state = self.lock();
        (state.items.len(), state.size)
    }

    /// Ends the stream and discards the queued items.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.items.clear();
        (state.size, state.events) = (0, 0);
        state.dropped = 0;
        state.gaps.clear();
        state.ended = true;
        state.wake();
    }
}

/// Number of queued items after which the sender yields to the application.
const YIELD_INTERVAL: usize = 16;

/// Sending end of the queue. Dropping it ends the stream.
#[derive(Debug)]
pub(super) struct Sender(pub(super) Arc<Queue>);

impl Sender {
    /// Sends an item of a size in bytes. Waits for room with [`OverflowPolicy::Wait`].
    ///
    /// It yields after a few items, so that the application takes events while they are still in the
    /// processor's cache. A full queue exceeds the cache.
    pub(super) async fn send(&self, item: Item, size: usize) {
        let queued = self.push(item, size).await;
        if queued.is_multiple_of(YIELD_INTERVAL) {
            tokio::task::yield_now().await;
        }
    }

    /// Adds an item and returns the number of queued items.
    async fn push(&self, item: Item, size: usize) -> usize {
        loop {
            let has_room = self.0.has_room.notified();
            {
                let mut state = self.0.lock();
                if state.ended {
                    return 0;
                }
                if item.is_event() && self.0.overflow_policy == OverflowPolicy::DropOldest {
                    while !self.0.has_room(&state, size) {
                        state.drop_oldest();
                    }
                }
                if !item.is_event() || self.0.has_room(&state, size) {
                    let is_event = item.is_event();
                    state.events += usize::from(is_event);
                    state.items.push_back((item, size));
                    state.size += size;
                    if !is_event {
                        let last = state.items.len() - 1;
                        remove_replaced(&mut state.items, last);
                    }
                    state.wake();
                    return state.items.len();
                }
            }
            has_room.await;
        }
    }

    /// Sends a heartbeat. A queued item already shows that the connection is alive, so it is skipped then.
    pub(super) fn send_heartbeat(&self) {
        let mut state = self.0.lock();
        if state.items.is_empty() && !state.ended {
            state
                .items
                .push_back((Item::Event(StreamEvent::Heartbeat), 0));
            state.events += 1;
            state.wake();
        }
    }

    /// Ends the stream with an error, which follows the queued items.
    pub(super) fn fail(&self, error: Error) {
        let mut state = self.0.lock();
        if !state.ended {
            state.error = Some(error);
        }
    }

    pub(super) fn set_receiving(&self, receiving: bool) {
        self.0.receiving.store(receiving, Ordering::Relaxed);
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if std::thread::panicking() {
            let reason = "the task of the stream panicked; this is a bug in the SDK";
            state.error = Some(Error::internal(reason));
        }
        state.ended = true;
        state.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::streaming::backfill::positions::EventKind;

    fn delete(id: u32) -> Item {
        Item::Event(StreamEvent::Delete(id.to_string().as_str().into()))
    }

    async fn take(queue: &Queue) -> Option<String> {
        let item = poll_fn(|context| queue.poll_next(context)).await?;
        Some(match item {
            Ok(Item::Event(StreamEvent::Delete(id))) => id.to_string(),
            Ok(item) => format!("{item:?}"),
            Err(error) => error.to_string(),
        })
    }

    #[tokio::test]
    async fn full_queue_drops_and_counts_the_oldest_events() {
        let queue = Queue::with_capacity(3, usize::MAX, OverflowPolicy::DropOldest);
        let sender = Sender(Arc::clone(&queue));
        sender.send(Item::Event(StreamEvent::Connected), 0).await;
        for id in 0..1000 {
            sender.send(delete(id), 1).await;
        }
        drop(sender);
        let mut taken = Vec::new();
        while let Some(item) = take(&queue).await {
            taken.push(item);
        }
        assert_eq!(
            taken,
            ["Event(Lagged(998))", "Event(Connected)", "998", "999"]
        );
    }

    #[tokio::test]
    async fn items_of_the_checkpoint_do_not_pile_up_while_no_events_are_taken() {
        for policy in [OverflowPolicy::DropOldest, OverflowPolicy::Wait] {
            let queue = Queue::with_capacity(3, usize::MAX, policy);
            let sender = Sender(Arc::clone(&queue));
            let kinds = [EventKind::Status, EventKind::Notification];
            for id in 0..1000_u32 {
                let position = || id.to_string().into();
                for kind in kinds {
                    sender.send(Item::Gap(kind, Some(position())), 0).await;
                    sender.send(Item::Reset(kind, position()), 0).await;
                }
                if policy == OverflowPolicy::DropOldest {
                    sender.send(delete(id), 1).await;
                }
                sender.send(Item::Filled(EventKind::Status), 0).await;
            }
            assert!(queue.lock().items.len() <= 3 + 4 * 4);
            drop(sender);
            let mut last = String::new();
            while let Some(item) = take(&queue).await {
                if item.starts_with("Reset(Notification") || item.starts_with("Filled") {
                    last = format!("{last} {item}");
                }
            }
            let expected = r#" Reset(Notification, Position("999")) Filled(Status)"#;
            assert!(last.ends_with(expected), "{last}");
        }
    }

    #[tokio::test]
    async fn gaps_of_dropped_events_are_joined_and_reported() {
        let queue = Queue::with_capacity(1, usize::MAX, OverflowPolicy::DropOldest);
        let sender = Sender(Arc::clone(&queue));
        for (kind, after, until, reason) in [
            (EventKind::Status, "1", Some("2"), GapReason::LimitReached),
            (EventKind::Notification, "1", None, GapReason::TimedOut),
            (EventKind::Status, "5", None, GapReason::TimedOut),
        ] {
            let gap = Gap {
                kind,
                after: Some(after.to_owned()),
                until: until.map(str::to_owned),
                reason,
            };
            let (events, gaps) = (0, vec![gap]);
            let backfilled = StreamEvent::Backfilled(Backfilled { events, gaps });
            sender.send(Item::Event(backfilled), 0).await;
        }
        sender.send(delete(7), 1).await;
        let reported = poll_fn(|context| queue.poll_next(context)).await;
        let Some(Ok(Item::Event(StreamEvent::Backfilled(backfilled)))) = reported else {
            panic!("{reported:?}");
        };
        let gaps = backfilled.gaps.iter();
        let gaps: Vec<_> = gaps
            .map(|gap| format!("{:?} {:?} {:?}", gap.kind, gap.until, gap.reason))
            .collect();
        assert_eq!(
            gaps,
            ["Status None LimitReached", "Notification None TimedOut"]
        );
        assert_eq!(take(&queue).await.unwrap(), "7");
    }

    #[tokio::test]
    async fn items_for_the_checkpoint_are_neither_dropped_nor_counted() {
        let queue = Queue::with_capacity(2, usize::MAX, OverflowPolicy::DropOldest);
        let sender = Sender(Arc::clone(&queue));
        sender.send(Item::Filled(EventKind::Conversation), 0).await;
        for id in 0..10 {
            sender.send(Item::Filled(EventKind::Status), 0).await;
            sender.send(delete(id), 1).await;
        }
        let state = queue.lock();
        let filled = state.items.iter().filter(|(item, _)| !item.is_event());
        assert_eq!((filled.count(), state.events, state.dropped), (3, 2, 8));
    }

    #[tokio::test]
    async fn sender_waits_for_room_with_the_wait_policy() {
        let queue = Queue::with_capacity(2, usize::MAX, OverflowPolicy::Wait);
        let sender = Sender(Arc::clone(&queue));
        let task = tokio::spawn(async move {
            for id in 0..100 {
                sender.send(delete(id), 1).await;
            }
            sender.fail(Error::internal("the end"));
        });
        tokio::task::yield_now().await;
        assert_eq!(queue.lock().items.len(), 2);
        let mut taken = Vec::new();
        while let Some(item) = take(&queue).await {
            taken.push(item);
        }
        task.await.unwrap();
        let all: Vec<String> = (0..100)
            .map(|id: u32| id.to_string())
            .chain(["internal error: the end".to_owned()])
            .collect();
        assert_eq!(taken, all);
    }

    #[tokio::test]
    async fn sender_yields_to_the_application() {
        let queue = Queue::with_capacity(1000, usize::MAX, OverflowPolicy::Wait);
        let sender = Sender(Arc::clone(&queue));
        tokio::spawn(async move {
            for id in 0..1000 {
                sender.send(delete(id), 1).await;
            }
        });
        tokio::task::yield_now().await;
        assert_eq!(queue.lock().items.len(), YIELD_INTERVAL);
    }

    #[tokio::test]
    async fn size_of_the_queued_events_is_limited_but_for_a_single_one() {
        let queue = Queue::with_capacity(1000, 100, OverflowPolicy::DropOldest);
        let sender = Sender(Arc::clone(&queue));
        for (id, size, queued) in [(1, 60, 1), (2, 40, 2), (3, 30, 2), (4, 500, 1), (5, 1, 1)] {
            sender.send(delete(id), size).await;
            assert_eq!(queue.lock().items.len(), queued, "{id}");
        }
        assert_eq!(take(&queue).await.unwrap(), "Event(Lagged(4))");
        assert_eq!(take(&queue).await.unwrap(), "5");
        assert_eq!(queue.lock().size, 0);
    }

    #[tokio::test]
    async fn heartbeats_do_not_accumulate_in_the_queue() {
        let queue = Queue::with_capacity(2, usize::MAX, OverflowPolicy::Wait);
        let sender = Sender(Arc::clone(&queue));
        sender.send_heartbeat();
        sender.send_heartbeat();
        assert_eq!(queue.lock().items.len(), 1);
    }

    #[tokio::test]
    async fn panic_in_the_task_ends_the_stream_with_an_error() {
        let queue = Queue::with_capacity(2, usize::MAX, OverflowPolicy::Wait);
        let sender = Sender(Arc::clone(&queue));
        let task = tokio::spawn(async move {
            let _sender = sender;
            panic!("a bug");
        });
        let error = take(&queue).await.unwrap();
        assert!(error.contains("panicked"), "{error}");
        assert_eq!(take(&queue).await, None);
        assert!(task.await.is_err() && !queue.is_alive());
    }
}
