//! Registry of the open streaming connections, with a command queue for each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use super::outbox::{Message, Outbox};
use super::{Payload, StreamingBehavior, Subscription, Transport};
use crate::behavior::SharedBehavior;
use crate::fault::{Faults, StreamFault};
use crate::ids::Id;
use crate::random::Random;

/// Maximum number of queued commands of a connection whose client does not read. One more cuts the connection.
///
/// A mute can remove up to 800 statuses from the home timeline and from each list at once.
const MAX_QUEUED_COMMANDS: usize = 2048;

/// Instruction for the task of a connection.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Send a message.
    Send(Bytes),
    /// Send these bytes instead of an encoded message.
    SendRaw(Bytes),
    /// Send the first bytes of a message (the number is given), then cut the connection.
    SendPartAndCut(Bytes, usize),
    /// Send a heartbeat.
    Heartbeat,
    /// Wait.
    Delay(Duration),
    /// Stop sending, but keep the connection open.
    Stall,
    /// Close the connection with a code and a reason.
    Close(u16, String),
    /// Close the connection without a code.
    End,
}

/// Client of a streaming connection, with its subscriptions.
#[derive(Debug)]
pub(crate) struct Subscriber {
    pub(crate) transport: Transport,
    /// Path of the request that opened the connection.
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) user: Id,
    /// Languages that the user had chosen when the connection was opened. Empty: all.
    pub(crate) languages: Vec<String>,
    pub(crate) subscriptions: Vec<Subscription>,
}

#[derive(Debug)]
struct Entry {
    subscriber: Subscriber,
    commands: mpsc::Sender<Command>,
    cut: Arc<Notify>,
}

/// Registry of the open streaming connections.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    entries: watch::Sender<BTreeMap<u64, Entry>>,
    opened: AtomicU64,
    /// Number of requests to the streaming API.
    requests: AtomicU64,
    faults: Arc<Faults>,
    behavior: SharedBehavior,
    heartbeat_timer: HeartbeatTimer,
    pub(crate) random: Random,
    pub(super) outbox: Outbox,
}

/// Start of the one timer by which all WebSockets are pinged.
#[derive(Debug)]
struct HeartbeatTimer(Instant);

impl Default for HeartbeatTimer {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Hub {
    pub(crate) fn new(behavior: SharedBehavior, faults: Arc<Faults>, random: Random) -> Self {
        Self {
            behavior,
            faults,
            random,
            ..Self::default()
        }
    }

    /// Registers a connection.
    pub(crate) fn register(self: &Arc<Self>, subscriber: Subscriber) -> HubConnection {
        let (sender, commands) = mpsc::channel(MAX_QUEUED_COMMANDS);
        let (cut, path) = (Arc::default(), subscriber.path.clone());
        let id = self.opened.fetch_add(1, Ordering::Relaxed);
        let entry = Entry {
            subscriber,
            commands: sender,
            cut: Arc::clone(&cut),
        };
        self.entries.send_modify(|entries| {
            entries.insert(id, entry);
        });
        HubConnection {
            commands,
            cut,
            registration: Registration {
                hub: Arc::clone(self),
                id,
                path,
            },
        }
    }

    pub(crate) fn behavior(&self) -> StreamingBehavior {
        self.behavior.with(|behavior| behavior.streaming.clone())
    }

    pub(crate) fn set_behavior(&self, behavior: StreamingBehavior) {
        self.behavior.with(|all| all.streaming = behavior);
    }

    /// Returns the next heartbeat of a timer that is the same for all connections.
    pub(super) fn next_heartbeat(&self, interval: Duration) -> Instant {
        let start = self.heartbeat_timer.0;
        let elapsed = start.elapsed().as_nanos() % interval.as_nanos().max(1);
        let passed = Duration::from_nanos(u64::try_from(elapsed).unwrap_or(0));
        Instant::now() + interval.saturating_sub(passed)
    }

    /// Returns a new ID for the header `X-Request-Id`.
    pub(super) fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("00000000-0000-4000-8000-{number:012x}")
    }

    /// Returns a message that must be sent at once. Queues others until they must be sent.
    pub(super) fn delay(&self, message: Message) -> Option<Message> {
        self.outbox.publish(message, &self.behavior(), &self.random)
    }

    /// Sends a message to all subscriptions of its channels for which `payload` returns one.
    pub(super) fn send(
        &self,
        message: &Message,
        mut payload: impl FnMut(&Subscriber, &Subscription) -> Option<Payload>,
    ) {
        let labels = self.behavior().labels;
        self.send_commands(|subscriber| {
            let mut commands = Vec::new();
            let matching = message.channels.iter().flat_map(|channel| {
                let subscriptions = subscriber.subscriptions.iter();
                subscriptions.filter(|subscription| {
                    subscription.is_live() && subscription.channels.contains(channel)
                })
            });
            for subscription in matching.take(labels.max_copies()) {
                if let Some(payload) = payload(subscriber, subscription) {
                    let event = message.event;
                    commands.extend(self.event_commands(subscriber, subscription, event, &payload));
                }
            }
            commands
        });
    }

    /// Sends an event to all subscriptions of a user whose stream has it. Returns how many there are.
    pub(super) fn send_to_user(&self, user: Id, event: &str, payload: &Payload) -> usize {
        let mut sent = 0;
        self.send_commands(|subscriber| {
            let subscriptions = subscriber.subscriptions.iter().filter(|subscription| {
                let has_event = subscription.stream.events.contains(&event);
                has_event && subscriber.user == user && subscription.is_live()
            });
            let mut commands = Vec::new();
            for subscription in subscriptions {
                commands.extend(self.event_commands(subscriber, subscription, event, payload));
                sent += 1;
            }
            commands
        });
        sent
    }

    /// Sends a heartbeat over every connection.
    pub(crate) fn send_heartbeats(&self) {
        self.send_commands(|subscriber| self.heartbeat_commands(&subscriber.path));
    }

    /// Closes the connections that were opened with a token.
    pub(crate) fn end_connections_of_token(&self, token: &str) {
        self.end_matching(|subscriber| subscriber.token == token);
    }

    /// Closes the connections of a user.
    pub(crate) fn end_connections_of_user(&self, user: Id) {
        self.end_matching(|subscriber| subscriber.user == user);
    }

    fn end_matching(&self, matches: impl Fn(&Subscriber) -> bool) {
        self.send_commands(|subscriber| {
            matches(subscriber)
                .then_some(Command::End)
                .into_iter()
                .collect()
        });
    }

    /// Cuts every connection.
    pub(crate) fn cut_all(&self) {
        for entry in self.entries.send_replace(BTreeMap::new()).values() {
            entry.cut.notify_one();
        }
    }

    /// Cuts the connection at a position in the order in which they connected. Returns `false` if there is none.
    pub(crate) fn cut(&self, position: usize) -> bool {
        let id = self.entries.borrow().keys().nth(position).copied();
        let removed = id.and_then(|id| self.remove(id));
        if let Some(entry) = &removed {
            entry.cut.notify_one();
        }
        removed.is_some()
    }

    /// Cuts the connection with an ID. Returns `false` if there is none.
    pub(crate) fn cut_connection(&self, id: u64) -> bool {
        let removed = self.remove(id);
        if let Some(entry) = &removed {
            entry.cut.notify_one();
        }
        removed.is_some()
    }

    /// Closes the connection with an ID. Returns `false` if there is none.
    pub(crate) fn close_connection(&self, id: u64, code: u16, reason: &str) -> bool {
        self.command(id, Command::Close(code, reason.to_owned()))
    }

    /// Stops sending on the connection with an ID. Returns `false` if there is none.
    pub(crate) fn stall_connection(&self, id: u64) -> bool {
        self.command(id, Command::Stall)
    }

    /// Queues a command for a connection. Returns `false` if there is none, or if it has too many.
    fn command(&self, id: u64, command: Command) -> bool {
        let entries = self.entries.borrow();
        let entry = entries.get(&id);
        entry.is_some_and(|entry| entry.commands.try_send(command).is_ok())
    }

    /// Returns the IDs of all connections, in the order in which they connected.
    pub(super) fn connection_ids(&self) -> Vec<u64> {
        self.entries.borrow().keys().copied().collect()
    }

    /// Maps all subscribers, in the order in which they connected.
    pub(crate) fn map_subscribers<T>(&self, map: impl Fn(&Subscriber) -> T) -> Vec<T> {
        let entries = self.entries.borrow();
        entries
            .values()
            .map(|entry| map(&entry.subscriber))
            .collect()
    }

    /// Waits until a condition on the subscribers is true.
    pub(crate) async fn wait_until(
        &self,
        condition: impl Fn(&mut dyn Iterator<Item = &Subscriber>) -> bool,
    ) {
        let mut entries = self.entries.subscribe();
        let reached = entries.wait_for(|entries| {
            let mut subscribers = entries.values().map(|entry| &entry.subscriber);
            condition(&mut subscribers)
        });
        // The sender is owned by `self`, so waiting cannot fail.
        let _closed = reached.await;
    }

    /// Queues commands for each subscriber. Cuts connections whose queue is full.
    fn send_commands(&self, mut commands: impl FnMut(&Subscriber) -> Vec<Command>) {
        let mut full = Vec::new();
        for (id, entry) in self.entries.borrow().iter() {
            for command in commands(&entry.subscriber) {
                if let Err(mpsc::error::TrySendError::Full(_)) = entry.commands.try_send(command) {
                    full.push(*id);
                    break;
                }
            }
        }
        for id in full {
            if let Some(entry) = self.remove(id) {
                entry.cut.notify_one();
            }
        }
    }

    fn remove(&self, id: u64) -> Option<Entry> {
        let mut removed = None;
        self.entries.send_if_modified(|entries| {
            removed = entries.remove(&id);
            removed.is_some()
        });
        removed
    }

    /// Returns the commands that send an event, with an injected fault applied.
    fn event_commands(
        &self,
        subscriber: &Subscriber,
        subscription: &Subscription,
        event: &str,
        payload: &Payload,
    ) -> Vec<Command> {
        let encode = |event: &str, payload: &Payload| {
            subscriber.transport.encode(subscription, event, payload)
        };
        let changed = self
            .faults
            .changed_payload(&subscriber.path, payload.as_bytes());
        let (message, send) = if let Some(changed) = changed {
            let message = encode(event, &Payload::Raw(changed));
            (message.clone(), Command::SendRaw(message))
        } else {
            let message = encode(event, payload);
            (message.clone(), Command::Send(message))
        };
        match self
            .faults
            .take_for_message(&subscriber.path, Some(&message))
        {
            None => vec![send],
            Some(StreamFault::DisconnectInEvent) => {
                let middle = message.len() / 2;
                let is_char_boundary =
                    |at: &usize| message.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
                let at = (middle..=message.len())
                    .find(is_char_boundary)
                    .unwrap_or(middle);
                vec![Command::SendPartAndCut(message, at)]
            }
            Some(StreamFault::DisconnectInCharacter) => {
                let first = message.iter().position(|byte| !byte.is_ascii());
                vec![Command::SendPartAndCut(message, first.unwrap_or(0) + 1)]
            }
            Some(StreamFault::Lose) => Vec::new(),
            Some(StreamFault::Duplicate) => vec![send.clone(), send],
            Some(StreamFault::Delay(delay)) => vec![Command::Delay(delay), send],
            Some(StreamFault::ExtraEvent(name, payload)) => {
                let extra = encode(&name, &Payload::Text(payload));
                vec![Command::Send(extra), send]
            }
            Some(StreamFault::Garbage(bytes)) => vec![Command::SendRaw(bytes), send],
            Some(StreamFault::Stall) => vec![Command::Stall],
            Some(StreamFault::Close(code, reason)) => vec![Command::Close(code, reason)],
        }
    }

    fn heartbeat_commands(&self, path: &str) -> Vec<Command> {
        match self.faults.take_for_message(path, None) {
            Some(StreamFault::Garbage(bytes)) => vec![Command::SendRaw(bytes), Command::Heartbeat],
            Some(StreamFault::Stall) => vec![Command::Stall],
            Some(StreamFault::Close(code, reason)) => vec![Command::Close(code, reason)],
            _ => vec![Command::Heartbeat],
        }
    }
}

/// The connection's side of the registration: its commands and its cut signal.
pub(crate) struct HubConnection {
    pub(crate) commands: mpsc::Receiver<Command>,
    /// Notified when the connection must be cut.
    pub(crate) cut: Arc<Notify>,
    pub(crate) registration: Registration,
}

/// Registration of a connection. Dropping it removes the connection from the hub.
pub(crate) struct Registration {
    hub: Arc<Hub>,
    id: u64,
    path: String,
}

impl Registration {
    /// Returns the commands for a heartbeat.
    pub(crate) fn heartbeat_commands(&self) -> Vec<Command> {
        self.hub.heartbeat_commands(&self.path)
    }

    /// Adds a subscription, unless it exists already.
    pub(crate) fn subscribe(&self, new: Subscription) {
        self.change(|subscriber| {
            let exists = subscriber
                .subscriptions
                .iter()
                .any(|old| old.channels == new.channels);
            if !exists {
                subscriber.subscriptions.push(new);
            }
            !exists
        });
    }

    pub(crate) fn unsubscribe(&self, removed: &Subscription) {
        self.change(|subscriber| {
            let before = subscriber.subscriptions.len();
            subscriber
                .subscriptions
                .retain(|old| old.channels != removed.channels);
            subscriber.subscriptions.len() < before
        });
    }

    fn change(&self, change: impl FnOnce(&mut Subscriber) -> bool) {
        self.hub.entries.send_if_modified(|entries| {
            let entry = entries.get_mut(&self.id);
            entry.is_some_and(|entry| change(&mut entry.subscriber))
        });
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.hub.remove(self.id);
    }
}
