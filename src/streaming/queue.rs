//! The bounded queue between the task that follows a stream and the program that takes its events.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

use super::generated::StreamEvent;
use super::open::WhenFull;
use super::progress::{EventKind, Position};
use crate::error::Error;

/// What travels.
#[derive(Debug)]
pub(super) enum Item {
    Event(StreamEvent),
    /// Where a list was when it was looked at for the first time.
    Known(EventKind, Vec<Position>),
}

/// Both ends of the queue, and how the stream fares.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Told when there is room.
    room: Notify,
    capacity: usize,
    when_full: WhenFull,
    /// Whether a connection is open.
    pub(super) receiving: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    /// Events that were dropped from the front and not told yet.
    dropped: u64,
    error: Option<Error>,
    ended: bool,
    waiting: Option<Waker>,
}

impl State {
    fn wake(&mut self) {
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    /// Makes room by dropping the oldest event of the API, or else the oldest item.
    fn drop_oldest(&mut self) {
        let of_api = |item: &Item| matches!(item, Item::Event(event) if event.name().is_some());
        match self.items.iter().position(of_api) {
            Some(at) => {
                self.items.remove(at);
                self.dropped += 1;
            }
            None => {
                self.items.pop_front();
            }
        }
    }
}

impl Queue {
    pub(super) fn new(capacity: usize, when_full: WhenFull) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            room: Notify::new(),
            capacity: capacity.max(1),
            when_full,
            receiving: AtomicBool::new(true),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next item; `None` after the last one, an error before the end where there was one.
    pub(super) fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Result<Item, Error>>> {
        let mut state = self.lock();
        if state.dropped > 0 {
            let dropped = std::mem::take(&mut state.dropped);
            return Poll::Ready(Some(Ok(Item::Event(StreamEvent::Lagged(dropped)))));
        }
        if let Some(item) = state.items.pop_front() {
            let had_been_full = state.items.len() + 1 >= self.capacity;
            drop(state);
            if had_been_full {
                self.room.notify_one();
            }
            return Poll::Ready(Some(Ok(item)));
        }
        if let Some(error) = state.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        if state.ended {
            return Poll::Ready(None);
        }
        match &mut state.waiting {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.lock().ended
    }

    pub(super) fn is_receiving(&self) -> bool {
        self.receiving.load(Ordering::Relaxed) && self.is_alive()
    }

    /// Ends it at once; what was not taken is dropped.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.items.clear();
        state.dropped = 0;
        state.ended = true;
        state.wake();
    }
}

/// How many events are put in before the program has its turn.
const AT_ONCE: usize = 16;

/// The end that events are put into. However it goes, the program learns that nothing more will come.
#[derive(Debug)]
pub(super) struct Sender(pub(super) Arc<Queue>);

impl Sender {
    /// Puts an item in; waits for room where that is what the program wants.
    ///
    /// After a few the program has its turn: what was just read is still in the processor's cache then, which
    /// a full queue of events exceeds.
    pub(super) async fn put(&self, item: Item) {
        let waiting = self.push(item).await;
        if waiting.is_multiple_of(AT_ONCE) {
            tokio::task::yield_now().await;
        }
    }

    /// How many items wait now.
    async fn push(&self, item: Item) -> usize {
        loop {
            let room = self.0.room.notified();
            {
                let mut state = self.0.lock();
                if state.ended {
                    return 0;
                }
                if state.items.len() >= self.0.capacity && self.0.when_full == WhenFull::DropOldest
                {
                    state.drop_oldest();
                }
                if state.items.len() < self.0.capacity {
                    state.items.push_back(item);
                    state.wake();
                    return state.items.len();
                }
            }
            room.await;
        }
    }

    /// Tells of a heartbeat, unless there is something to be taken that tells as much.
    pub(super) fn heartbeat(&self) {
        let mut state = self.0.lock();
        if state.items.is_empty() && !state.ended {
            state.items.push_back(Item::Event(StreamEvent::Heartbeat));
            state.wake();
        }
    }

    /// Ends it with an error, once all before is taken.
    pub(super) fn fail(&self, error: Error) {
        let mut state = self.0.lock();
        if !state.ended {
            state.error = Some(error);
        }
    }

    pub(super) fn receiving(&self, receiving: bool) {
        self.0.receiving.store(receiving, Ordering::Relaxed);
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if std::thread::panicking() {
            let defect = "the task that follows the stream panicked, which is a defect of the SDK";
            state.error = Some(Error::internal(defect));
        }
        state.ended = true;
        state.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

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
    async fn when_it_is_full_the_oldest_events_go_and_are_counted() {
        let queue = Queue::new(3, WhenFull::DropOldest);
        let sender = Sender(Arc::clone(&queue));
        sender.put(Item::Event(StreamEvent::Connected)).await;
        for id in 0..1000 {
            sender.put(delete(id)).await;
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
    async fn when_it_is_full_the_sender_waits_if_that_is_wanted() {
        let queue = Queue::new(2, WhenFull::Wait);
        let sender = Sender(Arc::clone(&queue));
        let task = tokio::spawn(async move {
            for id in 0..100 {
                sender.put(delete(id)).await;
            }
            sender.fail(Error::internal("it is over"));
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
            .chain(["it is over".to_owned()])
            .collect();
        assert_eq!(taken, all);
    }

    #[tokio::test]
    async fn the_program_has_its_turn_while_there_is_much_to_put_in() {
        let queue = Queue::new(1000, WhenFull::Wait);
        let sender = Sender(Arc::clone(&queue));
        tokio::spawn(async move {
            for id in 0..1000 {
                sender.put(delete(id)).await;
            }
        });
        tokio::task::yield_now().await;
        assert_eq!(queue.lock().items.len(), AT_ONCE);
    }

    #[tokio::test]
    async fn a_heartbeat_takes_no_room_from_events() {
        let queue = Queue::new(2, WhenFull::Wait);
        let sender = Sender(Arc::clone(&queue));
        sender.heartbeat();
        sender.heartbeat();
        assert_eq!(queue.lock().items.len(), 1);
    }

    #[tokio::test]
    async fn a_task_that_dies_ends_the_stream() {
        let queue = Queue::new(2, WhenFull::Wait);
        let sender = Sender(Arc::clone(&queue));
        let task = tokio::spawn(async move {
            let _sender = sender;
            panic!("a defect");
        });
        let told = take(&queue).await.unwrap();
        assert!(told.contains("panicked"), "{told}");
        assert_eq!(take(&queue).await, None);
        assert!(task.await.is_err() && !queue.is_alive());
    }
}
