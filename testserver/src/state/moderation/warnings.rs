//! Warnings to users, and preset texts for them.

use jiff::Timestamp;

use crate::ids::Id;

/// Action of the staff against an account, as its user learns of it.
#[derive(Clone, Debug)]
pub(crate) struct Warning {
    pub(crate) id: Id,
    pub(crate) action: &'static str,
    pub(crate) text: String,
    /// Statuses of the report that the action is based on.
    pub(crate) statuses: Option<Vec<Id>>,
    pub(crate) target: Id,
    pub(crate) created: Timestamp,
}
