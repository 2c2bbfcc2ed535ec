//! Reports to the staff.

use jiff::Timestamp;

use crate::ids::Id;

#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) id: Id,
    pub(crate) reporter: Id,
    pub(crate) target: Id,
    pub(crate) statuses: Vec<Id>,
    pub(crate) collections: Vec<Id>,
    pub(crate) rules: Vec<String>,
    pub(crate) comment: String,
    pub(crate) category: String,
    pub(crate) forwarded: bool,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// Staff member that the report is assigned to.
    pub(crate) assigned_to: Option<Id>,
    /// Staff member who resolved the report, and the time.
    pub(crate) resolved: Option<(Id, Timestamp)>,
}
