//! `differences.yaml`: where another description of the API says something else, and this one is right.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of description of the API by others.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// An OpenAPI document.
    Openapi,
    /// The pages of Mastodon's documentation.
    Documentation,
    /// The routes of Mastodon itself.
    Routes,
    /// Recordings of what a server answered.
    Recordings,
}

impl SourceKind {
    /// The word for it, as `differences.yaml` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Openapi => "openapi",
            Self::Documentation => "documentation",
            Self::Routes => "routes",
            Self::Recordings => "recordings",
        }
    }
}

/// The known differences, by the kind of description that says something else.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Differences {
    /// For each kind of description, what it says otherwise.
    pub differences: IndexMap<SourceKind, Vec<Difference>>,
}

/// A known difference, or several of the same reason.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// What differs, as the report names it: `status_post(visibility)`, `Status.quote`, `GET /api/web/embeds/{id}`.
    /// A star at the end stands for any rest.
    pub applies_to: Vec<String>,
    /// The rule of the report that tells of it, such as `missing-param`; any without it.
    #[serde(default)]
    pub rule: Option<String>,
    /// Why the specification is right nevertheless.
    pub reason: String,
}
