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

use mastodon_spec::load::Sources;
use mastodon_spec::model::Model;
pub use mastodon_spec::yaml::{Rule, SourceKind};
use mastodon_spec::yaml::{Spec, Version};

pub use draft::Drafted;
pub use outside::{
    Attribute, Ends, Limit, Object, Operation, Outside, Parameter, Remarks, Scope, Shape, Streamed,
};
pub use source::Source;

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
        files: &mastodon_spec::load::Files,
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
