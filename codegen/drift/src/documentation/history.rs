//! Reads version histories in descriptions that were generated from the documentation.

use super::text::{Change, since};
use mastodon_spec::yaml::Version;

/// The text after "Version history:".
pub(crate) struct History(Vec<Change>);

impl History {
    pub(crate) fn parse(description: &str) -> Self {
        let lines = description.split_once("Version history:");
        let lines = lines.map_or("", |(_, lines)| lines).lines();
        Self(lines.filter_map(Change::parse).collect())
    }

    /// The version that added the item itself.
    pub(crate) fn since(&self) -> Option<Version> {
        since(&self.0)
    }

    /// The version that added the name.
    pub(crate) fn since_of(&self, name: &str) -> Option<Version> {
        let mut changes = self.0.iter();
        let change = changes.find(|change| change.adds(name))?;
        Some(change.version.clone())
    }
}
