//! Task that owns a WebSocket and dispatches its messages to the subscribers.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::rejection_probe::RejectionProbe;
use super::{CloseReason, HubMessage};
use crate::entities::StreamRequestType;
use crate::http::transport::root_cause;
use crate::streaming::connection::envelope::Envelope;
use crate::streaming::connection::websocket::WebSocket;
use crate::streaming::generated::Channel;
use crate::streaming::select::{Either, select};

/// A command from a stream to the hub.
#[derive(Debug)]
pub(super) enum Command {
    Subscribe(Subscriber),
    Unsubscribe(u64),
}

/// The hub's side of a subscription.
#[derive(Debug)]
pub(super) struct Subscriber {
    id: u64,
    channel: Channel,
    messages: mpsc::Sender<HubMessage>,
    close_reason: Arc<OnceLock<CloseReason>>,
    idle_timeout: Duration,
    /// Completes when the server has acknowledged the subscription.
    ack: Option<oneshot::Sender<()>>,
    /// Until this time, an error from the server can mean that the subscription is rejected.
    pending_until: Instant,
}

/// Maximum time the server takes to reject a subscription. It never confirms one.
const REJECTION_WINDOW: Duration = Duration::from_secs(10);

/// Maximum time to send one message.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum time a slow subscriber may delay the other subscribers.
const SLOW_SUBSCRIBER_TIMEOUT: Duration = Duration::from_secs(1);

impl Subscriber {
    pub(super) fn new(
        id: u64,
        channel: Channel,
        messages: mpsc::Sender<HubMessage>,
        close_reason: Arc<OnceLock<CloseReason>>,
        idle_timeout: Duration,
        ack: oneshot::Sender<()>,
    ) -> Self {
        Self {
            id,
            channel,
            messages,
            close_reason,
            idle_timeout,
            ack: Some(ack),
            pending_until: Instant::now() + REJECTION_WINDOW,
        }
    }

    fn is_pending(&self) -> bool {
        Instant::now() < self.pending_until
    }

    fn acknowledge(&mut self) {
        if let Some(ack) = self.ack.take() {
            let _stream_dropped = ack.send(());
        }
    }

    /// Ends the subscription. The stream reads the reason after the messages that are still queued.
    fn close(self, reason: CloseReason) {
        let _already_set = self.close_reason.set(reason);
    }

    /// Queues a message. Waits a short time for a full queue, because all other subscribers wait too. Returns
    /// whether the message was queued.
    async fn deliver(&self, message: HubMessage) -> bool {
        let message = match self.messages.try_send(message) {
            Ok(()) => return true,
            Err(TrySendError::Closed(_)) => return false,
            Err(TrySendError::Full(message)) => message,
        };
        match timeout(SLOW_SUBSCRIBER_TIMEOUT, self.messages.send(message)).await {
            Ok(sent) => sent.is_ok(),
            Err(_) => {
                let _already_set = self.close_reason.set(CloseReason::SlowSubscriber);
                false
            }
        }
    }
}

/// A WebSocket and its subscribers.
pub(super) struct Hub {
    socket: WebSocket,
    commands: mpsc::UnboundedReceiver<Command>,
    /// Channel in the URL of the connection, until its first subscriber arrives.
    opened_for: Option<Channel>,
    subscribers: Vec<Subscriber>,
    probe: RejectionProbe,
    /// Time of the last received message.
    last_received: Instant,
    /// Whether a ping was sent since the last received message.
    ping_sent: bool,
}

impl Hub {
    /// Creates a hub for a connection whose URL contains the channel `opened_for`.
    pub(super) fn new(
        socket: WebSocket,
        commands: mpsc::UnboundedReceiver<Command>,
        opened_for: Channel,
    ) -> Self {
        Self {
            socket,
            commands,
            opened_for: Some(opened_for),
            subscribers: Vec::new(),
            probe: RejectionProbe::default(),
            last_received: Instant::now(),
            ping_sent: false,
        }
    }

    /// Runs until the connection closes or no subscribers are left.
    pub(super) async fn run(mut self) {
        let reason = self.serve().await.err();
        let reason =
            reason.unwrap_or_else(|| CloseReason::Closed("the connection was closed".to_owned()));
        tracing::debug!(?reason, "WebSocket closed");
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            if let Command::Subscribe(subscriber) = command {
                subscriber.close(reason.clone());
            }
        }
        for subscriber in self.subscribers {
            subscriber.close(reason.clone());
        }
        let _closed = timeout(SEND_TIMEOUT, self.socket.close(None)).await;
    }

    /// Returns `Ok` when no subscribers are left.
    async fn serve(&mut self) -> Result<(), CloseReason> {
        // The first subscriber must be registered before the first message is dispatched.
        let Some(first) = self.commands.recv().await else {
            return Ok(());
        };
        self.handle_command(first).await?;
        loop {
            let deadline = self.next_deadline();
            let next = select(self.commands.recv(), self.socket.next());
            match timeout_at(deadline, next).await {
                Err(_) => self.on_deadline().await?,
                Ok(Either::Left(Some(command))) => self.handle_command(command).await?,
                Ok(Either::Left(None)) => return Ok(()),
                Ok(Either::Right(message)) => self.handle_message(message).await?,
            }
            if self.subscribers.is_empty() && self.commands.is_empty() {
                return Ok(());
            }
        }
    }

    async fn handle_command(&mut self, command: Command) -> Result<(), CloseReason> {
        match command {
            Command::Subscribe(subscriber) => self.subscribe(subscriber).await,
            Command::Unsubscribe(id) => {
                let removed = self
                    .subscribers
                    .extract_if(.., |subscriber| subscriber.id == id);
                let removed: Vec<_> = removed.map(|subscriber| subscriber.channel).collect();
                self.unsubscribe_orphans(removed).await
            }
        }
    }

    /// Returns the shortest idle timeout of the subscribers.
    fn idle_timeout(&self) -> Duration {
        let timeouts = self
            .subscribers
            .iter()
            .map(|subscriber| subscriber.idle_timeout);
        timeouts.min().unwrap_or(REJECTION_WINDOW)
    }

    fn next_deadline(&self) -> Instant {
        let idle_timeout = if self.ping_sent {
            self.idle_timeout()
        } else {
            self.idle_timeout() / 2
        };
        let idle_deadline = self.last_received + idle_timeout;
        let probe_deadline = self.probe.deadline();
        probe_deadline.map_or(idle_deadline, |deadline| idle_deadline.min(deadline))
    }

    async fn on_deadline(&mut self) -> Result<(), CloseReason> {
        let (now, idle_timeout) = (Instant::now(), self.idle_timeout());
        if now >= self.last_received + idle_timeout {
            return Err(CloseReason::Idle(idle_timeout));
        }
        if now >= self.last_received + idle_timeout / 2 && !self.ping_sent {
            self.ping_sent = true;
            self.send(Message::Ping(Bytes::new())).await?;
        }
        if self
            .probe
            .deadline()
            .is_some_and(|deadline| now >= deadline)
        {
            self.advance_probe().await?;
        }
        Ok(())
    }

    async fn subscribe(&mut self, subscriber: Subscriber) -> Result<(), CloseReason> {
        let (id, channel) = (subscriber.id, subscriber.channel.clone());
        let is_new = !has_subscribers(&self.subscribers, &channel);
        self.subscribers.push(subscriber);
        if is_new {
            self.probe.add(&channel);
            if self.opened_for.take().as_ref() != Some(&channel) {
                self.send_request(&StreamRequestType::Subscribe, &channel)
                    .await?;
            }
        }
        // The server does not confirm a subscription, but it replies to a ping that follows the request.
        self.send(Message::Ping(Bytes::copy_from_slice(&id.to_be_bytes())))
            .await
    }

    /// Acknowledges all subscriptions up to this ID: the server has read their requests.
    fn acknowledge_up_to(&mut self, id: u64) {
        for subscriber in self
            .subscribers
            .iter_mut()
            .filter(|subscriber| subscriber.id <= id)
        {
            subscriber.acknowledge();
        }
    }

    /// Unsubscribes from those of the channels that have no subscribers left.
    async fn unsubscribe_orphans(&mut self, channels: Vec<Channel>) -> Result<(), CloseReason> {
        for channel in channels {
            if !has_subscribers(&self.subscribers, &channel) && !self.subscribers.is_empty() {
                self.send_request(&StreamRequestType::Unsubscribe, &channel)
                    .await?;
            }
        }
        Ok(())
    }

    async fn send_request(
        &mut self,
        request_type: &StreamRequestType,
        channel: &Channel,
    ) -> Result<(), CloseReason> {
        let mut request = serde_json::Map::new();
        request.insert("type".to_owned(), request_type.as_str().into());
        request.insert("stream".to_owned(), channel.name().into());
        if let Some((name, value)) = channel.argument() {
            request.insert(name.to_owned(), value.into());
        }
        let json = serde_json::Value::Object(request).to_string();
        self.send(Message::text(json)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), CloseReason> {
        match timeout(SEND_TIMEOUT, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(CloseReason::Closed(root_cause(&error))),
            Err(_) => Err(CloseReason::Closed(
                "sending a message to the server timed out".to_owned(),
            )),
        }
    }

    async fn handle_message(
        &mut self,
        message: Option<Result<Message, SocketError>>,
    ) -> Result<(), CloseReason> {
        (self.last_received, self.ping_sent) = (Instant::now(), false);
        match message {
            None => {
                let reason = "the server closed the connection";
                Err(CloseReason::Closed(reason.to_owned()))
            }
            Some(Err(error)) => Err(CloseReason::Closed(root_cause(&error))),
            Some(Ok(Message::Text(text))) => self.handle_text(&text).await,
            Some(Ok(Message::Close(frame))) => {
                let details = frame.map(|frame| format!(": {} {}", frame.code, frame.reason));
                let details = details.unwrap_or_default();
                let reason = format!("the server closed the connection{details}");
                Err(CloseReason::Closed(reason))
            }
            Some(Ok(Message::Pong(id))) if id.len() == size_of::<u64>() => {
                let id = id.iter().fold(0, |id, byte| id << 8 | u64::from(*byte));
                self.acknowledge_up_to(id);
                Ok(())
            }
            Some(Ok(_)) => {
                for subscriber in &self.subscribers {
                    let messages = &subscriber.messages;
                    // Queued messages already show that the connection is alive.
                    if messages.capacity() == messages.max_capacity() {
                        let _full = messages.try_send(HubMessage::Heartbeat);
                    }
                }
                Ok(())
            }
        }
    }

    async fn handle_text(&mut self, text: &str) -> Result<(), CloseReason> {
        let mut envelope = match serde_json::from_str::<Envelope<'_>>(text) {
            Ok(envelope) => envelope,
            Err(error) => {
                let malformed = HubMessage::Malformed {
                    message: text.to_owned(),
                    reason: format!("cannot decode a message: {error}"),
                };
                return self.dispatch(|_| true, malformed).await;
            }
        };
        if envelope.error.is_some() {
            if let Some(status) = envelope.status {
                self.handle_error(&CloseReason::Rejected(status, text.to_owned()));
            }
            return Ok(());
        }
        let Some(name) = &envelope.event else {
            return Ok(());
        };
        let event = HubMessage::Event {
            name: (&*name.0).into(),
            payload: envelope
                .payload
                .take()
                .map(|payload| payload.0.into_owned())
                .unwrap_or_default(),
        };
        let now = self.last_received;
        for subscriber in &mut self.subscribers {
            if subscriber.pending_until > now && envelope.matches(&subscriber.channel) {
                // An event proves that the subscription was accepted.
                subscriber.pending_until = now;
                subscriber.acknowledge();
            }
        }
        self.dispatch(|channel| envelope.matches(channel), event)
            .await
    }

    /// Delivers a message to all matching subscribers. Removes subscribers that cannot take it.
    async fn dispatch(
        &mut self,
        is_recipient: impl Fn(&Channel) -> bool,
        message: HubMessage,
    ) -> Result<(), CloseReason> {
        let mut removed = Vec::new();
        let subscribers = self.subscribers.iter();
        let mut remaining = subscribers
            .filter(|subscriber| is_recipient(&subscriber.channel))
            .count();
        let mut message = Some(message);
        for subscriber in &self.subscribers {
            if !is_recipient(&subscriber.channel) {
                continue;
            }
            remaining -= 1;
            // The last recipient takes the message without a copy.
            let own = if remaining > 0 {
                message.clone()
            } else {
                message.take()
            };
            if let Some(own) = own
                && !subscriber.deliver(own).await
            {
                removed.push(subscriber.id);
            }
        }
        if removed.is_empty() {
            return Ok(());
        }
        let removed = self
            .subscribers
            .extract_if(.., |subscriber| removed.contains(&subscriber.id));
        let removed: Vec<_> = removed.map(|subscriber| subscriber.channel).collect();
        self.unsubscribe_orphans(removed).await
    }

    /// Handles an error from the server, which names no stream.
    fn handle_error(&mut self, reason: &CloseReason) {
        if self.probe.deadline().is_some() {
            if let Some(channel) = self.probe.mark_rejected() {
                self.reject(&channel, reason);
            }
            return;
        }
        let mut candidates = VecDeque::new();
        for subscriber in &self.subscribers {
            if subscriber.is_pending() && !candidates.contains(&subscriber.channel) {
                candidates.push_back(subscriber.channel.clone());
            }
        }
        match candidates.len() {
            0 => tracing::debug!(?reason, "server error matches no subscription"),
            1 => self.reject(&candidates[0], reason),
            _ => self.probe.start(candidates),
        }
    }

    /// Ends all subscriptions to a channel that the server rejected.
    fn reject(&mut self, channel: &Channel, reason: &CloseReason) {
        let rejected = self
            .subscribers
            .extract_if(.., |subscriber| subscriber.channel == *channel);
        rejected.for_each(|subscriber| subscriber.close(reason.clone()));
    }

    /// Marks the current candidate as accepted, because no error arrived in time, and requests the next one.
    async fn advance_probe(&mut self) -> Result<(), CloseReason> {
        if let Some(accepted) = self.probe.mark_accepted() {
            let now = Instant::now();
            let accepted = self
                .subscribers
                .iter_mut()
                .filter(|subscriber| subscriber.channel == accepted);
            accepted.for_each(|subscriber| subscriber.pending_until = now);
        }
        let next = self
            .probe
            .next(|channel| has_subscribers(&self.subscribers, channel));
        match next {
            Some(channel) => {
                self.send_request(&StreamRequestType::Subscribe, &channel)
                    .await
            }
            None => Ok(()),
        }
    }
}

fn has_subscribers(subscribers: &[Subscriber], channel: &Channel) -> bool {
    subscribers
        .iter()
        .any(|subscriber| subscriber.channel == *channel)
}
