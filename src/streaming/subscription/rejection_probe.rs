//! Finds the subscription that the server rejected. The server's error message does not name it.
//!
//! When no more errors arrive, the possible subscriptions are requested again, one at a time. A repeated
//! request has no effect unless the server rejects it again, and that identifies the subscription.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::streaming::generated::Channel;

/// Maximum time to wait for an error after a request.
const ERROR_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(super) struct RejectionProbe {
    candidates: VecDeque<Channel>,
    /// The candidate that was requested last.
    current: Option<Channel>,
    deadline: Option<Instant>,
}

impl RejectionProbe {
    /// Returns the time of the next step, or `None` if no probe is running.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Starts a probe. The first request waits until no more errors arrive.
    pub(super) fn start(&mut self, candidates: VecDeque<Channel>) {
        self.candidates = candidates;
        self.deadline = Some(Instant::now() + ERROR_TIMEOUT);
    }

    /// Adds a channel that is subscribed to while a probe is running.
    pub(super) fn add(&mut self, channel: &Channel) {
        if self.deadline.is_some() {
            self.candidates.push_back(channel.clone());
        }
    }

    /// Handles an error. Returns the rejected channel if it is known.
    pub(super) fn mark_rejected(&mut self) -> Option<Channel> {
        let rejected = self.current.take()?;
        self.deadline = Some(Instant::now());
        Some(rejected)
    }

    /// Handles a deadline without an error. Returns the accepted channel, if one was requested.
    pub(super) fn mark_accepted(&mut self) -> Option<Channel> {
        self.deadline = None;
        self.current.take()
    }

    /// Returns the next channel to request that still has subscribers.
    pub(super) fn next(&mut self, has_subscribers: impl Fn(&Channel) -> bool) -> Option<Channel> {
        while let Some(channel) = self.candidates.pop_front() {
            if has_subscribers(&channel) {
                self.deadline = Some(Instant::now() + ERROR_TIMEOUT);
                self.current = Some(channel.clone());
                return Some(channel);
            }
        }
        None
    }
}
