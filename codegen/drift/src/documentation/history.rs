//! Reads version histories in descriptions that were generated from the documentation.

use super::text::{Change, since};
use mastodon_spec::yaml::Version;

/// The text after "Version history:".
pub(crate) struct History(Vec<Change>);

impl History {
    pub(crate) fn parse(description: &str) -> Self {
        Self(lines(description).filter_map(Change::parse).collect())
    }

    /// What is missing in the lines of the first paragraph that are no changes.
    pub(crate) fn problems(description: &str) -> Vec<String> {
        let lines = lines(description).map(str::trim);
        let lines = lines.skip_while(|line| line.is_empty());
        let lines = lines.take_while(|line| !line.is_empty());
        lines
            .filter_map(|line| Change::of_history(line).err())
            .collect()
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

fn lines(description: &str) -> std::str::Lines<'_> {
    let lines = description.split_once("Version history:");
    lines.map_or("", |(_, lines)| lines).lines()
}
