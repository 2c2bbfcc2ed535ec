//! Reports what Mastodon's documentation describes, but the specification only has for other servers.

use super::Compare;
use crate::Rule;
use mastodon_spec::yaml::{SourceKind, Version};

impl Compare<'_, '_> {
    /// Reports an item of the documentation that the specification marks as only `on:` other servers.
    pub(super) fn only_elsewhere(
        &mut self,
        subject: &str,
        position: (&str, &[String]),
        is_only_on: bool,
        since: Option<&Version>,
        at: &str,
    ) {
        if !is_only_on || self.external.kind != SourceKind::Documentation {
            return;
        }
        // A value is compared for each field and parameter that has it.
        let mut findings = self.findings.iter();
        if findings.any(|known| known.rule == Rule::OtherSince && known.subject == subject) {
            return;
        }
        let theirs =
            since.map_or_else(|| "documented".to_owned(), |since| format!("since {since}"));
        let detail = format!("only on other servers in the specification, {theirs} in the source");
        self.push(Rule::OtherSince, subject, detail, position, at);
    }
}
