//! Who listens at this moment, and the queue of each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{Notify, mpsc, watch};

use super::{Subscription, Transport};
use crate::fault::{Faults, StreamFault};
use crate::ids::Id;

/// How many messages wait for a listener who does not read; with one more the connection is cut.
const QUEUE: usize = 256;

/// What a connection is to do next.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// Send a message.
    Send(Bytes),
    /// Send bytes in place of a message.
    Raw(Bytes),
    /// Send so many bytes of a message, and cut the connection.
    Cut(Bytes, usize),
    /// Send a heartbeat.
    Beat,
    /// Let time pass.
    Wait(Duration),
    /// Send nothing any more.
    Silence,
    /// Close the connection with a code and a reason.
    Close(u16, String),
    /// End the connection.
    End,
}

/// What an event is about.
pub(crate) enum Payload {
    None,
    Text(String),
}

/// A connection over which events go out.
#[derive(Debug)]
pub(crate) struct Listener {
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
struct Line {
    listener: Listener,
    orders: mpsc::Sender<Order>,
    cut: Arc<Notify>,
}

/// Everybody who listens.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    lines: watch::Sender<BTreeMap<u64, Line>>,
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

    pub(crate) fn open(self: &Arc<Self>, listener: Listener) -> Seat {
        let (sender, orders) = mpsc::channel(QUEUE);
        let (cut, path) = (Arc::default(), listener.path.clone());
        let id = self.opened.fetch_add(1, Ordering::Relaxed);
        let line = Line {
            listener,
            orders: sender,
            cut: Arc::clone(&cut),
        };
        self.lines.send_modify(|lines| {
            lines.insert(id, line);
        });
        Seat {
            orders,
            cut,
            place: Place {
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
        payload: impl Fn(&Listener, &Subscription) -> Option<Payload>,
    ) {
        self.order(|listener| {
            let carrying = listener
                .subscriptions
                .iter()
                .filter(|subscription| subscription.stream.events.contains(&event));
            let mut orders = Vec::new();
            for subscription in carrying {
                if let Some(payload) = payload(listener, subscription) {
                    orders.extend(self.event(listener, subscription, event, &payload));
                }
            }
            orders
        });
    }

    /// Sends a heartbeat over every connection.
    pub(crate) fn beat(&self) {
        self.order(|listener| self.heartbeat(&listener.path));
    }

    /// Ends the connections that a token opened.
    pub(crate) fn end_token(&self, token: &str) {
        self.end(|listener| listener.token == token);
    }

    /// Ends the connections of a user.
    pub(crate) fn end_user(&self, user: Id) {
        self.end(|listener| listener.user == user);
    }

    fn end(&self, which: impl Fn(&Listener) -> bool) {
        self.order(|listener| which(listener).then_some(Order::End).into_iter().collect());
    }

    /// Cuts every connection.
    pub(crate) fn close(&self) {
        for line in self.lines.send_replace(BTreeMap::new()).values() {
            line.cut.notify_one();
        }
    }

    /// Looks at the listeners, in the order in which they came.
    pub(crate) fn look<T>(&self, at: impl Fn(&Listener) -> T) -> Vec<T> {
        let lines = self.lines.borrow();
        lines.values().map(|line| at(&line.listener)).collect()
    }

    /// Waits until something holds of the listeners.
    pub(crate) async fn until(&self, holds: impl Fn(&mut dyn Iterator<Item = &Listener>) -> bool) {
        let mut lines = self.lines.subscribe();
        let reached = lines.wait_for(|lines| {
            let mut listeners = lines.values().map(|line| &line.listener);
            holds(&mut listeners)
        });
        // The sender is `self`, so it cannot go meanwhile.
        let _reached = reached.await;
    }

    /// Hands out orders. Who has too many waiting is cut.
    fn order(&self, orders: impl Fn(&Listener) -> Vec<Order>) {
        let mut full = Vec::new();
        for (id, line) in self.lines.borrow().iter() {
            for order in orders(&line.listener) {
                if let Err(mpsc::error::TrySendError::Full(_)) = line.orders.try_send(order) {
                    full.push(*id);
                    break;
                }
            }
        }
        for id in full {
            if let Some(line) = self.remove(id) {
                line.cut.notify_one();
            }
        }
    }

    fn remove(&self, id: u64) -> Option<Line> {
        let mut removed = None;
        self.lines.send_if_modified(|lines| {
            removed = lines.remove(&id);
            removed.is_some()
        });
        removed
    }

    /// What an event makes of a connection, with the fault that strikes it.
    fn event(
        &self,
        listener: &Listener,
        subscription: &Subscription,
        event: &str,
        payload: &Payload,
    ) -> Vec<Order> {
        let encode = |event: &str, payload: &Payload| {
            listener.transport.encode(subscription, event, payload)
        };
        let whole = encode(event, payload);
        let send = Order::Send(whole.clone());
        match self.faults.strike_stream(&listener.path, Some(&whole)) {
            None => vec![send],
            Some(StreamFault::CutInEvent) => {
                let middle = whole.len() / 2;
                let begins = |at: &usize| whole.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
                let at = (middle..=whole.len()).find(begins).unwrap_or(middle);
                vec![Order::Cut(whole, at)]
            }
            Some(StreamFault::CutInCharacter) => {
                let first = whole.iter().position(|byte| !byte.is_ascii());
                vec![Order::Cut(whole, first.unwrap_or(0) + 1)]
            }
            Some(StreamFault::Duplicate) => vec![send.clone(), send],
            Some(StreamFault::Delay(by)) => vec![Order::Wait(by), send],
            Some(StreamFault::Event(name, text)) => {
                let other = encode(&name, &Payload::Text(text));
                vec![Order::Send(other), send]
            }
            Some(StreamFault::Garbage(bytes)) => vec![Order::Raw(bytes), send],
            Some(StreamFault::Silence) => vec![Order::Silence],
            Some(StreamFault::Close(code, reason)) => vec![Order::Close(code, reason)],
        }
    }

    fn heartbeat(&self, path: &str) -> Vec<Order> {
        match self.faults.strike_stream(path, None) {
            Some(StreamFault::Garbage(bytes)) => vec![Order::Raw(bytes), Order::Beat],
            Some(StreamFault::Silence) => vec![Order::Silence],
            Some(StreamFault::Close(code, reason)) => vec![Order::Close(code, reason)],
            _ => vec![Order::Beat],
        }
    }
}

/// A connection's end of its queue.
pub(crate) struct Seat {
    pub(crate) orders: mpsc::Receiver<Order>,
    /// Tells that the connection has to be cut.
    pub(crate) cut: Arc<Notify>,
    pub(crate) place: Place,
}

/// Where a connection stands among the listeners, until this is dropped.
pub(crate) struct Place {
    hub: Arc<Hub>,
    id: u64,
    path: String,
}

impl Place {
    /// What to do when a heartbeat is due.
    pub(crate) fn heartbeat(&self) -> Vec<Order> {
        self.hub.heartbeat(&self.path)
    }

    /// Listens to one more stream; once is enough.
    pub(crate) fn subscribe(&self, new: Subscription) {
        self.change(|listener| {
            let known = listener.subscriptions.iter().any(|old| old.same_as(&new));
            if !known {
                listener.subscriptions.push(new);
            }
            !known
        });
    }

    pub(crate) fn unsubscribe(&self, gone: &Subscription) {
        self.change(|listener| {
            let before = listener.subscriptions.len();
            listener.subscriptions.retain(|old| !old.same_as(gone));
            listener.subscriptions.len() < before
        });
    }

    fn change(&self, change: impl FnOnce(&mut Listener) -> bool) {
        self.hub.lines.send_if_modified(|lines| {
            let line = lines.get_mut(&self.id);
            line.is_some_and(|line| change(&mut line.listener))
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hub.remove(self.id);
    }
}
