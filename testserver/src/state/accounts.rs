//! Accounts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Defaults;
use crate::ids::Id;

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: Id,
    pub(crate) username: String,
    pub(crate) created: Timestamp,
    pub(crate) note: String,
    pub(crate) follows: BTreeSet<Id>,
    pub(crate) blocks: BTreeSet<Id>,
    pub(crate) mutes: BTreeMap<Id, Mute>,
    pub(crate) followed_tags: BTreeSet<String>,
    /// What holds where a post does not say it.
    pub(crate) posting: Defaults,
}

/// What a user does not want to see of an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mute {
    /// Whether notifications are hidden too.
    pub(crate) notifications: bool,
    pub(crate) expires: Option<Timestamp>,
}
