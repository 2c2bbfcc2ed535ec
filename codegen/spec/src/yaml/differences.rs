//! `differences.yaml`: accepted differences between the specification and other descriptions of the API.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of external description of the API.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// An OpenAPI document.
    Openapi,
    /// The pages of Mastodon's documentation.
    Documentation,
    /// The routes in Mastodon's source.
    Routes,
    /// Recorded requests and responses.
    Recordings,
}

impl SourceKind {
    /// The name in `differences.yaml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Openapi => "openapi",
            Self::Documentation => "documentation",
            Self::Routes => "routes",
            Self::Recordings => "recordings",
        }
    }
}

/// The accepted differences, by kind of description.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Differences {
    /// The accepted differences of each kind of description.
    pub differences: IndexMap<SourceKind, Vec<Difference>>,
}

/// One or more accepted differences with the same reason.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The subjects in the report: `status_post(visibility)`, `Status.quote`, `GET /api/web/embeds/{id}`.
    /// A `*` at the end matches any suffix.
    pub applies_to: Vec<String>,
    /// The rule in the report, such as `missing-param`. Default: any.
    #[serde(default)]
    pub rule: Option<String>,
    /// Why the specification is correct.
    pub reason: String,
}

/// The kind of a difference. `missing-…` is missing in the specification, `extra-…` in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// An endpoint that is missing in the specification.
    MissingEndpoint,
    /// A parameter that is missing in the specification.
    MissingParam,
    /// An entity that is missing in the specification.
    MissingEntity,
    /// A field that is missing in the specification.
    MissingField,
    /// A value of an enumeration that is missing in the specification.
    MissingValue,
    /// A scope that is missing in the specification.
    MissingScope,
    /// A stream or an event of streams that is missing in the specification.
    MissingStream,
    /// A version that is newer than the releases of the specification.
    MissingRelease,
    /// A set of values where the specification has a string.
    MissingEnum,
    /// Different types.
    OtherType,
    /// A parameter that is required on one side only.
    OtherRequired,
    /// A null value where the specification does not allow one.
    OtherNull,
    /// An absent field that is always present in the specification.
    OtherAbsent,
    /// Different first versions.
    OtherSince,
    /// Different responses.
    OtherReturns,
    /// Different tokens or scopes.
    OtherAuth,
    /// A scope that is deprecated on one side only, or includes different scopes.
    OtherScope,
    /// Different rate limits.
    OtherLimit,
    /// Different permissions.
    OtherPermission,
    /// Different default or maximum values of a parameter.
    OtherDefault,
    /// Different error statuses, or different successful statuses.
    OtherStatuses,
    /// Deprecated or removed in another version, or on one side only.
    OtherEnd,
    /// Different anchors on a page of the documentation.
    OtherDocs,
    /// Different positions among the endpoints of a page.
    OtherOrder,
    /// An endpoint that is missing in the source.
    ExtraEndpoint,
    /// A parameter that is missing in the source.
    ExtraParam,
    /// An entity that is missing in the source.
    ExtraEntity,
    /// A field that is missing in the source.
    ExtraField,
    /// A scope that is missing in the source.
    ExtraScope,
    /// A stream or an event of streams that is missing in the source.
    ExtraStream,
    /// A value of an enumeration that is missing in the source.
    ExtraValue,
    /// An accepted difference that no longer exists.
    Stale,
}

impl Rule {
    /// The name in `differences.yaml` and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingEndpoint => "missing-endpoint",
            Self::MissingParam => "missing-param",
            Self::MissingEntity => "missing-entity",
            Self::MissingField => "missing-field",
            Self::MissingValue => "missing-value",
            Self::MissingScope => "missing-scope",
            Self::MissingStream => "missing-stream",
            Self::MissingRelease => "missing-release",
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

    /// The rules that `differences.yaml` can name.
    pub const NAMED: [Self; 31] = [
        Self::MissingEndpoint,
        Self::MissingParam,
        Self::MissingEntity,
        Self::MissingField,
        Self::MissingValue,
        Self::MissingScope,
        Self::MissingStream,
        Self::MissingRelease,
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
