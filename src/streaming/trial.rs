//! Finding out whose subscription was refused: the server's error does not say it.
//!
//! Once no more errors come, the subscriptions in question are repeated one at a time. Repeating does
//! nothing, unless it is refused again: then it is known whose the error is.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::generated::Channel;

/// How long an error is waited for.
const WAIT: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(super) struct Trial {
    suspects: VecDeque<Channel>,
    /// The one whose subscription was repeated.
    repeated: Option<Channel>,
    until: Option<Instant>,
}

impl Trial {
    /// When it goes on; `None` where there is none.
    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Begins. Other errors of the same kind may still be on their way.
    pub(super) fn begin(&mut self, suspects: VecDeque<Channel>) {
        self.suspects = suspects;
        self.until = Some(Instant::now() + WAIT);
    }

    /// A stream that is subscribed to while errors come is a suspect, too.
    pub(super) fn joins(&mut self, channel: &Channel) {
        if self.until.is_some() {
            self.suspects.push_back(channel.clone());
        }
    }

    /// An error came; returns whose it is, if that is known by now.
    pub(super) fn convict(&mut self) -> Option<Channel> {
        let convicted = self.repeated.take()?;
        self.until = Some(Instant::now());
        Some(convicted)
    }

    /// The time is over without an error; returns who is cleared by that.
    pub(super) fn clear(&mut self) -> Option<Channel> {
        self.until = None;
        self.repeated.take()
    }

    /// The next one to be repeated, of those that are still served.
    pub(super) fn next(&mut self, is_served: impl Fn(&Channel) -> bool) -> Option<Channel> {
        while let Some(channel) = self.suspects.pop_front() {
            if is_served(&channel) {
                self.until = Some(Instant::now() + WAIT);
                self.repeated = Some(channel.clone());
                return Some(channel);
            }
        }
        None
    }
}
