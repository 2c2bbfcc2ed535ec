//! Warns of added items that Mastodon is said to have had before the older version of the specification.

use mastodon_spec::yaml::{Map, Param, Supported, Version};

use super::Diff;

impl Diff<'_> {
    /// Checks the version of an added item: its own, or that of its owner.
    pub(super) fn added_since(
        &mut self,
        subject: &str,
        own: Option<&Version>,
        owner: Option<&Version>,
    ) {
        let Some(newest) = self.newest_release else {
            return;
        };
        let Some(since) = own.or(owner).filter(|since| *since <= newest) else {
            return;
        };
        let hint = if own.is_some() {
            format!("the older specification describes Mastodon up to {newest}: is `since` right?")
        } else {
            "is `since` missing?".to_owned()
        };
        self.warnings.push(format!(
            "`{subject}`: added, but said to exist since {since}; {hint}"
        ));
    }

    /// Checks the versions of added parameters.
    pub(super) fn added_params(
        &mut self,
        subject: &dyn Fn(&str) -> String,
        (old, new): (&Map<Param>, &Map<Param>),
        owner: Option<&Version>,
    ) {
        let added = new
            .iter()
            .filter(|(name, param)| !old.contains_key(*name) && !param.is_only_on());
        for (name, param) in added {
            self.added_since(&subject(name), param.since.as_ref(), owner);
        }
    }
}
