//! Subscriptions to push notifications.

use crate::ids::Id;

/// What a token is sent, and where to.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) id: Id,
    pub(crate) endpoint: String,
    #[expect(dead_code, reason = "nothing is delivered")]
    pub(crate) p256dh: String,
    #[expect(dead_code, reason = "nothing is delivered")]
    pub(crate) auth: String,
    pub(crate) standard: bool,
    /// The types of notification that were named, and whether they are wanted.
    pub(crate) alerts: Vec<(String, bool)>,
    pub(crate) policy: String,
}
