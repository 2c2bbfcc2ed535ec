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

/// What kind of difference was found. What is missing is missing in the specification; what is extra is
/// missing in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// An endpoint that the specification does not have.
    MissingEndpoint,
    /// A parameter that the specification does not have.
    MissingParam,
    /// An entity that the specification does not have.
    MissingEntity,
    /// A field that the specification does not have.
    MissingField,
    /// A value of an enumeration that the specification does not have.
    MissingValue,
    /// A scope that the specification does not have.
    MissingScope,
    /// A stream, or an event of streams, that the specification does not have.
    MissingStream,
    /// A set of values where the specification has any text.
    MissingEnum,
    /// A type that is another one.
    OtherType,
    /// A parameter that is required on one side only.
    OtherRequired,
    /// A null where the specification has none.
    OtherNull,
    /// A field that is absent, though the specification has it always.
    OtherAbsent,
    /// Another first version.
    OtherSince,
    /// Another answer.
    OtherReturns,
    /// Another token, or other scopes.
    OtherAuth,
    /// A scope that is deprecated on one side only, or includes others.
    OtherScope,
    /// Another rate limit.
    OtherLimit,
    /// Another permission that is needed.
    OtherPermission,
    /// Another value of a parameter that is not given, or another greatest one.
    OtherDefault,
    /// Other errors, or other successes than 200.
    OtherStatuses,
    /// Deprecated or removed in another version, or on one side only.
    OtherEnd,
    /// Another heading on a page of the documentation.
    OtherDocs,
    /// Another place among the endpoints of its page.
    OtherOrder,
    /// An endpoint that the source does not have.
    ExtraEndpoint,
    /// A parameter that the source does not have.
    ExtraParam,
    /// An entity that the source does not have.
    ExtraEntity,
    /// A field that the source does not have.
    ExtraField,
    /// A scope that the source does not have.
    ExtraScope,
    /// A stream, or an event of streams, that the source does not have.
    ExtraStream,
    /// A value of an enumeration that the source does not have.
    ExtraValue,
    /// A known difference that is none any more.
    Stale,
}

impl Rule {
    /// Its name, as `differences.yaml` and the report have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingEndpoint => "missing-endpoint",
            Self::MissingParam => "missing-param",
            Self::MissingEntity => "missing-entity",
            Self::MissingField => "missing-field",
            Self::MissingValue => "missing-value",
            Self::MissingScope => "missing-scope",
            Self::MissingStream => "missing-stream",
            Self::MissingEnum => "missing-enum",
            Self::OtherType => "other-type",
            Self::OtherRequired => "other-required",
            Self::OtherNull => "other-null",
            Self::OtherAbsent => "other-absent",
            Self::OtherSince => "other-since",
            Self::OtherReturns => "other-returns",
            Self::OtherAuth => "other-auth",
            Self::OtherScope => "other-scope",
            Self::OtherLimit => "other-limit",
            Self::OtherPermission => "other-permission",
            Self::OtherDefault => "other-default",
            Self::OtherStatuses => "other-statuses",
            Self::OtherEnd => "other-end",
            Self::OtherDocs => "other-docs",
            Self::OtherOrder => "other-order",
            Self::ExtraEndpoint => "extra-endpoint",
            Self::ExtraParam => "extra-param",
            Self::ExtraEntity => "extra-entity",
            Self::ExtraField => "extra-field",
            Self::ExtraScope => "extra-scope",
            Self::ExtraStream => "extra-stream",
            Self::ExtraValue => "extra-value",
            Self::Stale => "stale",
        }
    }

    /// The rules that `differences.yaml` may name.
    pub const NAMED: [Self; 30] = [
        Self::MissingEndpoint,
        Self::MissingParam,
        Self::MissingEntity,
        Self::MissingField,
        Self::MissingValue,
        Self::MissingScope,
        Self::MissingStream,
        Self::MissingEnum,
        Self::OtherType,
        Self::OtherRequired,
        Self::OtherNull,
        Self::OtherAbsent,
        Self::OtherSince,
        Self::OtherReturns,
        Self::OtherAuth,
        Self::OtherScope,
        Self::OtherLimit,
        Self::OtherPermission,
        Self::OtherDefault,
        Self::OtherStatuses,
        Self::OtherEnd,
        Self::OtherDocs,
        Self::OtherOrder,
        Self::ExtraEndpoint,
        Self::ExtraParam,
        Self::ExtraEntity,
        Self::ExtraField,
        Self::ExtraScope,
        Self::ExtraStream,
        Self::ExtraValue,
    ];
}
