//! Notes for users, and what only reviewers of the specification need.

use serde::Serialize;

use mastodon_spec::yaml::{Seen, Statements};

/// The notes about an item.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Notes {
    /// For users, always shown.
    users: Option<String>,
    /// For reviewers, shown if they are switched on.
    reviewers: Option<String>,
}

impl Notes {
    pub(super) fn new(users: Option<&String>, reviewers: Option<&String>) -> Self {
        Self {
            users: users.cloned(),
            reviewers: reviewers.cloned(),
        }
    }

    /// Adds where an undocumented item can be seen, and what the documentation says where it differs from the server.
    pub(super) fn compared(self, seen: &Seen, documented: &Statements) -> Self {
        let seen = (!seen.is_empty()).then(|| format!("Seen in `{seen}`."));
        let documented = documented
            .iter()
            .map(|(key, value)| match (*key, value.as_str()) {
                ("http" | "name", value) => format!("Documented as `{value}`."),
                ("missing", _) => "Documented only in a sentence or an example.".to_owned(),
                (key, value) => format!("Documented with {key} `{value}`."),
            });
        let all = self.reviewers.into_iter().chain(seen).chain(documented);
        let text = all.collect::<Vec<_>>().join(" ");
        Self {
            users: self.users,
            reviewers: (!text.is_empty()).then_some(text),
        }
    }
}
