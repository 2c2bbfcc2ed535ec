//! Published messages, and the time at which they are sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::StreamingBehavior;
use super::channel::Channel;
use crate::ids::Id;
use crate::random::Random;
use crate::server::Shared;

/// Event that is published to channels.
#[derive(Debug)]
pub(crate) struct Message {
    pub(super) event: &'static str,
    pub(super) channels: Vec<Channel>,
    pub(super) content: Content,
}

/// Content of a message.
#[derive(Debug)]
pub(super) enum Content {
    None,
    Text(String),
    /// Status, and the time of its publication. It is rendered for each recipient.
    Status(Id, Timestamp),
}

/// Messages that are not sent yet, sorted by the time at which they are.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    messages: BTreeMap<(Instant, u64), Message>,
    published: u64,
}

impl Outbox {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a message for its delay. Returns it if it must be sent at once.
    pub(super) fn publish(
        &self,
        message: Message,
        behavior: &StreamingBehavior,
        random: &Random,
    ) -> Option<Message> {
        let now = Instant::now();
        let mut queue = self.queue();
        let mut due = now + random.duration(&behavior.fan_out_delay);
        if !behavior.shuffle {
            // A message is not sent before the earlier ones of its channels.
            let shares_channel = |queued: &Message| {
                let mut channels = queued.channels.iter();
                channels.any(|channel| message.channels.contains(channel))
            };
            let mut queued = queue.messages.iter().rev();
            let last = queued.find(|(_, queued)| shares_channel(queued));
            due = last.map_or(due, |((last, _), _)| due.max(*last));
        }
        if due == now && queue.messages.is_empty() {
            return Some(message);
        }
        queue.published += 1;
        let number = queue.published;
        queue.messages.insert((due, number), message);
        drop(queue);
        self.changed.notify_one();
        None
    }

    /// Locks the state after some time, so that the tasks that are due then run without a request.
    pub(super) fn wake_after(&self, time: Duration) {
        let nothing = Message {
            event: "",
            channels: Vec::new(),
            content: Content::None,
        };
        let mut queue = self.queue();
        queue.published += 1;
        let key = (Instant::now() + time, queue.published);
        queue.messages.insert(key, nothing);
        drop(queue);
        self.changed.notify_one();
    }

    fn next_due(&self) -> Option<Instant> {
        let queue = self.queue();
        let first = queue.messages.keys().next();
        first.map(|(due, _)| *due)
    }

    fn take_due(&self) -> Option<Message> {
        let mut queue = self.queue();
        let first = queue.messages.first_entry()?;
        (first.key().0 <= Instant::now()).then(|| first.remove())
    }
}

/// Sends delayed messages until the task is aborted.
pub(crate) async fn send_delayed(shared: Arc<Shared>) {
    let outbox = &shared.hub.outbox;
    loop {
        let Some(due) = outbox.next_due() else {
            outbox.changed.notified().await;
            continue;
        };
        tokio::select! {
            biased;
            () = outbox.changed.notified() => {}
            () = sleep_until(due) => {
                let state = shared.state();
                while let Some(message) = outbox.take_due() {
                    state.send(&message);
                }
            }
        }
    }
}
