//! Web Push subscriptions.

use super::{Notification, State};
use crate::ids::Id;
use crate::push::{PushJob, Recipient};

/// Push subscription of an access token.
#[derive(Clone, Debug)]
pub(crate) struct PushSubscription {
    pub(crate) id: Id,
    pub(crate) endpoint: String,
    pub(crate) recipient: Recipient,
    pub(crate) standard: bool,
    /// Notification types that the client has set, and whether they are enabled.
    pub(crate) alerts: Vec<(String, bool)>,
    pub(crate) policy: String,
}

impl PushSubscription {
    /// Whether the alerts and the policy accept a notification. An unknown policy accepts none.
    pub(crate) fn accepts(&self, state: &State, notification: &Notification) -> bool {
        let mut alerts = self.alerts.iter();
        let (to, from) = (notification.to, notification.from);
        alerts.any(|(name, is_enabled)| *is_enabled && name == notification.kind)
            && match self.policy.as_str() {
                "followed" => state.follows(to, from),
                "follower" => state.follows(from, to),
                policy => policy == "all",
            }
    }
}

impl State {
    /// Queues push messages for the subscriptions that accept a notification.
    pub(crate) fn enqueue_push(&self, notification: &Notification) {
        for (token, subscription) in &self.push_subscriptions {
            let user = self.tokens.get(token).and_then(|token| token.user);
            if user == Some(notification.to) && subscription.accepts(self, notification) {
                self.push_queue.enqueue(PushJob {
                    token: token.clone(),
                    subscription: subscription.id,
                    notification: notification.id,
                });
            }
        }
    }
}
