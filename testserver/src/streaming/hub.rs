//! Who listens at this moment, and the queue of each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{Notify, mpsc, watch};

use super::{Payload, Subscription, Transport};
use crate::fault::{Faults, StreamFault};
use crate::ids::Id;

/// How many messages wait for a subscriber who does not read; with one more the connection is cut.
const MAX_QUEUED_COMMANDS: usize = 256;

/// What a connection is to do next.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Send a message.
    Send(Bytes),
    /// Send bytes in registration of a message.
    SendRaw(Bytes),
    /// Send so many bytes of a message, and cut the connection.
    SendPartAndCut(Bytes, usize),
    /// Send a heartbeat.
    Heartbeat,
    /// Let time pass.
    Delay(Duration),
    /// Send nothing any more.
    Stall,
    /// Close the connection with a code and a reason.
    Close(u16, String),
    /// End the connection.
    End,
}

/// A connection over which events go out.
#[derive(Debug)]
pub(crate) struct Subscriber {
    pub(crate) transport: Transport,
    /// The path of the request that opened it.
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) user: Id,
    /// Whether the token may read notifications.
    pub(crate) notifications: bool,
    pub(crate) subscriptions: Vec<Subscription>,
}

#[derive(Debug)]
struct Entry {
    subscriber: Subscriber,
    commands: mpsc::Sender<Command>,
    cut: Arc<Notify>,
}

/// Everybody who listens.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    entries: watch::Sender<BTreeMap<u64, Entry>>,
    opened: AtomicU64,
    faults: Arc<Faults>,
}

impl Hub {
    pub(crate) fn new(faults: Arc<Faults>) -> Self {
        Self {
            faults,
            ..Self::default()
        }
    }

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

    /// Sends an event over all streams that carry it; `payload` tells to which of them it belongs.
    pub(crate) fn publish(
        &self,
        event: &str,
        payload: impl Fn(&Subscriber, &Subscription) -> Option<Payload>,
    ) {
        self.send_commands(|subscriber| {
            let carrying = subscriber
                .subscriptions
                .iter()
                .filter(|subscription| subscription.stream.events.contains(&event));
            let mut commands = Vec::new();
            for subscription in carrying {
                if let Some(payload) = payload(subscriber, subscription) {
                    commands.extend(self.event_commands(subscriber, subscription, event, &payload));
                }
            }
            commands
        });
    }

    /// Sends a heartbeat over every connection.
    pub(crate) fn send_heartbeats(&self) {
        self.send_commands(|subscriber| self.heartbeat_commands(&subscriber.path));
    }

    /// Ends the connections that a token opened.
    pub(crate) fn end_connections_of_token(&self, token: &str) {
        self.end_matching(|subscriber| subscriber.token == token);
    }

    /// Ends the connections of a user.
    pub(crate) fn end_connections_of_user(&self, user: Id) {
        self.end_matching(|subscriber| subscriber.user == user);
    }

    fn end_matching(&self, which: impl Fn(&Subscriber) -> bool) {
        self.send_commands(|subscriber| {
            which(subscriber)
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

    /// Looks at the subscribers, in the command in which they came.
    pub(crate) fn map_subscribers<T>(&self, at: impl Fn(&Subscriber) -> T) -> Vec<T> {
        let entries = self.entries.borrow();
        entries
            .values()
            .map(|entry| at(&entry.subscriber))
            .collect()
    }

    /// Waits until something holds of the subscribers.
    pub(crate) async fn wait_until(
        &self,
        holds: impl Fn(&mut dyn Iterator<Item = &Subscriber>) -> bool,
    ) {
        let mut entries = self.entries.subscribe();
        let reached = entries.wait_for(|entries| {
            let mut subscribers = entries.values().map(|entry| &entry.subscriber);
            holds(&mut subscribers)
        });
        // The sender is `self`, so it cannot go meanwhile.
        let _reached = reached.await;
    }

    /// Hands out commands. Who has too many waiting is cut.
    fn send_commands(&self, commands: impl Fn(&Subscriber) -> Vec<Command>) {
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

    /// What an event makes of a connection, with the fault that strikes it.
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
        let whole = encode(event, payload);
        let send = Command::Send(whole.clone());
        match self.faults.take_for_message(&subscriber.path, Some(&whole)) {
            None => vec![send],
            Some(StreamFault::DisconnectInEvent) => {
                let middle = whole.len() / 2;
                let begins = |at: &usize| whole.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
                let at = (middle..=whole.len()).find(begins).unwrap_or(middle);
                vec![Command::SendPartAndCut(whole, at)]
            }
            Some(StreamFault::DisconnectInCharacter) => {
                let first = whole.iter().position(|byte| !byte.is_ascii());
                vec![Command::SendPartAndCut(whole, first.unwrap_or(0) + 1)]
            }
            Some(StreamFault::Duplicate) => vec![send.clone(), send],
            Some(StreamFault::Delay(by)) => vec![Command::Delay(by), send],
            Some(StreamFault::ExtraEvent(name, text)) => {
                let other = encode(&name, &Payload::Text(text));
                vec![Command::Send(other), send]
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

/// A connection's end of its queue.
pub(crate) struct HubConnection {
    pub(crate) commands: mpsc::Receiver<Command>,
    /// Tells that the connection has to be cut.
    pub(crate) cut: Arc<Notify>,
    pub(crate) registration: Registration,
}

/// Where a connection stands among the subscribers, until this is dropped.
pub(crate) struct Registration {
    hub: Arc<Hub>,
    id: u64,
    path: String,
}

impl Registration {
    /// What to do when a heartbeat is due.
    pub(crate) fn heartbeat_commands(&self) -> Vec<Command> {
        self.hub.heartbeat_commands(&self.path)
    }

    /// Listens to one more stream; once is enough.
    pub(crate) fn subscribe(&self, new: Subscription) {
        self.change(|subscriber| {
            let known = subscriber.subscriptions.iter().any(|old| old.same_as(&new));
            if !known {
                subscriber.subscriptions.push(new);
            }
            !known
        });
    }

    pub(crate) fn unsubscribe(&self, gone: &Subscription) {
        self.change(|subscriber| {
            let before = subscriber.subscriptions.len();
            subscriber.subscriptions.retain(|old| !old.same_as(gone));
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
