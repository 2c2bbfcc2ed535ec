//! Task that owns a WebSocket and dispatches its messages to the subscribers.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use mastodon_types::__private::char_boundary;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::key::{Key, LabelKey};
use super::refusals::{Cause, Refusals, Step};
use super::socket::Socket;
use super::subscriber::Subscriber;
use super::topics::{Request, Topics};
use super::{CloseReason, HubMessage, MalformedMessage};
use crate::call::core::Core;
use crate::call::endpoints::STREAM_OPEN_WEBSOCKET;
use crate::client::Mastodon;
use crate::entities::StreamRequestType;
use crate::http::network_error::root_cause;
use crate::streaming::connection::envelope::Envelope;
use crate::streaming::connection::refusal::redact_text;
use crate::streaming::connection::websocket::WebSocket;
use crate::streaming::generated::Channel;
use crate::streaming::select::{Either, select};

/// A command from a stream to the hub.
#[derive(Debug)]
pub(super) enum Command {
    Subscribe(Subscriber),
    Unsubscribe(u64),
}

/// Maximum time to send one message.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a new connection waits for its first subscriber.
const FIRST_SUBSCRIBER_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum length in bytes of the part that is kept of a message that cannot be decoded.
const MAX_MALFORMED_LEN: usize = 1024;

/// A WebSocket and its subscribers.
pub(super) struct Hub {
    connection: WebSocket,
    commands: mpsc::UnboundedReceiver<Command>,
    /// Knows when the next connection is opened.
    socket: Arc<Socket>,
    core: Arc<Core>,
    folds_hashtags: bool,
    subscribers: Vec<Subscriber>,
    topics: Topics,
    refusals: Refusals,
    /// Last ping that follows a request, and its time.
    pinged: Option<(u64, Instant)>,
    /// Time of the last received message.
    last_received: Instant,
    /// Whether a ping was sent since the last received message.
    ping_sent: bool,
}

impl Hub {
    pub(super) fn new(
        connection: WebSocket,
        commands: mpsc::UnboundedReceiver<Command>,
        client: &Mastodon,
        socket: Arc<Socket>,
        folds_hashtags: bool,
    ) -> Self {
        Self {
            connection,
            commands,
            socket,
            core: Arc::clone(client.core()),
            folds_hashtags,
            subscribers: Vec::new(),
            topics: Topics::default(),
            refusals: Refusals::default(),
            pinged: None,
            last_received: Instant::now(),
            ping_sent: false,
        }
    }

    /// Runs until the connection closes or no subscribers are left. The URL of the connection contains a channel.
    pub(super) async fn run(mut self, key: Key, channel: Channel) {
        let opened = Instant::now();
        self.topics.add_unused(key, channel, opened);
        let reason = self.serve().await.err().unwrap_or(CloseReason::Unused);
        tracing::debug!(?reason, "WebSocket closed");
        let subscribers = self.subscribers.iter();
        let max_backoff = subscribers.map(|subscriber| subscriber.max_backoff).min();
        // The time of the next attempt is known before the streams request it.
        let error = reason.to_error(&self.core, &STREAM_OPEN_WEBSOCKET);
        self.socket.on_closed(error, max_backoff, opened.elapsed());
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            if let Command::Subscribe(subscriber) = command {
                subscriber.messages.close(reason.clone());
            }
        }
        for subscriber in self.subscribers {
            subscriber.messages.close(reason.clone());
        }
        let _closed = timeout(SEND_TIMEOUT, self.connection.close(None)).await;
    }

    /// Returns `Ok` when no subscribers are left.
    async fn serve(&mut self) -> Result<(), CloseReason> {
        // The first subscriber must be registered before the first message is dispatched.
        let first = timeout(FIRST_SUBSCRIBER_TIMEOUT, self.commands.recv()).await;
        let Ok(Some(first)) = first else {
            return Ok(());
        };
        self.handle_command(first).await?;
        while !self.subscribers.is_empty() || !self.commands.is_empty() {
            let deadline = self.next_deadline();
            let next = if deadline <= self.last_received {
                // With a constant flow of messages, `timeout_at` would never reach its timer.
                None
            } else {
                let next = select(self.commands.recv(), self.connection.next());
                timeout_at(deadline, next).await.ok()
            };
            match next {
                None => self.on_deadline().await?,
                Some(Either::Left(Some(command))) => self.handle_command(command).await?,
                Some(Either::Left(None)) => return Ok(()),
                Some(Either::Right(message)) => self.handle_message(message).await?,
            }
        }
        Ok(())
    }

    async fn handle_command(&mut self, command: Command) -> Result<(), CloseReason> {
        match command {
            Command::Subscribe(subscriber) => self.subscribe(subscriber).await,
            Command::Unsubscribe(id) => {
                self.remove_subscribers(|subscriber| subscriber.id == id);
                Ok(())
            }
        }
    }

    fn next_deadline(&self) -> Instant {
        let idle_timeout = self.idle_timeout();
        let idle = if self.ping_sent {
            idle_timeout
        } else {
            idle_timeout / 2
        };
        let deadlines = [self.topics.deadline(), self.refusals.deadline()];
        let deadlines = deadlines.into_iter().flatten();
        deadlines.fold(self.last_received + idle, Instant::min)
    }

    /// Returns the shortest idle timeout of the subscribers.
    fn idle_timeout(&self) -> Duration {
        let subscribers = self.subscribers.iter();
        let timeouts = subscribers.map(|subscriber| subscriber.idle_timeout);
        timeouts.min().unwrap_or(FIRST_SUBSCRIBER_TIMEOUT)
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
        let is_searching = self.refusals.deadline().is_some();
        let requests = self.topics.due(now, is_searching);
        self.send_requests(requests).await?;
        if self
            .refusals
            .deadline()
            .is_some_and(|deadline| now >= deadline)
        {
            let steps = self.refusals.advance(now);
            self.carry_out(steps).await?;
        }
        Ok(())
    }

    async fn subscribe(&mut self, subscriber: Subscriber) -> Result<(), CloseReason> {
        let now = Instant::now();
        let (id, key) = (subscriber.id, subscriber.key.clone());
        let request = self.topics.acquire(&key, &subscriber.channel, now);
        self.subscribers.push(subscriber);
        if request.is_some() {
            self.refusals.add(&key, now);
        }
        self.send_requests(request).await?;
        // The server does not confirm a subscription, but it replies to a ping that follows the request.
        self.pinged = Some((id, now));
        self.send(Message::Ping(Bytes::copy_from_slice(&id.to_be_bytes())))
            .await
    }

    /// Removes subscribers whose streams were closed. Their subscriptions are kept for some time.
    fn remove_subscribers(&mut self, is_removed: impl Fn(&Subscriber) -> bool) {
        let now = Instant::now();
        let removed = self
            .subscribers
            .extract_if(.., |subscriber| is_removed(subscriber));
        let keys: Vec<Key> = removed.map(|subscriber| subscriber.key).collect();
        for key in keys {
            self.topics.release(&key, now);
            let mut others = self.subscribers.iter();
            if others.all(|other| other.key != key) && self.refusals.remove(&key) {
                self.topics.mark_unconfirmed(&key, now);
            }
        }
    }

    async fn send_requests(
        &mut self,
        requests: impl IntoIterator<Item = Request>,
    ) -> Result<(), CloseReason> {
        for request in requests {
            let (request_type, channel) = match &request {
                Request::Subscribe(channel) => (StreamRequestType::Subscribe, channel),
                Request::Unsubscribe(channel) => (StreamRequestType::Unsubscribe, channel),
                Request::Repeat(_, channel) => (StreamRequestType::Subscribe, channel),
            };
            let mut json = serde_json::Map::new();
            json.insert("type".to_owned(), request_type.as_str().into());
            json.insert("stream".to_owned(), channel.name().into());
            if let Some((name, value)) = channel.argument() {
                json.insert(name.to_owned(), value.into());
            }
            let json = serde_json::Value::Object(json).to_string();
            self.send(Message::text(json)).await?;
            if let Request::Repeat(key, _) = &request {
                let subscribers = self.subscribers.iter();
                subscribers
                    .filter(|subscriber| subscriber.key == *key)
                    .for_each(|subscriber| subscriber.messages.mark_uncertain());
            }
        }
        Ok(())
    }

    async fn send(&mut self, message: Message) -> Result<(), CloseReason> {
        match timeout(SEND_TIMEOUT, self.connection.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.closed(&root_cause(&error))),
            Err(_) => Err(self.closed("sending a message to the server timed out")),
        }
    }

    /// Returns the reason of a closed connection. The server's part of it may repeat the access token.
    fn closed(&self, reason: &str) -> CloseReason {
        CloseReason::Closed(redact_text(&self.core, reason))
    }

    async fn handle_message(
        &mut self,
        message: Option<Result<Message, SocketError>>,
    ) -> Result<(), CloseReason> {
        (self.last_received, self.ping_sent) = (Instant::now(), false);
        match message {
            None => Err(self.closed("the server closed the connection")),
            Some(Err(error)) => Err(self.closed(&root_cause(&error))),
            // Old versions of Pleroma send empty messages as heartbeats.
            Some(Ok(Message::Text(text))) if !text.trim_ascii().is_empty() => {
                self.handle_text(&text).await
            }
            Some(Ok(Message::Close(frame))) => {
                let details = frame.map(|frame| format!(": {} {}", frame.code, frame.reason));
                let details = details.unwrap_or_default();
                Err(self.closed(&format!("the server closed the connection{details}")))
            }
            Some(Ok(Message::Pong(id))) if id.len() == size_of::<u64>() => {
                let id = id.iter().fold(0, |id, byte| id << 8 | u64::from(*byte));
                self.acknowledge_up_to(id);
                Ok(())
            }
            Some(Ok(_)) => {
                for subscriber in &self.subscribers {
                    subscriber.messages.push_heartbeat();
                }
                Ok(())
            }
        }
    }

    /// Acknowledges all subscriptions up to this ID: the server has read their requests.
    fn acknowledge_up_to(&mut self, id: u64) {
        if let Some((_, at)) = self.pinged.take_if(|(pinged, _)| *pinged == id) {
            self.refusals.note_response_time(at.elapsed());
        }
        let subscribers = self.subscribers.iter_mut();
        subscribers
            .filter(|subscriber| subscriber.id <= id)
            .for_each(Subscriber::acknowledge);
    }

    async fn handle_text(&mut self, text: &str) -> Result<(), CloseReason> {
        let envelope = match Envelope::decode(text) {
            Ok(envelope) => envelope,
            Err(error) => {
                let error = format!("cannot decode a message: {error}");
                let malformed = HubMessage::Malformed(Arc::new(MalformedMessage {
                    beginning: text[..char_boundary(text, MAX_MALFORMED_LEN)].to_owned(),
                    error: redact_text(&self.core, &error),
                }));
                self.dispatch(&malformed, |_| true).await;
                return Ok(());
            }
        };
        if let Some(error) = &envelope.error {
            return self.handle_error(&error.0, envelope.status()).await;
        }
        let Some(name) = &envelope.event else {
            return Ok(());
        };
        let payload = envelope.payload.map(|payload| payload.0.into_owned());
        let event = HubMessage::event(&name.0, payload.unwrap_or_default());
        if self.socket.is_exclusive() {
            // GoToSocial names one of the streams to which an event belongs.
            self.dispatch(&event, |_| true).await;
            return Ok(());
        }
        let label = LabelKey::new(&envelope.stream, self.folds_hashtags);
        let (accepted, requests) = self.topics.on_event(&label, self.last_received);
        for key in accepted {
            self.refusals.remove(&key);
        }
        self.dispatch(&event, |key| label.matches(key)).await;
        self.send_requests(requests).await
    }

    /// Delivers a message to all matching subscribers. Removes those that cannot take it.
    async fn dispatch(&mut self, message: &HubMessage, is_recipient: impl Fn(&Key) -> bool) {
        let mut removed = Vec::new();
        let subscribers = self.subscribers.iter_mut();
        for subscriber in subscribers.filter(|subscriber| is_recipient(&subscriber.key)) {
            // An event proves that the server has handled the request.
            if matches!(message, HubMessage::Event(_)) {
                subscriber.acknowledge();
            }
            if !subscriber.deliver(message).await {
                removed.push(subscriber.id);
            }
        }
        if !removed.is_empty() {
            self.remove_subscribers(|subscriber| removed.contains(&subscriber.id));
        }
    }

    /// Handles an error from the server, which names no stream.
    async fn handle_error(&mut self, error: &str, status: Option<u16>) -> Result<(), CloseReason> {
        let (now, cause) = (self.last_received, Cause::from_error(error, status));
        match cause {
            Cause::Unsubscribe => return Ok(()),
            Cause::Failure => {
                self.topics.on_failure(now);
                return Ok(());
            }
            _ => {}
        }
        let message = redact_text(&self.core, error);
        let message = &message[..char_boundary(&message, MAX_MALFORMED_LEN)];
        let body = serde_json::json!({ "error": message }).to_string();
        let status = status.unwrap_or_else(|| cause.default_status(message));
        let reason = CloseReason::Rejected(status, body);
        let candidates = self.topics.candidates(cause, now);
        if candidates.has_unused {
            self.topics.mark_unused_unconfirmed(cause, now);
        }
        let steps = self.refusals.on_error(cause, reason, candidates, now);
        self.carry_out(steps).await
    }

    async fn carry_out(&mut self, steps: Vec<Step>) -> Result<(), CloseReason> {
        for step in steps {
            match step {
                Step::Request(keys) => {
                    let now = Instant::now();
                    let channels = keys.iter().filter_map(|key| self.topics.probe(key, now));
                    let requests: Vec<_> = channels.map(Request::Subscribe).collect();
                    self.send_requests(requests).await?;
                }
                Step::Refuse(key, reason) => {
                    self.topics.remove(&key);
                    self.refusals.remove(&key);
                    let refused = self
                        .subscribers
                        .extract_if(.., |subscriber| subscriber.key == key);
                    refused.for_each(|subscriber| subscriber.messages.close(reason.clone()));
                }
            }
        }
        Ok(())
    }
}
