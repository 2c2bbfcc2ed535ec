//! Desired subscriptions, and the requests that establish them.
//!
//! The server handles each request by itself, with a database query in between, and confirms none. A later request can
//! take effect before an earlier one: a `subscribe` that overtakes an `unsubscribe` is ignored as a duplicate, and then
//! the `unsubscribe` removes the subscription. The client is not notified. Heartbeats concern the connection, and an
//! event can have been sent before the `unsubscribe` took effect, so neither proves that a subscription still exists.
//! Therefore a subscription is kept for some time before it is removed, and one that may have been undone is requested
//! again, several times. The server ignores a repeated request.

use std::time::Duration;

use tokio::time::Instant;

use super::key::{Key, LabelKey};
use super::refusals::Cause;
use crate::streaming::generated::Channel;

/// How long a subscription is kept after its last stream was closed.
pub(super) const UNUSED_SUBSCRIPTION_TTL: Duration = Duration::from_secs(5);

/// When a subscription that may have been undone is requested again.
const REPEATS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
];

/// Time by which the repetition of a request is postponed.
const REPEAT_DELAY: Duration = Duration::from_secs(1);

/// Delays after which a request that the server failed to handle is repeated. The last one applies to all further ones.
const FAILURE_DELAYS: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

/// How long an `unsubscribe` may take effect. After that, the subscription is forgotten.
const UNSUBSCRIBE_EFFECT: Duration = Duration::from_secs(60);

/// Interval of `unsubscribe` requests while events of an unused subscription arrive.
const UNSUBSCRIBE_INTERVAL: Duration = Duration::from_secs(10);

/// Maximum time the server is expected to take to refuse a subscription.
const REFUSAL_WINDOW: Duration = Duration::from_secs(10);

/// A request to the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    Subscribe(Channel),
    Unsubscribe(Channel),
    /// Subscribes again, because the server may have undone the subscription. Events may be missing.
    Repeat(Key, Channel),
}

#[derive(Debug)]
struct Topic {
    key: Key,
    /// Channel in the spelling of the first request.
    channel: Channel,
    /// Number of streams.
    users: usize,
    /// Whether the last request was `subscribe`.
    is_subscribed: bool,
    /// Time of the last `subscribe`.
    requested_at: Instant,
    /// Whether an event arrived, so the subscription was accepted.
    is_accepted: bool,
    unused_since: Option<Instant>,
    unsubscribed_at: Option<Instant>,
    /// Times at which the request is repeated, in order.
    repeats: Vec<Instant>,
    /// Number of requests that the server may have failed to handle.
    failures: usize,
}

impl Topic {
    fn deadline(&self) -> Option<Instant> {
        let repeat = self.repeats.first().copied();
        let unused = self
            .unused_since
            .map(|since| since + UNUSED_SUBSCRIPTION_TTL);
        let unsubscribe = unused.filter(|_| self.is_subscribed);
        let forget = self.unsubscribed_at.map(|at| at + UNSUBSCRIBE_EFFECT);
        let forget = forget.filter(|_| !self.is_subscribed);
        repeat.into_iter().chain(unsubscribe).chain(forget).min()
    }

    fn unsubscribe(&mut self, now: Instant) -> Request {
        self.is_subscribed = false;
        self.unsubscribed_at = Some(now);
        self.repeats.clear();
        Request::Unsubscribe(self.channel.clone())
    }

    /// Marks the subscription as unconfirmed: it is requested again when a stream uses it.
    fn mark_unconfirmed(&mut self, now: Instant) {
        (self.is_subscribed, self.unsubscribed_at) = (false, Some(now));
    }

    /// Returns whether the server may still refuse the last request.
    fn is_pending(&self, now: Instant) -> bool {
        !self.is_accepted && now < self.requested_at + REFUSAL_WINDOW
    }
}

/// Subscriptions that an error may be about.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// Those with streams.
    pub(super) keys: Vec<Key>,
    /// Whether the error can be about a request whose streams are closed.
    pub(super) has_unused: bool,
    /// Whether the requests are recent, so that an error is expected.
    pub(super) are_pending: bool,
    /// Time of their last request.
    pub(super) requested_at: Option<Instant>,
}

/// The subscriptions of a connection.
#[derive(Debug, Default)]
pub(super) struct Topics(Vec<Topic>);

impl Topics {
    /// Adds a subscription that was requested without a stream: by the URL of the connection.
    pub(super) fn add_unused(&mut self, key: Key, channel: Channel, now: Instant) {
        self.0.push(Topic {
            key,
            channel,
            users: 0,
            is_subscribed: true,
            requested_at: now,
            is_accepted: false,
            unused_since: Some(now),
            unsubscribed_at: None,
            repeats: Vec::new(),
            failures: 0,
        });
    }

    /// Adds a stream. Returns the request that is necessary, if any.
    pub(super) fn acquire(
        &mut self,
        key: &Key,
        channel: &Channel,
        now: Instant,
    ) -> Option<Request> {
        let Some(topic) = self.0.iter_mut().find(|topic| topic.key == *key) else {
            self.add_unused(key.clone(), channel.clone(), now);
            let topic = self.0.last_mut()?;
            (topic.users, topic.unused_since) = (1, None);
            return Some(Request::Subscribe(channel.clone()));
        };
        topic.users += 1;
        topic.unused_since = None;
        if topic.is_subscribed {
            return None;
        }
        (topic.is_subscribed, topic.is_accepted) = (true, false);
        topic.requested_at = now;
        topic.repeats = REPEATS.iter().map(|delay| now + *delay).collect();
        Some(Request::Subscribe(topic.channel.clone()))
    }

    /// Removes a stream.
    pub(super) fn release(&mut self, key: &Key, now: Instant) {
        if let Some(topic) = self.0.iter_mut().find(|topic| topic.key == *key) {
            topic.users = topic.users.saturating_sub(1);
            if topic.users == 0 {
                topic.unused_since = Some(now);
            }
        }
    }

    /// Removes a subscription that the server refused.
    pub(super) fn remove(&mut self, key: &Key) {
        self.0.retain(|topic| topic.key != *key);
    }

    /// Handles an event. Returns the keys of the subscriptions that it proves, and a request if the server still serves
    /// one that is no longer used.
    pub(super) fn on_event(
        &mut self,
        label: &LabelKey<'_>,
        now: Instant,
    ) -> (Vec<Key>, Vec<Request>) {
        let (mut accepted, mut requests) = (Vec::new(), Vec::new());
        if label.is_absent() {
            return (accepted, requests);
        }
        for topic in &mut self.0 {
            let needs_attention = !topic.is_accepted || !topic.is_subscribed;
            if !needs_attention || !label.matches(&topic.key) {
                continue;
            }
            if !topic.is_accepted {
                topic.is_accepted = true;
                topic.failures = 0;
                accepted.push(topic.key.clone());
            }
            let is_overdue = topic
                .unsubscribed_at
                .is_some_and(|at| now >= at + UNSUBSCRIBE_INTERVAL);
            if !topic.is_subscribed && is_overdue {
                requests.push(topic.unsubscribe(now));
            }
        }
        (accepted, requests)
    }

    /// Handles an error of the server itself: each pending request may have failed.
    pub(super) fn on_failure(&mut self, now: Instant) {
        let pending = self
            .0
            .iter_mut()
            .filter(|topic| topic.is_pending(now) && topic.users > 0);
        for topic in pending.filter(|topic| topic.repeats.is_empty()) {
            let last = FAILURE_DELAYS.len() - 1;
            topic
                .repeats
                .push(now + FAILURE_DELAYS[topic.failures.min(last)]);
            topic.failures += 1;
        }
    }

    /// Returns the subscriptions that an error may be about, those that are refused most often first.
    pub(super) fn candidates(&self, cause: Cause, now: Instant) -> Candidates {
        let topics = self.0.iter();
        let open = topics.filter(|topic| !topic.is_accepted && cause.may_concern(&topic.key));
        let mut open: Vec<&Topic> = open.collect();
        let are_pending = open.iter().any(|topic| topic.is_pending(now));
        open.retain(|topic| topic.is_pending(now) || !are_pending);
        let requested_at = open.iter().map(|topic| topic.requested_at).max();
        let total = open.len();
        open.retain(|topic| topic.users > 0);
        let has_unused = open.len() < total;
        let mut keys: Vec<Key> = open.iter().map(|topic| topic.key.clone()).collect();
        keys.sort_by_key(Cause::rank);
        Candidates {
            keys,
            has_unused,
            are_pending,
            requested_at,
        }
    }

    /// Marks subscriptions without streams as unconfirmed if an error may be about them. They are requested again when a
    /// stream uses them.
    pub(super) fn mark_unused_unconfirmed(&mut self, cause: Cause, now: Instant) {
        let topics = self.0.iter_mut();
        let unconfirmed = topics.filter(|topic| {
            let is_unused = topic.users == 0 && topic.is_subscribed;
            is_unused && topic.is_pending(now) && cause.may_concern(&topic.key)
        });
        for topic in unconfirmed {
            topic.mark_unconfirmed(now);
        }
    }

    /// Records that a subscription without streams may be refused.
    pub(super) fn mark_unconfirmed(&mut self, key: &Key, now: Instant) {
        let mut topics = self.0.iter_mut();
        if let Some(topic) = topics.find(|topic| topic.key == *key && topic.users == 0) {
            topic.mark_unconfirmed(now);
        }
    }

    /// Returns the channel of a subscription that is requested again to learn whether the server refuses it.
    pub(super) fn probe(&mut self, key: &Key, now: Instant) -> Option<Channel> {
        let topic = self
            .0
            .iter_mut()
            .find(|topic| topic.key == *key && topic.users > 0)?;
        topic.requested_at = now;
        Some(topic.channel.clone())
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.iter().filter_map(Topic::deadline).min()
    }

    /// Returns the requests that are due. During a search for a refused subscription, none that may be refused is
    /// repeated: its error would be taken for a response to a request of the search.
    pub(super) fn due(&mut self, now: Instant, is_searching: bool) -> Vec<Request> {
        let mut requests = Vec::new();
        self.0.retain_mut(|topic| {
            let is_unused = topic
                .unused_since
                .is_some_and(|since| now >= since + UNUSED_SUBSCRIPTION_TTL);
            if is_unused && topic.is_subscribed {
                requests.push(topic.unsubscribe(now));
            }
            let due = topic.repeats.iter().filter(|at| **at <= now).count();
            if due > 0 && is_searching && !topic.is_accepted {
                topic.repeats.drain(1..due);
                topic.repeats[0] = now + REPEAT_DELAY;
            } else if due > 0 {
                topic.repeats.drain(..due);
                topic.requested_at = now;
                requests.push(Request::Repeat(topic.key.clone(), topic.channel.clone()));
            }
            let unsubscribed_at = topic.unsubscribed_at.filter(|_| !topic.is_subscribed);
            unsubscribed_at.is_none_or(|at| now < at + UNSUBSCRIBE_EFFECT)
        });
        requests
    }
}
