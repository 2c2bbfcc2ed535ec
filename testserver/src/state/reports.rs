//! Complaints to the staff.

use jiff::Timestamp;

use crate::ids::Id;

#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) id: Id,
    pub(crate) reporter: Id,
    pub(crate) target: Id,
    pub(crate) statuses: Vec<Id>,
    pub(crate) rules: Vec<String>,
    pub(crate) comment: String,
    pub(crate) category: String,
    pub(crate) forwarded: bool,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// Who of the staff sees to it.
    pub(crate) assigned_to: Option<Id>,
    /// Who closed it, and when.
    pub(crate) resolved: Option<(Id, Timestamp)>,
}
