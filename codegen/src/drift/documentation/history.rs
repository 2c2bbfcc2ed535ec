//! The history of versions in the description of what was made from the documentation.

use super::text::{Change, since};
use crate::spec::Version;

/// What a description tells below "Version history:".
pub(in crate::drift) struct History(Vec<Change>);

impl History {
    pub(in crate::drift) fn read(description: &str) -> Self {
        let lines = description.split_once("Version history:");
        let lines = lines.map_or("", |(_, lines)| lines).lines();
        Self(lines.filter_map(Change::read).collect())
    }

    /// The version that brought the thing itself.
    pub(in crate::drift) fn since(&self) -> Option<Version> {
        since(&self.0)
    }

    /// The version that brought what has this name.
    pub(in crate::drift) fn since_of(&self, name: &str) -> Option<Version> {
        let mut changes = self.0.iter();
        let change = changes.find(|change| change.adds(name))?;
        Some(change.version.clone())
    }
}
