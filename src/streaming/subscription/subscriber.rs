//! The hub's side of a subscription.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::key::Key;
use super::queue::{Pushed, Sender};
use super::{CloseReason, HubMessage};
use crate::streaming::generated::Channel;
use crate::streaming::stream::open::StreamSettings;

/// Maximum time a slow subscriber may delay the other subscribers.
const SLOW_SUBSCRIBER_TIMEOUT: Duration = Duration::from_secs(1);

/// The hub's side of a subscription.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) id: u64,
    pub(super) key: Key,
    pub(super) channel: Channel,
    pub(super) messages: Sender,
    pub(super) idle_timeout: Duration,
    pub(super) max_backoff: Duration,
    max_event_size: usize,
    /// Completes when the server has acknowledged the subscription.
    ack: Option<oneshot::Sender<()>>,
}

impl Subscriber {
    pub(super) fn new(
        id: u64,
        key: Key,
        channel: Channel,
        messages: Sender,
        settings: &StreamSettings,
        ack: oneshot::Sender<()>,
    ) -> Self {
        Self {
            id,
            key,
            channel,
            messages,
            idle_timeout: settings.idle_timeout,
            max_backoff: settings.max_backoff,
            max_event_size: settings.max_event_size,
            ack: Some(ack),
        }
    }

    pub(super) fn acknowledge(&mut self) {
        if let Some(ack) = self.ack.take() {
            let _stream_dropped = ack.send(());
        }
    }

    /// Queues a message. Waits a short time for a full queue, because all other subscribers wait too. Returns
    /// whether the message was queued.
    pub(super) async fn deliver(&self, message: &HubMessage) -> bool {
        let message = match message {
            HubMessage::Event(event) if event.payload.len() > self.max_event_size => {
                HubMessage::TooLarge(event.name.clone())
            }
            message => message.clone(),
        };
        let message = match self.messages.try_push(message) {
            Pushed::Queued => return true,
            Pushed::Closed => return false,
            Pushed::Full(message) => message,
        };
        let pushed = timeout(SLOW_SUBSCRIBER_TIMEOUT, self.messages.push(message)).await;
        if pushed.is_err() {
            self.messages.close(CloseReason::SlowSubscriber);
        }
        pushed.unwrap_or(false)
    }
}
