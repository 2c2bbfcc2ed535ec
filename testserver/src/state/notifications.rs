//! Notifications.

use jiff::Timestamp;

use crate::ids::Id;

#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) id: Id,
    pub(crate) to: Id,
    pub(crate) kind: &'static str,
    pub(crate) from: Id,
    pub(crate) status: Option<Id>,
    pub(crate) created: Timestamp,
}
