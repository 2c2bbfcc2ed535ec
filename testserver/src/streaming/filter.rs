//! Filtering by the streaming server: of new and edited statuses in the streams that all users share. Other events are
//! filtered before they are published.

use jiff::Timestamp;
use serde_json::Value;

use super::channel::Channel;
use super::{Subscriber, Subscription};
use crate::ids::Id;
use crate::render;
use crate::state::{FeedKind, State, Status, includes_language};

/// Statuses that a subscription never receives, because of the access settings of the feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HiddenOrigins {
    local: bool,
    remote: bool,
}

/// Status that was rendered for no viewer, and waits until it is filtered for the recipients.
#[derive(Debug)]
pub(crate) struct SharedStatus {
    pub(super) status: Box<Status>,
    pub(super) rendered: Value,
    pub(super) now: Timestamp,
}

impl State {
    /// Returns the statuses that the access settings hide in the channels of a new subscription. A role with the
    /// permission to view feeds sees all.
    pub(super) fn hidden_origins(&self, user: Id, channels: &[Channel]) -> HiddenOrigins {
        let kind = match channels.first() {
            Some(Channel::Public(..)) => FeedKind::Live,
            Some(Channel::Hashtag(..)) => FeedKind::Topic,
            _ => return HiddenOrigins::default(),
        };
        let [local, remote] = [false, true].map(|is_remote| self.hides_feed(kind, user, is_remote));
        HiddenOrigins { local, remote }
    }

    /// Renders a shared status for a subscription. Returns `None` if the subscription does not receive it.
    pub(super) fn filter_shared(
        &self,
        shared: &SharedStatus,
        subscriber: &Subscriber,
        subscription: &Subscription,
    ) -> Option<String> {
        let SharedStatus { status, now, .. } = shared;
        let (user, is_remote) = (subscriber.user, self.is_remote(status.account));
        let hidden = subscription.hidden;
        let is_hidden = if is_remote {
            hidden.remote
        } else {
            hidden.local
        };
        if is_hidden
            || !includes_language(&subscriber.languages, status)
            || self.hides_author(Some(user), status.account, *now)
            || !self.passes_blocks_and_mutes(user, status, *now)
        {
            return None;
        }
        let mut rendered = shared.rendered.clone();
        rendered["filtered"] = render::streamed_filtered(self, status, user, *now);
        Some(rendered.to_string())
    }
}
