//! Accounts.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::ids::Id;

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: Id,
    pub(crate) username: String,
    pub(crate) created: Timestamp,
    pub(crate) note: String,
    pub(crate) follows: BTreeSet<Id>,
}
