//! Collections: lists of accounts that users recommend.

use serde::Deserialize;

use super::{FixedId, Reference, SeedResult, Seeder, Time};
use crate::ids::Id;
use crate::state::{CollectionDetails, normalize_tag};

/// Collection of accounts that a user recommends.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectionSeed {
    /// Owner.
    pub(crate) user: Reference,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) id: Option<FixedId>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) language: Option<String>,
    /// Hashtag.
    #[serde(default)]
    pub(crate) tag: Option<String>,
    #[serde(default)]
    pub(crate) sensitive: bool,
    /// Default: true.
    #[serde(default = "yes")]
    pub(crate) discoverable: bool,
    /// Recommended accounts. Those of other servers are asked first.
    #[serde(default)]
    pub(crate) accounts: Vec<Reference>,
    #[serde(default)]
    pub(crate) created_at: Option<Time>,
}

fn yes() -> bool {
    true
}

impl Seeder<'_> {
    /// Creates a collection and the notifications about it. Returns its ID.
    pub(crate) fn collection(&mut self, seed: &CollectionSeed) -> SeedResult<Id> {
        let owner = self.account("user", &seed.user)?;
        let members = self.accounts("accounts", &seed.accounts)?;
        let created = self.time(seed.created_at.as_ref());
        let id = self.snowflake_id(seed.id, created)?;
        let tag = seed.tag.as_ref();
        let details = CollectionDetails {
            name: seed.name.clone(),
            description: seed.description.clone(),
            language: seed.language.clone(),
            tag: tag.map(|tag| normalize_tag(&self.state.register_tag(tag))),
            sensitive: seed.sensitive,
            discoverable: seed.discoverable,
        };
        self.state
            .create_collection_with_id(id, owner, details, &members, created);
        Ok(id)
    }
}
