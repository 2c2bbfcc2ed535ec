//! What others say of the API, compared with the specification: an OpenAPI document, the pages of
//! Mastodon's documentation, its routes, or recordings of what a server answered.
//!
//! Each kind of source is read into the same plain description; only recordings are walked along the
//! types of the specification, since they show values and no types. What differs for a good reason stands
//! in `differences.yaml`.

mod agree;
mod compare;
mod differences;
mod documentation;
mod draft;
mod known;
mod openapi;
mod outside;
mod recordings;
mod render;
mod routes;
mod source;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::load::Sources;
use crate::model::Model;
pub use crate::spec::SourceKind;
use crate::spec::{Spec, Version};

pub use draft::Drafted;
pub use outside::{
    Attribute, Ends, Limit, Object, Operation, Outside, Parameter, Remarks, Scope, Shape, Streamed,
};
pub use source::Source;

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

/// One difference, and where the specification is to be edited.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What kind of difference it is.
    pub rule: Rule,
    /// What differs: `status_post(visibility)`, `Status.quote`, `GET /api/v1/news`.
    pub subject: String,
    /// What the source says, or what both say.
    pub detail: String,
    /// The file of the specification.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// Where the source says so.
    pub seen: String,
    /// What can be written into the specification for it.
    #[serde(skip)]
    pub draft: Option<draft::Draft>,
}

/// What was compared, and what came of it.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The kind of source.
    pub source: SourceKind,
    /// The differences, by file and line.
    pub findings: Vec<Finding>,
    /// How many differences are known and right.
    pub justified: usize,
    /// How many endpoints and entities of the source were compared.
    pub compared: usize,
    /// What of the source could not be understood, and was passed over.
    pub unread: Vec<String>,
    /// The version that the source describes, where it tells.
    #[serde(skip)]
    pub version: Option<Version>,
}

impl Report {
    /// Whether there is nothing to do.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// The differences, written into the files of the specification with questions in the place of
    /// descriptions.
    pub fn draft(
        &self,
        spec: &Spec,
        files: &crate::load::Files,
        since: Option<&Version>,
    ) -> Drafted {
        draft::write(self, spec, files, since)
    }
}

/// Compares a specification that has passed the checks with a source.
pub fn drift(spec: &Spec, sources: &Sources, source: &Source) -> Report {
    let model = Model::new(spec);
    let known = known::Known::new(&model, sources);
    let mut report = match source {
        Source::Described(outside) => compare::compare(&known, outside),
        Source::Recorded(files) => recordings::compare(&known, files),
    };
    let examined = std::mem::take(&mut report.examined);
    differences::apply(&known, &mut report.report, &examined);
    let mut report = report.report;
    report.findings.sort_by(|a, b| {
        (&a.file, a.line, &a.subject, a.rule).cmp(&(&b.file, b.line, &b.subject, b.rule))
    });
    report
}

/// A report with the names of the methods and entities that were looked at.
struct Examined {
    report: Report,
    /// Everything was, where this is nothing.
    examined: Option<BTreeSet<String>>,
}
